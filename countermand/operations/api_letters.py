"""Routes: what was set aside, by cause and one by one; sent again, parked, mended."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import FastAPI, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from contracts.cancellation import Right
from contracts.values import Code, Timestamp
from countermand.dead_letters import actions, doing
from countermand.dead_letters.doing import Meant
from countermand.dead_letters.letters import Raw, Selection, State, count_causes, find_letters
from countermand.dead_letters.redrive import Result
from countermand.dead_letters.story import letter_to_json, tell
from countermand.operations.acting import Act, Plain, by_of
from countermand.operations.jobs import Jobs
from countermand.operations.settings import OperationsSettings
from countermand.replay.doing import System
from countermand.screen import OnStep
from countermand.specs import LOGS
from services.cancellation.access import needs
from services.cancellation.problems import described

Service = Literal["cancellation", "inventory", "refunds", "notifier", "webhooks"]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=Plain)]
Name = Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z]+/[0-9]{1,18}$")]
VALUE_CHARACTERS_MAX = 1_000_000

REPLAY: dict[str, Any] = {"tags": ["dead letters"], **needs(Right.REPLAY)}


class LetterFilter(BaseModel):
    """Which dead letters; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    service: Service | None = None
    """Who set them aside."""
    cause: Code | None = None
    """Why: its code."""
    type: Word | None = None
    """Message type, as the record said it."""
    topic: Word | None = None
    """Where the record lay."""
    key: Word | None = None
    """Key of the record, usually the order."""
    since: Timestamp | None = None
    """Set aside then or later."""
    until: Timestamp | None = None
    """Set aside before."""

    def meant(self, states: tuple[State, ...] = ("OPEN",), after: int = 0) -> Meant:
        """Return it as the tables are asked."""
        selection = Selection(
            cause=self.cause, message_type=self.type, topic=self.topic, key=self.key,
            since=self.since, until=self.until, states=states, after=after,
        )  # fmt: skip
        services = [self.service] if self.service else list(LOGS)
        return Meant(dict.fromkeys(services, selection), is_named=False)


class CauseFilter(LetterFilter):
    """Which dead letters, and where they are."""

    state: State | Literal["ALL"] = "OPEN"
    """`OPEN`: somebody has to look. `PARKED`: somebody has. `REDRIVEN`: sent again."""

    @property
    def states(self) -> tuple[State, ...]:
        """The states asked for."""
        return ("OPEN", "PARKED", "REDRIVEN") if self.state == "ALL" else (self.state,)


class LettersPage(CauseFilter):
    """Which dead letters of one service, in their sequence."""

    service: Service
    """Who set them aside."""
    after: int = Field(default=0, ge=0, le=2**63 - 1)
    """`next_after` of the page before."""
    limit: int = Field(default=50, ge=1, le=200)
    """How many at most."""


class LettersMeant(BaseModel):
    """Letters by name, or all open ones that fit."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    letters: Annotated[tuple[Name, ...], Field(max_length=doing.LETTERS_MAX)] = ()
    """`SERVICE/NUMBER`."""
    filter: LetterFilter | None = None
    """All open ones that fit it; it must narrow down."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        is_narrow = self.filter is not None and bool(self.filter.model_dump(exclude_none=True))
        if bool(self.letters) == is_narrow:
            raise ValueError("name letters, or a filter that leaves something out")
        return self

    def meant(self) -> Meant:
        """Return them as the tables are asked."""
        return self.filter.meant() if self.filter else doing.named(self.letters)


class Redriving(LettersMeant, Act):
    """Letters to be sent again."""


class Parking(Act):
    """Letters to be taken out of the way, or back."""

    letters: Annotated[tuple[Name, ...], Field(min_length=1, max_length=doing.LETTERS_MAX)]
    """`SERVICE/NUMBER`."""
    undo: bool = False
    """True to open them again."""


class Mending(Act):
    """What a redrive is to send in place of what came; left out stays."""

    value: Annotated[str, StringConstraints(max_length=VALUE_CHARACTERS_MAX)] | None = None
    """The record's value, as text."""
    key: Word | None = None
    """The record's key."""
    headers: dict[Word, Annotated[str, StringConstraints(max_length=1_000)] | None] = Field(
        default_factory=dict, max_length=50
    )
    """By name; null leaves one out."""
    edits_seen: int = Field(ge=0, le=10_000)
    """How many edits the letter had when it was looked at; another number is refused."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.value is None and self.key is None and not self.headers:
            raise ValueError("say what to change: value, key or headers")
        return self

    def change(self, raw: Raw) -> Raw:
        """Return the record as it is to be."""
        if self.value is not None:
            raw = raw._replace(value=self.value.encode())
        if self.key is not None:
            raw = raw._replace(key=self.key.encode())
        return actions.with_headers(raw, list(self.headers.items()))


class CauseRead(BaseModel):
    """Dead letters of one service and one cause."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    service: str
    """Who set them aside."""
    code: str
    """Why."""
    letters: int
    """How many."""
    keys: int
    """About how many keys."""
    first_at: datetime
    """The first of them."""
    last_at: datetime
    """The last."""
    sample_id: int
    """Number of the first."""
    sample: str
    """What it says."""


def result_to_json(result: Result) -> dict[str, Any]:
    """Return a redrive's result for an answer."""
    return {"is_clean": result.is_clean, **asdict(result)}


def add_letters(
    app: FastAPI, system: System, jobs: Jobs, settings: OperationsSettings
) -> None:  # fmt: skip
    """Add the routes."""
    _add_reads(app, system)
    _add_acts(app, system, jobs, settings)


def _add_reads(app: FastAPI, system: System) -> None:
    @app.get("/v1/dead-letter-causes", **REPLAY, responses=described(422, 503))
    async def list_causes(asked: Annotated[CauseFilter, Query()]) -> dict[str, list[CauseRead]]:
        """Group what was set aside by service and cause, the most frequent first."""
        causes = []
        async with system.pool.acquire() as connection:
            for service, selection in asked.meant(asked.states).selections.items():
                causes += await count_causes(connection, service, selection)
        causes.sort(key=lambda one: -one.letters)
        return {"causes": [CauseRead(**one._asdict()) for one in causes]}

    @app.get("/v1/dead-letters", **REPLAY, responses=described(422, 503))
    async def list_letters(asked: Annotated[LettersPage, Query()]) -> dict[str, Any]:
        """List the dead letters of one service, in the sequence they were set aside."""
        meant = asked.meant(asked.states, asked.after)
        async with system.pool.acquire() as connection:
            found = await find_letters(
                connection, asked.service, meant.selections[asked.service], limit=asked.limit
            )
        next_after = found[-1].id if len(found) == asked.limit else None
        return {"letters": [letter_to_json(one) for one in found], "next_after": next_after}

    @app.get("/v1/dead-letters/{service}/{number}", **REPLAY, responses=described(404, 422, 503))
    async def one_letter(service: Service, number: Number) -> dict[str, Any]:
        """Return one letter: why, its bytes, what was done to it, and what would be now."""
        return (await tell(system.pool, system.settings, service, number)).to_json()


def _add_acts(
    app: FastAPI, system: System, jobs: Jobs, settings: OperationsSettings
) -> None:  # fmt: skip
    @app.post("/v1/dead-letter-previews", **REPLAY, responses=described(404, 409, 413, 422, 503))
    async def foretell(body: LettersMeant) -> dict[str, Any]:
        """Return what would come of each letter if all were sent again now; writes nothing."""
        told = await doing.foretell(system.pool, system.settings, body.meant())
        return {"letters": told}

    @app.post("/v1/dead-letter-redrives", **REPLAY, responses=described(404, 409, 413, 422, 503))
    async def redrive(request: Request, response: Response, body: Redriving) -> dict[str, Any]:
        """Send letters again, in their sequence; 202 where that takes longer than an answer."""
        by, meant = by_of(request, body), body.meant()
        found = await doing.find(system.pool, meant)
        count = sum(map(len, found.values()))

        async def work(on_step: OnStep) -> dict[str, Any]:
            result = await doing.redrive(
                system.pool, system.settings, meant, by, wait_s=settings.redrive_wait_s,
                on_step=lambda done, total: on_step("Letters answered", done, total),
            )  # fmt: skip
            return result_to_json(result)

        about = body.letters[0] if body.letters else str(body.filter and body.filter.cause)
        job, task = jobs.start("REDRIVE", about, by.who, work)
        if await jobs.within(task, settings.answer_within_s):
            return {"letters": count, "result": job.result, "job": None}
        response.status_code = 202
        return {"letters": count, "result": None, "job": job.to_json()}

    @app.post("/v1/dead-letter-parkings", **REPLAY, responses=described(404, 413, 422, 503))
    async def park(request: Request, body: Parking) -> dict[str, Any]:
        """Take letters out of the way, or open parked ones again."""
        by = by_of(request, body)
        return {"letters": await doing.park(system.pool, body.letters, by, undo=body.undo)}

    @app.post(
        "/v1/dead-letters/{service}/{number}/edits",
        **REPLAY,
        responses=described(404, 409, 413, 422, 503),
    )
    async def mend(
        request: Request, service: Service, number: Number, body: Mending
    ) -> dict[str, Any]:
        """Mend a letter: what a redrive sends. The letter itself stays as it came."""
        by, name = by_of(request, body), f"{service}/{number}"
        story = await doing.mend(
            system.pool, system.settings, name, body.change, by, edits_seen=body.edits_seen
        )
        return story.to_json()
