"""A new bulk plan: which orders, what is wanted of them, what it would do; then it is started.

Only what was looked at is started: the page carries a fingerprint of the form it has shown the sums
of, and the API's own of the orders that were found.
"""

import re
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from secrets import token_hex
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from console.api import AwayError, Json, ProblemError
from console.desk import Visit
from console.forms import INVALID, Form
from console.pages import asking, orders
from console.pages.asking import REUSED, Asked, Done
from console.pages.bulk import PLANS, pace_of
from console.pages.cancel import SHIPPINGS, credit, reason_of
from contracts.values import OrderId
from kit.clock import utc_now

ORDERS_MAX = 50_000
"""As many as a plan of the API may have."""

BY = ("LIST", "FILTER")
REFUNDS = ("NOW", "LATER", "NONE")
RESTOCKS = {"ALL": True, "NONE": False, "POLICY": None}

_ORDER_ID: TypeAdapter[str] = TypeAdapter(OrderId)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_BETWEEN = re.compile(r"[,;\t ]")


async def show(visit: Visit) -> Response:
    """Open the form; with the filters of the list it holds the orders that fit them."""
    first = {
        "by": "LIST", "refund": "NOW", "restock": "ALL", "shipping": "WITH_LAST", "notify": "yes",
        "orders_per_s": "100", "plan_id": f"bulk-{utc_now():%Y-%m-%d}-{token_hex(2)}",
    }  # fmt: skip
    asked = orders.asked_for(visit)
    if asked:
        found = await visit.api.get("/v1/order-ids", **orders.wanted(asked))
        first["orders"] = "\n".join(found["order_ids"][:ORDERS_MAX])
        if len(found["order_ids"]) > ORDERS_MAX:
            visit.form.errors["orders"] = "error.more_orders"
    visit.form.fields = first
    return await _page(visit, Asked(""))


async def send(visit: Visit) -> Response:
    """Say what a plan would do; or start it, if that was said of this very form."""
    form = visit.form
    body = {**selection_of(form), "wish": wish_of(form)}
    looked = _fingerprint(body)
    orders_per_s, name = pace_of(visit), form.text("plan_id") or ""
    if not _NAME.fullmatch(name):
        form.errors["plan_id"] = "error.plan_name"
    if form.errors:
        return await _page(visit, Asked("", status=INVALID))
    body["actor"] = visit.session.actor
    if form.text("looked") != looked or asking.is_look(visit):
        return await _look(visit, body, looked)
    more = {"orders_per_s": orders_per_s or 100, "expected_digest": form.text("digest")}
    done = await _start(visit, {**body, **more}, name)
    return done.seen_at("bulk", name) if isinstance(done, Done) else await _page(visit, done)


async def _look(visit: Visit, body: Json, looked: str) -> Response:
    try:
        preview = await visit.api.look_ahead(f"{PLANS}/preview", body)
    except ProblemError as wrong:
        refusals = await asking.untold(visit, wrong)
        return await _page(visit, Asked("", refusals=refusals, status=wrong.status))
    visit.form.fields |= {"looked": looked, "digest": preview["digest"]}
    return await _page(visit, Asked("", preview=preview))


async def _start(visit: Visit, body: Json, name: str) -> Asked | Done:
    """Start a plan; its name is the command's id, so a form that is sent twice is one plan."""
    try:
        return Done(name, await visit.api.send(PLANS, body, name))
    except AwayError:
        return Asked("", trouble="trouble.unknown", status=503)
    except ProblemError as refused:
        visit.form.fields.pop("looked", None)
        if refused.code == REUSED:
            visit.form.errors["plan_id"] = "error.plan_taken"
            return Asked("", status=refused.status)
        return Asked("", refusals=await asking.untold(visit, refused), status=refused.status)


def selection_of(form: Form) -> Json:
    """Return which orders are meant, as a plan has it; what is wrong is noted in the form."""
    if form.choice("by", BY, "LIST") == "FILTER":
        wanted: Json = {name: form.text(name) for name in ("sku", "country")}
        for name in ("placed_from", "placed_before"):
            wanted[name] = _midnight(form, name)
        wanted = {name: value for name, value in wanted.items() if value is not None}
        if not wanted and not form.errors:
            form.errors["sku"] = "error.no_filter"
        if "sku" in wanted and form.flag("only_item"):
            wanted["only_item"] = True
        return {"filter": wanted}
    found = read_ids(form.fields.get("orders", ""))
    if isinstance(found, str):
        form.errors["orders"] = found
        return {"order_ids": []}
    return {"order_ids": found}


def read_ids(text: str) -> list[str] | str:
    """Return the order numbers of a list, each once, or the key of what is wrong with it.

    The first field of every line counts; `#` starts a comment.
    """
    lines = (line.strip() for line in text.splitlines())
    firsts = (_BETWEEN.split(line, maxsplit=1)[0].strip('"') for line in lines)
    found = list(dict.fromkeys(first for first in firsts if first and not first.startswith("#")))
    if not found:
        return "error.no_orders"
    if len(found) > ORDERS_MAX:
        return "error.too_many_orders"
    try:
        return [_ORDER_ID.validate_python(one) for one in found]
    except ValidationError:
        return "error.order_ids"


def _midnight(form: Form, name: str) -> str | None:
    text = form.text(name)
    if text is None:
        return None
    try:
        return f"{date.fromisoformat(text)}T00:00:00Z"
    except ValueError:
        form.errors[name] = "error.day"
        return None


def wish_of(form: Form) -> Json:
    """Return what is wanted of every order, as a plan has it."""
    refund = form.choice("refund", REFUNDS, "NOW")
    said: dict[str, Any] = {
        **reason_of(form),
        "refund": refund,
        "shipping": form.choice("shipping", SHIPPINGS, "WITH_LAST"),
        "notify": form.flag("notify"),
        "customer_message": form.sentence("customer_message"),
        "staff_note": form.sentence("staff_note"),
    }
    if refund == "NOW" and form.flag("as_credit"):
        said |= credit(form)
    kept = {name: value for name, value in said.items() if value is not None}
    return {**kept, "restock": RESTOCKS[form.choice("restock", tuple(RESTOCKS), "ALL")]}


def _fingerprint(body: Mapping[str, Any]) -> str:
    return sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


async def _page(visit: Visit, asked: Asked) -> Response:
    return visit.page(
        "plan_new.html",
        asked.status,
        form=visit.form,
        asked=asked,
        groups=await asking.reasons_of(visit),
        rules=await asking.rules_of(visit) if asked.preview else {},
        errors=visit.form.errors,
        preview=asked.preview,
        refusals=asked.refusals,
        choices={"refund": REFUNDS, "restock": tuple(RESTOCKS), "shipping": SHIPPINGS},
        is_ready=bool(asked.preview and asked.preview["orders"]),
    )
