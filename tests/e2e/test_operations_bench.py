"""The bench of operations in its small form: the demo's month, every verb once."""

import pytest

from countermand.bench.operations import MISSING_EVERY, run
from countermand.demo import DEMO_FILE

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def test_every_verb_runs_over_a_log_of_real_orders() -> None:
    figures = await run(file=DEMO_FILE, event_count=3_000)

    assert figures["events"] >= 3_000
    assert figures["plan_rows"] == figures["published"] > MISSING_EVERY
    assert min(figures[f"{part}_per_s"] for part in ("rebuild", "search", "figures")) > 0
    assert all(figures[name] > 0 for name in ("audit_per_s", "replay_per_s", "raw_publish_per_s"))
