"""Units and amounts as they are typed: `LINE=QUANTITY`, `PAYMENT=AMOUNT`."""

import re
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

from cyclopts import Parameter

from countermand import screen

Many = tuple[str, ...]

Lines = Annotated[
    Many, Parameter(negative=(), show_default=False, help="LINE=QUANTITY; may be repeated.")
]
RestockLines = Annotated[
    Many,
    Parameter(
        negative=(),
        show_default=False,
        help="LINE=QUANTITY, LINE=QUANTITY@SHELF, and `:DAMAGED` behind it for what is; may be"
        " repeated.",
    ),
]
Tenders = Annotated[
    Many,
    Parameter(
        negative=(), show_default=False, help="PAYMENT=AMOUNT in minor units; may be repeated."
    ),
]

_RESTOCK = re.compile(r"(?P<line>.+)=(?P<units>\d+)(?:@(?P<shelf>.+?))?(?P<damaged>:DAMAGED)?")


def read_lines(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Read `LINE=QUANTITY`."""
    return [{"line_id": id_, "quantity": units} for id_, units in _pairs(texts, "--line 3=2")]


def read_tenders(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Read `PAYMENT=AMOUNT`."""
    pairs = _pairs(texts, "--tender pi_1=1250")
    return [{"payment_id": id_, "amount_minor": amount_minor} for id_, amount_minor in pairs]


def read_restock_lines(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Read `LINE=QUANTITY@SHELF:DAMAGED`; shelf and condition may be left out."""
    read = []
    for text in texts:
        found = _RESTOCK.fullmatch(text)
        if found is None:
            _refuse(text, "--restock-line 3=2, 3=2@paris or 3=1:DAMAGED")
        read.append(
            {
                "line_id": found["line"],
                "quantity": int(found["units"]),
                "location": found["shelf"],
                "condition": "DAMAGED" if found["damaged"] else "SELLABLE",
            }
        )
    return read


def _pairs(texts: Sequence[str], example: str) -> list[tuple[str, int]]:
    pairs = []
    for text in texts:
        name, _, number = text.rpartition("=")
        if not name or not number.isdecimal():
            _refuse(text, example)
        pairs.append((name, int(number)))
    return pairs


def _refuse(text: str, example: str) -> NoReturn:
    screen.fail(f"{text!r} is not understood. Write for example {example}.")
    sys.exit(2)
