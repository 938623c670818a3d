"""The running console and a browser, shared by all tests of it and ended with the last of them."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.support.browsing import open_chromium
from tests.support.shop import Shop, open_shop
from tests.support.stack import Servers

SHOP = {
    "cancellation.api", "cancellation.projector", "cancellation.bulk", "operations.api",
    "console.web", "customers.web", "notifier.api",
}  # fmt: skip


@pytest.fixture(scope="package")
async def shop(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """The doors people come by and the console before them; started with the first browser."""
    async with open_shop(servers, tmp_path_factory.mktemp("console"), SHOP) as opened:
        yield opened


@pytest.fixture(scope="package")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all."""
    async with open_chromium() as browser:
        yield browser
