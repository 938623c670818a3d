"""The bulk bench in its small form: real orders of the demo's month, used twice."""

import pytest

from countermand.bench.bulk import run
from countermand.demo import DEMO_FILE

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SIZE = 2_000


async def test_a_plan_over_real_orders_does_what_was_foreseen_and_each_order_once() -> None:
    figures = await run(file=DEMO_FILE, order_count=SIZE)

    assert figures["as_foreseen"], figures
    assert figures["answered_once"], figures
    assert (figures["orders"], figures["copies"]) == (SIZE, 2)
    assert sum(figures["outcomes"].values()) == SIZE
    assert figures["outcomes"]["CANCELLED"] > SIZE * 0.8
    assert {"ALREADY_FULFILLED", "NOTHING_LEFT"} <= set(figures["refusals"])
    assert figures["money"]["GBP"]["refund_minor"] > 10_000_000
    assert figures["messages"] < figures["outcomes"]["CANCELLED"], "guests cannot be told"
    assert max(figures["api_peak_mb"], figures["bulk_peak_mb"]) < 300
