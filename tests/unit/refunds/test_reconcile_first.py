"""A call older than the provider keeps its key is looked up before it is made again."""

import httpx2
import pytest

from kit.effects import Effect, Finished, RetryLater
from services.refunds.adapters.stripe_http import StripeHttpRefunds
from services.refunds.domain import commands
from services.refunds.effects import KEY_TRUSTED_S, execute_with
from services.refunds.ports import Declined, NoAnswer, NotMade, Refunded, RefundRequest
from tests.support.mothers import A_CAUSE
from tests.support.spec import STREAM
from tests.unit.refunds.test_effects import REFUND_ID, REQUEST


class Remembering:
    """A provider that has forgotten the key; asking it to refund again would move money twice."""

    def __init__(self, found: Refunded | Declined | NotMade | NoAnswer) -> None:
        self.found, self.calls = found, list[str]()

    async def refund(self, _: RefundRequest) -> Refunded:
        self.calls.append("refund")
        return Refunded("re_second")

    async def find(self, _: RefundRequest) -> Refunded | Declined | NotMade | NoAnswer:
        self.calls.append("find")
        return self.found


def an_old_effect(*, attempts: int = 2, age_s: float = KEY_TRUSTED_S + 1) -> Effect:
    body = REQUEST.model_dump_json().encode()
    return Effect(
        REFUND_ID, "refund", STREAM, body, A_CAUSE, attempts, is_abandoned=False, age_s=age_s
    )


async def test_an_old_refund_that_was_made_is_not_made_again() -> None:
    provider = Remembering(Refunded("re_first"))
    report = commands.RecordRefundSuccess(refund_id=REFUND_ID, provider_reference="re_first")
    assert await execute_with(provider)(an_old_effect()) == Finished(report)
    assert provider.calls == ["find"]


async def test_an_old_refund_that_was_never_made_is_made() -> None:
    provider = Remembering(NotMade())
    await execute_with(provider)(an_old_effect())
    assert provider.calls == ["find", "refund"]


async def test_an_old_refund_waits_while_the_provider_cannot_tell() -> None:
    provider = Remembering(NoAnswer("HTTP 503"))
    assert await execute_with(provider)(an_old_effect()) == RetryLater("HTTP 503")
    assert provider.calls == ["find"]


@pytest.mark.parametrize("effect", [an_old_effect(attempts=1), an_old_effect(age_s=60)])
async def test_a_first_or_recent_call_needs_no_look(effect: Effect) -> None:
    provider = Remembering(NotMade())
    await execute_with(provider)(effect)
    assert provider.calls == ["refund"]


async def test_find_reads_every_page_and_matches_our_id() -> None:
    ours = {"id": "re_9", "status": "succeeded", "metadata": {"refund_id": str(REFUND_ID)}}
    other = {"id": "re_1", "status": "succeeded", "metadata": {"refund_id": "another"}}

    def answer(request: httpx2.Request) -> httpx2.Response:
        is_first = "starting_after" not in request.url.params
        page = {"data": [other if is_first else ours], "has_more": is_first}
        return httpx2.Response(200, json=page)

    gateway = StripeHttpRefunds("http://provider.example", "sk_test")
    gateway._client = httpx2.AsyncClient(
        base_url="http://provider.example", transport=httpx2.MockTransport(answer)
    )
    assert await gateway.find(REQUEST) == Refunded("re_9")
    await gateway.close()
