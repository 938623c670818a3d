"""The three doors of the cancellation service, opened the same way: Kafka, HTTP, command line.

A `Wish` is one command said three times. Each door asks as somebody else, so that what the doors
have in common can be compared.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from countermand.upstream import Outgoing
from kit.facts import RecordedFact
from kit.ids import stream_id
from services.cancellation.bootstrap import SERVICE
from services.cancellation.translation import PUBLISHES, translate
from tests.support.api_door import Running
from tests.support.command_line import run
from tests.support.stack import fetch, until

_LOG = (
    "SELECT originator_id, originator_version, topic, state FROM cancellation.cancellation_events"
    " WHERE originator_id = $1 ORDER BY originator_version"
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:Z|\+00:00)")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Wish:
    """One command, as each door takes it; `{order}` and ids of earlier answers are filled in."""

    model: Any
    path: str
    """Where HTTP takes it."""
    verb: str
    """How the command line says it."""
    said: Mapping[str, Any] = field(default_factory=dict)
    """What it says beside its order, its actor and what stands in the path."""
    role: str | None = "MANAGER"
    type: str = "STAFF"


class Story:
    """What one order lives through when it is only ever talked to through one door."""

    def __init__(self, running: Running, door: str, order_id: str) -> None:
        self.running, self.door, self.order_id = running, door, order_id
        self._names = {"order": order_id}
        self._count = 0
        self.answers: list[dict[str, Any]] = []

    async def wish(self, wish: Wish, **more: str) -> dict[str, Any]:
        """Send a command through this story's door and return its answer.

        Args:
            wish: the command.
            more: names for ids of its answer, to fill in later: `claim="claim_id"`.
        """
        self._count += 1
        key = f"{self.order_id}-{self._count}"
        actor = {
            "type": wish.type,
            "id": f"by-{self.door}-{wish.role or wish.type}",
            "role": wish.role,
        }
        send = {"kafka": self._by_kafka, "http": self._by_http, "cli": self._by_cli}[self.door]
        said = json.loads(self._fill(json.dumps(wish.said)))
        first = await send(wish, key, actor, said)
        answer: dict[str, Any] = (await self.running.door.get(f"/v1/commands/{key}")).json()
        assert first is None or {name: first.get(name) for name in answer} == answer
        self.answers.append({k: v for k, v in answer.items() if k != "position"})
        self._names |= {name: answer[id_] for name, id_ in more.items()}
        return answer

    def call(self, **names: str) -> None:
        """Name ids that stand in no answer, to fill in later."""
        self._names |= names

    async def facts(self) -> list[RecordedFact]:
        """Return what stands in the order's stream."""
        return await facts_of(self.running, stream_id(f"order:{self.order_id}"))

    def _fill(self, text: str) -> str:
        for name, value in self._names.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    async def _by_kafka(self, wish: Wish, key: str, actor: Any, said: Any) -> None:
        in_path = {f"{name}_id": self._names[name] for name in re.findall(r"{(\w+)}", wish.path)}
        message = wish.model.model_validate({**in_path, **said, "actor": actor}, strict=False)
        await self.running.upstream.publish([Outgoing(key, message)])

        async def is_answered() -> bool:
            answer = await self.running.door.get(f"/v1/commands/{key}")
            return answer.status_code == 200

        await until(is_answered, what=f"{key} is answered")

    async def _by_http(self, wish: Wish, key: str, actor: Any, said: Any) -> Any:
        answer = await self.running.door.send(
            "POST", self._fill(wish.path), json={**said, "actor": actor},
            headers={"Idempotency-Key": key},
        )  # fmt: skip
        return answer.json()

    async def _by_cli(self, wish: Wish, key: str, actor: Any, _: Any) -> Any:
        who = ["--by", actor["id"], "--by-type", actor["type"], "--command-id", key, "--json"]
        if actor["role"]:
            who += ["--role", actor["role"]]
        running = self.running
        env = {
            "COUNTERMAND_API_URL": running.door.url,
            "COUNTERMAND_POSTGRES_DSN": running.database,
            "COUNTERMAND_KAFKA_BOOTSTRAP": "not-needed:1",
        }
        words = self._fill(wish.verb).split()
        ended = await run(*[word.replace("␣", " ") for word in words], *who, env=env)
        answer = ended.json
        assert ended.exit_code == (1 if answer["outcome"] == "REJECTED" else 0), ended.stderr
        return answer

    def names(self) -> dict[str, str]:
        """Return what differs between the stories and what it is to be called instead."""
        return {self.order_id: "ORDER", f"by-{self.door}": "by"}


async def facts_of(running: Running, stream: UUID) -> list[RecordedFact]:
    """Return the facts of a stream."""
    rows = await fetch(running.database, _LOG, stream)
    mapper = SERVICE.store.mapper
    return [RecordedFact(row[0], row[1], *mapper.read_body(row[2], row[3])) for row in rows]


def events_of(recorded: list[RecordedFact]) -> list[dict[str, Any]]:
    """Return what these facts are published as."""
    outgoing = [translate(one.fact, one.cause) for one in recorded if one.fact.NAME in PUBLISHES]
    return [
        {"type": type(out.message).__name__, **out.message.model_dump(mode="json")}
        for out in outgoing
    ]


def alike(value: Any, names: Mapping[str, str]) -> Any:
    """Return a value with names, moments and computed ids replaced by what they stand for."""
    text = json.dumps(value, sort_keys=True)
    for name, stands_for in names.items():
        text = text.replace(name, stands_for)
    seen: dict[str, str] = {}
    text = _UUID.sub(lambda found: seen.setdefault(found[0], f"ID-{len(seen)}"), text)
    return json.loads(_MOMENT.sub("MOMENT", text))


def leaves(value: Any, place: str = "") -> dict[str, Any]:
    """Return every single value of a tree by its place, so that a difference stands alone."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    found: dict[str, Any] = {}
    for name, part in parts:
        here = f"{place}.{name}".lstrip(".")
        found |= leaves(part, here) if isinstance(part, dict | list) else {here: part}
    return found
