"""What exists, as the pages may name it: messages, tables, settings, commands, codes.

Read from the code itself, by import where there is a value and from its source where there is none.
"""

import ast
import re
from collections.abc import Iterator

from cyclopts import App
from pydantic_settings import BaseSettings

from console.customers.settings import CustomersSettings
from console.settings import ConsoleSettings
from contracts.topics import TOPICS
from countermand.cli import app
from countermand.endpoints import _External
from countermand.operations.settings import OperationsSettings
from countermand.replay.facts import FACTS as REPLAY_FACTS
from deploy.prepare import PrepareSettings
from kit.roles import ServiceSpec
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE as CANCELLATION
from services.cancellation.people.settings import OpenIdSettings
from services.cancellation.settings import CancellationSettings
from services.inventory.bootstrap import SERVICE as INVENTORY
from services.notifier.bootstrap import SERVICE as NOTIFIER
from services.notifier.settings import NotifierSettings
from services.notifier.webhooks.domain.events import FACTS as WEBHOOK_FACTS
from services.notifier.webhooks.domain.outgoing import PING
from services.notifier.webhooks.settings import WebhookSettings
from services.refunds.bootstrap import SERVICE as REFUNDS
from services.refunds.settings import RefundsSettings
from tests.house.tree import PRODUCT, ROOT, modules, parsed

SPECS: dict[str, ServiceSpec] = {
    spec.name: spec for spec in (CANCELLATION, INVENTORY, REFUNDS, NOTIFIER)
}
SETTINGS: dict[str, type[BaseSettings]] = {
    "kit": KitSettings,
    "services/cancellation": CancellationSettings,
    "services/cancellation/people": OpenIdSettings,
    "services/refunds": RefundsSettings,
    "services/notifier": NotifierSettings,
    "services/notifier/webhooks": WebhookSettings,
    "countermand/operations": OperationsSettings,
    "console": ConsoleSettings,
    "console/customers": CustomersSettings,
}
"""Settings by the folder whose README lists them."""

SOURCES = "\n".join(source for _, source in modules(*PRODUCT, "tests"))
TOPIC_NAMES = {topic.name for topic in TOPICS}
TYPES = {model.TYPE for topic in TOPICS for model in topic.messages} | {PING}
STORED_NAMES = {fact.NAME for spec in SPECS.values() for fact in spec.facts} | {
    fact.NAME for fact in (*REPLAY_FACTS, *WEBHOOK_FACTS)
}
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
METRIC_MODULES = (
    "kit/metrics.py", "services/cancellation/metrics.py", "services/notifier/webhooks/metrics.py",
    "telemetry/calls.py",
)  # fmt: skip
"""Where metrics are made."""

METRICS = {
    name
    for module in METRIC_MODULES
    for name in re.findall(r"\"(countermand_[a-z_]+)\"", (ROOT / module).read_text("utf-8"))
}


def setting_names(model: type[BaseSettings]) -> dict[str, object]:
    """Return the environment names of a model and their defaults, `required` without one."""
    prefix = model.model_config["env_prefix"]
    return {
        f"{prefix}{name}".upper(): "required" if field.is_required() else field.default
        for name, field in model.model_fields.items()
    }


_MODELS: tuple[type[BaseSettings], ...] = (*SETTINGS.values(), _External, PrepareSettings)
COMPOSE = (ROOT / "deploy/compose.yaml").read_text("utf-8")
COMPOSE_VARIABLES = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", COMPOSE))
"""What may be set from outside of the containers, with its default."""

SETTING_NAMES = {name for model in _MODELS for name in setting_names(model)}


def tables(service: str) -> set[str]:
    """Return the tables and views a service's migrations make."""
    found: set[str] = set()
    dropped: set[str] = set()
    for name, source in modules(f"services/{service}/migrations"):
        for kind in re.findall(r"tables\.(\w+)\(", source):
            made = {
                "event_store": [f"{service}_events"], "inbox": ["inbox", "dead_letters"],
                "projection_versions": ["projection_rebuilds"],
                "recording": [], "redrives": ["redrives", "dead_letter_actions"],
            }  # fmt: skip
            if kind == "audit_history":
                found |= {f"{service}_audit.{table}" for table in ("entries", "roots")}
                continue
            assert kind in (*made, "effects", "projection_cursors"), f"{name}: {kind}"
            found |= {f"{service}.{table}" for table in made.get(kind, [kind])}
    for path in (ROOT / "services" / service / "migrations").glob("*.sql"):
        found |= set(re.findall(r"CREATE (?:TABLE|VIEW) (\w+\.\w+)", path.read_text("utf-8")))
        dropped |= set(re.findall(r"DROP VIEW (\w+\.\w+)", path.read_text("utf-8")))
    return found - dropped


def commands(root: App = app, path: tuple[str, ...] = ()) -> Iterator[tuple[str, App]]:
    """Return every command of the program, `orders list` and its like as one."""
    for name in root:
        if not name.startswith("-"):
            below = root[name]
            if any(not child.startswith("-") for child in below):
                yield from commands(below, (*path, name))
            else:
                yield " ".join((*path, name)), below


COMMANDS = dict(commands())
OPTIONS = {
    name
    for command in COMMANDS.values()
    for argument in command.assemble_argument_collection()
    for name in argument.names
}


def codes_of(module: str, *callees: str) -> set[str]:
    """Return the codes a module hands to functions or exceptions of these names."""
    source = (ROOT / module).read_text("utf-8")
    return {
        str(argument.value)
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in callees
        for argument in [*node.args[:3], *(word.value for word in node.keywords)]
        if isinstance(argument, ast.Constant) and CODE.fullmatch(str(argument.value))
    }


def log_events() -> set[str]:
    """Return every event the services, the packages below them and the kit log."""
    return set(
        re.findall(
            r"\blog\.(?:info|warning|error|exception)\(\s*\"([a-z_.]+)\"",
            "\n".join(
                source
                for _, source in modules(
                    "kit", "audit", "rebuild", "sharding", "web", "services", "console"
                )
            ),
        )
    )


def keys_of(module: str, function: str) -> set[str]:
    """Return the keys of the dict that a function returns."""
    for node in ast.walk(parsed((ROOT / module).read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function:
            returned = [n.value for n in ast.walk(node) if isinstance(n, ast.Return)]
            (made,) = [value for value in returned if isinstance(value, ast.Dict)]
            return {str(key.value) for key in made.keys if isinstance(key, ast.Constant)}
    raise AssertionError(f"{module} has no function {function}")
