"""What is asked of the figures, and the answer: as it was given, as JSON, or as CSV."""

import sys
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any, Literal

import httpx2
from cyclopts import Parameter

from contracts.cancellation import CancelReason
from countermand import screen
from countermand.endpoints import DEFAULT_DATA_DIR, Endpoints
from countermand.orders import TIMEOUT_S, ApiError, bearer
from countermand.verb import DataDir, Json, run

Row = dict[str, Any]
FLAT = Parameter(name="*")
EMPTY = "empty for what was not told"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is counted; what is left out does not matter."""

    dates: Annotated[
        Literal["ORDER", "EVENT"],
        Parameter(help="By the day of the order, or of what happened to it."),
    ] = "ORDER"
    first: Annotated[date | None, Parameter(help="First day; left out, 90 days.")] = None
    last: Annotated[date | None, Parameter(help="Last day; left out, today.")] = None
    currency: Annotated[str | None, Parameter(help="Of the order.")] = None
    channel: Annotated[str | None, Parameter(help=f"Where it was sold; {EMPTY}.")] = None
    country: Annotated[str | None, Parameter(help=f"As the shop writes it; {EMPTY}.")] = None
    reason: Annotated[CancelReason | None, Parameter(help="Why it was cancelled.")] = None
    limit: Annotated[int, Parameter(help="Rows of one currency at most.")] = 50


@dataclass(frozen=True, kw_only=True)
class Form:
    """Where they are asked for, and how they are shown."""

    csv: Annotated[
        bool, Parameter(negative=(), show_default=False, help="CSV with a head on stdout.")
    ] = False
    data_dir: DataDir = DEFAULT_DATA_DIR
    json: Json = False


ALL, PLAIN = Wanted(), Form()


def ask(name: str, wanted: Wanted, form: Form, **own: Any) -> Row | None:
    """Ask one question; None when it has been written to standard output already."""
    if form.csv and form.json:
        screen.fail("Choose one of --csv and --json.")
        sys.exit(2)
    asked = {**asdict(wanted), **own, "format": "csv" if form.csv else "json"}
    told = {name: str(value) for name, value in asked.items() if value is not None}
    response = run(_fetch(form, f"/v1/figures/{name}", told))
    if form.csv:
        sys.stdout.write(response.text)
        return None
    answer: Row = response.json()
    if form.json:
        screen.print_json(answer)
        return None
    return answer


async def _fetch(form: Form, path: str, asked: dict[str, str]) -> httpx2.Response:
    endpoints = Endpoints.find(form.data_dir)
    async with httpx2.AsyncClient(
        base_url=endpoints.api_url, timeout=TIMEOUT_S, trust_env=False,
        headers=bearer(endpoints.api_key),
    ) as client:  # fmt: skip
        response = await client.get(path, params=asked)
    if response.is_error:
        raise ApiError(response.json())
    return response
