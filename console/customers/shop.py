"""What the notifier tells the page: how the shop speaks, and what an order's mails asked and gave.

While it is away the page does without: it still says what became of the order.
"""

from collections.abc import Collection
from typing import Any, NamedTuple

import httpx2

from kit.logs import get_logger

log = get_logger("customers")

Json = dict[str, Any]


class Shop(NamedTuple):
    """How the shop speaks to its customers."""

    name: str | None = None
    support: str | None = None
    reorder_url: str | None = None
    causes: dict[str, str] = {}  # noqa: RUF012 - never changed
    alternatives: list[Json] = []  # noqa: RUF012 - never changed


class Questions(NamedTuple):
    """What the mails of one order asked and gave."""

    questions: list[Json] = []  # noqa: RUF012 - never changed
    vouchers: list[Json] = []  # noqa: RUF012 - never changed

    def about(self, cancellation_id: str) -> Json | None:
        """Return what was asked about a cancellation."""
        found = (one for one in self.questions if one["cancellation_id"] == cancellation_id)
        return next(found, None)


class Notifier:
    """Asks it."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def shop(
        self, locale: str, *, skus: Collection[str] = (), reason: str | None = None
    ) -> Shop:
        """Ask how the shop speaks."""
        asked: dict[str, Any] = {"locale": locale, "sku": list(skus)}
        if reason:
            asked["reason"] = reason
        told = await self._get("/v1/shop", params=asked)
        if told is None:
            return Shop()
        return Shop(
            told["shop_name"], told["support"], told["reorder_url"], told["causes"],
            told["alternatives"],
        )  # fmt: skip

    async def questions(self, token: str) -> Questions:
        """Ask what one order's mails asked; the link stands in a header, so that no log has it."""
        told = await self._get("/v1/questions", headers={"Authorization": f"Bearer {token}"})
        return Questions() if told is None else Questions(told["questions"], told["vouchers"])

    async def answer(self, question: str, answer: str) -> bool:
        """Pass on what a customer answers; False when it did not get there."""
        try:
            response = await self._client.post(f"/v1/feedback/{question}", data={"answer": answer})
        except httpx2.TransportError as lost:
            log.warning("shop.away", reason=str(lost) or type(lost).__name__)
            return False
        return response.status_code == 200  # noqa: PLR2004 - HTTP's own

    async def _get(self, where: str, **more: Any) -> Json | None:
        try:
            response = await self._client.get(where, **more)
            found: Json = response.json()
        except (httpx2.TransportError, ValueError) as lost:
            log.warning("shop.away", reason=str(lost) or type(lost).__name__)
            return None
        if response.status_code != 200:  # noqa: PLR2004 - HTTP's own
            log.warning("shop.away", reason=str(response.status_code))
            return None
        return found
