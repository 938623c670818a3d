"""Money in the cancellation log: what came, what is owed, what is due, what waits."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from countermand.verify.decided import Cancelled, Decided, Json, Refund
from countermand.verify.mismatch import Mismatch
from kit.ids import child_id


def capture_started(decided: Decided, fact: Json) -> None:
    """Count money on its way."""
    message = fact["message"]
    order = decided.orders[message["order_id"]]
    order.in_flight[message["payment_id"]] += message["amount_minor"]


def captured(decided: Decided, fact: Json) -> None:
    """Count money that came; the payment can no longer be released."""
    message = fact["message"]
    decided.orders[message["order_id"]].captured[message["payment_id"]] += message["amount_minor"]
    for one in _of(decided, message):
        one.voids.discard(message["payment_id"])
    capture_ended(decided, fact)


def capture_ended(decided: Decided, fact: Json) -> None:
    """Count money no longer as on its way; who waited for it knows now."""
    message = fact["message"]
    payment_id, order = message["payment_id"], decided.orders[message["order_id"]]
    order.in_flight[payment_id] = max(0, order.in_flight[payment_id] - message["amount_minor"])
    if not order.in_flight[payment_id]:
        for one in _of(decided, message):
            one.awaited.discard(payment_id)


def voided(decided: Decided, fact: Json) -> None:
    """Note that a payment holds no money."""
    message = fact["message"]
    decided.orders[message["order_id"]].in_flight[message["payment_id"]] = 0
    for one in _of(decided, message):
        one.voids.discard(message["payment_id"])
        one.awaited.discard(message["payment_id"])


def _of(decided: Decided, message: Json) -> Sequence[Cancelled]:
    return decided.of_order.get(message["order_id"], ())


def cancelled(decided: Decided, fact: Json) -> None:
    """Note what a cancellation owes."""
    one = Cancelled(fact["order_id"], 0)
    _set_terms(one, fact)
    one.status = "HELD" if fact.get("held_until") else "STANDING"
    decided.cancellations[UUID(fact["cancellation_id"])] = one
    decided.of_order.setdefault(fact["order_id"], []).append(one)
    credit = (fact.get("money") or {}).get("store_credit")
    _note_credit(decided, UUID(fact["cancellation_id"]), credit)
    _check_sum(decided, fact)
    _add_due(decided, fact)


def _set_terms(one: Cancelled, fact: Json) -> None:
    money = fact.get("money") or {}
    fee, credit = money.get("fee"), money.get("store_credit")
    worth = sum(line["amount_minor"] for line in fact["lines"]) + money.get("shipping_minor", 0)
    fee_minor = fee["percent_minor"] + fee["flat_minor"] if fee else 0
    one.owed_minor = worth - fee_minor - money.get("kept_minor", 0)
    one.balance_minor = money.get("balance_minor", 0)
    one.credit_minor = credit["amount_minor"] if credit else 0
    one.voids = {void["payment_id"] for void in money.get("voids", ())}
    one.awaited = set(money.get("awaited", ()))
    one.is_old = fact.get("basis") is None


def confirmed(decided: Decided, fact: Json) -> None:
    """Note what a cancellation owes now that its hold is over; nothing more than before."""
    id_ = UUID(fact["cancellation_id"])
    one = decided.cancellations[id_]
    before_minor = one.owed_minor
    _set_terms(one, fact)
    one.status = "STANDING"
    _check_sum(decided, fact)
    if (one.owed_minor, _due(fact)) != (before_minor, _due(decided.held[id_])):
        detail = f"cancellation {id_} of order {one.order_id}: its hold ended with other money"
        decided.wrong.append(Mismatch("wrong", detail))


def undone(decided: Decided, fact: Json) -> None:
    """Note that a cancellation never was."""
    id_ = UUID(fact["cancellation_id"])
    decided.cancellations[id_].status = "UNDONE"
    order = decided.orders[fact["order_id"]]
    for payment_id, amount_minor in _due(decided.held[id_]):
        order.due[payment_id] -= amount_minor


def reinstated(decided: Decided, fact: Json) -> None:
    """Note that a cancellation owes nothing any more; what was given back stays so."""
    one = decided.cancellations[UUID(fact["cancellation_id"])]
    one.status, one.balance_minor, one.awaited = "REINSTATED", 0, set()


def refund_requested(decided: Decided, fact: Json) -> None:
    """Note money due after its cancellation, and what of the balance is left."""
    one = decided.cancellations[UUID(fact["cancellation_id"])]
    credit_minor = fact["store_credit"]["amount_minor"] if fact["store_credit"] else 0
    is_late = fact["cause"] == "LATE_PAYMENT"
    settled_minor = 0 if is_late else fact["refund_minor"] + credit_minor + fact["kept_minor"]
    if one.balance_minor - settled_minor != fact["balance_minor"]:
        sums = f"{one.balance_minor} owed, {settled_minor} settled, {fact['balance_minor']} left"
        detail = f"order {fact['order_id']}, request {fact['request_id']}: {sums}"
        decided.wrong.append(Mismatch("wrong", detail))
    one.balance_minor = fact["balance_minor"]
    one.owed_minor -= fact["kept_minor"]
    one.credit_minor += credit_minor
    _note_credit(decided, UUID(fact["request_id"]), fact["store_credit"])
    _check_sum(decided, fact)
    _add_due(decided, fact)
    count_refunds(decided, UUID(fact["request_id"]), fact)


def fallback_chosen(decided: Decided, fact: Json) -> None:
    """Note what is due instead of a refund that failed, or that it is owed again."""
    one = decided.cancellations[UUID(fact["cancellation_id"])]
    replaced_minor = sum(due["amount_minor"] for due in fact["refunds"])
    is_owed = one.status == "STANDING" and not replaced_minor
    owed_minor = one.balance_minor + (fact["amount_minor"] if is_owed else 0)
    if fact["balance_minor"] != owed_minor or replaced_minor not in (0, fact["amount_minor"]):
        detail = f"order {fact['order_id']}, refund {fact['refund_id']}: what failed is not owed"
        decided.wrong.append(Mismatch("wrong", detail))
    one.balance_minor = fact["balance_minor"]
    decided.orders[fact["order_id"]].due[fact["payment_id"]] -= fact["amount_minor"]
    _add_due(decided, fact)
    count_refunds(decided, UUID(fact["request_id"]), fact)


def void_reported(decided: Decided, fact: Json) -> None:
    """Note that a payment was released."""
    if fact["outcome"] == "SUCCEEDED":
        message = fact["message"]
        one = decided.cancellations[UUID(message["cancellation_id"])]
        one.voids.discard(message["payment_id"])


def credit_reported(decided: Decided, fact: Json) -> None:
    """Note that store credit was given, or that what it stands for is owed again."""
    message = fact["message"]
    one = decided.cancellations[UUID(message["cancellation_id"])]
    one.credit_minor -= message["amount_minor"]
    if one.credit_minor < 0:
        detail = f"order {message['order_id']}: more store credit given than was due"
        decided.wrong.append(Mismatch("doubled", detail))
    if fact["outcome"] == "FAILED":
        for payment_id, amount_minor in decided.credits.get(UUID(message["credit_id"]), ()):
            decided.orders[message["order_id"]].due[payment_id] -= amount_minor
        if one.status == "STANDING":
            one.balance_minor += message["amount_minor"]


def _note_credit(decided: Decided, root: UUID, credit: Json | None) -> None:
    """Note what store credit stands for."""
    if credit:
        parts = [(part["payment_id"], part["amount_minor"]) for part in credit["payments"]]
        decided.credits[child_id(root, "store-credit")] = parts


def void_requested(decided: Decided, fact: Json) -> None:
    """Note payments to release after their cancellation."""
    one = decided.cancellations[UUID(fact["cancellation_id"])]
    one.voids |= {void["payment_id"] for void in fact["voids"]}


def count_refunds(decided: Decided, root: UUID, fact: Json) -> None:
    """Note the refunds a fact lets go."""
    for refund in fact["refunds"]:
        is_by_hand = bool((refund.get("method") or {}).get("is_offline"))
        tender = refund.get("tender")
        is_with_us = tender == "STORE_CREDIT" or (tender == "GIFT_CARD" and not is_by_hand)
        decided.refunds[child_id(root, refund["payment_id"])] = Refund(
            fact["order_id"], refund["payment_id"], refund["amount_minor"], fact["currency"],
            is_at_provider=not is_with_us and not is_by_hand,
            tender=tender if is_with_us else None,
        )  # fmt: skip


def _check_sum(decided: Decided, fact: Json) -> None:
    total = sum(refund["amount_minor"] for refund in fact["refunds"])
    about = f"order {fact['order_id']}"
    if total != fact["refund_minor"]:
        detail = f"{about}: refunds of {total} are called {fact['refund_minor']}"
        decided.wrong.append(Mismatch("wrong", detail))
    if fact["currency"] != (currency := decided.orders[fact["order_id"]].currency):
        detail = f"{about}: money in {fact['currency']}, the order is in {currency}"
        decided.wrong.append(Mismatch("wrong", detail))


def _due(fact: Json) -> list[tuple[str, int]]:
    """Return what a fact gives back or credits at once, per payment."""
    credit = (fact.get("money") or fact).get("store_credit")
    parts: Iterable[Json] = (*fact["refunds"], *(credit["payments"] if credit else ()))
    return [(due["payment_id"], due["amount_minor"]) for due in parts]


def _add_due(decided: Decided, fact: Json) -> None:
    order = decided.orders[fact["order_id"]]
    for payment_id, amount_minor in _due(fact):
        order.due[payment_id] += amount_minor
        due_minor, captured_minor = order.due[payment_id], order.captured[payment_id]
        if due_minor > captured_minor:
            about = f"order {fact['order_id']}, payment {payment_id}"
            detail = f"{about}: {due_minor} due of {captured_minor} captured"
            decided.wrong.append(Mismatch("wrong", detail))
