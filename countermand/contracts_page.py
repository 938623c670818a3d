"""The page for people beside the generated files: topics and messages, one line each."""

from contracts.message import Command
from contracts.topics import DAYS_MS, TOPICS, Topic
from countermand.contracts_schemas import MESSAGES, TravellingMessage, readers_of
from kit.cloudevents import MESSAGE_BYTES_MAX

INTRODUCTION = f"""\
# What crosses, generated

Written by `make generate` from the models in `contracts/`; edited by hand it is stale.

- [index.html](index.html): messages, fields and routes for a browser, as served at `/contracts/`.
- [asyncapi.json](asyncapi.json): topics, messages, headers, who sends and who receives.
- [openapi.json](openapi.json): the HTTP API, as served at `/openapi.json`.
- [schemas/](schemas): JSON Schema 2020-12 of the data of each message.

The key of every message is its order id. A message over {MESSAGE_BYTES_MAX // 2**20} MiB is put
aside unread, whoever wrote it.
"""


def write_page() -> str:
    """Write the page as Markdown."""
    return "\n".join(
        [
            INTRODUCTION,
            "## Topics\n",
            "| Topic | Writer | Readers | Partitions | Records stay | Largest record |",
            "|---|---|---|---|---|---|",
            *(_topic_row(topic) for topic in TOPICS),
            "",
            "## Messages\n",
            "| Type | Topic | Kind | Meaning | Examples |",
            "|---|---|---|---|---|",
            *(_message_row(message) for message in MESSAGES),
            "",
        ]
    )


def _topic_row(topic: Topic) -> str:
    readers = readers_of(topic)
    stay = "last of each key" if topic.compacted else f"{topic.retention_ms // DAYS_MS} days"
    size = f"{topic.message_bytes_max // 2**20} MiB"
    return (
        f"| `{topic.name}` | {topic.owner} | {', '.join(readers)} | {topic.partitions}"
        f" | {stay} | {size} |"
    )


def _message_row(message: TravellingMessage) -> str:
    kind = "command" if issubclass(message.model, Command) else "event"
    examples = " ".join(
        f"[{extent}](../samples/{message.type}.{extent}.json)" for extent in ("full", "minimal")
    )
    return (
        f"| [`{message.type}`](schemas/{message.type}.json) | `{message.topic.name}` | {kind}"
        f" | {message.meaning} | {examples} |"
    )
