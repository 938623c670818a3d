"""Somebody who visits the console without a browser."""

from dataclasses import dataclass
from typing import Any

import httpx2


@dataclass
class Browser:
    """Visits the console as somebody, in a language."""

    api: Any
    """The API behind it."""
    client: httpx2.AsyncClient
    token: str
    answered_by: list[Any]

    def reach(self, answer: Any) -> None:
        """Have the API's answers pass through something else from now on."""
        self.answered_by[:] = [answer]

    async def get(self, path: str) -> httpx2.Response:
        """Open a page."""
        return await self.client.get(path)

    async def post(self, path: str, **fields: str) -> httpx2.Response:
        """Send a form of this session."""
        return await self.client.post(path, data={"form_token": self.token, **fields})
