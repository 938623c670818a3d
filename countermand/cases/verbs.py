"""The verbs `cases list`, `show`, `assign`, `escalate`, `note` and `close`."""

import re
import sys
from typing import Annotated, Literal

from cyclopts import App, Parameter

from contracts.cancellation import ClosedByHand
from countermand import screen
from countermand.cancelling.sending import NOBODY, From, Note, Role, given, read, send
from countermand.cases import shown
from countermand.endpoints import DEFAULT_DATA_DIR
from countermand.verb import DataDir, Json

cases = App(name="cases", help="What needs a person: look, take, escalate, close.")

CaseId = Annotated[str, Parameter(help="As `cases list` names it.")]
Flag = Annotated[bool, Parameter(negative=(), show_default=False)]

_SPAN = re.compile(r"(\d{1,6})(s|min|h|d)")
_UNITS_S = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    found = _SPAN.fullmatch(text)
    if found is None:
        screen.fail(f"A span of time is written like 90min, 12h or 3d, not {text!r}.")
        sys.exit(1)
    return int(found[1]) * _UNITS_S[found[2]]


@cases.command(name="list")
def list_(
    *,
    state: Annotated[Literal["OPEN", "CLOSED", "ALL"], Parameter(help="Which.")] = "OPEN",
    kind: Annotated[str | None, Parameter(help="Only these, for example REFUND_FAILED.")] = None,
    waits_for: Annotated[Role | None, Parameter(help="Only those this role is to see to.")] = None,
    owner: Annotated[str | None, Parameter(help="Only this person's.")] = None,
    order: Annotated[str | None, Parameter(help="Only those of one order.")] = None,
    overdue: Annotated[Flag, Parameter(help="Only those whose deadline is over.")] = False,
    stake_from_minor: Annotated[
        int | None, Parameter(help="Only with so many minor units at stake, or more.")
    ] = None,
    older_than: Annotated[
        str | None, Parameter(help="Only those opened so long ago: 90min, 12h, 3d.")
    ] = None,
    after: Annotated[str | None, Parameter(help="Where the page before ended.")] = None,
    limit: int = 50,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """List what needs a person; what has waited longest comes first."""
    answer = read(
        data_dir, "/v1/cases",
        state=None if state == "ALL" else state, kind=kind, role=waits_for, owner=owner,
        order_id=order, overdue=overdue or None, stake_from_minor=stake_from_minor,
        older_than_s=_seconds(older_than), after=after, limit=limit,
    )  # fmt: skip
    if json:
        screen.print_json(answer)
    else:
        shown.print_list(answer)


@cases.command
def show(case_id: CaseId, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Show a case: what, since when, what is at stake, whose, and what may safely be done."""
    answer = read(data_dir, f"/v1/cases/{case_id}")
    if json:
        screen.print_json(answer)
    else:
        shown.print_case(answer)


@cases.command
def assign(
    order_id: str,
    case_id: CaseId,
    *,
    owner: Annotated[str, Parameter(help="Whose it is from now on.")],
    as_role: Annotated[Role | None, Parameter(help="In another role than it waits for.")] = None,
    note: Note = None,
    sender: From = NOBODY,
) -> None:
    """Say whose a case is."""
    body = {"owner": owner, "role": given(as_role), "staff_note": given(note)}
    send(sender, f"{_path(order_id, case_id)}/assignment", body)


@cases.command
def escalate(order_id: str, case_id: CaseId, *, note: Note = None, sender: From = NOBODY) -> None:
    """Bring a case before the next higher role."""
    send(sender, f"{_path(order_id, case_id)}/escalation", {"staff_note": given(note)})


@cases.command(name="note")
def note_(
    order_id: str,
    case_id: CaseId,
    text: Annotated[str, Parameter(help="What was found out; for staff only.")],
    *,
    sender: From = NOBODY,
) -> None:
    """Write something down about a case, open or closed."""
    send(sender, f"{_path(order_id, case_id)}/notes", {"note": text})


@cases.command
def close(
    order_id: str,
    case_id: CaseId,
    *,
    resolution: Annotated[ClosedByHand, Parameter(help="What became of it.")],
    note: Note = None,
    sender: From = NOBODY,
) -> None:
    """Close a case by hand; one whose cause is gone closes itself."""
    body = {"resolution": resolution, "staff_note": given(note)}
    send(sender, f"{_path(order_id, case_id)}/closure", body)


def _path(order_id: str, case_id: str) -> str:
    return f"/v1/orders/{order_id}/cases/{case_id}"
