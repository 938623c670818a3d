"""From a form to a command and its answer: what all dialogs have in common.

The id of the command is drawn when the form is made and sent with it, so a form that is sent twice
is one wish. A refusal is an answer for ever: the form comes back under a new id.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from console.api import AwayError, Json, ProblemError, path
from console.desk import Visit, new_command_id
from console.forms import COMMAND_ID
from console.templating import go

REUSED = "MESSAGE_ID_REUSED"
MISSING_RIGHT = "MISSING_RIGHT"
FOLLOWED = ("REFUND_REQUESTED", "REINSTATED")
"""Answers, beside a cancellation, that bring the customer a mail."""


class Wish(NamedTuple):
    """One command, ready to be sent or looked at."""

    where: str
    """Path of the API."""
    body: Mapping[str, Any]
    preview_where: str | None = None
    """Path that tells what it would do; None where nothing does."""


class Asked(NamedTuple):
    """What a dialog is shown again with."""

    command_id: str
    preview: Json | None = None
    refusals: list[Json] | None = None
    """In the reader's language, each with the way out."""
    trouble: str | None = None
    """Key of a sentence about the form as a whole."""
    status: int = 200


class Done(NamedTuple):
    """A command that was granted."""

    command_id: str
    answer: Json

    def seen_at(self, *parts: str) -> Response:
        """Go to the page at this address, once it shows what was done."""
        seen = {"done": self.command_id, "seen": self.answer.get("position", 0)}
        return go(f"{path(*parts)}?{urlencode(seen)}")


def command_id_of(visit: Visit) -> str:
    """Return the id a form came with; a new one when it has none that could be sent."""
    found = visit.form.text(COMMAND_ID) or ""
    return found if found.isascii() and found.replace("-", "").isalnum() else new_command_id()


def is_look(visit: Visit) -> bool:
    """Tell whether somebody only wants to see what the form would do."""
    return visit.form.flag("look")


async def found(visit: Visit) -> Done | None:
    """Return what a form came to that was sent before and granted.

    The order has moved on since, so the same fields may no longer make the same command.
    """
    if is_look(visit):
        return None
    key = command_id_of(visit)
    try:
        answer = await visit.api.get(path("v1", "commands", key))
    except ProblemError:
        return None
    return None if answer["outcome"] == "REJECTED" else Done(key, answer)


async def look(visit: Visit, wish: Wish) -> Asked:
    """Ask what a command would do.

    Raises:
        ProblemError: whoever asks has not the right to.
    """
    if wish.preview_where is None:
        return Asked(command_id_of(visit))
    try:
        body = {**wish.body, "actor": visit.session.actor}
        told = await visit.api.preview(wish.preview_where, body, visit.locale)
    except ProblemError as wrong:
        if wrong.code == MISSING_RIGHT:
            raise
        return Asked(command_id_of(visit), refusals=await untold(visit, wrong), status=wrong.status)
    mails = await _mails(visit, told)
    return Asked(command_id_of(visit), preview={**told, "mails": mails})


async def _mails(visit: Visit, told: Json) -> list[Json]:
    """Return the mails the customer would get; none while nobody is there to write them.

    The notifier may be away: what would be cancelled is seen without it.
    """
    try:
        if told["is_told"]:
            asked = {"cancelled": told["answer"], "locale": told["told_in"]}
            return [await visit.notifier.do("/v1/mail-previews", asked)]
    except (AwayError, ProblemError):
        return []
    return await next_mails(visit, told["answer"]) if told["outcome"] in FOLLOWED else []


async def next_mails(visit: Visit, answer: Json) -> list[Json]:
    """Return the mails that would follow this answer, as `_mails` does."""
    try:
        found = await visit.notifier.do("/v1/next-mail-previews", {"answer": answer})
    except (AwayError, ProblemError):
        return []
    mails: list[Json] = found["mails"]
    return mails


async def send(visit: Visit, wish: Wish) -> Asked | Done:
    """Send a command; if it is not granted, the dialog is shown again and says why.

    Raises:
        ProblemError: whoever sends it has not the right to.
    """
    key = command_id_of(visit)
    body = {**wish.body, "actor": visit.session.actor}
    try:
        answer = await visit.api.send(wish.where, body, key)
    except AwayError:
        return Asked(key, trouble="trouble.unknown", status=503)
    except ProblemError as refused:
        if refused.code == MISSING_RIGHT:
            raise
        if refused.code == REUSED:
            return await _answered_before(visit, key)
        return await _refused(visit, wish, refused)
    return Done(key, answer)


async def _answered_before(visit: Visit, key: str) -> Asked | Done:
    """A form was sent again with other choices: what it asked first stands."""
    answer = await visit.api.get(path("v1", "commands", key))
    if answer["outcome"] == "REJECTED":
        return Asked(new_command_id(), trouble="trouble.sent_before", status=409)
    return Done(key, answer)


async def _refused(visit: Visit, wish: Wish, refused: ProblemError) -> Asked:
    """Tell every refusal in the reader's language: as the preview tells it, if it still holds."""
    again = await look(visit, wish)
    told = (again.preview or {}).get("refusals")
    return Asked(
        new_command_id(),
        preview=again.preview,
        refusals=told or await untold(visit, refused),
        status=refused.status,
    )


async def untold(visit: Visit, problem: ProblemError) -> list[Json]:
    """Return the refusals of a command nothing previews, in the reader's language."""
    refusals = problem.body.get("refusals")
    if not refusals:
        detail = str(problem.body.get("detail", problem.code))
        return [{"code": problem.code, "meaning": "", "detail": detail, "remedy": "",
                 "line_id": None, "return_proposal": None}]  # fmt: skip
    rules = await rules_of(visit)
    return [_in_words(one, rules.get(one["code"]), visit.locale) for one in refusals]


async def rules_of(visit: Visit) -> dict[str, Json]:
    """Return every rule in the reader's language, by its code."""
    found = await visit.api.get("/v1/rules", locale=visit.locale)
    return {one["code"]: one for one in found["rules"]}


def _in_words(refusal: Json, rule: Json | None, locale: str) -> Json:
    """Add what the rule means; what it saw, the API says in English alone."""
    if rule is None:
        return {"meaning": "", **refusal}
    seen = refusal["detail"] if locale == "en" else ""
    return {**refusal, "meaning": rule["meaning"], "remedy": rule["remedy"], "detail": seen}


async def in_reader_words(visit: Visit, rows: Sequence[Json]) -> list[Json]:
    """Return cancellations or requests with their reasons as the reader calls them.

    They keep what the customer was told, in the customer's language; a reason that is no longer
    given stays so.
    """
    reasons = (await visit.api.get("/v1/reasons", locale=visit.locale))["reasons"]
    labels = {one["sub_reason"]: one["label"] for one in reasons}
    return [
        {**one, "reason_label": labels.get(one["sub_reason"]) or one.get("reason_label")}
        for one in rows
    ]


async def reasons_of(visit: Visit) -> dict[str, list[Json]]:
    """Return the merchant's own reasons, by the standard reason they belong to."""
    found = await visit.api.get("/v1/reasons", locale=visit.locale)
    groups: dict[str, list[Json]] = {}
    for one in found["reasons"]:
        groups.setdefault(one["reason"], []).append(one)
    return groups
