"""The cancel dialog: every choice, what it would do, and no wish sent twice."""

from datetime import date
from typing import Any

from starlette.responses import Response

from console.api import Json, path
from console.desk import Visit, new_command_id
from console.forms import INVALID, Form, lines_of
from console.pages import asking, order
from console.pages.asking import Asked, Wish
from console.shown import is_open, open_units

REFUNDS = ("NOW", "AMOUNT", "LINES", "TENDERS", "LATER", "NONE")
RESTOCKS = ("ALL", "CHOSEN", "NONE", "POLICY")
SHIPPINGS = ("WITH_LAST", "NOW", "KEEP")


async def show(visit: Visit) -> Response:
    """Open the dialog, with what is asked for most often filled in."""
    found = await order.find(visit)
    first: dict[str, str] = {"refund": "NOW", "restock": "ALL", "shipping": "WITH_LAST"}
    first |= {f"units:{line['line_id']}": str(open_units(line)) for line in found["lines"]}
    visit.form = Form([*first.items(), ("notify", "yes")])
    if not is_open(found):
        return await _dialog(visit, found, await asking.look(visit, _anything(found)))
    return await _dialog(visit, found, Asked(new_command_id()))


def _anything(found: Json) -> Wish:
    """Return the plainest wish; what it is refused for says why there is nothing to fill in."""
    where = path("v1", "orders", found["order_id"])
    return Wish(f"{where}/cancellations", {"reason": "OTHER"}, f"{where}/cancellation-previews")


async def send(visit: Visit) -> Response:
    """Cancel; or say what that would do, when somebody pressed the button for it."""
    if before := await asking.found(visit):
        return before.seen_at("orders", visit.within("order_id"))
    found = await order.find(visit)
    wish = wish_of(visit.form, found)
    if visit.form.errors:
        return await _dialog(visit, found, Asked(asking.command_id_of(visit), status=INVALID))
    if asking.is_look(visit):
        return await _dialog(visit, found, await asking.look(visit, wish))
    done = await asking.send(visit, wish)
    if isinstance(done, Asked):
        return await _dialog(visit, found, done)
    return done.seen_at("orders", found["order_id"])


async def _dialog(visit: Visit, found: Json, asked: Asked) -> Response:
    return visit.page(
        "cancel.html",
        asked.status,
        order=found,
        form=visit.form,
        asked=asked,
        groups=await asking.reasons_of(visit),
        errors=visit.form.errors,
        preview=asked.preview,
        refusals=asked.refusals,
        choices={"refund": REFUNDS, "restock": RESTOCKS, "shipping": SHIPPINGS},
    )


def wish_of(form: Form, found: Json) -> Wish:
    """Return the command a form asks for; what is wrong is noted in the form."""
    where = path("v1", "orders", found["order_id"])
    body = {
        **_what_and_why(form, found),
        **_money(form, found),
        **_goods(form, found),
        "notify": form.flag("notify"),
        "customer_message": form.sentence("customer_message"),
        "staff_note": form.sentence("staff_note"),
    }
    said = {name: value for name, value in body.items() if value is not None or name in _NULLS}
    return Wish(f"{where}/cancellations", said, f"{where}/cancellation-previews")


_NULLS = frozenset({"restock"})
"""Fields whose null says something: the policy decides."""


def reason_of(form: Form) -> dict[str, Any]:
    """Return the reason that was chosen, as a command has it."""
    reason, _, own = (form.text("reason") or "").partition("/")
    if not reason:
        form.errors["reason"] = "error.no_reason"
    return {
        "reason": reason,
        "sub_reason": own or None,
        "is_statutory_withdrawal": True if form.flag("statutory") else None,
    }


def _what_and_why(form: Form, found: Json) -> dict[str, Any]:
    still = {line["line_id"]: open_units(line) for line in found["lines"]}
    still = {line_id: count for line_id, count in still.items() if count > 0}
    units = form.units("units", tuple(still))
    if not units and not form.errors:
        form.errors["units"] = "error.no_units"
    version = form.text("expected_version") or ""
    return {
        **reason_of(form),
        "lines": None if units == still else lines_of(units),
        "expected_version": int(version) if version.isdecimal() else None,
    }


def _money(form: Form, found: Json) -> dict[str, Any]:
    currency = found["currency"]
    how = form.choice("refund", REFUNDS, "NOW")
    said: dict[str, Any] = {
        "refund": how if how in ("LATER", "NONE") else "NOW",
        "shipping": form.choice("shipping", SHIPPINGS, "WITH_LAST"),
    }
    if how == "AMOUNT":
        amount_minor = form.amount("amount", currency)
        if amount_minor is None and "amount" not in form.errors:
            form.errors["amount"] = "error.amount"
        said["refund_amount_minor"] = amount_minor
    if how == "LINES":
        worth = form.units("worth", [line["line_id"] for line in found["lines"]])
        if not worth and not form.errors:
            form.errors["worth"] = "error.no_units"
        said["refund_lines"] = lines_of(worth)
    if how == "TENDERS":
        said["refund_tenders"] = tenders(form, found)
    if how not in ("LATER", "NONE") and form.flag("as_credit"):
        said |= credit(form)
    return said


def tenders(form: Form, found: Json) -> list[Json]:
    """Return how much goes back on which payment, as a command has it."""
    amounts = {
        one["payment_id"]: form.amount(f"tender:{one['payment_id']}", found["currency"])
        for one in found["payments"]
    }
    said = [{"payment_id": id_, "amount_minor": minor} for id_, minor in amounts.items() if minor]
    if not said and not form.errors:
        form.errors["tender"] = "error.amount"
    return said


def credit(form: Form) -> dict[str, Any]:
    """Return the choice of store credit, as a command has it."""
    said: dict[str, Any] = {"refund_to": "STORE_CREDIT"}
    if day := form.text("credit_until"):
        try:
            said["store_credit_expires_at"] = f"{date.fromisoformat(day)}T23:59:59Z"
        except ValueError:
            form.errors["credit_until"] = "error.day"
    return said


def _goods(form: Form, found: Json) -> dict[str, Any]:
    how = form.choice("restock", RESTOCKS, "ALL")
    if how == "CHOSEN":
        back = form.units("back", [line["line_id"] for line in found["lines"]])
        return {"restock": bool(back), "restock_lines": lines_of(back) or None}
    return {"restock": {"ALL": True, "NONE": False, "POLICY": None}[how]}
