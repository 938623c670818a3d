"""Facts folded into rows: how each stored name changes an order's, and what is kept beside them."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import orjson

from kit.event_store import LogEntry
from kit.facts import raised, upcasts_of
from services.cancellation.domain.events import FACTS
from services.cancellation.projections import cases, decided, heard, money
from services.cancellation.projections.figures import COUNTED, PlacedSums
from services.cancellation.projections.finding import Article, articles_of, found_by
from services.cancellation.projections.placing import PLACED, PlacedOrder, read_placed
from services.cancellation.projections.row import Json, OrderSummary, values_of


def _unchanged(_: Any, __: Json, ___: str) -> None:
    pass


FOLD: dict[str, Callable[[Any, Any, str], None]] = {
    PLACED: heard.placed,
    "order.payment-authorized.v1": heard.authorized,
    "order.payment-capture-started.v1": heard.capture_started,
    "order.payment-captured.v1": heard.captured,
    "order.payment-capture-failed.v1": heard.capture_failed,
    "order.payment-voided.v1": heard.voided,
    "order.lines-fulfilled.v1": heard.fulfilled,
    "order.items-returned.v1": heard.returned,
    "order.cancelled.v1": decided.cancelled,
    "order.cancellation-confirmed.v1": decided.confirmed,
    "order.cancellation-undone.v1": decided.undone,
    "order.reinstated.v1": decided.reinstated,
    "order.cancellation-rejected.v1": decided.refused,
    "order.command-rejected.v1": decided.refused,
    "order.cancellation-requested.v1": decided.requested,
    "order.cancellation-approved.v1": decided.approved,
    "order.cancellation-denied.v1": decided.denied,
    "order.refund-requested.v1": decided.refund_requested,
    "order.payment-void-requested.v1": decided.void_requested,
    "order.restock-requested.v1": decided.restock_requested,
    "order.case-opened.v1": cases.opened,
    "order.case-assigned.v1": cases.assigned,
    "order.case-escalated.v1": cases.escalated,
    "order.case-note-added.v1": cases.noted,
    "order.case-closed.v1": cases.closed,
    "order.fulfillment-claimed.v1": decided.claimed,
    "order.fulfillment-claim-rejected.v1": decided.refused,
    "order.fulfillment-claim-released.v1": decided.claim_released,
    "order.refund-progressed.v1": money.refund_progressed,
    "order.manual-refund-recorded.v1": money.manual_refund_recorded,
    "order.refund-reported.v1": money.refund_reported,
    "order.refund-fallback-chosen.v1": money.fallback_chosen,
    "order.void-reported.v1": money.void_reported,
    "order.store-credit-reported.v1": money.credit_reported,
    "order.gift-card-reported.v1": _unchanged,
    "order.restock-reported.v1": heard.restock_reported,
    "order.notification-reported.v1": heard.notification_reported,
    "order.message-reported.v1": _unchanged,
    "order.mail-bounced.v1": _unchanged,
    "order.feedback-given.v1": heard.feedback_given,
    "order.cancellation-completed.v1": decided.completed,
    "policy.published.v1": _unchanged,
    "bulk.plan-started.v1": _unchanged,
    "bulk.plan-paused.v1": _unchanged,
    "bulk.plan-resumed.v1": _unchanged,
    "bulk.plan-cancelled.v1": _unchanged,
    "bulk.plan-completed.v1": _unchanged,
    "people.person-set.v1": _unchanged,
    "people.password-set.v1": _unchanged,
    "people.key-issued.v1": _unchanged,
    "people.key-revoked.v1": _unchanged,
    "people.signed-in.v1": _unchanged,
    "people.sign-in-refused.v1": _unchanged,
    "people.signed-out.v1": _unchanged,
}
"""How each stored name changes a row; a name without an entry stops the projector, by name."""

_OLDER = upcasts_of(FACTS)


class Placed:
    """What is kept of orders that were placed beside their rows."""

    def __init__(self, *, is_searched: bool = True, is_counted: bool = True) -> None:
        self.articles: set[Article] | None = set() if is_searched else None
        """Those that were bought, where orders are searched by them."""
        self.sums = PlacedSums() if is_counted else None

    @property
    def is_full(self) -> bool:
        """Tell whether it is time to write."""
        return self.sums is not None and self.sums.is_full

    def __bool__(self) -> bool:
        return bool(self.articles or self.sums)

    def count(self, row: Any, order: PlacedOrder) -> None:
        """Take note of one."""
        if self.articles is None and self.sums is None:
            return
        articles = articles_of(order.lines)
        if self.articles is not None:
            self.articles.update(articles)
            row.found_by = found_by(order, row.placed_at, articles)
        if self.sums is not None:
            self.sums.count(row, order, [article.sku for article in articles])

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return what is to be added to the tables."""
        found: dict[str, list[tuple[Any, ...]]] = {}
        if self.articles is not None:
            words = {one.word: " ".join(one.words) for one in self.articles}
            found["articles"] = sorted(words.items())
        if self.sums is not None:
            found["placed_sums"] = self.sums.rows()
        return found


def fold_page(
    page: Sequence[LogEntry], summaries: dict[UUID, OrderSummary], placed: Placed | None = None
) -> list[tuple[Any, ...]]:
    """Return the summary rows a page changes; pure.

    Args:
        page: facts in log order.
        summaries: rows of the streams in it that have one; changed in place.
        placed: what is kept of orders that were placed; by default nothing.
    """
    if placed is None:
        placed = Placed(is_searched=False, is_counted=False)
    for entry in page:
        row = summaries.get(entry.stream)
        if row is None:
            row = summaries[entry.stream] = OrderSummary(entry.stream)
        fold_one(row, entry, placed)
    return [values_of(row) for row in summaries.values() if row.is_known]


def fold_one(row: Any, entry: LogEntry, placed: Placed) -> None:
    """Fold one fact into its row."""
    position, _, version, name, body = entry
    if name not in FOLD:
        name, body = raised(_OLDER, name, body)
    if name == PLACED:
        order = read_placed(body)
        FOLD[name](row, order, "")
        placed.count(row, order)
    else:
        stored = orjson.loads(body)
        FOLD[name](row, stored["fact"], stored["cause"]["recorded_at"])
        if name in COUNTED:
            row.is_counted = True
    row.version, row.last_position = version, position
