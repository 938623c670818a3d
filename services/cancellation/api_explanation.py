"""Routes: an order's whole story in plain words, now or at any moment; every rule in words."""

from datetime import datetime

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from contracts.cancellation import Right
from services.cancellation.access import needs
from services.cancellation.desk import Desk, Language, OrderInPath
from services.cancellation.domain.policy import Rulebook
from services.cancellation.explaining.explanation import Explanation, explain
from services.cancellation.explaining.refusing import ToldRule, every_rule
from services.cancellation.explaining.words import Speaker
from services.cancellation.problems import Problem, described
from services.cancellation.projections import past
from services.cancellation.projections.policies import find_policies
from services.cancellation.reads import At, moment_at


class OrderExplanation(Explanation):
    """What became of an order and why, as of a moment."""

    as_of: int
    """Position it is true for."""
    as_of_time: datetime | None
    """When the fact there was recorded."""


class RuleList(BaseModel):
    """Every rule a command can fail."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    rules: tuple[ToldRule, ...]
    """In the sequence of the decision table."""


def add_explanation(app: FastAPI, desk: Desk) -> None:
    """Add the routes."""

    @app.get("/v1/rules", tags=["reads"], **needs(Right.READ), responses=described(422, 503))
    async def list_rules(locale: Language = "en") -> RuleList:
        """Tell what every rule demands and what would make it pass."""
        return RuleList(rules=tuple(every_rule(Speaker(locale))))

    @app.get(
        "/v1/orders/{order_id}/explanation",
        tags=["reads"],
        **needs(Right.READ),
        responses=described(404, 422, 503),
    )
    async def explain_order(
        order_id: OrderInPath, locale: Language = "en", at: At = None
    ) -> OrderExplanation:
        """Tell every decision about an order: who asked, inputs, rules, money and what followed.

        Read from the facts themselves, not from a read model. Each decision is made again from the
        record, by the policy it named; where that brings something else, `differences` says so.
        """
        async with desk.pool.acquire() as connection:
            if at is None:
                moment = await past.moment_of(connection, await past.newest(connection))
            else:
                moment = await moment_at(connection, at)
            mapper, position = desk.store.mapper, moment.position
            recorded = await past.find_facts(connection, mapper, order_id, position)
            policies = await find_policies(connection, desk.store) if recorded else []
        if not recorded:
            by_then = f" by {at}" if at else ""
            raise Problem(404, "ORDER_NOT_FOUND", f"nothing is known of order {order_id}{by_then}")
        books = {one.policy.version: Rulebook(one.policy) for one in policies}
        told = explain(order_id, recorded, books, locale)
        return OrderExplanation(**dict(told), as_of=moment.position, as_of_time=moment.time)
