"""Vouchers are drawn from budgets in PostgreSQL; the row of a budget is locked meanwhile."""

from kit.postgres import Pool
from services.notifier.domain.voucher_events import VoucherWanted


class PostgresPurse:
    """Budgets as rows."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def draw(self, wanted: VoucherWanted) -> bool:
        """Draw a voucher; the same again is the same voucher. False when the budget is used up."""
        drawn = await self._pool.fetchval(
            "SELECT notifier.draw_voucher($1, $2, $3, $4)",
            wanted.voucher_id,
            f"{wanted.budget}/{wanted.currency}",
            wanted.amount_minor,
            wanted.budget_minor,
        )
        return bool(drawn)
