"""The lines of an order as readers see them: out of the log, or of a row from before they were."""

from typing import Any

import orjson
import pytest

from kit.event_store import LogEntry
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain.events import OrderPlaced
from services.cancellation.projections.folding import Placed, fold_page
from services.cancellation.projections.placing import lines_of, read_placed, total_minor
from tests.support.mothers import A_CAUSE, a_line, an_order
from tests.support.spec import STREAM


def stored(*lines: Any) -> LogEntry:
    mapper = SERVICE.store.mapper
    fact = OrderPlaced(message=an_order(*lines))
    body = mapper.write_body(fact, mapper.transcoder.encode(A_CAUSE))
    return LogEntry(1, STREAM, 1, fact.NAME, body)


def test_lines_are_those_that_were_placed_with_what_became_of_them() -> None:
    kept = {"fulfilled": {"2": 1}, "cancelled": {"1": 2, "9": 1}}
    lines = lines_of({"lines": None, "placed": stored().body}, kept)
    placed = [line.model_dump(mode="json") for line in an_order().lines]
    assert lines == [
        {**placed[0], "fulfilled": 0, "cancelled": 2},
        {**placed[1], "fulfilled": 1, "cancelled": 0},
    ]


def test_a_row_from_before_its_lines_stayed_in_the_log_has_its_own() -> None:
    own = [{"line_id": "1", "quantity": 2, "fulfilled": 1, "cancelled": 1}]
    row = {"lines": orjson.dumps(own).decode(), "placed": None}
    assert lines_of(row, {"cancelled": {"1": 2}}) == own


@pytest.mark.parametrize(
    ("is_included", "worth_minor"),
    [(True, 2 * 1000 - 100 + 7), (False, 2 * 1000 - 100 + 40 + 7)],
)
def test_an_order_is_worth_what_its_lines_and_delivery_cost(
    is_included: bool, worth_minor: int
) -> None:
    line = {
        "line_id": "1", "sku": "SKU-1", "title": "Mug", "quantity": 2, "unit_price_minor": 1000,
        "discount_minor": 100, "tax_minor": 40, "duties_minor": 7, "of_tomorrow": {"a": [1]},
    }  # fmt: skip
    message = {
        "order_id": "1", "placed_at": "2026-07-01T12:00:00Z", "currency": "EUR", "customer": None,
        "country": None, "lines": [line], "tax_included": is_included,
        "shipping": {"amount_minor": 500, "discount_minor": 50, "tax_minor": 90},
    }  # fmt: skip
    order = read_placed(orjson.dumps({"fact": {"message": message}, "cause": {}}))
    assert order.worths_minor() == [worth_minor]
    assert order.shipping_minor() == (450 if is_included else 540)
    assert total_minor(message) == worth_minor + order.shipping_minor()


def test_an_article_in_two_lines_of_an_order_is_ordered_once() -> None:
    sums = Placed()
    twice = stored(a_line("1"), a_line("2").model_copy(update={"sku": "SKU-1"}))
    fold_page([twice], {}, sums)
    articles = {row[0]: row[-3] for row in sums.rows()["placed_sums"]}
    assert articles == {"SKU-1": 1, "": 1}
