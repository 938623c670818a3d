"""A policy as fields of a form, and back; and what two of them say differently."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple, get_args

from pydantic import ValidationError

from console.api import Json
from console.forms import Form
from console.language import Words
from console.pages.policy_kinds import KINDS, Field
from contracts.cancellation import Action, ActorType, CancelReason, DefaultOutcome, Policy, Role

BLANK_ROWS = 2
"""Empty rows below each table, to be filled in."""

ROWS_MAX = 1_000
REASONS: tuple[str, ...] = get_args(CancelReason)
ACTIONS: tuple[str, ...] = get_args(Action)


class Column(NamedTuple):
    """One thing a policy says."""

    name: str
    """Where it stands; points lead inside."""
    kind: str
    """How it is written, as `KINDS` knows it."""
    among: tuple[str, ...] = ()
    """What may be chosen; the first where it may be left empty is empty."""


_ANY_REASON = ("", *REASONS)
_WHEN = (Column("reasons", "list"), Column("sub_reasons", "list"), Column("actors", "list"))

SECTIONS: Mapping[str, tuple[Column, ...]] = {
    "time": (
        Column("hold_s", "span"), Column("approval_within_s", "span"),
        Column("unpaid_after_s", "span"), Column("manual_refund_within_s", "span"),
    ),
    "customer": (
        Column("customer.window_s", "span"), Column("customer.inside", "choice", ("GRANT", "ASK")),
        Column("customer.outside", "choice", ("ASK", "REFUSE")),
        Column("customer.answer_within_s", "span"),
        Column("customer.default_outcome", "choice", get_args(DefaultOutcome)),
    ),
    "else": (
        Column("notify", "flag"), Column("restock.is_automatic", "flag"),
        Column("restock.never_tags", "list"), Column("refund_first", "list"),
        Column("refund_sequence", "choice", ("AS_PAID", "LAST_FIRST")),
    ),
}  # fmt: skip
"""What stands once in a policy."""

TABLES: Mapping[str, tuple[Column, ...]] = {
    "reasons": (
        Column("code", "text"), Column("reason", "choice", REASONS),
        Column("labels.en", "text"), Column("labels.fr", "text"),
    ),
    "approvals": (
        Column("name", "text"), Column("amount_from_minor", "amount"), Column("currency", "text"),
        *_WHEN,
    ),
    "exclusions": (
        Column("name", "text"), Column("tags", "list"), Column("customers", "list"),
        Column("channels", "list"), Column("countries", "list"), Column("actors", "list"),
    ),
    "fees": (
        Column("name", "text"), Column("percent_bps", "percent"), Column("flat_minor", "sum"),
        Column("currency", "text"), *_WHEN,
    ),
    "restock.by_reason": (
        Column("reason", "choice", _ANY_REASON), Column("sub_reason", "text"),
        Column("restock", "either", ("YES", "NO")),
    ),
}  # fmt: skip
"""What stands in rows; a row whose first field is empty is none."""


def write(policy: Json, say: Words) -> dict[str, str]:
    """Return a policy as fields of a form."""
    fields = {
        column.name: _written(policy, column, say)
        for columns in SECTIONS.values()
        for column in columns
    }
    for table, columns in TABLES.items():
        for number, row in enumerate(_at(policy, table)):
            for column in columns:
                fields[f"{table}:{number}:{column.name}"] = _written(row, column, say)
    for grant in policy["rights"]:
        for action in grant["actions"]:
            fields[right(grant["actor"], grant["role"], action)] = "yes"
    return {name: text for name, text in fields.items() if text}


def right(actor: str, role: str | None, action: str) -> str:
    """Return the name of the box that grants something."""
    return f"may:{actor}:{role or ''}:{action}"


def askers(policy: Json) -> list[tuple[str, str | None]]:
    """Return everybody a policy may grant something: those it names, and the staff's roles."""
    named = [(grant["actor"], grant["role"]) for grant in policy["rights"]]
    known = [("STAFF", role) for role in get_args(Role)] + [(one, None) for one in _ACTORS]
    return list(dict.fromkeys([*named, *known]))


_ACTORS: tuple[str, ...] = get_args(ActorType)


def _at(policy: Json, name: str) -> Any:
    found: Any = policy
    for part in name.split("."):
        found = found[part]
    return found


def _put(policy: Json, name: str, value: Any) -> None:
    *parts, last = name.split(".")
    for part in parts:
        policy = policy.setdefault(part, {})
    policy[last] = value


def _written(row: Json, column: Column, say: Words) -> str:
    return KINDS[column.kind].write(_at(row, column.name), row.get("currency"), say)


def read(form: Form, base: Json) -> Json:
    """Return the policy a form says; what is wrong is noted in the form.

    Args:
        form: what was filled in.
        base: the policy it was made from; what no field is about stays as it is there.
    """
    policy = deepcopy(base)
    for columns in SECTIONS.values():
        for column in columns:
            _put(policy, column.name, _read(form, column.name, column, None))
    for table, columns in TABLES.items():
        _put(policy, table, list(_rows(form, table, columns)))
    policy["rights"] = [
        {"actor": actor, "role": role, "actions": granted}
        for actor, role in askers(base)
        if (granted := _granted(form, base, actor, role))
    ]
    if not form.errors:
        _check(form, policy)
    return policy


def _granted(form: Form, base: Json, actor: str, role: str | None) -> list[str]:
    """Return what somebody may do; what they might before keeps its sequence."""
    grants = (
        one["actions"] for one in base["rights"] if (one["actor"], one["role"]) == (actor, role)
    )
    known = dict.fromkeys([*next(grants, ()), *ACTIONS])
    return [action for action in known if form.flag(right(actor, role, action))]


def row_count(form: Form, table: str) -> int:
    """Return how many rows of a table are filled in, the empty ones between them included."""
    first = TABLES[table][0].name
    filled = (n for n in range(ROWS_MAX) if form.text(f"{table}:{n}:{first}"))
    return max(filled, default=-1) + 1


def _rows(form: Form, table: str, columns: tuple[Column, ...]) -> Iterator[Json]:
    for number in range(ROWS_MAX):
        prefix = f"{table}:{number}"
        if f"{prefix}:{columns[0].name}" not in form.fields:
            return
        if form.text(f"{prefix}:{columns[0].name}") is None:
            continue
        row: Json = {}
        currency = form.text(f"{prefix}:currency")
        for column in columns:
            _put(row, column.name, _read(form, f"{prefix}:{column.name}", column, currency))
        yield row


def _read(form: Form, name: str, column: Column, currency: str | None) -> Any:
    return KINDS[column.kind].read(Field(form, name, form.text(name), currency))


def _check(form: Form, policy: Json) -> None:
    """Note what the contract does not take, at its field."""
    try:
        Policy.model_validate(policy, strict=False)
    except ValidationError as wrong:
        for one in wrong.errors():
            form.errors[_field(one["loc"])] = "error.policy_field"


def _field(place: tuple[int | str, ...]) -> str:
    """Return the field a place of the policy is written in."""
    names = [str(part) for part in place if isinstance(part, str)]
    number = next((part for part in place if isinstance(part, int)), None)
    for table in TABLES:
        parts = table.split(".")
        if names[: len(parts)] == parts and number is not None:
            return f"{table}:{number}:{'.'.join(names[len(parts) :])}"
    return ".".join(names)


class Change(NamedTuple):
    """One thing two policies say differently."""

    section: str
    row: str
    """Which row of a table; empty for what stands once."""
    name: str
    before: str
    after: str


def changes(before: Json, after: Json, say: Words) -> list[Change]:
    """Return what a policy says that another does not, place by place."""
    old, new = _places(before, say), _places(after, say)
    return [
        Change(*place, old.get(place, ""), new.get(place, ""))
        for place in dict.fromkeys([*old, *new])
        if old.get(place, "") != new.get(place, "")
    ]


def _places(policy: Json, say: Words) -> dict[tuple[str, str, str], str]:
    found: dict[tuple[str, str, str], str] = {}
    for section, columns in SECTIONS.items():
        for column in columns:
            found[section, "", column.name] = _written(policy, column, say)
    for table, columns in TABLES.items():
        for row in _at(policy, table):
            key = " ".join(_written(row, one, say) for one in columns[: 2 if "." in table else 1])
            for column in columns:
                found[table, key, f"{table}.{column.name}"] = _written(row, column, say)
    for grant in policy["rights"]:
        who = f"{grant['actor']} {grant['role'] or ''}".strip()
        found["rights", who, "rights"] = ", ".join(
            say.word("action_right", action) for action in ACTIONS if action in grant["actions"]
        )
    return found
