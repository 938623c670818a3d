"""Kit, audit, rebuild, sharding and web know no business: no word of it is used as name or text.

Docstrings and comments are prose and may give examples. Names are split into words at underscores
and capitals, so `order_id` and `RefundRow` are found. What asyncio calls cancelling is not ours.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.tree import modules, parsed

BUSINESS = re.compile(
    r"orders?|ordered|cancel(s|led|lations?)?|refund(s|ed)?|(re)?stock(s|ed)?|customers?|payments?"
    r"|paid|capture[sd]?|fulfil(s|led|ment)?|ship(s|ped|ments?)?|shops?|invoices?|lines? items?"
    r"|skus?|prices?|money|currency|currencies|amounts?|quantity|quantities|mails?|emails?|smtp"
    r"|stripe|inventory|notifier|upstream|simulators?"
)
ASYNCIO = {"cancel", "cancelled", "cancelling", "CancelledError"}
"""Attributes of tasks and futures."""

LIBRARY = {"OrderedDict"}
"""Names the standard library chose."""

SEQUENCE = re.compile(r"\border by\b", re.IGNORECASE)
"""SQL's own use of the word."""

KIT = dict(modules("kit", "audit", "rebuild", "sharding", "web"))


def words_of(text: str) -> list[str]:
    """Split a name or a text into lower-case words."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", SEQUENCE.sub(" ", text))
    return re.findall(r"[a-z]+", spaced.lower())


def used_texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Return every name and every string but docstrings, with its line."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Name(id=name) | ast.alias(name=name) if name in LIBRARY:
                pass
            case ast.Name(id=name) | ast.arg(arg=name):
                yield line, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield line, name
            case ast.ClassDef(name=name) | ast.alias(name=name):
                yield line, name
            case ast.Attribute(attr=name) if name not in ASYNCIO:
                yield line, name
            case ast.keyword(arg=str(name)):
                yield line, name
            case ast.Constant(value=str(text)) if id(node) not in prose:
                yield line, text
            case _:
                pass


def findings(source: str) -> list[str]:
    return [
        f"line {line}: {word!r} in {text!r}"
        for line, text in used_texts(parsed(source))
        for word in words_of(text)
        if BUSINESS.fullmatch(word)
    ]


@pytest.mark.parametrize("name", KIT)
def test_the_kit_holds_no_business_word(name: str) -> None:
    assert not findings(KIT[name]), name


@pytest.mark.parametrize(
    "source",
    [
        "order_id = 1",
        "class RefundRow: ...",
        "def f(customer): ...",
        "x.payment",
        "f(sku=1)",
        "x = 'the order is gone'",
        "x = f'{y} refunds'",
        "sql = 'SELECT order_id FROM t ORDER BY 1'",
        "cancel = 1",
        "import services.refunds",
    ],
)
def test_a_business_word_is_found(source: str) -> None:
    assert findings(source)


@pytest.mark.parametrize(
    "source",
    [
        '"""Keeps messages in order."""',
        "sql = 'SELECT a FROM t ORDER BY a'",
        "task.cancel()",
        "border = recorded = 1",
        "name = 'countermand'",
        "class A:\n    x: int\n    '''One per order.'''",
    ],
)
def test_what_only_looks_like_one_is_let_through(source: str) -> None:
    assert not findings(source)
