"""The HTTP door of a running system, watched: no answer may ever show how we work inside."""

from dataclasses import dataclass
from typing import Any

import httpx2

from countermand.upstream import Upstream

PROBLEM = "application/problem+json"
INSIDES = ("Traceback", 'File "', "asyncpg", "pydantic", "site-packages", "SELECT ", "INSERT ")


class Door:
    """A client of the API that judges every answer it gets."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = httpx2.AsyncClient(base_url=url, timeout=30, trust_env=False)

    async def send(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Send a request; whatever is refused is a problem with a code and words."""
        answer = await self.client.request(method, path, **more)
        assert not [word for word in INSIDES if word in answer.text], answer.text
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == PROBLEM, answer.text
            body = answer.json()
            assert body["status"] == answer.status_code
            assert body["code"] == body["title"]
            assert body["code"].replace("_", "").isupper()
            assert body["detail"]
        return answer

    async def get(self, path: str, **query: Any) -> httpx2.Response:
        """Read."""
        return await self.send("GET", path, params=query)

    async def cancel(self, order_id: str, key: str, **body: Any) -> httpx2.Response:
        """Cancel; for the customer unless `reason` says otherwise."""
        return await self.send(
            "POST", f"/v1/orders/{order_id}/cancellations",
            json={"reason": "CUSTOMER", **body}, headers={"Idempotency-Key": key},
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Running:
    """The service's processes, and both ways to reach it."""

    database: str
    door: Door
    upstream: Upstream
