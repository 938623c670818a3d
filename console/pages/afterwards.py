"""What may follow a cancellation: undo, settle, restock by hand, reinstate."""

from collections.abc import Callable
from typing import Any, get_args

from starlette.responses import Response

from console.api import Json, path
from console.desk import Visit, new_command_id
from console.forms import INVALID, Form, lines_of
from console.pages import asking, order
from console.pages.asking import Asked, Wish
from console.pages.cancel import credit, tenders
from console.shown import owing, withheld
from contracts.cancellation import SettleTo

HOW_MUCH = ("ALL", "AMOUNT", "TENDERS", "CLOSE")
CONDITIONS = ("SELLABLE", "DAMAGED")

Made = Callable[[Form, Json], Wish]


async def undo(visit: Visit) -> Response:
    """Take a held cancellation back."""
    where = _cancellation(visit)
    done = await asking.send(visit, Wish(f"{where}/undo", {}))
    if isinstance(done, Asked):
        return visit.page("refused.html", done.status, asked=done, order=await order.find(visit))
    return done.seen_at("orders", visit.within("order_id"))


async def show_settle(visit: Visit) -> Response:
    """Ask how much of what is owed goes back."""
    found = await order.find(visit)
    first = next(iter(owing(found)), None)
    visit.form = Form([("how", "ALL"), ("cancellation", first["cancellation_id"] if first else "")])
    asked = await asking.look(visit, settle_wish(visit.form, found))
    return _settle(visit, found, asked)


async def send_settle(visit: Visit) -> Response:
    """Give back what is owed, all of it or a part."""
    return await _send(visit, settle_wish, _settle)


def _settle(visit: Visit, found: Json, asked: Asked) -> Response:
    where = get_args(SettleTo)
    return _dialog(visit, "settle.html", found, asked, how_much=HOW_MUCH, where=where)


def settle_wish(form: Form, found: Json) -> Wish:
    """Return the settlement a form asks for."""
    where = path("v1", "orders", found["order_id"])
    how = form.choice("how", HOW_MUCH, "ALL")
    said: dict[str, Any] = {
        "cancellation_id": form.text("cancellation"), "staff_note": form.sentence("staff_note"),
    }  # fmt: skip
    if how == "AMOUNT":
        amount_minor = form.amount("amount", found["currency"])
        if amount_minor is None and "amount" not in form.errors:
            form.errors["amount"] = "error.amount"
        said["amount_minor"] = amount_minor
    if how == "TENDERS":
        said["tenders"] = tenders(form, found)
    if how == "CLOSE":
        said["amount_minor"] = 0
    if how == "CLOSE" or form.flag("final"):
        said["is_final"] = True
    to = form.choice("refund_to", get_args(SettleTo), "ORIGINAL")
    if how != "CLOSE" and to == "STORE_CREDIT":
        said |= credit(form)
    elif how != "CLOSE":
        said["refund_to"] = to
    body = {name: value for name, value in said.items() if value is not None}
    return Wish(f"{where}/refund-settlements", body, f"{where}/refund-settlement-previews")


async def show_restock(visit: Visit) -> Response:
    """Ask which withheld units go back on which shelf."""
    found = await order.find(visit)
    visit.form = Form(
        [(f"back:{one['line_id']}", str(one["off_shelf"])) for one in withheld(found)]
    )
    return _restock(visit, found, Asked(new_command_id()))


async def send_restock(visit: Visit) -> Response:
    """Put units back."""
    return await _send(visit, restock_wish, _restock)


def _restock(visit: Visit, found: Json, asked: Asked) -> Response:
    return _dialog(visit, "restock.html", found, asked, conditions=CONDITIONS)


def restock_wish(form: Form, found: Json) -> Wish:
    """Return the restock a form asks for."""
    back = form.units("back", [line["line_id"] for line in found["lines"]])
    if not back and not form.errors:
        form.errors["back"] = "error.no_units"
    lines = []
    for line in lines_of(back):
        line_id = line["line_id"]
        condition = form.choice(f"condition:{line_id}", CONDITIONS, "SELLABLE")
        place = form.text(f"location:{line_id}")
        lines.append({**line, "condition": condition, **({"location": place} if place else {})})
    said = {"lines": lines, "staff_note": form.sentence("staff_note")}
    body = {name: value for name, value in said.items() if value is not None}
    return Wish(f"{path('v1', 'orders', found['order_id'])}/restocks", body)


async def show_reinstate(visit: Visit) -> Response:
    """Say what would come back, and what would not."""
    found = await order.find(visit)
    asked = await asking.look(visit, _reinstate_wish(visit))
    return _reinstate(visit, found, asked)


async def send_reinstate(visit: Visit) -> Response:
    """Open the units of a cancellation again."""
    return await _send(visit, lambda *_: _reinstate_wish(visit), _reinstate)


def _reinstate(visit: Visit, found: Json, asked: Asked) -> Response:
    return _dialog(
        visit, "reinstate.html", found, asked, cancellation_id=visit.within("cancellation_id")
    )


def _reinstate_wish(visit: Visit) -> Wish:
    where, note = _cancellation(visit), visit.form.sentence("staff_note")
    body = {"staff_note": note} if note else {}
    return Wish(f"{where}/reinstatement", body, f"{where}/reinstatement-previews")


def _cancellation(visit: Visit) -> str:
    return path(
        "v1", "orders", visit.within("order_id"),
        "cancellations", visit.within("cancellation_id"),
    )  # fmt: skip


async def _send(
    visit: Visit, make: Made, show: Callable[[Visit, Json, Asked], Response]
) -> Response:
    if before := await asking.found(visit):
        return before.seen_at("orders", visit.within("order_id"))
    found = await order.find(visit)
    wish = make(visit.form, found)
    if visit.form.errors:
        return show(visit, found, Asked(asking.command_id_of(visit), status=INVALID))
    if asking.is_look(visit):
        return show(visit, found, await asking.look(visit, wish))
    done = await asking.send(visit, wish)
    if isinstance(done, Asked):
        return show(visit, found, done)
    return done.seen_at("orders", found["order_id"])


def _dialog(visit: Visit, template: str, found: Json, asked: Asked, **more: Any) -> Response:
    return visit.page(
        template,
        asked.status,
        order=found,
        form=visit.form,
        asked=asked,
        errors=visit.form.errors,
        preview=asked.preview,
        refusals=asked.refusals,
        **more,
    )
