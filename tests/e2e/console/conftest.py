"""The running console and a browser, shared by all tests of it and ended with the last of them."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser

from deploy.local.stack import Stack
from tests.support.browsing import open_chromium
from tests.support.openid import OpenIdProvider, open_id_provider
from tests.support.shop import Shop, open_shop
from tests.support.stack import Servers

SHOP = {
    "cancellation.api", "cancellation.projector", "cancellation.bulk", "operations.api",
    "console.web", "customers.web", "notifier.api", "notifier.webhooks",
}  # fmt: skip


@pytest.fixture(scope="package")
def openid() -> Iterator[OpenIdProvider]:
    """The shop's identity provider."""
    with open_id_provider() as opened:
        yield opened


@pytest.fixture(scope="package")
async def shop(
    servers: Servers, openid: OpenIdProvider, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Shop]:
    """The doors people come by and the console before them; started with the first browser."""

    def environment(stack: Stack) -> dict[str, str]:
        return openid.environment(f"{stack.console_url}/you/openid/back")

    directory = tmp_path_factory.mktemp("console")
    async with open_shop(servers, directory, SHOP, environment) as opened:
        yield opened


@pytest.fixture(scope="package")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all."""
    async with open_chromium() as browser:
        yield browser
