"""An order stored without what leaving it out says is the order that was stored whole, to all.

Everybody who reads stored bodies by themselves is asked twice about the same order.
"""

import dataclasses
import json
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings

from console.customers.story import Story
from countermand.history.event import of_entry
from countermand.timeline import line_of
from countermand.verify.decided import Decided
from countermand.verify.reading import read_page
from kit.event_store import LogEntry
from kit.facts import Cause
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain.events import OrderPlaced
from services.cancellation.projections.folding import fold_page
from services.cancellation.projections.history import HISTORY_COLUMNS, history_row
from services.cancellation.projections.orders import OrdersProjection
from services.cancellation.projections.placing import PLACED, read_placed, total_minor
from tests.property.instances import instances
from tests.support.mothers import A_CAUSE
from tests.support.rows import shown
from tests.support.spec import STREAM

laws = settings(
    max_examples=200, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
MOST = {"quantity": 10**6, **dict.fromkeys(("unit_price_minor", "tax_minor"), 10**6)}


def affordable(fact: OrderPlaced) -> OrderPlaced:
    """What costs more than there is money is never recorded."""
    lines = [
        line.model_copy(
            update={name: min(getattr(line, name), most) for name, most in MOST.items()}
        )
        for line in fact.message.lines
    ]
    return fact.model_copy(
        update={"message": fact.message.model_copy(update={"lines": tuple(lines)})}
    )


placements = instances(OrderPlaced).map(affordable)


def stored(fact: OrderPlaced, *, is_whole: bool) -> LogEntry:
    mapper, cause = SERVICE.store.mapper, A_CAUSE.model_dump_json()
    body = mapper.write_body(fact, cause.encode())
    if is_whole:
        body = f'{{"fact":{fact.model_dump_json()},"cause":{cause}}}'.encode()
    return LogEntry(1, STREAM, 1, PLACED, body)


@laws
@given(fact=placements)
def test_it_is_read_as_it_was_written_and_is_never_longer(fact: OrderPlaced) -> None:
    sparse, whole = stored(fact, is_whole=False).body, stored(fact, is_whole=True).body
    read: tuple[Any, Cause] = SERVICE.store.mapper.read_body(PLACED, sparse)
    assert read == SERVICE.store.mapper.read_body(PLACED, whole) == (fact, A_CAUSE)
    assert read[0].model_dump_json() == fact.model_dump_json(), "to the last type"
    assert len(sparse) <= len(whole)


def rows(entry: LogEntry) -> Any:
    """What the projector, a rebuild and a repair of the sums make of it."""
    finished, carried = OrdersProjection().fold([entry], None)
    finished, _ = OrdersProjection().fold([], carried)
    return fold_page([entry], {}), finished, OrdersProjection().sums_of([entry])


def in_detail(entry: LogEntry) -> str:
    """What the API answers, with its fields in their sequence."""
    (values,) = fold_page([entry], {})
    return json.dumps(shown(values, [entry]), default=str)


def summed_up(entry: LogEntry) -> Any:
    decided = Decided()
    read_page(decided, [entry])
    return [dataclasses.asdict(order) for order in decided.orders.values()]


def told(entry: LogEntry) -> Any:
    """What the tool and the customer's page say of an order's history."""
    row = dict(zip(HISTORY_COLUMNS, history_row(entry), strict=True))
    row |= {"fact": orjson.loads(row["fact"])}
    return line_of(row, "EUR"), Story({}, [row]).locale, of_entry("cancellation", entry)[:-1]


def figures(entry: LogEntry) -> Any:
    order, message = read_placed(entry.body), orjson.loads(entry.body)["fact"]["message"]
    return order, order.worths_minor(), order.shipping_minor(), total_minor(message)


@laws
@given(fact=placements)
def test_whoever_reads_the_body_learns_the_same(fact: OrderPlaced) -> None:
    sparse, whole = (stored(fact, is_whole=is_whole) for is_whole in (False, True))
    for read in (rows, in_detail, summed_up, told, figures):
        assert read(sparse) == read(whole), read.__name__
