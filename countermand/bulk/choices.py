"""Which orders are meant and what is wanted of them, as options and as the body of a request."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from countermand.cancelling.cancel import Reason, RefundTo
from countermand.cancelling.sending import AsWhat, Role
from countermand.endpoints import DEFAULT_DATA_DIR
from countermand.errors import KnownError
from countermand.verb import DataDir, Json

Switch = Parameter(negative=(), show_default=False)

HEADER = "order_id"
"""First line of the files we write; not an order."""


@dataclass(frozen=True, kw_only=True)
class Selected:
    """Which orders are meant: a file, or all that fit."""

    orders: Annotated[
        Path | None, Parameter(help="File with an order number per line; `-` reads standard input.")
    ] = None
    sku: Annotated[str | None, Parameter(help="Orders with open units of this article.")] = None
    only_item: Annotated[
        bool, Switch, Parameter(help="Cancel the units of that article alone.")
    ] = False
    country: Annotated[str | None, Parameter(help="Customers there, as the shop writes it.")] = None
    placed_from: Annotated[
        str | None, Parameter(help="Placed then or later: 2026-11-01T00:00:00Z.")
    ] = None
    placed_before: Annotated[str | None, Parameter(help="Placed earlier than that.")] = None


@dataclass(frozen=True, kw_only=True)
class Wished:
    """What is wanted of every order; as in `cancel`."""

    reason: Reason
    sub_reason: Annotated[str | None, Parameter(help="One of `countermand reasons`.")] = None
    refund: Annotated[Literal["NOW", "LATER", "NONE"], Parameter(help="When it goes back.")] = "NOW"
    refund_to: Annotated[RefundTo, Parameter(help="Where it goes.")] = "ORIGINAL"
    store_credit_expires_at: Annotated[
        str | None, Parameter(help="When store credit lapses; a time with its offset.")
    ] = None
    shipping: Annotated[
        Literal["WITH_LAST", "NOW", "KEEP"], Parameter(help="When delivery goes back.")
    ] = "WITH_LAST"
    restock: Annotated[bool, Parameter(help="Units go back on the shelf.")] = True
    restock_by_policy: Annotated[bool, Switch, Parameter(help="As the policy says.")] = False
    notify: Annotated[bool, Parameter(help="The customers are told.")] = True
    notify_by_policy: Annotated[bool, Switch, Parameter(help="As the policy says.")] = False
    customer_message: Annotated[str | None, Parameter(help="A sentence for the customers.")] = None
    note: Annotated[str | None, Parameter(help="For staff only.")] = None
    statutory_withdrawal: Annotated[
        bool, Switch, Parameter(help="A law gives the right to it.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who asks, of which system, and how the answer is told."""

    by: Annotated[str, Parameter(help="Who asks: a name. Nobody checks it yet.")] = "cli"
    role: Annotated[Role | None, Parameter(help="In which role.")] = None
    by_type: AsWhat = "STAFF"
    data_dir: DataDir = DEFAULT_DATA_DIR
    json: Json = False

    @property
    def actor(self) -> dict[str, Any]:
        """Return who asks, as a command says it."""
        return {"type": self.by_type, "id": self.by, "role": self.role}


FLAT = Parameter(name="*")
ANYONE = Asker()
NOTHING = Selected()


def body_of(selected: Selected, wished: Wished, asker: Asker) -> dict[str, Any]:
    """Return what a preview and a start have in common."""
    return {**_which(selected), "wish": _wish(wished), "actor": asker.actor}


def _wish(wished: Wished) -> dict[str, Any]:
    return {
        "reason": wished.reason,
        "sub_reason": wished.sub_reason,
        "refund": wished.refund,
        "refund_to": wished.refund_to,
        "store_credit_expires_at": wished.store_credit_expires_at,
        "shipping": wished.shipping,
        "restock": None if wished.restock_by_policy else wished.restock,
        "notify": None if wished.notify_by_policy else wished.notify,
        "customer_message": wished.customer_message,
        "staff_note": wished.note,
        "is_statutory_withdrawal": wished.statutory_withdrawal,
    }


def _which(selected: Selected) -> dict[str, Any]:
    """Return the selection.

    Raises:
        KnownError: neither or both ways were used, or the file cannot be read.
    """
    wanted = {
        "sku": selected.sku,
        "only_item": selected.only_item,
        "country": selected.country,
        "placed_from": selected.placed_from,
        "placed_before": selected.placed_before,
    }
    has_filter = any(wanted.values())
    if has_filter == (selected.orders is not None):
        raise KnownError(
            "Say which orders: --orders FILE, or one or more of --sku, --country, --placed-from"
            " and --placed-before."
        )
    if has_filter:
        return {"filter": wanted}
    assert selected.orders is not None  # noqa: S101 - looked at above
    return {"order_ids": read_orders(selected.orders)}


def read_orders(file: Path) -> list[str]:
    """Return the order numbers of a file: the first field of every line that is not a comment.

    Raises:
        KnownError: it cannot be read, or holds none.
    """
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise KnownError(f"{file} cannot be read: {unreadable}.") from unreadable
    fields = [line.replace(";", ",").partition(",")[0].strip() for line in text.splitlines()]
    found = [f for f in fields if f and not f.startswith("#") and f != HEADER]
    if not found:
        raise KnownError(f"{file} holds no order number; write one per line.")
    return found
