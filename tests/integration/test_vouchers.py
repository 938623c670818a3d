"""Vouchers drawn by many at once from one budget in a real database."""

import asyncio

import pytest

from kit.settings import KitSettings
from services.notifier.adapters.purse import PostgresPurse
from services.notifier.bootstrap import SERVICE
from services.notifier.domain.messages import MESSAGES
from services.notifier.domain.stationery import Stationery, VoucherTerms
from services.notifier.domain.voucher_events import VoucherWanted
from tests.support.messages import cancelled
from tests.support.spec import story_of
from tests.support.stack import count, fetch

pytestmark = pytest.mark.integration

WORTH, BUDGET, AT_ONCE = 700, 10_000, 60


def wanted(order_id: str, *, budget_minor: int = BUDGET) -> VoucherWanted:
    terms = VoucherTerms(
        budget="SORRY", budget_minor=budget_minor, amount_minor=WORTH, currency="EUR",
        reasons=("CUSTOMER",),
    )  # fmt: skip
    story = story_of(MESSAGES).under(Stationery(version=1, voucher=terms))
    (fact,) = story.when(cancelled(order_id)).facts
    assert isinstance(fact, VoucherWanted)
    return fact


async def test_a_budget_is_never_overdrawn_however_many_draw_at_once_and_repeat(
    settings: KitSettings, database: str
) -> None:
    async with SERVICE.pool(settings, "test", size_max=16) as pool:
        purse = PostgresPurse(pool)
        all_of_them = [wanted(f"{number}") for number in range(AT_ONCE)]
        first = await asyncio.gather(*(purse.draw(one) for one in all_of_them + all_of_them))
        assert sum(first[:AT_ONCE]) == BUDGET // WORTH
        assert first[:AT_ONCE] == first[AT_ONCE:], "the same again is the same"
        again = await asyncio.gather(*(purse.draw(one) for one in all_of_them))
        assert again == first[:AT_ONCE]
        assert await count(database, "notifier.vouchers") == BUDGET // WORTH
        ((drawn,),) = await fetch(database, "SELECT drawn_minor FROM notifier.voucher_budgets")
        assert drawn == BUDGET // WORTH * WORTH
        left_out = all_of_them[first.index(False)]
        assert not await purse.draw(with_budget(left_out, BUDGET - WORTH))
        assert await purse.draw(with_budget(left_out, BUDGET + WORTH))


def with_budget(of: VoucherWanted, budget_minor: int) -> VoucherWanted:
    return of.model_copy(update={"budget_minor": budget_minor})
