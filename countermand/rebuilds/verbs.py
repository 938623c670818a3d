"""The verb `rebuild`: a whole read model, or what it shows of one order."""

import getpass
import sys
import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from countermand import screen
from countermand.endpoints import DEFAULT_DATA_DIR, Endpoints
from countermand.errors import KnownError
from countermand.verb import DataDir, Json, run

ASKED_FOR = "asked for"

Only = Annotated[
    tuple[str, ...],
    Parameter(
        negative=(), show_default=False, help="A part: states, search or figures; repeatable."
    ),
]
Accept = Annotated[
    tuple[str, ...],
    Parameter(negative=(), show_default=False, help="Name of a difference; repeatable."),
]


def rebuild(
    projection: Annotated[str, Parameter(help="Which read model.")] = "orders",
    /,
    *,
    only: Only = (),
    order: Annotated[str | None, Parameter(help="Put right this one order alone.")] = None,
    accept: Accept = (),
    who: Annotated[str | None, Parameter(name="--by", help="Who does it: a person's name.")] = None,
    why: Annotated[str, Parameter(name="--why", help="Why; kept for ever.")] = ASKED_FOR,
    differences: Annotated[
        Path | None, Parameter(help="List every row that differs in this file.")
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Build a read model anew from the log, beside the old one, and swap if both agree.

    Where they do not, the old one serves on, every difference is listed, and status 1 says so; a
    difference that is as it should be is accepted by its name. What orders are (states), what they
    are found by (search) and what is counted (figures) can be built anew without the others.
    """
    from countermand.rebuilds import desk, shown  # noqa: PLC0415 - keeps other verbs quick
    from rebuild.rebuilding import Terms  # noqa: PLC0415

    async def begin() -> str:
        if accept and (who is None or why == ASKED_FOR):
            raise KnownError("Who accepts a difference says so: --by NAME --why …")
        return Endpoints.find(data_dir).postgres_dsn

    dsn, person = run(begin()), who or getpass.getuser()
    if order is not None:
        started = time.perf_counter()
        repaired = run(desk.repair_order(dsn, projection, order, who=person, why=why))
        shown.print_repaired(order, repaired, time.perf_counter() - started, is_json=json)
        return
    terms = Terms(accept=frozenset(accept), who=person, why=why)
    listing = differences or Path(f"{projection}-differences.jsonl")
    with screen.steps() as on_step:
        outcome = run(
            desk.rebuild_all(dsn, projection, only, terms=terms, listing=listing, on_step=on_step)
        )
    shown.print_outcome(outcome, is_json=json)
    sys.exit(0 if not isinstance(outcome.result, desk.Refused) else 1)
