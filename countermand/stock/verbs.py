"""The verbs `stock show`, `movements`, `adjust`, `count`, `locations` and `set-location`."""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from cyclopts import App, Parameter

from contracts.cancellation import Actor
from contracts.inventory import AdjustStock, SetStockLocation
from countermand import screen
from countermand.endpoints import DEFAULT_DATA_DIR
from countermand.history.verbs import At, read_at
from countermand.stock import asking
from countermand.verb import DataDir, Json, run

stock = App(name="stock", help="Look at stock, count it, say where it may lie.")

Where = Annotated[str | None, Parameter(help="Which; left out, the one without a name.")]
Who = Annotated[str, Parameter(name="--by", help="Who says so: a person's name.")]
Note = Annotated[str | None, Parameter(help="For staff only.")]
Id = Annotated[str | None, Parameter(name="--id", help="The same again has effect once.")]


@stock.command
def show(
    sku: str, /, *, at: At = None, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False
) -> None:
    """Show what is on hand, reserved and available, per location."""
    levels = run(asking.read_levels(data_dir, sku, _moment(at)))
    if json:
        screen.print_json({"sku": sku, "levels": levels})
    elif levels:
        columns = ("location", "on_hand", "reserved", "available", "moved_at")
        _print(sku, columns, levels)
    else:
        screen.say(f"Nothing of {sku} has ever moved.")


@stock.command
def movements(
    sku: str,
    /,
    *,
    location: Where = None,
    limit: int = 50,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Show the newest movements of an article, and what caused each."""
    rows = run(asking.read_movements(data_dir, sku, location, limit))
    if json:
        screen.print_json({"sku": sku, "movements": rows})
        return
    columns = ("recorded_at", "kind", "on_hand", "reserved", "location", "order_id", "reason")
    _print(sku, columns, rows)


@stock.command
def adjust(
    sku: str,
    change: Annotated[int, Parameter(allow_leading_hyphen=True, help="Units more, or fewer.")],
    /,
    *,
    by: Who,
    reason: asking.Reason = "OTHER",
    location: Where = None,
    note: Note = None,
    command_id: Id = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Goods have come in, were lost or found: correct what is on hand."""
    command = AdjustStock(
        sku=sku, location=location, change=change, reason=reason, actor=_staff(by), note=note
    )
    _tell(run(asking.send(data_dir, command, command_id or str(uuid4()))), json=json)


@stock.command
def count(
    sku: str,
    counted: int,
    /,
    *,
    by: Who,
    at: Annotated[str | None, Parameter(help="When it was counted; now, when left out.")] = None,
    location: Where = None,
    note: Note = None,
    command_id: Id = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Say what was counted; the difference to what the book said then is corrected."""
    about = {"sku": sku, "location": location, "actor": _staff(by), "note": note}
    work = asking.count(data_dir, counted, _moment(at), command_id or str(uuid4()), **about)
    _tell(run(work), json=json)


@stock.command
def locations(*, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Show the locations somebody has set up; all others are in use."""
    rows = run(asking.read_locations(data_dir))
    if json:
        screen.print_json({"locations": rows})
    else:
        columns = ("location", "is_active", "fallback")
        _print("Locations", columns, rows)


@stock.command
def set_location(
    location: str,
    /,
    *,
    by: Who,
    closed: Annotated[bool, Parameter(negative=(), help="Nothing is put there any more.")] = False,
    fallback: Annotated[str | None, Parameter(help="Where its units go while closed.")] = None,
    note: Note = None,
    command_id: Id = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Close a location or open it again, and say where its units go instead."""
    command = SetStockLocation(
        location=location, is_active=not closed, fallback=fallback, actor=_staff(by), note=note
    )
    _tell(run(asking.send(data_dir, command, command_id or str(uuid4()))), json=json)


def _print(title: str, columns: Sequence[str], rows: Sequence[asking.Row]) -> None:
    names = [column.replace("_", " ") for column in columns]
    screen.print_rows(title, names, [[row[column] for column in columns] for row in rows])


def _staff(name: str) -> Actor:
    return Actor(type="STAFF", id=name)


def _moment(text: str | None) -> datetime | None:
    read = read_at(text)
    if read is not None and read.isdigit():
        screen.fail("Stock is asked for by time: its movements belong to many orders.")
        sys.exit(2)
    return None if read is None else datetime.fromisoformat(read)


def _tell(answer: dict[str, Any], *, json: bool) -> None:
    refusals = answer.get("refusals", ())
    if json:
        screen.print_json(answer)
    for refusal in refusals:
        screen.fail(f"{refusal['code']}: {refusal['detail']}. {refusal['remedy']}")
    if refusals:
        sys.exit(1)
    if not json:
        screen.say("Recorded.")
