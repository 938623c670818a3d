"""The customer's page over one order whose story a test tells, and a notifier that has its mails.

As in `console`: the answers are made by the services' own functions, only PostgreSQL is left out.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx2

from console.api import Api
from console.customers.app import build
from console.customers.settings import CustomersSettings
from console.customers.shop import Notifier
from contracts.links import OrderLink, read_link, write_link
from services.notifier.customers import ShopAsked, questions_of, shop_as_told
from services.notifier.domain.messages import MESSAGES
from services.notifier.domain.stationery import Stationery
from tests.support.console import ApiOfOneOrder
from tests.support.mothers import ORDER_ID
from tests.support.telling import Told

KEY = "a-key-of-the-tests-and-of-nothing-else"
FOR_EVER = 10**11
SHOP = Stationery.model_validate(
    {
        "version": 1,
        "shop_name": "The Gift Shop",
        "support": "help@shop.example",
        "reorder_url": "https://shop.example/again?order={order_id}",
        "alternatives": [
            {
                "label": {"en": "Cups in stock", "fr": "Des tasses en stock"},
                "url": "https://shop.example/cups",
            }
        ],
    }
)


@dataclass
class NotifierOfOneOrder:
    """Answers for the notifier."""

    stationery: Stationery = SHOP
    messages: Any = MESSAGES.initial
    is_away: bool = False
    answered: list[tuple[str, str]] = field(default_factory=list)
    """Question and answer of every form that came."""
    asked: list[httpx2.Request] = field(default_factory=list)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request."""
        self.asked.append(request)
        if self.is_away:
            raise httpx2.ConnectError("nobody there", request=request)
        if request.url.path == "/v1/shop":
            query = parse_qs(request.url.query.decode())
            said = {name: query[name][0] for name in ("locale", "reason") if name in query}
            wanted = ShopAsked.model_validate({**said, "skus": tuple(query.get("sku", ()))})
            return httpx2.Response(200, json=shop_as_told(self.stationery, wanted))
        if request.url.path == "/v1/questions":
            token = request.headers["authorization"].removeprefix("Bearer ")
            assert read_link([KEY], token)
            return httpx2.Response(200, json=questions_of(self.messages, b"secret"))
        said_ = parse_qs(request.content.decode())["answer"][0]
        self.answered.append((request.url.path.rpartition("/")[2], said_))
        return httpx2.Response(200)


@dataclass
class Customer:
    """Opens the page by a link."""

    api: ApiOfOneOrder
    notifier: NotifierOfOneOrder
    client: httpx2.AsyncClient
    token: str
    answered_by: list[Any]

    @property
    def page(self) -> str:
        """Where the page is."""
        return f"/o/{self.token}"

    def reach(self, answer: Any) -> None:
        """Have the API's answers pass through something else from now on."""
        self.answered_by[:] = [answer]

    async def get(self, below: str = "") -> httpx2.Response:
        """Open a page below the link."""
        return await self.client.get(self.page + below)

    async def post(self, below: str, **fields: str) -> httpx2.Response:
        """Send a form."""
        return await self.client.post(self.page + below, data=fields)


def link(order_id: str = ORDER_ID, *, ends_at: int = FOR_EVER, key: str = KEY) -> str:
    """Return the token of a link."""
    return write_link(key, OrderLink(order_id, ends_at))


def open_link(
    told: Told, locale: str = "en", token: str | None = None, **settings: Any
) -> Customer:
    """Open the page of a story's order."""
    api, notifier = ApiOfOneOrder(told), NotifierOfOneOrder()
    answered_by: list[Any] = [api.answer]

    def pass_on(request: httpx2.Request) -> httpx2.Response:
        found: httpx2.Response = answered_by[0](request)
        return found

    app = build(
        Api(_client(pass_on), api.session),
        Notifier(_client(notifier.answer)),
        CustomersSettings.model_validate({"link_keys": KEY, "forms_per_minute": 100, **settings}),
    )
    client = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://page",
        headers={"accept-language": locale},
    )
    return Customer(api, notifier, client, token or link(), answered_by)


def _client(answer: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.MockTransport(answer), base_url="http://service")
