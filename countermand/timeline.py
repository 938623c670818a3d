"""An order's facts as lines of a timeline: what happened, who did it, by which rules."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from uuid import UUID

from rich.markup import escape

from contracts.values import format_money

Json = dict[str, Any]


class Line(NamedTuple):
    """One fact."""

    number: int
    when: str
    what: str
    detail: str
    who: str
    """Who asked, and what the decision rests on; empty when it was only heard."""
    cause: str


def line_of(entry: Json, currency: str) -> Line:
    """Write one entry of the history."""
    name, fact = entry["name"], entry["fact"]
    what, detail = _KNOWN.get(name, (name, _nothing))
    return Line(
        entry["version"],
        str(entry["recorded_at"])[11:23],
        what,
        escape(detail(fact, fact.get("message", {}), currency)),
        escape("\n".join(filter(None, (actor_of(fact), basis_of(fact))))),
        short(entry["message_id"]),
    )


def actor_of(fact: Json) -> str:
    """Say who asked: `STAFF kim, AGENT`."""
    actor = fact.get("released_by") or fact.get("actor")
    if actor is None:
        return str(fact.get("requested_by", ""))
    role = f", {actor['role']}" if actor["role"] else ""
    return f"{actor['type']} {actor['id']}{role}"


def basis_of(fact: Json) -> str:
    """Say which rules were checked, under which policy, on how much of the story."""
    basis = fact.get("basis")
    if basis is None:
        return ""
    return f"{basis['rule_set']}, policy {basis['policy_version']}, at #{basis['order_version']}"


def short(message_id: str) -> str:
    """Shorten our own ids for the screen; `--json` has them whole."""
    try:
        return str(UUID(message_id))[:8]
    except ValueError:
        return message_id.removeprefix("effect:")


Tell = Callable[[Json, Json, str], str]
"""From a fact, the message it holds if it holds one, and the currency."""


def _nothing(_: Json, __: Json, ___: str) -> str:
    return ""


def _units(lines: Iterable[Json]) -> str:
    return ", ".join(f"{line['quantity']} of line {line['line_id']}" for line in lines)


def _placed(_: Json, message: Json, __: str) -> str:
    return f"{len(message['lines'])} lines, {message.get('country') or 'country unknown'}"


def _payment(_: Json, message: Json, currency: str) -> str:
    return f"{format_money(message['amount_minor'], currency)} on {message['payment_id']}"


def _heard_units(_: Json, message: Json, __: str) -> str:
    return _units(message["lines"])


def _decided_units(fact: Json, _: Json, __: str) -> str:
    return _units(fact["lines"])


def _cancelled(fact: Json, _: Json, currency: str) -> str:
    units = sum(line["quantity"] for line in fact["lines"])
    details, until = fact.get("details") or {}, fact.get("held_until")
    reason = details.get("sub_reason") or fact["reason"]
    parts = [f"{reason}: {units} units", *_money(fact, currency), *_stock(fact)]
    if fact["recipient"] is None:
        parts.append("nobody told")
    if until:
        parts.append(f"held until {_moment(until)}")
    return ", ".join(parts)


def _money(fact: Json, currency: str) -> Iterable[str]:
    def money(amount_minor: int) -> str:
        return format_money(amount_minor, currency)

    terms = fact.get("money") or {}
    yield f"refund {money(fact['refund_minor'])}"
    if terms.get("balance_minor"):
        yield f"{money(terms['balance_minor'])} owed"
    if terms.get("store_credit"):
        yield f"{money(terms['store_credit']['amount_minor'])} as store credit"
    if fee := terms.get("fee"):
        yield f"fee {money(fee['percent_minor'] + fee['flat_minor'])}"
    if terms.get("kept_minor"):
        yield f"{money(terms['kept_minor'])} kept"
    for void in terms.get("voids", ()):
        yield f"release of {void['payment_id']}"
    for payment_id in terms.get("awaited", ()):
        yield f"capture of {payment_id} awaited"


def _stock(fact: Json) -> Iterable[str]:
    planned = fact.get("restock_lines")
    if not fact["restock"]:
        yield "nothing put back"
    elif planned is not None:
        yield f"back: {_units(planned) or 'nothing'}"


def _refusals(fact: Json, _: Json, __: str) -> str:
    return "; ".join(f"{refusal['code']}: {refusal['detail']}" for refusal in fact["refusals"])


def _requested(fact: Json, _: Json, currency: str) -> str:
    why = fact["approval"] or fact["kind"]
    until = _moment(fact["expires_at"])
    amount = format_money(fact["refund_minor"], currency)
    return (
        f"{why}: {_units(fact['lines'])}, {amount}; until {until}, then {fact['default_outcome']}"
    )


def _answered(fact: Json, _: Json, __: str) -> str:
    return "by default" if fact["is_by_default"] else ""


def _reinstated(fact: Json, _: Json, currency: str) -> str:
    open_ = [item["code"] for item in fact["aftermath"] if not item["is_restored"]]
    charge = f"to charge {format_money(fact['charge_minor'], currency)}"
    return ", ".join([_units(fact["lines"]), charge, *open_])


def _refund_requested(fact: Json, _: Json, currency: str) -> str:
    credit = fact["store_credit"] or {"amount_minor": 0}
    amount = format_money(fact["refund_minor"] + credit["amount_minor"], currency)
    how = " as store credit" if fact["store_credit"] else ""
    left = format_money(fact["balance_minor"], currency)
    return f"{fact['cause']} {amount}{how}, {left} owed afterwards"


def _voids(fact: Json, _: Json, currency: str) -> str:
    return ", ".join(
        f"{format_money(void['amount_minor'], currency)} on {void['payment_id']}"
        for void in fact["voids"]
    )


def _refund(fact: Json, message: Json, currency: str) -> str:
    reference = message.get("provider_reference") or message.get("detail")
    return f"{fact['outcome']} {format_money(message['amount_minor'], currency)} ({reference})"


def _progress(fact: Json, message: Json, currency: str) -> str:
    until = message.get("arrival_until") or message.get("retry_at") or message.get("remind_at")
    by = f", until {until[:10]}" if until else ""
    return f"{fact['state']} {format_money(message['amount_minor'], currency)}{by}"


def _paid_by_hand(fact: Json, _: Json, currency: str) -> str:
    amount, left = (format_money(fact[of], currency) for of in ("amount_minor", "left_minor"))
    return f"{amount} ({fact['proof']}), {left} still owed by hand"


def _fallback(fact: Json, _: Json, currency: str) -> str:
    left = format_money(fact["balance_minor"], currency)
    amount = format_money(fact["amount_minor"], currency)
    return f"{fact['step']} for {amount} ({fact['code']}), {left} owed afterwards"


def _leg(fact: Json, message: Json, _: str) -> str:
    return f"{fact['outcome']} {message.get('detail', '')}".strip()


def _further(_: Json, message: Json, __: str) -> str:
    kind = message["kind"].lower().replace("_", " ")
    resent = f", sent again by {message['resent_by']}" if message.get("resent_by") else ""
    return f"{kind}: {message['outcome']} {message.get('detail') or ''}".strip() + resent


def _bounced(_: Json, message: Json, __: str) -> str:
    kind = message["kind"].lower().replace("_", " ")
    return f"{kind}: {message['code']} {message['detail']}"


def _case(fact: Json, _: Json, __: str) -> str:
    due_at = fact.get("due_at")
    until = f"; {fact['role']} until {_moment(due_at)}" if due_at else ""
    return f"{fact['kind']}: {fact['detail']}{until}"


def _escalated(fact: Json, _: Json, __: str) -> str:
    return f"{fact['cause']}: {fact['role']} until {_moment(fact['due_at'])}"


def _moment(text: str) -> str:
    return text[:19].replace("T", " ")


def _completed(fact: Json, _: Json, __: str) -> str:
    said = {"refund": "refund", "restock": "restock", "notification": "message"}
    words = [f"{word} {fact[leg]}" for leg, word in said.items()]
    for leg, word in (("void", "release"), ("store_credit", "store credit")):
        if fact.get(leg, "NOT_DUE") != "NOT_DUE":
            words.append(f"{word} {fact[leg]}")
    return ", ".join(words)


_KNOWN: dict[str, tuple[str, Tell]] = {
    "order.placed.v1": ("Order placed", _placed),
    "order.payment-authorized.v1": ("Payment authorised", _payment),
    "order.payment-capture-started.v1": ("Payment asked for", _payment),
    "order.payment-captured.v1": ("Payment captured", _payment),
    "order.payment-capture-failed.v1": ("Payment did not come", _payment),
    "order.payment-voided.v1": ("Payment released", lambda _, m, __: str(m["payment_id"])),
    "order.lines-fulfilled.v1": ("Units shipped", _heard_units),
    "order.items-returned.v1": ("Units returned", _heard_units),
    "order.cancelled.v1": ("Cancelled", _cancelled),
    "order.cancellation-confirmed.v1": ("Hold ended", _cancelled),
    "order.cancellation-undone.v1": ("Cancellation undone", _decided_units),
    "order.reinstated.v1": ("Order reinstated", _reinstated),
    "order.cancellation-rejected.v1": ("Cancellation refused", _refusals),
    "order.command-rejected.v1": ("Command refused", _refusals),
    "order.cancellation-requested.v1": ("Cancellation requested", _requested),
    "order.cancellation-approved.v1": ("Request granted", _answered),
    "order.cancellation-denied.v1": ("Request refused", _answered),
    "order.refund-requested.v1": ("Refund asked for", _refund_requested),
    "order.payment-void-requested.v1": ("Payment to be released", _voids),
    "order.restock-requested.v1": ("Restock by hand", _decided_units),
    "order.case-opened.v1": ("Case opened", _case),
    "order.case-assigned.v1": (
        "Case assigned",
        lambda fact, _, __: f"to {fact['owner']}, {fact['role']}",
    ),
    "order.case-escalated.v1": ("Case escalated", _escalated),
    "order.case-note-added.v1": ("Note on case", lambda fact, _, __: str(fact["note"])),
    "order.case-closed.v1": ("Case closed", lambda fact, _, __: str(fact["resolution"])),
    "order.fulfillment-claimed.v1": ("Units claimed for packing", _decided_units),
    "order.fulfillment-claim-rejected.v1": ("Claim refused", _refusals),
    "order.fulfillment-claim-released.v1": ("Claim given up", _decided_units),
    "order.refund-progressed.v1": ("Refund on its way", _progress),
    "order.manual-refund-recorded.v1": ("Paid by hand", _paid_by_hand),
    "order.refund-reported.v1": ("Refund", _refund),
    "order.refund-fallback-chosen.v1": ("Refund failed, next step", _fallback),
    "order.void-reported.v1": ("Release of a payment", _leg),
    "order.store-credit-reported.v1": ("Store credit", _leg),
    "order.gift-card-reported.v1": ("Gift card disabled", lambda _, m, __: m["gift_card_id"]),
    "order.restock-reported.v1": ("Restock", _leg),
    "order.notification-reported.v1": ("Message to customer", _leg),
    "order.message-reported.v1": ("Further message", _further),
    "order.mail-bounced.v1": ("Mail came back", _bounced),
    "order.feedback-given.v1": ("Customer's answer", lambda _, m, __: str(m["answer"])),
    "order.cancellation-completed.v1": ("All legs settled", _completed),
}
"""What each stored name is called on the screen, and what is told about it."""

NAMES = frozenset(_KNOWN)
"""Stored names a timeline has words for."""
