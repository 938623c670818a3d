"""Stripe's library over a wire of our own: what was sent, and whatever answer a test wants."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import stripe

from services.refunds.adapters.stripe_refunds import StripeRefunds


class Sent(NamedTuple):
    """One request as it would have left."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str
    fields: dict[str, str]
    """Of the query or the form."""


class Answered(NamedTuple):
    """One answer of the provider."""

    status: int
    content: bytes


def answered(status: int, body: Any) -> Answered:
    return Answered(status, json.dumps(body).encode())


class Wire(stripe.HTTPClient):
    """Gives the answers in turn, the last one again and again; an exception is a broken line."""

    name = "test"

    def __init__(self, *answers: Answered | Exception) -> None:
        super().__init__()
        self._answers = list(answers)
        self.sent: list[Sent] = []

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        address = urlsplit(url)
        raw = post_data or address.query
        fields = {name: values[0] for name, values in parse_qs(raw).items()}
        self.sent.append(Sent(method, address.path, headers, post_data or "", fields))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer.content, answer.status, {}


def gateway_to(*answers: Answered | Exception) -> tuple[StripeRefunds, Wire]:
    """Return a gateway that gets these answers, and the wire it sends on."""
    wire = Wire(*answers)
    return StripeRefunds("http://provider.example", "sk_test", wire), wire
