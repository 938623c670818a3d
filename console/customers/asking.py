"""A customer asks for a cancellation: choose, look, confirm; and never twice.

The id of the command is drawn when the last form is made and sent with it, so whoever presses
twice, reloads, or never got an answer asks for the same thing.
"""

import re
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.responses import Response

from console.api import AwayError, Json, ProblemError, path
from console.customers.visit import Visit
from console.customers.words import WORDS
from console.forms import COMMAND_ID, INVALID, Form, lines_of
from console.templating import go

WITHDRAWAL = "EU_WITHDRAWAL"
"""The policy's own word for a statutory withdrawal, where it has one."""

NOT_OFFERED = frozenset({"CUSTOMER", WITHDRAWAL})
"""Reasons that say no more than the form does."""

_OURS = re.compile(r"page-[0-9a-f-]{36}")


def new_command_id() -> str:
    """Draw the id of a command; it is the reference on the receipt, too."""
    return f"page-{uuid4()}"


def why_not(visit: Visit, refusals: Sequence[Json]) -> list[str]:
    """Return why something cannot be, in the customer's words: no code, nothing of our work."""
    keys = [f"refusal.{one['code']}" for one in refusals]
    known = [key if key in WORDS else "refusal.other" for key in keys]
    return [visit.say(key) for key in dict.fromkeys(known)]


async def ahead(visit: Visit, wish: Json) -> Json:
    """Ask what a wish would come to; nothing is done."""
    where = path("v1", "orders", visit.story.order_id, "cancellation-request-previews")
    return await visit.api.preview(where, wish, visit.say.locale)


def whole(visit: Visit) -> Json:
    """Return the wish to cancel all that can be."""
    return {"actor": visit.story.customer, "reason": "CUSTOMER"}


async def _reasons(visit: Visit) -> list[Json]:
    told = await visit.api.get("/v1/reasons", locale=visit.say.locale)
    return [one for one in told["reasons"] if one["reason"] == "CUSTOMER"]


def wish_of(visit: Visit, reasons: Sequence[Json]) -> Json:
    """Return the wish a form holds; what is wrong is noted in the form."""
    form, can_go = visit.form, {one.line_id: one.quantity for one in visit.story.open}
    units = form.units("units", tuple(can_go))
    if not units and not form.errors:
        form.errors["units"] = "error.no_units"
    is_withdrawal = form.choice("kind", ("CANCEL", "WITHDRAW"), "CANCEL") == "WITHDRAW"
    codes = {one["sub_reason"] for one in reasons}
    said = WITHDRAWAL if is_withdrawal else form.text("reason")
    version = form.text("expected_version") or ""
    wish = {
        **whole(visit),
        "lines": None if units == can_go else lines_of(units),
        "sub_reason": said if said in codes else None,
        "customer_note": form.sentence("note"),
        "is_statutory_withdrawal": is_withdrawal or None,
        "expected_version": int(version) if version.isdecimal() and len(version) < 10 else None,  # noqa: PLR2004 - below `Version`
    }
    return {name: value for name, value in wish.items() if value is not None}


async def show(visit: Visit) -> Response:
    """Ask what is to be cancelled; all that can be is filled in."""
    visit.form = Form([(f"units:{one.line_id}", str(one.quantity)) for one in visit.story.open])
    return _choose(visit, await _reasons(visit))


def _choose(visit: Visit, reasons: Sequence[Json], status: int = 200) -> Response:
    offered = [one for one in reasons if one["sub_reason"] not in NOT_OFFERED]
    return visit.page(
        "ask.html", status, form=visit.form, errors=visit.form.errors, reasons=offered
    )


async def send(visit: Visit) -> Response:
    """Go one step on: look at what it would come to, or have it done."""
    form = visit.form
    step = form.choice("step", ("look", "change", "confirm"), "look")
    if step == "confirm" and (before := await granted_before(visit)):
        return before
    reasons = await _reasons(visit)
    wish = wish_of(visit, reasons)
    if step == "change" or form.errors:
        return _choose(visit, reasons, INVALID if form.errors else 200)
    if step == "look":
        return await _look(visit, wish)
    return await _send(visit, wish)


async def _look(
    visit: Visit, wish: Json, *, trouble: str | None = None, status: int = 200
) -> Response:
    """Show what a wish would come to as the order is now, under a new id."""
    asked = {name: value for name, value in wish.items() if name != "expected_version"}
    told = await ahead(visit, asked)
    visit.form.fields["expected_version"] = str(told["basis"]["order_version"])
    refusals = why_not(visit, told["refusals"])
    return _confirm(visit, wish, new_command_id(), told, refusals, trouble=trouble, status=status)


def _confirm(
    visit: Visit, wish: Json, command_id: str, told: Json | None, refusals: Sequence[str], *,
    trouble: str | None, status: int,
) -> Response:  # fmt: skip
    answer = (told or {}).get("answer") or {}
    terms = answer.get("money") or {}
    fee, is_asked = terms.get("fee") or {}, answer.get("outcome") == "REQUESTED"
    button = "WITHDRAW" if wish.get("is_statutory_withdrawal") else "CANCEL"
    if told is None:
        button = "again"
    elif is_asked and button == "CANCEL":
        button = "ASK"
    return visit.page(
        "confirm.html",
        status,
        form=visit.form,
        told=told,
        refusals=refusals,
        command_id=command_id,
        trouble=trouble,
        button=button,
        is_asked=is_asked,
        fee_minor=fee.get("percent_minor", 0) + fee.get("flat_minor", 0),
        is_released=bool(terms.get("voids")),
    )


def command_id_of(visit: Visit) -> str:
    """Return the id a form came with."""
    found = visit.form.text(COMMAND_ID) or ""
    if not _OURS.fullmatch(found):
        raise HTTPException(400)
    return found


async def granted_before(visit: Visit) -> Response | None:
    """Go to the receipt of a form that was sent before; the order has moved on by it."""
    key = command_id_of(visit)
    try:
        answer = await visit.api.get(path("v1", "commands", key))
    except ProblemError:
        return None
    return None if answer["outcome"] == "REJECTED" else to_receipt(visit, key, answer)


def to_receipt(visit: Visit, key: str, answer: Json) -> Response:
    """Go to the receipt of a command that was granted."""
    return go(visit.at("receipts", key, seen=str(answer.get("position", 0))))


async def _send(visit: Visit, wish: dict[str, Any]) -> Response:
    key = command_id_of(visit)
    where = path("v1", "orders", visit.story.order_id, "cancellation-requests")
    try:
        answer = await visit.api.send(where, wish, key)
    except AwayError:
        # Not looked at anew: if it was done, it would be refused as done.
        return _confirm(visit, wish, key, None, (), trouble="trouble.unknown", status=503)
    except ProblemError as no:
        if no.code == "MESSAGE_ID_REUSED" and (before := await granted_before(visit)):
            return before
        return await _look(visit, wish, trouble="trouble.moved_on", status=409)
    return to_receipt(visit, key, answer)


async def receipt(visit: Visit) -> Response:
    """Show what came of a form; of this order alone."""
    found = visit.story.receipt(visit.within("command_id"))
    if found is None:
        raise HTTPException(404)
    return visit.page("receipt.html", receipt=found)
