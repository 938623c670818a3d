"""The stock ledger: one row per movement, written with the fact that causes it.

The primary key is derived from cancellation and line, so the ledger itself refuses a second one.
"""

from collections.abc import Sequence

from kit.facts import RecordedFact
from kit.ids import child_id
from kit.postgres import AnyConnection
from services.inventory.domain.events import StockRestocked

_INSERT = """INSERT INTO inventory.stock_movements
    (movement_id, kind, order_id, line_id, sku, quantity, cancellation_id, recorded_at)
    SELECT m, 'CANCELLATION', o, l, s, q, c, r FROM unnest(
        $1::uuid[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::uuid[],
        $7::timestamptz[]) AS t(m, o, l, s, q, c, r)"""


async def write_movements(connection: AnyConnection, recorded: Sequence[RecordedFact]) -> None:
    """Write the movements of new facts in their transaction."""
    rows = [
        (
            child_id(fact.cancellation_id, line.line_id), fact.order_id, line.line_id, line.sku,
            line.quantity, fact.cancellation_id, entry.cause.recorded_at,
        )
        for entry in recorded
        if isinstance(fact := entry.fact, StockRestocked)
        for line in fact.lines
    ]  # fmt: skip
    if rows:
        await connection.execute(_INSERT, *zip(*rows, strict=True))
