"""Writes texts of messages, those shipped and a merchant's own, in a language too small to hurt.

A text may name given values and choose by `if`; nothing else. There are no loops, calls,
attributes, filters or arithmetic, so writing one takes time and room by its length alone. What a
text may hold is a list of what is allowed, checked on the parsed text whenever it is first used;
the library's sandbox stands behind it.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.notifier.domain.stationery import TEXT_CHARACTERS_MAX

VALUES = frozenset(
    {
        "amount", "arrival", "balance", "bank_reference", "cause", "credit", "credit_note",
        "credit_until", "expires_on", "fee", "has_come_back", "is_by_hand", "is_gift_card",
        "is_released", "is_store_credit", "message", "needs_customer", "nothing_left", "order_id",
        "reason", "refund", "shop_name", "support",
    }
)  # fmt: skip
"""What a text may name; empty where a message has nothing of the kind."""

DEPTH_MAX = 40
"""How deep a text may be nested; the shipped ones reach 8."""

WRITTEN_CHARACTERS_MAX = 40_000
"""Of a written text; a name can be repeated until its value fills this."""

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.CondExpr,
    nodes.Const, nodes.Not, nodes.And, nodes.Or, nodes.Compare, nodes.Operand,
)  # fmt: skip
_COMPARISONS = {"eq", "ne"}


_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class TextError(ValueError):
    """A text says what it may not, or cannot be written."""


def _or_nothing(value: Any) -> Any:
    return "" if value is None else value


_SANDBOX = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, finalize=_or_nothing, auto_reload=False
)
_SANDBOX.globals.clear()
_SANDBOX.filters.clear()
_SANDBOX.tests.clear()


@lru_cache(maxsize=256)
def read_text(text: str) -> Template:
    """Return a text ready to be written.

    Raises:
        TextError: it says what it may not; the line is named.
    """
    if len(text) > TEXT_CHARACTERS_MAX:
        raise TextError(f"it has more than {TEXT_CHARACTERS_MAX} characters")
    if unprintable := _UNPRINTABLE.search(text):
        raise TextError(f"it holds {unprintable[0]!r}, which cannot be printed")
    try:
        for depth, node in _walk(_SANDBOX.parse(text)):
            _check(node, depth)
        return _SANDBOX.from_string(text)
    except TextError:
        raise
    except Exception as no:  # noqa: BLE001 - whatever a text does, it does no more than fail
        line = getattr(no, "lineno", None)
        raise TextError(f"{f'line {line}: ' if line else ''}{no or type(no).__name__}") from None


def _walk(root: nodes.Node) -> Iterator[tuple[int, nodes.Node]]:
    left = [(0, root)]
    while left:
        depth, node = left.pop()
        yield depth, node
        left += [(depth + 1, child) for child in node.iter_child_nodes()]


def _check(node: nodes.Node, depth: int) -> None:
    where = f"line {node.lineno}: "
    if type(node) not in _ALLOWED:
        raise TextError(f"{where}a text may hold names and `if`, not {type(node).__name__}")
    if depth > DEPTH_MAX:
        raise TextError(f"{where}it is nested more than {DEPTH_MAX} deep")
    if isinstance(node, nodes.Name) and (node.ctx != "load" or node.name not in VALUES):
        raise TextError(f"{where}there is no value {node.name}")
    if isinstance(node, nodes.Operand) and node.op not in _COMPARISONS:
        raise TextError(f"{where}values can be compared by == and != only")


def write(text: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Write a text: its subject, which is the first line, and the rest.

    Raises:
        TextError: it cannot be written, or is too long or empty then.
    """
    try:
        written = read_text(text).render(values)
    except TextError:
        raise
    except Exception as no:  # noqa: BLE001 - as above
        raise TextError(f"{type(no).__name__}: {no}") from None
    if len(written) > WRITTEN_CHARACTERS_MAX:
        raise TextError(f"written out it has more than {WRITTEN_CHARACTERS_MAX} characters")
    subject, _, body = written.strip().partition("\n")
    if not subject.strip() or not body.strip():
        raise TextError("it needs a subject in its first line and something below")
    return subject.strip(), body
