"""What may safely be done about a case, each as a command line and as an HTTP request."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from services.cancellation.domain.case_kinds import ABOVE, KINDS

Row = Mapping[str, Any]

YOU = "your-name"
"""Stands for whoever asks; nobody checks it yet."""

YOUR_PROOF = "your-proof"
"""Stands for where the payment can be looked up."""


class NextAction(BaseModel):
    """Something to do; safe to repeat, and refused where it no longer fits."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    name: str
    """Its stable word, for example `RESTOCK`."""
    what: str
    """In words."""
    command_line: str
    """As a command; put your name for `your-name`."""
    method: Literal["GET", "POST"]
    """As an HTTP request: its method …"""
    path: str
    """… its path …"""
    body: dict[str, Any] | None
    """… and its body; a `POST` needs an `Idempotency-Key` of yours."""


def actions_of(case: Row) -> list[NextAction]:
    """Return what may be done about a case now, what ends its cause first."""
    if case["state"] != "OPEN":
        return [_look(case), _note(case)]
    own = _BY_KIND.get(case["kind"])
    return [*(own(case) if own else ()), _look(case), *_handling(case)]


def _actor(case: Row) -> dict[str, Any]:
    return {"type": "STAFF", "id": YOU, "role": case["role"]}


def _look(case: Row) -> NextAction:
    order_id = case["order_id"]
    return NextAction(
        name="LOOK",
        what="Read the whole story of the order.",
        command_line=f"countermand explain {order_id}",
        method="GET",
        path=f"/v1/orders/{order_id}/explanation",
        body=None,
    )


def _order_command(
    case: Row, name: str, what: str, *, words: str, path: str, body: Mapping[str, Any]
) -> NextAction:
    """Return a command about the order; `words` come before who asks."""
    return NextAction(
        name=name,
        what=what,
        command_line=f"countermand {words} --by {YOU} --role {case['role']}",
        method="POST",
        path=f"/v1/orders/{case['order_id']}/{path}",
        body={**body, "actor": _actor(case)},
    )


def _case_command(
    case: Row, name: str, what: str, *, verb: str, options: str, path: str, body: Mapping[str, Any]
) -> NextAction:
    words = f"cases {verb} {case['order_id']} {case['case_id']} {options}".rstrip()
    return _order_command(
        case, name, what, words=words, path=f"cases/{case['case_id']}/{path}", body=body
    )


def _note(case: Row) -> NextAction:
    return _case_command(
        case, "NOTE", "Write down what you found out.",
        verb="note", options='"what I found out"', path="notes", body={"note": "what I found out"},
    )  # fmt: skip


def _handling(case: Row) -> Iterator[NextAction]:
    """Return what can be done with any open case."""
    if case["owner"] is None:
        yield _case_command(
            case, "ASSIGN", "Take it, so that nobody else does.",
            verb="assign", options=f"--owner {YOU}", path="assignment", body={"owner": YOU},
        )  # fmt: skip
    yield _note(case)
    if case["role"] in ABOVE:
        yield _case_command(
            case, "ESCALATE", f"Bring it before: {ABOVE[case['role']]}.",
            verb="escalate", options="", path="escalation", body={},
        )  # fmt: skip
    for resolution in KINDS[case["kind"]].closed_by:
        yield _case_command(
            case, f"CLOSE_{resolution}", _CLOSING[resolution],
            verb="close", options=f"--resolution {resolution}", path="closure",
            body={"resolution": resolution},
        )  # fmt: skip


_CLOSING = {
    "DONE_OUTSIDE": "Close it: somebody saw to it elsewhere.",
    "NOTHING_TO_DO": "Close it: there was nothing to do.",
    "WRITTEN_OFF": "Close it: the loss is accepted.",
}


def _restock(case: Row) -> Iterator[NextAction]:
    units: Mapping[str, int] = case["lines"]
    options = " ".join(f"--line {line_id}={count}" for line_id, count in units.items())
    lines = [{"line_id": line_id, "quantity": count} for line_id, count in units.items()]
    yield _order_command(
        case, "RESTOCK", "Put the units back by hand.",
        words=f"restock {case['order_id']} {options}", path="restocks", body={"lines": lines},
    )  # fmt: skip


def _pay(case: Row) -> Iterator[NextAction]:
    about = {
        "amount_minor": case["stake_minor"], "currency": case["currency"],
        "payment_id": case["payment_id"], "proof": YOUR_PROOF,
    }  # fmt: skip
    options = (
        f"--amount-minor {case['stake_minor']} --currency {case['currency']}"
        f" --payment {case['payment_id']} --proof {YOUR_PROOF}"
    )
    yield _order_command(
        case, "RECORD_PAYMENT", "Record that you have given the money back, or a part of it.",
        words=f"refunds record {case['order_id']} {options}", path="manual-refunds", body=about,
    )  # fmt: skip


_BY_KIND: dict[str, Callable[[Row], Iterator[NextAction]]] = {
    "RESTOCK_FAILED": _restock,
    "MANUAL_REFUND_OWED": _pay,
}
"""What ends the cause of a case, by its kind."""
