"""The exercises of a sandbox shop, each with how far it is."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.responses import Response

from console import training
from console.api import ProblemError, path
from console.desk import Visit
from console.training import EXERCISES, Exercise


async def show(visit: Visit) -> Response:
    """Show the exercises; only a sandbox has any."""
    if not visit.is_training:
        raise HTTPException(404)
    steps = await asyncio.gather(*(_steps_done(visit, one) for one in EXERCISES))
    return visit.page(
        "training.html",
        exercises=list(zip(EXERCISES, steps, strict=True)),
        done=sum(len(one.steps) == done for one, done in zip(EXERCISES, steps, strict=True)),
    )


async def _steps_done(visit: Visit, exercise: Exercise) -> int:
    """Return how far an exercise is; 0 too while its order is not there."""
    try:
        found = await visit.api.get(path("v1", "orders", exercise.order_id, "history"))
    except ProblemError:
        return 0
    return training.done(exercise, found["history"])
