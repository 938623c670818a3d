"""Reads the cancellation log and sums it up; every figure is worked out from the facts alone.

Money stands in `owing`; here is everything else.
"""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

import orjson

from countermand.verify import by_hand, cases, owing, with_us
from countermand.verify.decided import Decided, Json, Movement, Order, read_log
from countermand.verify.mismatch import Mismatch
from kit.event_store import LogEntry
from kit.ids import child_id
from kit.postgres import OwnConnection
from services.cancellation.projections.placing import total_minor


async def read_decided(connection: OwnConnection) -> Decided:
    """Read the cancellation log and sum it up."""
    decided = Decided()
    async for page in read_log(connection, "cancellation"):
        read_page(decided, page)
    return decided


def read_page(decided: Decided, page: Iterable[LogEntry]) -> None:
    """Sum up one page of the log."""
    for entry in page:
        fact = orjson.loads(entry.body)["fact"]
        if command_id := fact.get("command_id"):
            decided.answers[command_id] += 1
            decided.answered_by[entry.name] += 1
        for read in _READ.get(entry.name, ()):
            read(decided, fact)


def ids_of(fact: Json) -> set[UUID]:
    """Return the ids of every refund, movement and message a cancellation may bring about."""
    id_ = UUID(fact["cancellation_id"])
    refunds = {child_id(id_, refund["payment_id"]) for refund in fact["refunds"]}
    return refunds | {*_movements(id_, fact, _lines_back(fact)), child_id(id_, "order_cancelled")}


def _placed(decided: Decided, fact: Json) -> None:
    message = fact["message"]
    order = Order(message["currency"], total_minor(message))
    order.lines = {
        line["line_id"]: (line["quantity"], _articles(line)) for line in message["lines"]
    }
    decided.orders[message["order_id"]] = order


def _articles(line: Json) -> dict[str, int]:
    found: Counter[str] = Counter()
    for part in line.get("components") or ({"sku": line["sku"], "quantity": 1},):
        found[part["sku"]] += part["quantity"]
    return found


def _fulfilled(decided: Decided, fact: Json) -> None:
    order = decided.orders[fact["message"]["order_id"]]
    order.moved_count += 1
    _take(order, order.fulfilled, fact["message"]["lines"])


def _returned(decided: Decided, fact: Json) -> None:
    decided.orders[fact["message"]["order_id"]].moved_count += 1


def _take(order: Order, gone: Counter[str], lines: Iterable[Json]) -> None:
    """Count units as gone, and note the lines of which more is gone than there was."""
    for line in lines:
        line_id = line["line_id"]
        gone[line_id] += line["quantity"]
        if order.let_go[line_id] + order.fulfilled[line_id] > order.lines[line_id][0]:
            order.overdrawn.add(line_id)


def _cancelled(decided: Decided, fact: Json) -> None:
    order = decided.orders[fact["order_id"]]
    for line in fact["lines"]:
        order.cancelled[line["line_id"]] += line["quantity"]
    if fact.get("held_until"):
        decided.held[UUID(fact["cancellation_id"])] = fact
    else:
        _let_go(decided, fact)


def _let_go(decided: Decided, fact: Json) -> None:
    """Count what a cancellation brings about; a held one only once its hold is over."""
    id_, order_id = UUID(fact["cancellation_id"]), fact["order_id"]
    decided.held.pop(id_, None)
    order = decided.orders[order_id]
    _take(order, order.let_go, fact["lines"])
    owing.count_refunds(decided, id_, fact)
    with_us.count_cards(decided, fact)
    if fact["restock"]:
        _count_movements(decided, id_, fact, _lines_back(fact))
    book = decided.messages if fact["recipient"] else decided.silent
    book[child_id(id_, "order_cancelled")] = order_id


def _lines_back(fact: Json) -> list[Json]:
    if not fact["restock"]:
        return []
    planned: list[Json] | None = fact.get("restock_lines")
    return fact["lines"] if planned is None else planned


def _movements(root: UUID, fact: Json, lines: Iterable[Json]) -> dict[UUID, Movement]:
    """Return a movement per line and shelf."""
    found: dict[UUID, Movement] = {}
    for line in lines:
        line_id, shelf = line["line_id"], line.get("location")
        id_ = child_id(root, f"{line_id}@{shelf}" if shelf else line_id)
        units = line["quantity"] + (found[id_].quantity if id_ in found else 0)
        found[id_] = Movement(fact["order_id"], line_id, line["sku"], units)
    return found


def _count_movements(decided: Decided, root: UUID, fact: Json, lines: Iterable[Json]) -> None:
    order_id = fact["order_id"]
    order = decided.orders[order_id]
    found = _movements(root, fact, lines)
    decided.movements |= found
    decided.restocking[root] = found
    for movement in found.values():
        order.back[movement.line_id] += movement.quantity
        back, cancelled = order.back[movement.line_id], order.cancelled[movement.line_id]
        if back > cancelled:
            about = f"order {order_id}, line {movement.line_id}"
            detail = f"{about}: {back} units back of {cancelled} cancelled"
            decided.wrong.append(Mismatch("wrong", detail))


def _undone(decided: Decided, fact: Json) -> None:
    order = decided.orders[fact["order_id"]]
    for line in fact["lines"]:
        order.cancelled[line["line_id"]] -= line["quantity"]


def _reinstated(decided: Decided, fact: Json) -> None:
    order = decided.orders[fact["order_id"]]
    for line in fact["lines"]:
        order.let_go[line["line_id"]] -= line["quantity"]


def _restock_requested(decided: Decided, fact: Json) -> None:
    if fact["lines"]:
        _count_movements(decided, UUID(fact["request_id"]), fact, fact["lines"])


def _refused(decided: Decided, fact: Json) -> None:
    decided.refused_by_code[fact["refusals"][0]["code"]] += 1


def _refund_progressed(decided: Decided, fact: Json) -> None:
    refund_id = UUID(fact["message"]["refund_id"])
    decided.refund_outcomes.pop(refund_id, None)
    decided.underway[refund_id] = fact["state"]
    decided.cancellations[UUID(fact["message"]["cancellation_id"])].underway.add(refund_id)


def _refund_reported(decided: Decided, fact: Json) -> None:
    refund_id = UUID(fact["message"]["refund_id"])
    decided.underway.pop(refund_id, None)
    decided.cancellations[UUID(fact["message"]["cancellation_id"])].underway.discard(refund_id)
    decided.refund_outcomes[refund_id] = fact["outcome"]


def _restock_reported(decided: Decided, fact: Json) -> None:
    message = fact["message"]
    root = message.get("request_id") or message["cancellation_id"]
    decided.restocked[UUID(root)] = fact["outcome"]
    if fact["outcome"] == "FAILED":  # nothing went back; it may be put back by hand
        for movement in decided.restocking[UUID(root)].values():
            decided.orders[movement.order_id].back[movement.line_id] -= movement.quantity


def _notification_reported(decided: Decided, fact: Json) -> None:
    decided.message_outcomes[UUID(fact["message"]["message_id"])] = fact["outcome"]


def _completed(decided: Decided, fact: Json) -> None:
    decided.completed[UUID(fact["cancellation_id"])] += 1


_READ = {
    "order.placed.v1": (_placed,),
    "order.payment-capture-started.v1": (owing.capture_started,),
    "order.payment-captured.v1": (owing.captured,),
    "order.payment-capture-failed.v1": (owing.capture_ended,),
    "order.payment-voided.v1": (owing.voided,),
    "order.cancelled.v1": (owing.cancelled, _cancelled),
    "order.cancellation-confirmed.v1": (owing.confirmed, _let_go),
    "order.cancellation-undone.v1": (owing.undone, _undone),
    "order.reinstated.v1": (owing.reinstated, _reinstated),
    "order.lines-fulfilled.v1": (_fulfilled,),
    "order.items-returned.v1": (_returned,),
    "order.refund-requested.v1": (owing.refund_requested,),
    "order.payment-void-requested.v1": (owing.void_requested,),
    "order.restock-requested.v1": (_restock_requested,),
    "order.cancellation-rejected.v1": (_refused,),
    "order.command-rejected.v1": (_refused,),
    "order.fulfillment-claim-rejected.v1": (_refused,),
    "order.case-opened.v1": (cases.case_opened,),
    "order.case-closed.v1": (cases.case_closed,),
    "order.refund-progressed.v1": (cases.refund_progressed, by_hand.owed, _refund_progressed),
    "order.manual-refund-recorded.v1": (by_hand.recorded,),
    "order.refund-reported.v1": (cases.refund_reported, _refund_reported),
    "order.refund-fallback-chosen.v1": (owing.fallback_chosen,),
    "order.void-reported.v1": (cases.void_reported, owing.void_reported),
    "order.store-credit-reported.v1": (cases.credit_reported, owing.credit_reported),
    "order.gift-card-reported.v1": (with_us.card_reported,),
    "order.mail-bounced.v1": (cases.mail_bounced,),
    "order.message-reported.v1": (cases.message_reported,),
    "order.restock-reported.v1": (cases.restock_reported, _restock_reported),
    "order.notification-reported.v1": (cases.notification_reported, _notification_reported),
    "order.cancellation-completed.v1": (_completed,),
}
"""What each stored name adds to the sums; a name without an entry adds nothing."""
