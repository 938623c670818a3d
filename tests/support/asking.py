"""Questions about what happened, asked without a terminal."""

from typing import Any

from countermand.endpoints import Endpoints
from countermand.history.asking import Answer, Question, ask
from countermand.history.event import Event
from countermand.history.selection import EVERYWHERE, Place, Selection
from tests.support.stack import Servers


class Shown:
    """A sink that keeps what it is shown."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def show(self, event: Event) -> None:
        """Keep it."""
        self.events.append(event)

    def flush(self) -> None:
        """Do nothing."""


def endpoints_on(servers: Servers, dsn: str) -> Endpoints:
    """Return the addresses of the shared servers; nobody listens where the API would."""
    return Endpoints(
        postgres_dsn=dsn, kafka_bootstrap=servers.kafka_bootstrap, api_url="http://127.0.0.1:1",
        payments_url=None, mailbox_url=None,
    )  # fmt: skip


async def shown(
    endpoints: Endpoints, *sources: str, limit: int | None = None, after: Place = EVERYWHERE,
    up_to: Place = EVERYWHERE, **wanted: Any,
) -> tuple[list[Event], Answer]:  # fmt: skip
    """Ask and return what was shown."""
    sink, told = Shown(), Answer()
    question = Question(
        sources=sources, selection=Selection(**wanted), after=after, up_to=up_to, limit=limit
    )
    await ask(endpoints, question, sink, told)
    assert told.count == len(sink.events)
    return sink.events, told
