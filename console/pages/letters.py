"""Dead letters: by cause, one by one, and one of them with its bytes; sent, parked, mended."""

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from console.api import Json, path
from console.desk import Visit
from console.forms import INVALID, Form
from console.pages import letter_text, operating
from console.pages.operating import Trouble

ROWS = 50
SERVICES = ("cancellation", "inventory", "refunds", "notifier", "webhooks")
STATES = ("OPEN", "PARKED", "REDRIVEN", "ALL")
FILTERS = ("service", "cause", "type", "topic", "key", "since", "until")
CHOSEN = "letter:"
"""How the name of a box begins that stands before a letter."""

LETTERS, EACH = "/v1/dead-letters", "/dead-letters/each"
ACTS = ("LOOK", "SEND_ALL", "SEND", "PARK", "OPEN")
NAMED = ("SEND", "PARK", "OPEN")
"""Acts on letters that are ticked."""

COUNTS = ("handled", "again", "waiting", "parked", "unanswered", "unsent")


def _asked(visit: Visit, *names: str) -> Json:
    """Return which letters are meant, as the API is asked."""
    query = visit.query
    asked: Json = {name: query[name].strip() for name in names if query.get(name, "").strip()}
    for name in {"since", "until"} & asked.keys():
        # A browser's field for a moment knows no time zone; all times are UTC.
        asked[name] = asked[name] if asked[name].endswith("Z") else f"{asked[name]}Z"
    return asked


def _state(visit: Visit) -> str:
    found = visit.query.get("state", "OPEN")
    return found if found in STATES else "OPEN"


async def show_causes(visit: Visit) -> Response:
    """Group letters by cause."""
    asked, state = _asked(visit, *FILTERS), _state(visit)
    found = await visit.operations.get("/v1/dead-letter-causes", **asked, state=state)
    return visit.page(
        "letters.html",
        causes=found["causes"],
        services=SERVICES,
        **_narrowed(visit, "/dead-letters", asked, state),
    )


def _narrowed(visit: Visit, where: str, asked: Json, state: str) -> Json:
    """Return what both lists say about what they show."""

    def each(cause: Json) -> str:
        of_cause = {"service": cause["service"], "cause": cause["code"], "state": state}
        return _at(EACH, {**asked, **of_cause})

    return {
        "asked": asked,
        "fields": {name: visit.query.get(name, "") for name in FILTERS},
        "state": state,
        "views": {one: _at(where, {**asked, "state": one}) for one in STATES},
        "each": each,
    }


def _at(where: str, query: Json) -> str:
    return f"{where}?{urlencode(query)}"


async def show_each(visit: Visit) -> Response:
    """List letters one by one."""
    return await _each(visit)


async def act_on_some(visit: Visit) -> Response:
    """Send, foretell or park letters: those that are ticked, or all that fit."""
    form = visit.form
    action = form.choice("action", ACTS, "LOOK")
    names = [name.removeprefix(CHOSEN) for name in form.fields if name.startswith(CHOSEN)]
    if action in NAMED and not names:
        form.errors["letters"] = "error.no_letters"
    if action != "LOOK":
        operating.check_why(visit)
    if form.errors:
        return await _each(visit, status=INVALID)
    asked = _asked_of_one(visit)
    is_named = bool(names) and action != "SEND_ALL"
    meant: Json = {"letters": names} if is_named else {"filter": asked}
    if action == "LOOK":
        told = await operating.ask(visit, "/v1/dead-letter-previews", meant)
        if isinstance(told, Trouble):
            return await _each(visit, trouble=told)
        return await _each(visit, foretold=told["letters"])
    done = await _do(visit, action, meant)
    if isinstance(done, Trouble):
        return await _each(visit, trouble=done)
    return operating.go_on(EACH, **asked, state=_state(visit), **done)


async def _do(visit: Visit, action: str, meant: Json) -> Json | Trouble:
    """Do something with letters; returns what the address of the next page says of it."""
    if action in ("PARK", "OPEN"):
        wish = {**meant, "undo": action == "OPEN"}
        done = await operating.act(visit, "/v1/dead-letter-parkings", wish)
        if isinstance(done, Trouble):
            return done
        return {"done": action, "letters": len(done["letters"])}
    done = await operating.act(visit, "/v1/dead-letter-redrives", meant)
    return done if isinstance(done, Trouble) else _sent(done)


def _asked_of_one(visit: Visit) -> Json:
    """Return which letters of one service are meant."""
    asked = _asked(visit, *FILTERS)
    return {**asked, "service": asked.get("service", SERVICES[0])}


async def _each(
    visit: Visit, *, status: int = 200, trouble: Trouble | None = None,
    foretold: list[Json] | None = None,
) -> Response:  # fmt: skip
    asked, state = _asked_of_one(visit), _state(visit)
    found = await visit.operations.get(
        LETTERS, **asked, state=state, limit=ROWS, after=visit.query.get("after")
    )
    next_ = found["next_after"]
    page: Json = {**asked, "state": state, "after": next_}
    plan: Json = {"to": "LEG", "service": asked["service"], "cause": asked.get("cause")}
    return visit.page(
        "letters_each.html",
        trouble.status if trouble else status,
        letters=found["letters"],
        foretold=foretold,
        trouble=trouble,
        form=visit.form,
        errors=visit.form.errors,
        chosen=CHOSEN,
        next=_at(EACH, page) if next_ else None,
        plan=_at("/replays/new", {name: value for name, value in plan.items() if value}),
        done=visit.query.get("done"),
        counts={name: operating.count_of(visit, name) for name in ("letters", *COUNTS)},
        **_narrowed(visit, EACH, asked, state),
    )


def _sent(done: Json) -> Json:
    """Return what became of letters that were sent, as the address says it."""
    result = done["result"]
    if result is None:
        return {"done": "GOING", "letters": done["letters"]}
    answers = list(result["answers"].values())
    return {
        "done": "SENT",
        "letters": done["letters"],
        "handled": answers.count("handled") + answers.count("duplicate"),
        **{name: len(result[name]) for name in COUNTS[1:]},
    }


async def show(visit: Visit) -> Response:
    """Show a letter."""
    return await _letter(visit)


async def act(visit: Visit) -> Response:
    """Send a letter again, park it, or mend it and perhaps send it."""
    form = visit.form
    parts = [visit.within(part) for part in ("service", "number")]
    action = form.choice("action", ("SEND", "PARK", "OPEN", "MEND", "MEND_SEND"), "MEND")
    operating.check_why(visit)
    done: Json | Trouble = {"done": action}
    if action.startswith("MEND"):
        found = await _find(visit)
        change = letter_text.change(form, found["mended"] or found["raw"])
        if not form.errors:
            edits = path("v1", "dead-letters", *parts, "edits")
            mended = await operating.act(visit, edits, change)
            done = mended if isinstance(mended, Trouble) else done
    if form.errors:
        return await _letter(visit, status=INVALID)
    if action != "MEND" and not isinstance(done, Trouble):
        done = await _do(visit, action, {"letters": ["/".join(parts)]})
    if isinstance(done, Trouble):
        return await _letter(visit, trouble=done)
    return operating.go_on(path("dead-letters", *parts), **done)


async def _find(visit: Visit) -> Json:
    where = path("v1", "dead-letters", visit.within("service"), visit.within("number"))
    return await visit.operations.get(where)


async def _letter(
    visit: Visit, *, status: int = 200, trouble: Trouble | None = None
) -> Response:  # fmt: skip
    found = await _find(visit)
    return visit.page(
        "letter.html",
        trouble.status if trouble else status,
        letter=found,
        came=letter_text.shown(found["raw"]),
        mended=letter_text.shown(found["mended"]) if found["mended"] else None,
        diff=letter_text.compare(found["raw"], found["mended"]) if found["mended"] else (),
        edits=sum(one["kind"] == "EDIT" for one in found["actions"]),
        trouble=trouble,
        form=_filled(visit.form, found),
        errors=visit.form.errors,
        done=visit.query.get("done"),
        counts={name: operating.count_of(visit, name) for name in ("letters", *COUNTS)},
    )


def _filled(form: Form, found: Json) -> Form:
    """Return the form with what a redrive would send now, unless somebody is filling it in."""
    now: dict[str, Any] = letter_text.fields(found["mended"] or found["raw"])
    for name, value in now.items():
        form.fields.setdefault(name, value)
    return form
