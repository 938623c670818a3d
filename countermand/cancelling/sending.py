"""From a verb to its answer: who asks, under which id, and what is printed."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import uuid4

import httpx2
from cyclopts import Parameter

from countermand import screen
from countermand.cancelling import showing
from countermand.endpoints import DEFAULT_DATA_DIR, Endpoints
from countermand.errors import KnownError
from countermand.orders import ApiError, call
from countermand.verb import DataDir, Json, run

ActorType = Literal["STAFF", "CUSTOMER", "SERVICE", "TIMER", "BULK"]
Role = Literal["VIEWER", "AGENT", "MANAGER", "OPS", "ADMIN"]
Language = Literal["en", "fr"]

Locale = Annotated[Language, Parameter(help="Language of the sentences.")]
Preview = Annotated[
    bool, Parameter(negative=(), show_default=False, help="Say what it would do; do nothing.")
]
AsWhat = Annotated[ActorType, Parameter(help="As what.")]
Note = Annotated[str | None, Parameter(help="For staff only.")]


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who asks, and under which command id."""

    by: Annotated[str, Parameter(help="Who asks: a name.")] = "cli"
    role: Annotated[Role | None, Parameter(help="In which role.")] = None
    by_type: AsWhat = "STAFF"
    command_id: Annotated[str | None, Parameter(help="Repeat it to ask again safely.")] = None
    data_dir: DataDir = DEFAULT_DATA_DIR
    json: Json = False

    @property
    def actor(self) -> dict[str, Any]:
        """Return who asks, as a command says it."""
        return {"type": self.by_type, "id": self.by, "role": self.role}


@dataclass(frozen=True, kw_only=True)
class Customer(Sender):
    """Somebody who asks as a customer unless told otherwise."""

    by_type: AsWhat = "CUSTOMER"


@dataclass(frozen=True, kw_only=True)
class Timer(Sender):
    """Something that asks as a timer unless told otherwise."""

    by_type: AsWhat = "TIMER"


FLAT = Parameter(name="*")
"""The options of a dataclass are the verb's own."""

From = Annotated[Sender, FLAT]
NOBODY = Sender()
CUSTOMER = Customer()
TIMER = Timer()


def send(sender: Sender, path: str, body: dict[str, Any]) -> None:
    """Send a command and print its answer; a refusal ends the program with exit status 1."""
    key = sender.command_id or str(uuid4())
    answer = _ask(sender, _send(sender, path, body, key))
    if not sender.json:
        screen.say(showing.answer_line(answer))


def preview(sender: Sender, path: str, body: dict[str, Any], locale: Language) -> None:
    """Print what a command would do; exit status 1 when it would be refused."""
    told = _ask(sender, _call(sender.data_dir, "POST", path, json=_whole(sender, body),
                              params={"locale": locale}))  # fmt: skip
    if not sender.json:
        showing.print_preview(told)
    if told["outcome"] == "REJECTED":
        sys.exit(1)


def read(data_dir: Path, path: str, **parameters: Any) -> dict[str, Any]:
    """Read from the API."""
    told = {name: value for name, value in parameters.items() if value is not None}
    return run(_call(data_dir, "GET", path, params=told))


def _ask(sender: Sender, asking: Any) -> dict[str, Any]:
    """Run to the answer; with `--json` it is printed, granted or refused."""

    async def work() -> tuple[dict[str, Any], ApiError | None]:
        try:
            return await asking, None
        except ApiError as problem:
            return problem.body, problem

    answer, problem = run(work())
    if sender.json:
        screen.print_json(answer)
    if problem is None:
        return answer
    showing.print_problem(problem)
    sys.exit(1)


def _whole(sender: Sender, body: dict[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in body.items() if value is not _LEFT_OUT}
    return {**said, "actor": sender.actor}


async def _send(sender: Sender, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
    try:
        return await _call(
            sender.data_dir, "POST", path, json=_whole(sender, body),
            headers={"Idempotency-Key": key},
        )  # fmt: skip
    except httpx2.TransportError as lost:
        raise KnownError(
            f"No answer came ({lost or type(lost).__name__}), so nobody knows here. "
            f"`countermand answer {key}` tells; the same again with --command-id {key} is safe."
        ) from lost


async def _call(data_dir: Path, method: str, path: str, **more: Any) -> dict[str, Any]:
    endpoints = Endpoints.find(data_dir)
    return await call(endpoints.api_url, method, path, key=endpoints.api_key, **more)


_LEFT_OUT = object()
"""Stands for a field that a command leaves out."""


def given(value: Any) -> Any:
    """Return a value, or leave the field out when the option was not given."""
    return _LEFT_OUT if value is None or value == () else value


def answer(command_id: str, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Show the answer to a command by its id, by whichever door it came."""
    found = read(data_dir, f"/v1/commands/{command_id}")
    if json:
        screen.print_json(found)
    elif found["outcome"] == "REJECTED":
        showing.print_refusals(found["refusals"])
    else:
        screen.say(showing.answer_line(found))
