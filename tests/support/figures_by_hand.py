"""Figures counted by hand: from stored bodies, order by order, without a word of the projection.

Everything is kept as plain lists and looked through again for every question.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from contracts.orders import OrderPlaced
from kit.event_store import LogEntry
from kit.ids import child_id

Json = dict[str, Any]

ALONE = ("REASON", "SUB_REASON", "ACTOR", "STAFF", "FEEDBACK")
"""Groups that nothing placed has."""


class Books:
    """All orders there are, with what became of them."""

    def __init__(self, log: Iterable[LogEntry]) -> None:
        self.orders: dict[UUID, Json] = {}
        for entry in log:
            stored = orjson.loads(entry.body)
            self._take(
                entry, stored["fact"], datetime.fromisoformat(stored["cause"]["recorded_at"])
            )

    def _take(self, entry: LogEntry, fact: Json, at: datetime) -> None:
        if entry.name == "order.placed.v1":
            placed = OrderPlaced.model_validate(fact["message"]).model_dump(mode="json")
            self.orders[entry.stream] = {
                "placed": placed, "cancellations": {}, "refunds": {}, "requests": {},
            }  # fmt: skip
            return
        order: Any = self.orders.get(entry.stream)
        if order is None:
            return
        made: Any = order["cancellations"].get(fact.get("cancellation_id"))
        match entry.name:
            case "order.cancelled.v1":
                made = {"fact": fact, "at": at, "counts": True}
                order["cancellations"][fact["cancellation_id"]] = made
                if not fact.get("held_until"):
                    self._owe(order, fact, fact["cancellation_id"], at)
            case "order.cancellation-confirmed.v1":
                self._owe(order, fact, fact["cancellation_id"], at)
            case "order.cancellation-undone.v1" | "order.reinstated.v1":
                made |= {"counts": False, "is_reinstated": entry.name == "order.reinstated.v1"}
            case "order.refund-requested.v1":
                self._owe(order, fact, fact["request_id"], at)
            case "order.refund-fallback-chosen.v1":
                del order["refunds"][fact["refund_id"]]
                if not made.get("is_reinstated"):
                    self._owe(order, fact, fact["request_id"], at)
            case _:
                self._hear(order, entry.name, fact, at)

    @staticmethod
    def _hear(order: Json, name: str, fact: Json, at: datetime) -> None:
        match name:
            case "order.feedback-given.v1":
                said = fact["message"]
                made = order["cancellations"][said["cancellation_id"]]
                made.setdefault("feedback", said["answer"])
            case "order.refund-progressed.v1":
                order["refunds"][fact["message"]["refund_id"]]["word"] = fact["state"]
            case "order.refund-reported.v1":
                refund = order["refunds"][fact["message"]["refund_id"]]
                refund |= {"word": fact["outcome"], "ended": at}
            case "order.cancellation-requested.v1":
                order["requests"][fact["request_id"]] = {"fact": fact, "at": at, "word": "OPEN"}
            case "order.cancellation-approved.v1" | "order.cancellation-denied.v1":
                word = "APPROVED" if "approved" in name else "DENIED"
                order["requests"][fact["request_id"]] |= {
                    "word": word, "answered": at, "by_default": fact["is_by_default"],
                }  # fmt: skip

    @staticmethod
    def _owe(order: Json, fact: Json, root: str, at: datetime) -> None:
        reason = order["cancellations"][fact["cancellation_id"]]["fact"]["reason"]
        for each in fact["refunds"]:
            refund_id = str(child_id(UUID(root), each["payment_id"]))
            order["refunds"][refund_id] = {"due": each, "at": at, "word": None, "reason": reason}


def cost_of(message: Json, sku: str | None) -> tuple[int, int]:
    """Return units and cost of an order, or of one article in it."""
    taxed = not message.get("tax_included")
    units = cost = 0
    for line in message["lines"]:
        if sku in (None, line["sku"]):
            units += line["quantity"]
            cost += line["unit_price_minor"] * line["quantity"] - line["discount_minor"]
            cost += line["duties_minor"] + (line["tax_minor"] if taxed else 0)
    delivery = message.get("shipping")
    if sku is None and delivery:
        cost += delivery["amount_minor"] - delivery["discount_minor"]
        cost += delivery["tax_minor"] if taxed else 0
    return units, cost


def is_whole(order: Json) -> bool:
    """Tell whether every unit of an order is cancelled."""
    gone: dict[str, int] = {}
    for made in order["cancellations"].values():
        for line in made["fact"]["lines"] if made["counts"] else ():
            gone[line["line_id"]] = gone.get(line["line_id"], 0) + line["quantity"]
    lines = order["placed"]["lines"]
    return bool(gone) and all(gone.get(x["line_id"], 0) == x["quantity"] for x in lines)


def bucket(by: str, day: date) -> str:
    """Return the first day of the span a day lies in."""
    if by == "WEEK":
        day -= timedelta(days=day.weekday())
    return (day.replace(day=1) if by == "MONTH" else day).isoformat()


class Count:
    """Answers one question from the books."""

    def __init__(self, books: Books, asked: Json) -> None:
        self._orders, self.asked = books.orders.values(), asked
        self._first = date.fromisoformat(asked["first"])
        self._last = date.fromisoformat(asked["last"])

    def _is_in(self, order: Json, event: datetime, **own: Any) -> bool:
        placed = order["placed"]
        told = {
            "currency": placed["currency"], "channel": placed.get("channel") or "",
            "country": placed["country"] or "", **own,
        }  # fmt: skip
        day = self._day(order, event)
        return self._first <= day <= self._last and all(
            self.asked.get(name) in (None, value) for name, value in told.items()
        )

    def _day(self, order: Json, event: datetime) -> date:
        placed_at = datetime.fromisoformat(order["placed"]["placed_at"])
        return (placed_at if self.asked["dates"] == "ORDER" else event).date()

    def _key(self, order: Json, event: datetime, told: Json) -> tuple[str, str]:
        by, placed = self.asked["by"], order["placed"]
        key = {
            "TOTAL": "", "CHANNEL": placed.get("channel") or "", "COUNTRY": placed["country"] or "",
            **told,
        }.get(by)  # fmt: skip
        return placed["currency"], bucket(by, self._day(order, event)) if key is None else key

    def placed(self) -> dict[tuple[str, str], list[int]]:
        """Return orders, units and gross of everything placed."""
        found: dict[tuple[str, str], list[int]] = {}
        asked = self.asked
        for order in self._orders:
            message = order["placed"]
            at = datetime.fromisoformat(message["placed_at"])
            if not self._is_in(order, at):
                continue
            skus = {line["sku"] for line in message["lines"]}
            if asked["by"] != "PRODUCT":
                skus = {asked["product"]} & skus if asked.get("product") else {None}
            for sku in skus:
                alone = asked["by"] in ALONE
                key = (message["currency"], "") if alone else self._key(order, at, {"PRODUCT": sku})
                row = found.setdefault(key, [0, 0, 0])
                units, cost = cost_of(message, sku)
                row[0], row[1], row[2] = row[0] + 1, row[1] + units, row[2] + cost
        return found

    def cancellations(self) -> list[tuple[Json, str, Json]]:
        """Return what the question is about: order, id, cancellation."""
        found = []
        for order in self._orders:
            for id_, made in order["cancellations"].items():
                fact = made["fact"]
                actor = fact.get("actor") or {"type": "SERVICE", "id": fact["requested_by"]}
                own = {
                    "reason": fact["reason"], "actor": actor["type"],
                    "sub_reason": (fact.get("details") or {}).get("sub_reason") or "",
                    "staff": actor["id"] if actor["type"] == "STAFF" else None,
                    "feedback": made.get("feedback", ""),
                }  # fmt: skip
                if made["counts"] and self._is_in(order, made["at"], **own):
                    found.append((order, id_, {**made, "own": own}))
        return found

    def cancelled(self) -> dict[tuple[str, str], Json]:
        """Return what was cancelled, group by group."""
        found: dict[tuple[str, str], Json] = {}
        asked = self.asked
        for order, id_, made in self.cancellations():
            fact, own = made["fact"], made["own"]
            if asked["by"] == "STAFF" and own["staff"] is None:
                continue
            lines = fact["lines"]
            delivery = (fact.get("money") or {}).get("shipping_minor", 0)
            with_lines = asked["by"] == "PRODUCT" or asked.get("product")
            if asked.get("product"):
                lines = [line for line in lines if line["sku"] == asked["product"]]
            for line in lines if with_lines else [None]:
                told = {
                    "REASON": own["reason"], "SUB_REASON": own["sub_reason"],
                    "ACTOR": own["actor"], "STAFF": own["staff"], "PRODUCT": line and line["sku"],
                    "FEEDBACK": own["feedback"],
                }  # fmt: skip
                row = found.setdefault(
                    self._key(order, made["at"], told),
                    {
                        "ids": set(),
                        "orders": set(),
                        "whole": set(),
                        "units": 0,
                        "minor": 0,
                        "answers": set(),
                    },
                )
                counted = [line] if line else lines
                row["ids"].add(id_)
                if own["feedback"]:
                    row["answers"].add((id_, own["feedback"]))
                row["orders"].add(order["placed"]["order_id"])
                if is_whole(order) and id_ == _last_standing(order):
                    row["whole"].add(order["placed"]["order_id"])
                row["units"] += sum(one["quantity"] for one in counted)
                row["minor"] += sum(one["amount_minor"] for one in counted)
                row["minor"] += 0 if line else delivery
        return found

    def refunds(self) -> dict[tuple[str, str], list[Json]]:
        """Return refunds by group."""
        found: dict[tuple[str, str], list[Json]] = {}
        for order in self._orders:
            for id_, one in order["refunds"].items():
                due = one["due"]
                own = {
                    "reason": one["reason"], "tender": due.get("tender", "CARD"),
                    "method": (due.get("method") or {}).get("kind", ""),
                }  # fmt: skip
                if self._is_in(order, one["at"], **own):
                    told = {name.upper(): value for name, value in own.items()}
                    found.setdefault(self._key(order, one["at"], told), []).append(
                        {**one, "id": id_, "minor": due["amount_minor"]}
                    )
        return found

    def requests(self) -> dict[tuple[str, str], list[Json]]:
        """Return requests by group."""
        found: dict[tuple[str, str], list[Json]] = {}
        for order in self._orders:
            for id_, one in order["requests"].items():
                own = {"reason": one["fact"]["reason"], "kind": one["fact"]["kind"]}
                if self._is_in(order, one["at"], **own):
                    told = {"REASON": own["reason"], "KIND": own["kind"], "OUTCOME": one["word"]}
                    found.setdefault(self._key(order, one["at"], told), []).append(
                        {**one, "id": id_, "minor": one["fact"]["refund_minor"]}
                    )
        return found


def _last_standing(order: Json) -> str:
    return [id_ for id_, made in order["cancellations"].items() if made["counts"]][-1]


def nth_share(spans: Sequence[timedelta], part: float) -> int | None:
    """Return the span, in whole seconds, so large a part of all is not longer than."""
    seconds = sorted(math.floor(span.total_seconds()) for span in spans)
    return seconds[math.ceil(part * len(seconds)) - 1] if seconds else None


Question = Callable[[], Json]
