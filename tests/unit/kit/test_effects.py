"""How long a call waits for its next attempt."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.effects import Policy
from services.notifier.adapters import smtp
from services.refunds.adapters import stripe_refunds

policy = Policy(concurrency=8)


@settings(max_examples=200, deadline=None, database=None)
@given(attempts=st.integers(1, 500))
def test_a_wait_doubles_up_to_its_bound_with_jitter_of_one_half(attempts: int) -> None:
    longest = min(policy.backoff_max_s, policy.backoff_s * 2.0 ** (attempts - 1))
    assert longest / 2 <= policy.wait_s(attempts) <= longest


def test_waits_differ_so_that_a_crowd_does_not_come_back_at_once() -> None:
    assert len({policy.wait_s(5) for _ in range(20)}) > 10


def test_all_attempts_together_outlast_a_providers_week_end_and_do_end() -> None:
    longest = sum(
        min(policy.backoff_max_s, policy.backoff_s * 2**n) for n in range(policy.attempts_max)
    )
    assert 2 * 86_400 < longest < 4 * 86_400


@pytest.mark.parametrize("timeout_s", [stripe_refunds.TIMEOUT_S, smtp.TIMEOUT_S])
def test_a_lease_outlasts_the_time_out_of_one_command(timeout_s: float) -> None:
    """A call still running when its lease ends would be taken for abandoned and made twice."""
    assert timeout_s < policy.lease_s / 2
