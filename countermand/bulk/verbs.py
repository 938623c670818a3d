"""The verbs `bulk preview`, `start`, `status`, `pause`, `resume`, `cancel` and `outcomes`."""

import sys
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import uuid4

from cyclopts import App, Parameter

from countermand import screen
from countermand.bulk.choices import (
    ANYONE,
    FLAT,
    NOTHING,
    Asker,
    Selected,
    Switch,
    Wished,
    body_of,
)
from countermand.cancelling import showing
from countermand.endpoints import DEFAULT_DATA_DIR, Endpoints
from countermand.orders import ApiError
from countermand.verb import DataDir, Json, run

bulk = App(name="bulk", help="Cancel up to 50,000 orders as one plan.")

Plan = Annotated[str, Parameter(help="Name of the plan, for example recall-2026-11.")]
Which = Annotated[Selected, FLAT]
What = Annotated[Wished, FLAT]
By = Annotated[Asker, FLAT]
Note = Annotated[str | None, Parameter(help="Why, for staff only.")]
Watch = Annotated[bool, Switch, Parameter(help="Show how it goes on, to its end.")]
Rate = Annotated[int | None, Parameter(help="Orders per second at most.")]


@bulk.command
def preview(*, wished: What, selected: Which = NOTHING, asker: By = ANYONE) -> None:
    """Tell what a plan would do: money, stock, messages, and which rules stand in the way."""
    from countermand.bulk import asking, shown  # noqa: PLC0415 - keeps other verbs quick

    async def work() -> dict[str, Any]:
        body = body_of(selected, wished, asker)
        with screen.steps() as on_step:
            return await asking.look_ahead(
                Endpoints.find(asker.data_dir), body, partial(on_step, "Orders looked at")
            )

    found = _answer(work(), asker)
    if not asker.json:
        shown.print_preview(found)


@bulk.command
def start(
    plan: Plan,
    *,
    wished: What,
    selected: Which = NOTHING,
    orders_per_s: Rate = None,
    expected_digest: Annotated[
        str | None, Parameter(help="As the preview told it; refuse if other orders fit now.")
    ] = None,
    watch: Watch = False,
    asker: By = ANYONE,
) -> None:
    """Start a plan; the same again is the same plan."""
    from countermand.bulk import asking  # noqa: PLC0415 - as above

    async def work() -> dict[str, Any]:
        more = {"orders_per_s": orders_per_s, "expected_digest": expected_digest}
        body = {
            **body_of(selected, wished, asker),
            **{name: value for name, value in more.items() if value is not None},
        }
        return await asking.send(Endpoints.find(asker.data_dir), "", body, plan)

    answer = _answer(work(), asker, is_last=not watch)
    if not asker.json:
        screen.say(
            f"[green]✓[/] Plan {plan} is started: {answer['order_count']:,} orders, at most"
            f" {answer['orders_per_s']:,} a second."
        )
    if watch:
        _watch(plan, asker.data_dir, json=asker.json)


@bulk.command
def status(
    plan: Annotated[str | None, Parameter(help="One plan; left out, all.")] = None,
    *,
    watch: Watch = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Tell how far plans are, and what came of their orders."""
    from countermand.bulk import asking, shown  # noqa: PLC0415 - as above
    from countermand.orders import call  # noqa: PLC0415 - as above

    if plan is None:
        found = run(_get(call, data_dir, asking.PREFIX))
        if json:
            screen.print_json(found)
        else:
            shown.print_plans(found["plans"])
    elif watch:
        _watch(plan, data_dir, json=json)
    else:
        one = run(_get(call, data_dir, f"{asking.PREFIX}/{plan}"))
        if json:
            screen.print_json(one)
        else:
            shown.print_plan(one)


@bulk.command
def pause(plan: Plan, *, note: Note = None, asker: By = ANYONE) -> None:
    """Pause a plan: once this has returned, no further order is touched."""
    _change(plan, "pause", {"staff_note": note}, asker)


@bulk.command
def resume(plan: Plan, *, orders_per_s: Rate = None, note: Note = None, asker: By = ANYONE) -> None:
    """Go on with a paused plan, or change the pace of one that runs."""
    _change(plan, "resume", {"orders_per_s": orders_per_s, "staff_note": note}, asker)


@bulk.command
def cancel(plan: Plan, *, note: Note = None, asker: By = ANYONE) -> None:
    """End a plan early; the orders it cancelled stay cancelled."""
    _change(plan, "cancel", {"staff_note": note}, asker)


@bulk.command
def outcomes(
    plan: Plan,
    *,
    outcome: Annotated[
        Literal["WAITING", "CANCELLED", "REQUESTED", "REFUSED", "SET_ASIDE"] | None,
        Parameter(help="Only these."),
    ] = None,
    code: Annotated[str | None, Parameter(help="Only those a rule stood in the way of.")] = None,
    limit: Annotated[int, Parameter(help="So many at most, up to 5,000.")] = 50,
    to: Annotated[Path | None, Parameter(help="Write all of them to this file, as CSV.")] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Tell what came of each order of a plan."""
    from countermand.bulk import asking, shown  # noqa: PLC0415 - as above

    async def work() -> dict[str, Any]:
        endpoints, count = Endpoints.find(data_dir), 0
        page = 5_000 if to else limit
        async for found in asking.outcomes(endpoints, plan, page=page, outcome=outcome, code=code):
            if to is None:
                return found
            shown.write_outcomes(to, found["outcomes"], is_first=count == 0)
            count += len(found["outcomes"])
        return {"plan_id": plan, "file": str(to), "orders": count}

    told = run(work())
    if json:
        screen.print_json(told)
    elif to:
        screen.say(f"[green]✓[/] {told['orders']:,} orders are written to {to}.")
    else:
        shown.print_outcomes(plan, told["outcomes"], has_more=told["next_after"] is not None)


async def _get(call: Any, data_dir: Path, path: str) -> dict[str, Any]:
    endpoints = Endpoints.find(data_dir)
    key = endpoints.api_key
    found: dict[str, Any] = await call(endpoints.api_url, "GET", path, key=key)
    return found


def _change(plan: str, what: str, said: dict[str, Any], asker: Asker) -> None:
    from countermand.bulk import asking  # noqa: PLC0415 - as above

    body = {"actor": asker.actor, **{k: v for k, v in said.items() if v is not None}}
    endpoints = Endpoints.find(asker.data_dir)
    answer = _answer(asking.send(endpoints, f"/{plan}/{what}", body, str(uuid4())), asker)
    if not asker.json:
        screen.say(f"[green]✓[/] Plan {plan} is {answer['outcome']}.")


def _answer(
    asking: Coroutine[Any, Any, dict[str, Any]], asker: Asker, *, is_last: bool = True
) -> dict[str, Any]:
    """Run to the answer; with `--json` it is printed, granted or refused."""

    async def work() -> tuple[dict[str, Any], ApiError | None]:
        try:
            return await asking, None
        except ApiError as problem:
            return problem.body, problem

    answer, problem = run(work())
    if asker.json and (is_last or problem):
        screen.print_json(answer)
    if problem is None:
        return answer
    showing.print_problem(problem)
    sys.exit(1)


def _watch(plan: str, data_dir: Path, *, json: bool) -> None:
    """Show how a plan goes on until it stands still, then what came of it."""
    from countermand.bulk import asking, shown  # noqa: PLC0415 - as above

    async def work() -> dict[str, Any]:
        with screen.steps() as on_step:
            async for found in asking.follow(Endpoints.find(data_dir), plan):
                on_step(f"Plan {plan}", found["handled"], found["order_count"])
        return found

    last = run(work())
    if json:
        screen.print_json(last)
    else:
        shown.print_plan(last)
