"""What a door of the provider is: it takes a request and answers it, or cuts the line."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import parse_qsl

import orjson

from deploy.simulators.payments.errors import parameter_unknown
from deploy.simulators.serving import Answer, Receive, Scope


class Request(NamedTuple):
    """One HTTP request."""

    scope: Scope
    receive: Receive

    def header(self, name: bytes) -> bytes | None:
        """Return the first value of a header; `name` in lower case."""
        for key, value in self.scope["headers"]:
            if key == name:
                return bytes(value)
        return None

    def query(self, *known: str) -> dict[str, str]:
        """Return the query's parameters.

        Raises:
            ApiError: one of them is not `known`.
        """
        found = dict(parse_qsl(self.scope["query_string"].decode("latin-1")))
        for name in found:
            if name not in known:
                raise parameter_unknown(name)
        return found


Door = Callable[[Request], Awaitable[Answer | None]]
"""Answers a request; None means the connection was cut instead."""


def json_answer(value: object) -> Answer:
    """Return an answer of status 200."""
    return Answer(200, orjson.dumps(value))
