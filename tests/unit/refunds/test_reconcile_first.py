"""A call that may have been made before is looked up by our id before it is made again."""

from typing import Any

import pytest

from kit.effects import Effect, Finished, RetryLater
from services.refunds.effects import KEY_TRUSTED
from services.refunds.ports import NoAnswer, ProviderRefund
from tests.unit.refunds.test_effects import NOW, Answering, an_effect, execute, word

MADE = ProviderRefund("re_first", "succeeded")
AGAIN = ProviderRefund("re_second", "succeeded")
MAY_HAVE_BEEN_MADE = [an_effect(attempts=2), an_effect(attempts=2, is_abandoned=True)]
REPORT = word("succeeded", provider_reference="re_first")


@pytest.mark.parametrize("effect", MAY_HAVE_BEEN_MADE)
async def test_what_was_made_is_not_made_again(effect: Effect) -> None:
    provider = Answering(AGAIN, found=MADE)
    assert await execute(provider, effect) == Finished(REPORT)
    assert provider.calls == ["find"]


@pytest.mark.parametrize("effect", MAY_HAVE_BEEN_MADE)
async def test_what_was_never_made_is_made(effect: Effect) -> None:
    provider = Answering(AGAIN)
    assert isinstance(await execute(provider, effect), Finished)
    assert provider.calls == ["find", "refund"]


@pytest.mark.parametrize("effect", MAY_HAVE_BEEN_MADE)
async def test_it_waits_while_the_provider_cannot_tell(effect: Effect) -> None:
    provider = Answering(AGAIN, found=NoAnswer("HTTP 503"))
    assert await execute(provider, effect) == RetryLater("HTTP 503")
    assert provider.calls == ["find"]


async def test_a_first_call_needs_no_look() -> None:
    provider = Answering(MADE)
    await execute(provider, an_effect())
    assert provider.calls == ["refund"]


async def test_an_old_decision_is_looked_up_even_when_its_row_knows_of_no_attempt() -> None:
    provider = Answering(AGAIN, found=MADE)
    assert await execute(provider, an_effect(), at=NOW + KEY_TRUSTED) == Finished(REPORT)
    assert provider.calls == ["find"]


@pytest.mark.parametrize("effect", MAY_HAVE_BEEN_MADE)
async def test_a_control_run_without_the_look_asks_again_blindly(effect: Effect) -> None:
    provider: Any = Answering(AGAIN, found=MADE)
    await execute(provider, effect, looks=False)
    assert provider.calls == ["refund"]
