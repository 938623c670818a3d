"""Cases: every leg that did not succeed has exactly one, and none is open about one that did."""

from collections.abc import Iterator
from uuid import UUID

from countermand.verify.decided import Decided, Json
from countermand.verify.mismatch import Mismatch
from kit.ids import child_id


def refund_reported(decided: Decided, fact: Json) -> None:
    """Follow a refund."""
    _reported(decided, fact, UUID(fact["message"]["refund_id"]), "REFUND")


def refund_progressed(decided: Decided, fact: Json) -> None:
    """Follow a refund that a person has to give back."""
    if fact["state"] == "OWED":
        _needs(decided, fact, UUID(fact["message"]["refund_id"]), "MANUAL_REFUND_OWED")


def void_reported(decided: Decided, fact: Json) -> None:
    """Follow a payment to release; one that gave money gives it back another way."""
    message = fact["message"]
    captured = decided.orders[message["order_id"]].captured[message["payment_id"]]
    if fact["outcome"] == "SUCCEEDED" or not captured:
        _reported(decided, fact, UUID(message["void_id"]), "VOID")


def credit_reported(decided: Decided, fact: Json) -> None:
    """Follow store credit."""
    _reported(decided, fact, UUID(fact["message"]["credit_id"]), "STORE_CREDIT")


def mail_bounced(decided: Decided, fact: Json) -> None:
    """Note that a mail came back."""
    message_id = UUID(fact["message"]["message_id"])
    _needs(decided, fact, child_id(message_id, "bounce"), "MAIL_BOUNCED")


def message_reported(decided: Decided, fact: Json) -> None:
    """Follow a further mail."""
    message = fact["message"]
    if message["outcome"] != "SUCCEEDED":
        cause_id = child_id(UUID(message["message_id"]), "message")
        _needs(decided, fact, cause_id, f"MESSAGE_{message['outcome']}")


def restock_reported(decided: Decided, fact: Json) -> None:
    """Follow the stock leg; what is put back by hand has a case only when no other has it."""
    if not fact["message"].get("request_id"):
        _reported(decided, fact, _leg(fact, "restock"), "RESTOCK")


def notification_reported(decided: Decided, fact: Json) -> None:
    """Follow the message leg."""
    _reported(decided, fact, _leg(fact, "notification"), "NOTIFICATION")


def _leg(fact: Json, name: str) -> UUID:
    return child_id(UUID(fact["message"]["cancellation_id"]), name)


def _reported(decided: Decided, fact: Json, cause_id: UUID, leg: str) -> None:
    if fact["outcome"] == "SUCCEEDED":
        decided.cases.trouble.pop(cause_id, None)
    else:
        _needs(decided, fact, cause_id, f"{leg}_{fact['outcome']}")


def _needs(decided: Decided, fact: Json, cause_id: UUID, kind: str) -> None:
    """Note that something needs a person."""
    book = decided.cases
    has_case = any(case["kind"] == kind for case in book.open_about(cause_id))
    book.trouble[cause_id] = kind, fact["message"]["order_id"], int(has_case)


def case_opened(decided: Decided, fact: Json) -> None:
    """Note a case, and whether what it is about has one already."""
    book = decided.cases
    case_id, cause_id = fact["case_id"], fact.get("cause_id")
    if case_id in book.opened:
        book.wrong.append(Mismatch("doubled", f"case {case_id} was opened twice"))
    book.opened[case_id] = fact
    if cause_id is None:
        return
    found = book.trouble.get(UUID(cause_id))
    if found and found[0] == fact["kind"]:
        book.trouble[UUID(cause_id)] = (*found[:2], found[2] + 1)


def case_closed(decided: Decided, fact: Json) -> None:
    """Note how a case ended."""
    book, case_id = decided.cases, fact["case_id"]
    if case_id in book.closed or case_id not in book.opened:
        book.wrong.append(Mismatch("wrong", f"case {case_id} was closed and was not open"))
    book.closed[case_id] = fact["resolution"]


def check_cases(decided: Decided) -> Iterator[Mismatch]:
    """Name what needs a person and has no case, or several, or one too long."""
    book = decided.cases
    yield from book.wrong
    for cause_id, (kind, order_id, count) in book.trouble.items():
        if count != 1:
            about = f"{kind} of order {order_id} ({cause_id})"
            yield Mismatch("doubled" if count else "lost", f"{about} has {count} cases")
    for case_id, case in book.opened.items():
        needs = case["kind"].rpartition("_")[0]
        if case.get("cause_id") and case_id not in book.closed:
            found = book.trouble.get(UUID(case["cause_id"]))
            if needs in ("REFUND", "MANUAL_REFUND", "NOTIFICATION") and (
                not found or found[0] != case["kind"]
            ):
                yield Mismatch("wrong", f"case {case_id} is open, and its cause is gone")
