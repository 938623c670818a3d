"""What the figures count: rows of the read model by one kind of group, with their shares."""

from kit.postgres import AnyConnection
from services.cancellation.figure_shares import beside, with_refund_shares, with_request_shares
from services.cancellation.projections import figure_queries
from services.cancellation.projections.figure_filters import Wanted
from services.cancellation.projections.figure_queries import (
    CancelledBy,
    RefundsBy,
    RequestsBy,
    Row,
)


async def cancelled(
    connection: AnyConnection, wanted: Wanted, by: CancelledBy, limit: int
) -> list[Row]:
    """Count what was placed and what of it was cancelled, side by side."""
    rows = await figure_queries.count_cancelled(connection, wanted, by, limit=limit)
    products = [row["key"] for row in rows] if by == "PRODUCT" else []
    placed = await figure_queries.count_placed(connection, wanted, by, products)
    titles = await figure_queries.titles_of(connection, products) if products else {}
    return beside(wanted, by, placed, rows, titles=titles, limit=limit)


async def refunds(
    connection: AnyConnection, wanted: Wanted, by: RefundsBy, limit: int
) -> list[Row]:
    """Count refunds, with what share is open."""
    rows = await figure_queries.count_refunds(connection, wanted, by, limit=limit)
    return with_refund_shares(wanted, by, rows)


async def requests(
    connection: AnyConnection, wanted: Wanted, by: RequestsBy, limit: int
) -> list[Row]:
    """Count requests, with what share was granted."""
    rows = await figure_queries.count_requests(connection, wanted, by, limit=limit)
    return with_request_shares(wanted, by, rows)
