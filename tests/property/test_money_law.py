"""The law of the money: whatever the pieces and their sequence, the same cents come back.

For any order, with discounts, taxes in or out, duties, delivery, several payments and fees, in
currencies of no, two and three digits: every sequence of partial cancels gives back in all what one
whole cancel does, per payment too; everything ends at exactly 0; no prefix gives back more than was
paid.
"""

from collections import Counter
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from contracts.orders import OrderPlaced, Shipping
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.money import order_total
from services.cancellation.domain.order import Order
from tests.property.effort import examples
from tests.support.mothers import (
    A_CUSTOMER,
    FIRST,
    a_cancel_command,
    a_capture,
    a_line,
    a_shipment,
    an_order,
)
from tests.support.spec import Story, story_of
from tests.support.wishes import a_policy, a_reinstatement, an_undo

law = examples(250, 10_000)
CURRENCIES = ("EUR", "JPY", "KWD")
PRICES = st.sampled_from([0, 1, 3, 7, 99, 100, 333, 1_999]) | st.integers(0, 5_000)
order = story_of(ORDER)


@st.composite
def placements(draw: st.DrawFn) -> OrderPlaced:
    """Orders with everything that makes up a price."""
    lines = []
    for number in range(draw(st.integers(1, 4))):
        quantity, price_minor = draw(st.integers(1, 7)), draw(PRICES)
        parts = {
            "discount_minor": draw(st.integers(0, quantity * price_minor)),
            "tax_minor": draw(st.integers(0, 700)),
            "duties_minor": draw(st.sampled_from([0, 0, 1, 50, 101])),
        }
        line = a_line(str(number + 1), quantity=quantity, price_minor=price_minor)
        lines.append(line.model_copy(update=parts) if draw(st.booleans()) else line)
    shipping = None
    if draw(st.booleans()):
        amount_minor = draw(st.integers(0, 900))
        shipping = Shipping(
            amount_minor=amount_minor,
            discount_minor=draw(st.integers(0, amount_minor)),
            tax_minor=draw(st.integers(0, 99)),
        )
    return an_order(
        *lines,
        customer=A_CUSTOMER,
        currency=draw(st.sampled_from(CURRENCIES)),
        tax_included=draw(st.booleans()),
        shipping=shipping,
    )


@st.composite
def payments(draw: st.DrawFn, total_minor: int) -> list[Any]:
    """Split what is paid into captures: all of it, less, or more."""
    paid_minor = draw(st.sampled_from([total_minor] * 3 + [total_minor // 2, total_minor + 500]))
    cuts = sorted(draw(st.lists(st.integers(0, paid_minor), max_size=2)))
    return [
        a_capture(end - start, f"pi_{number}")
        for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, paid_minor], strict=True))
    ]


FEES: list[dict[str, Any]] = [
    {},
    {},
    {"percent_bps": 333},
    {"percent_bps": 10_000},
    {"flat_minor": 250, "currency": "EUR"},
    {"percent_bps": 1_999, "flat_minor": 999, "currency": "JPY"},
]
policies = st.builds(
    lambda fee, sequence: a_policy(
        fees=[{"name": "FEE", **fee}] if fee else [], refund_sequence=sequence
    ),
    st.sampled_from(FEES),
    st.sampled_from(["AS_PAID", "LAST_FIRST"]),
)


def cancel(story: Story[Order], **command: Any) -> tuple[events.OrderCancelled, Story[Order]]:
    facts = story.when(a_cancel_command(**command), message_id=f"c-{story.version}").facts
    fact = facts[0]
    assert isinstance(fact, events.OrderCancelled), fact
    return fact, story.given(*facts)


def pieces(draw: Any, placed: OrderPlaced) -> list[list[tuple[str, int]]]:
    """Cut all units of an order into commands, in any sequence."""
    units = [line.line_id for line in placed.lines for _ in range(line.quantity)]
    shuffled = draw(st.permutations(units))
    cut: list[list[tuple[str, int]]] = []
    while shuffled:
        size = draw(st.integers(1, len(shuffled)))
        cut.append(sorted(Counter(shuffled[:size]).items()))
        shuffled = shuffled[size:]
    return cut


def open_units(story: Story[Order], placed: OrderPlaced) -> dict[str, int]:
    """Return what is left of each line, lines with nothing left apart."""
    left = {x.line_id: story.state.open_units(x.line_id, x.quantity) for x in placed.lines}
    return {line_id: units for line_id, units in left.items() if units}


def per_payment(fact: events.OrderCancelled) -> Counter[str]:
    return Counter({due.payment_id: due.amount_minor for due in fact.refunds})


def fee_minor(fact: events.OrderCancelled) -> int:
    fee = fact.money.fee if fact.money else None
    return fee.percent_minor + fee.flat_minor if fee else 0


@law
@given(data=st.data(), placed=placements(), policy=policies)
def test_any_pieces_in_any_sequence_give_back_what_one_whole_cancel_does(
    data: Any, placed: OrderPlaced, policy: Any
) -> None:
    captures = data.draw(payments(order_total(placed)))
    paid_minor = sum(capture.amount_minor for capture in captures)
    is_paid = paid_minor >= order_total(placed)
    paid = order.given(placed, *captures).under(policy)
    whole, _ = cancel(paid)
    story, back, fees, worth = paid, Counter[str](), 0, 0
    for piece in pieces(data.draw, placed):
        fact, story = cancel(story, lines=piece)
        back += per_payment(fact)
        fees += fee_minor(fact)
        worth += sum(line.amount_minor for line in fact.lines)
        assert all(line.amount_minor >= 0 for line in fact.lines)
        assert back.total() + fees <= paid_minor, "no prefix gives back more than was paid"
        assert all(back[x.payment_id] <= x.amount_minor for x in captures)
    event(f"{placed.currency}, {'paid' if is_paid else 'half paid'}")
    assert worth == sum(line.amount_minor for line in whole.lines)
    if is_paid or not policy.policy.fees:
        assert back == per_payment(whole)
        assert fees == fee_minor(whole)
    if is_paid:
        assert back.total() + fees == order_total(placed), "all totals end at exactly 0"


@law
@given(data=st.data(), placed=placements())
def test_what_the_parts_say_adds_up_to_the_line_exactly(data: Any, placed: OrderPlaced) -> None:
    story, parts = order.given(placed), dict.fromkeys(("discount", "tax", "duties"), 0)
    for piece in pieces(data.draw, placed):
        fact, story = cancel(story, lines=piece)
        for line in fact.lines:
            if line.worth is None:
                continue
            for name in parts:
                parts[name] += getattr(line.worth, f"{name}_minor")
            taxed = 0 if placed.tax_included else line.worth.tax_minor
            made_of = line.worth.price_minor - line.worth.discount_minor + taxed
            assert line.amount_minor == made_of + line.worth.duties_minor
    for name, total in parts.items():
        assert total == sum(getattr(line, f"{name}_minor") for line in placed.lines)


@law
@given(data=st.data(), placed=placements())
def test_undone_and_done_again_it_still_ends_at_exactly_0(data: Any, placed: OrderPlaced) -> None:
    """Each piece may be undone, within its hold, and its units cancelled anew, in other pieces."""
    total = order_total(placed)
    story = order.given(placed, a_capture(total)).under(a_policy(hold_s=60))
    for piece in pieces(data.draw, placed):
        fact, story = cancel(story, lines=piece)
        if data.draw(st.booleans()):
            before = story
            story = story.given(an_undo(fact.cancellation_id))
            assert sum(story.state.due.values()) == sum(before.state.due.values()) - (
                fact.refund_minor
            )
    while open_ := open_units(story, placed):
        line_id = data.draw(st.sampled_from(sorted(open_)))
        _, story = cancel(story, lines=[(line_id, data.draw(st.integers(1, open_[line_id])))])
        assert sum(story.state.due.values()) <= total
    assert sum(story.state.due.values()) == total


@law
@given(data=st.data(), placed=placements())
def test_an_order_paid_in_part_keeps_what_the_customer_still_has_to_pay_for(
    data: Any, placed: OrderPlaced
) -> None:
    """Whatever ships stays paid, as far as it was; whatever is cancelled and paid goes back."""
    total = order_total(placed)
    paid_minor = data.draw(st.integers(0, total))
    shipped = [
        (line.line_id, units)
        for line in placed.lines
        if (units := data.draw(st.integers(0, line.quantity)))
    ]
    story = order.given(placed, a_capture(paid_minor))
    if shipped:
        story = story.given(a_shipment(*shipped))
    facts = story.when(a_cancel_command()).facts
    if isinstance(facts[0], events.OrderCancelled):
        fact = facts[0]
        owed = sum(line.amount_minor for line in fact.lines)
        owed += fact.money.shipping_minor if fact.money else 0
        assert fact.refund_minor == min(owed, max(0, paid_minor - (total - owed)))
        after = story.given(*facts)
        late = after.given(a_capture(total - paid_minor, "pi_late"))
        assert sum(late.state.due.values()) == owed, "paid in full after all, all of it is back"


@law
@given(data=st.data(), placed=placements())
def test_reinstated_paid_again_and_cancelled_again_nothing_is_lost_or_won(
    data: Any, placed: OrderPlaced
) -> None:
    total = order_total(placed)
    story = order.given(placed, a_capture(total))
    first, story = cancel(story, lines=pieces(data.draw, placed)[0])
    story = story.given(a_reinstatement(FIRST))
    story = story.given(a_capture(first.refund_minor, "pi_again"))
    _, story = cancel(story)
    assert sum(story.state.due.values()) == total + first.refund_minor
    assert all(story.state.due[id_] <= story.state.captured[id_] for id_ in story.state.due)
