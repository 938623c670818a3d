"""Our requests and what we read of the answers, judged by Stripe's own stand-in."""

from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest

from services.refunds.adapters.stripe_refunds import StripeRefunds
from services.refunds.ports import NoAnswer, NotMade, ProviderRefund
from tests.conformance.test_refund_ways import void_of
from tests.support.gateways import request_of
from tests.support.golang import GoMissingError, skip_loudly
from tests.support.peers import provider
from tests.support.stripe_mock import install, stripe_mock

pytestmark = pytest.mark.integration
KEY = {"Authorization": "Bearer sk_test_123"}


@pytest.fixture(scope="module")
def mock_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        install()
    except GoMissingError as missing:
        skip_loudly(missing, "AGAINST STRIPE-MOCK")
    with stripe_mock(tmp_path_factory.mktemp("stripe") / "log.txt") as url:
        yield url


@pytest.fixture
async def gateway(mock_url: str) -> AsyncIterator[StripeRefunds]:
    gateway = StripeRefunds(mock_url, "sk_test_123")
    yield gateway
    await gateway.close()


async def test_it_refuses_a_request_stripe_does_not_describe(mock_url: str) -> None:
    """Control: what is accepted below was checked."""
    async with httpx2.AsyncClient(base_url=mock_url, headers=KEY) as client:
        wrong = await client.post("/v1/refunds", data={"payment_intent": "pi_1", "sum": "5"})
    assert wrong.status_code == 400


async def test_a_refund_is_asked_for_and_read_as_stripe_describes_it(
    gateway: StripeRefunds,
) -> None:
    answer = await gateway.refund(request_of("1"))
    assert isinstance(answer, ProviderRefund)
    assert answer.status == "succeeded"


async def test_a_look_is_asked_for_and_read_as_stripe_describes_it(gateway: StripeRefunds) -> None:
    assert isinstance(await gateway.find(request_of("1")), NotMade)


async def test_a_void_is_asked_for_as_stripe_describes_it(gateway: StripeRefunds) -> None:
    answer = await gateway.void(void_of("1"))
    # Its payment is the same whatever was asked, and not cancelled.
    assert isinstance(answer, NoAnswer)
    assert answer.detail.startswith("the provider calls the payment ")


async def test_our_simulators_refund_has_no_field_stripes_has_not(
    mock_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with httpx2.AsyncClient(base_url=mock_url, headers=KEY) as client:
        theirs = (await client.post("/v1/refunds", data={"payment_intent": "pi_1"})).json()
        payment = (await client.get("/v1/payment_intents/pi_1")).json()
        event = (await client.get("/v1/events", params={"types[0]": "refund.updated"})).json()
    async with provider(tmp_path_factory.mktemp("ours")) as peer:
        await peer.capture(["1"], 5_000)
        gateway = StripeRefunds(peer.url, "sk_test")
        await gateway.refund(request_of("1", 10))
        await gateway.close()
        ours = (await peer.get("/v1/refunds")).json()["data"][0]
        our_payment = (await peer.get("/v1/payment_intents/pi_1")).json()
        our_event = (await peer.get("/v1/events")).json()["data"][0]
    assert ours.keys() <= theirs.keys()
    assert our_payment.keys() <= payment.keys()
    assert our_event.keys() <= event["data"][0].keys()
