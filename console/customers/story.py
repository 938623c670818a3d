"""What a customer is told of an order: made of what the API answers, and never more.

Staff notes, names of the staff, internal codes and grounds of decisions are not taken from there at
all. A cancellation that is held is not told, as no mail tells it, unless the customer asked for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from console.customers.money import Money, money_of
from contracts.orders import Customer

Json = dict[str, Any]

_USUAL = Customer.model_fields["locale"].default
_REFUNDS = ("order.refund-progressed.v1", "order.refund-reported.v1")
_REQUESTED, _DENIED = "order.cancellation-requested.v1", "order.cancellation-denied.v1"
_CANCELLED = ("order.cancelled.v1", "order.cancellation-confirmed.v1")


class Units(NamedTuple):
    """So many units of one line."""

    line_id: str
    sku: str
    title: str
    quantity: int
    sent: int = 0
    packed: int = 0


class Cancelled(NamedTuple):
    """One cancellation."""

    cancellation_id: str
    is_confirmed: bool
    """False while it can still be taken back."""
    is_reinstated: bool
    at: str
    reason: str
    sub_reason: str | None
    label: str | None
    message: str | None
    """What the staff has to say to the customer."""
    lines: tuple[Units, ...]
    money: tuple[Money, ...]


class Asked(NamedTuple):
    """One request of the customer."""

    request_id: str
    outcome: str | None
    """None while nobody has answered; `TAKEN_BACK` when the customer did."""
    at: str
    until: str | None
    default_outcome: str | None
    refund_minor: int
    message: str | None
    """Why not, for the customer."""
    lines: tuple[Units, ...]
    is_own: bool
    """True when it was made as whom this page speaks for; only that one can be taken back here."""


class Receipt(NamedTuple):
    """What came of a form."""

    reference: str
    at: str
    what: Literal["CANCELLED", "REQUESTED", "TAKEN_BACK"]
    is_withdrawal: bool
    lines: tuple[Units, ...]
    until: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """One order, as its customer may see it."""

    order: Json
    history: Sequence[Json]

    @property
    def order_id(self) -> str:
        """Return its number."""
        return str(self.order["order_id"])

    @property
    def locale(self) -> str | None:
        """Return the language its customer is written to in."""
        for fact in self._facts("order.placed.v1"):
            if customer := fact["message"].get("customer"):
                # Stored only where it is not the usual one.
                return str(customer.get("locale", _USUAL))
        return None

    @property
    def cancelled(self) -> list[Cancelled]:
        """Return what was cancelled, the newest first."""
        news = self._news()
        told = [
            self._cancelled(one, news) for one in self.order["cancellations"] if self._is_told(one)
        ]
        return told[::-1]

    @property
    def newest(self) -> Cancelled | None:
        """Return the newest cancellation that stands."""
        return next((one for one in self.cancelled if not one.is_reinstated), None)

    @property
    def asked(self) -> list[Asked]:
        """Return what the customer asked for, the newest first."""
        denials = {fact["request_id"]: fact for fact in self._facts(_DENIED)}
        return [
            Asked(
                one["request_id"],
                "TAKEN_BACK" if _is_customers(denials.get(one["request_id"])) else one["outcome"],
                one["requested_at"], one["expires_at"], one["default_outcome"],
                one["refund_minor"], denials.get(one["request_id"], {}).get("customer_message"),
                self.units_of(one["lines"]), self._is_own(one["request_id"]),
            )
            for one in reversed(self.order["requests"])
            if one["kind"] == "CUSTOMER_REQUEST"
        ]  # fmt: skip

    @property
    def customer(self) -> Json:
        """Return as whom this page asks."""
        return {"type": "CUSTOMER", "id": self.order["customer_id"] or "guest"}

    @property
    def mine(self) -> list[Asked]:
        """Return the requests that can be taken back here."""
        return [one for one in self.asked if one.outcome is None and one.is_own]

    def _is_own(self, request_id: str) -> bool:
        return any(
            fact["request_id"] == request_id
            and {name: fact["wish"]["actor"][name] for name in ("type", "id")} == self.customer
            for fact in self._facts(_REQUESTED)
        )

    @property
    def kept(self) -> list[Units]:
        """Return what stays in the order."""
        hidden: dict[str, int] = {}
        for one in self.order["cancellations"]:
            if one["status"] == "HELD" and not self._is_told(one):
                for unit in one["lines"]:
                    line_id = unit["line_id"]
                    hidden[line_id] = hidden.get(line_id, 0) + unit["quantity"]
        return [
            Units(
                line["line_id"], line["sku"], _title(line), left, line["fulfilled"],
                line["claimed"],
            )
            for line in self.order["lines"]
            if (left := line["quantity"] - line["cancelled"] + hidden.get(line["line_id"], 0)) > 0
        ]  # fmt: skip

    @property
    def open(self) -> list[Units]:
        """Return what could still be cancelled."""
        return [
            Units(line["line_id"], line["sku"], _title(line), left)
            for line in self.order["lines"]
            if (left := line["quantity"] - line["fulfilled"] - line["cancelled"] - line["claimed"])
            > 0
        ]

    @property
    def state(self) -> str:
        """Return the word for the whole of it."""
        if self.newest:
            return "PART_CANCELLED" if self.kept else "CANCELLED"
        if any(one.outcome is None for one in self.asked):
            return "ASKED"
        return "REINSTATED" if self.cancelled else "PLACED"

    def receipt(self, command_id: str) -> Receipt | None:
        """Return what came of a form about this order; None for whatever is none."""
        for row in self.history:
            fact = row["fact"]
            if row["message_id"] != command_id:
                continue
            if row["name"] == "order.cancelled.v1":
                details, lines = fact.get("details") or {}, self.units_of(fact["lines"])
                is_withdrawal = details.get("is_statutory_withdrawal", False)
                return Receipt(
                    command_id, row["recorded_at"], "CANCELLED", is_withdrawal, lines, None
                )
            if row["name"] == _DENIED and _is_customers(fact):
                lines = next(
                    one.lines for one in self.asked if one.request_id == fact["request_id"]
                )
                return Receipt(
                    command_id, row["recorded_at"], "TAKEN_BACK", is_withdrawal=False, lines=lines,
                    until=None,
                )  # fmt: skip
            if row["name"] == _REQUESTED:
                is_withdrawal = fact["wish"].get("is_statutory_withdrawal", False)
                lines = self.units_of(fact["lines"])
                return Receipt(
                    command_id, row["recorded_at"], "REQUESTED", is_withdrawal, lines,
                    fact["expires_at"],
                )  # fmt: skip
        return None

    def _facts(self, *names: str) -> Iterator[Json]:
        return (row["fact"] for row in self.history if row["name"] in names)

    def _is_told(self, one: Json) -> bool:
        if one["status"] == "UNDONE":
            return False
        if one["status"] != "HELD":
            return True
        return any(
            (fact.get("actor") or {}).get("type") == "CUSTOMER"
            or (fact.get("details") or {}).get("request_id")
            for fact in self._facts("order.cancelled.v1")
            if fact["cancellation_id"] == one["cancellation_id"]
        )

    def _news(self) -> dict[str, Json]:
        """Return the last word about each refund."""
        return {
            fact["message"]["refund_id"]: fact["message"]
            for fact in self._facts(*_REFUNDS)
            if "refund_id" in fact["message"]
        }

    def _cancelled(self, one: Json, news: Mapping[str, Json]) -> Cancelled:
        message = None
        for fact in self._facts(*_CANCELLED):
            if fact["cancellation_id"] == one["cancellation_id"]:
                message = (fact.get("details") or {}).get("customer_message")
        return Cancelled(
            one["cancellation_id"], one["status"] != "HELD", one["status"] == "REINSTATED",
            one["cancelled_at"], one["reason"], one["sub_reason"], one["reason_label"], message,
            self.units_of(one["lines"]), tuple(money_of(one, self.order["payments"], news)),
        )  # fmt: skip

    def units_of(self, units: Sequence[Json]) -> tuple[Units, ...]:
        """Return units of lines with what the lines are called."""
        lines = {line["line_id"]: line for line in self.order["lines"]}
        return tuple(
            Units(line["line_id"], line["sku"], _title(line), unit["quantity"])
            for unit in units
            if (line := lines.get(unit["line_id"]))
        )


def _is_customers(fact: Json | None) -> bool:
    return fact is not None and fact["actor"]["type"] == "CUSTOMER"


def _title(line: Json) -> str:
    return str(line["title"]).strip() or str(line["sku"])
