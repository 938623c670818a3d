"""Publishing stationery: versions follow each other, and none is ever changed."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from contracts.values import Text, Version
from kit.decider import Context, Decider, Unacceptable
from kit.facts import Fact
from services.notifier.domain.events import StationeryPublished
from services.notifier.domain.stationery import BUILT_IN, Stationery

STATIONERY_KEY = "notifier:/stationery"
"""Key of its stream; no order's number has a slash."""


class PublishStationery(BaseModel):
    """Somebody of the staff puts a version in force."""

    model_config = ConfigDict(frozen=True)

    stationery: Stationery
    who: Text
    why: Text
    restored_from: Version | None = None


def publish(in_force: Stationery, command: PublishStationery, _: Context) -> Sequence[Fact]:
    """Put the successor of the version in force."""
    version = command.stationery.version
    if version != in_force.version + 1:
        detail = f"version {version} does not follow version {in_force.version}"
        raise Unacceptable("STATIONERY_VERSION_STALE", detail)
    return [
        StationeryPublished(
            stationery=command.stationery,
            published_by=command.who,
            why=command.why,
            restored_from=command.restored_from,
        )
    ]


def evolve(_: Stationery, fact: Fact) -> Stationery:
    """Return what is in force after `fact`."""
    assert isinstance(fact, StationeryPublished)  # noqa: S101 - nothing else is in this stream
    return fact.stationery


STATIONERY = Decider(initial=BUILT_IN, evolve=evolve, decide=publish)
