"""Laws of the refund ledger: whatever comes, in any sequence, twice or never, the sums hold."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.cancellation import MoneyTerms, RefundDue, StoreCreditDue
from kit.decider import Unacceptable
from kit.facts import Fact
from kit.ids import child_id
from services.refunds.domain import commands, events
from services.refunds.domain.ledger import LEDGER, Ledger
from services.refunds.domain.state import RANKS
from tests.support.money_mothers import CASH
from tests.support.mothers import FIRST, ORDER_ID, PAYMENT_ID, an_order_cancelled
from tests.support.spec import Story, story_of

laws = settings(max_examples=150, deadline=None, database=None)
ledger = story_of(LEDGER)
CAPTURED_MINOR = 20
TENDERS: dict[str, Any] = {
    "pi_a": {}, "pi_b": {}, "gc": {"tender": "GIFT_CARD"}, "sc": {"tender": "STORE_CREDIT"},
    "cash": {"tender": "CASH", "method": CASH},
}  # fmt: skip
STATUSES = ("requires_action", "pending", "succeeded", "canceled", "failed")
CODES = ("expired_or_canceled_card", "insufficient_funds")
ENDED = ("canceled", "failed")


def due(payment_id: str, amount_minor: int) -> RefundDue:
    return RefundDue(
        payment_id=payment_id, amount_minor=amount_minor, captured_minor=CAPTURED_MINOR,
        **TENDERS.get(payment_id, {}),
    )  # fmt: skip


def word(status: str, attempt_id: UUID, code: str = CODES[0]) -> commands.RecordProviderStatus:
    said: Any = {"status": status, "provider_reference": "re_1", "failure_reason": code}
    return commands.RecordProviderStatus(order_id=ORDER_ID, refund_id=attempt_id, **said)


parts = st.builds(due, st.sampled_from(sorted(TENDERS)), st.integers(1, CAPTURED_MINOR))


@st.composite
def cancellations(draw: st.DrawFn) -> Any:
    """Return a cancellation that refunds some payments, or gives store credit for them."""
    several = draw(st.lists(parts, min_size=1, max_size=3, unique_by=lambda one: one.payment_id))
    about: dict[str, Any] = {"cancellation_id": UUID(int=draw(st.integers(1, 4)))}
    if draw(st.booleans()):
        return an_order_cancelled(refunds=tuple(several), **about)
    credit = StoreCreditDue(
        amount_minor=sum(part.amount_minor for part in several), customer_id="13085",
        expires_at=None, payments=tuple(several),
    )  # fmt: skip
    return an_order_cancelled(refunds=(), money=MoneyTerms(store_credit=credit), **about)


def heard(story: Story[Ledger], message: Any, number: int) -> tuple[Story[Ledger], list[Fact]]:
    """Go on with a message; what is put aside leaves no trace."""
    try:
        facts = list(story.when(message, message_id=f"message-{number}").facts)
    except Unacceptable:
        return story, []
    return (story.given(*facts), facts) if facts else (story, [])


@laws
@given(words=st.lists(st.sampled_from(STATUSES), min_size=1, max_size=8))
def test_words_of_the_provider_come_to_the_same_in_any_sequence(words: Sequence[str]) -> None:
    """The highest word counts, said once or often; an end is an end, whichever came first."""
    refund_id = child_id(FIRST, PAYMENT_ID)
    story = ledger.given(an_order_cancelled())
    for number, status in enumerate(words):
        story, _ = heard(story, word(status, refund_id), number)
    known, highest = story.state.refunds[refund_id].word, max(words, key=RANKS.__getitem__)
    assert known == highest or (known in ENDED and highest in ENDED)
    assert story.state.committed == {PAYMENT_ID: 0 if highest in ENDED else 2000}


@laws
@given(data=st.data())
def test_never_more_goes_back_than_was_captured_and_each_cause_has_one_effect(
    data: st.DataObject,
) -> None:
    """With cancellations and words in any sequence, doubled, contradicted and missing."""
    story, facts = ledger, list[Fact]()
    for number in range(data.draw(st.integers(1, 14))):
        attempts = sorted(story.state.attempts)
        is_word: bool = data.draw(st.booleans())
        if attempts and is_word:
            status, code = data.draw(st.sampled_from(STATUSES)), data.draw(st.sampled_from(CODES))
            message: Any = word(status, data.draw(st.sampled_from(attempts)), code)
        else:
            message = data.draw(cancellations())
        story, more = heard(story, message, number)
        facts += more
        assert_sums_hold(story.state, facts)


def assert_sums_hold(state: Ledger, facts: Sequence[Fact]) -> None:
    back: Counter[str] = Counter()
    opened: Counter[Any] = Counter()
    notes: dict[UUID, str | None] = {}
    given_back: dict[UUID, int] = {}
    for fact in facts:
        match fact:
            case events.RefundSucceeded():
                given_back[fact.refund_id] = fact.amount_minor
                assert notes.setdefault(fact.refund_id, fact.credit_note_number) == (
                    fact.credit_note_number
                )
            case events.RefundFailed() | events.RefundCanceled():
                given_back.pop(fact.refund_id, None)
            case events.RefundRequested() | events.ManualRefundOwed():
                opened[fact.refund_id] += 1
            case events.GiftCardRefilled() | events.StoreCreditRestored():
                opened[fact.refund_id] += 1
                given_back[fact.refund_id] = fact.amount_minor
            case events.StoreCreditIssued():
                opened[fact.credit_id] += 1
                back.update(fact.parts)
    for refund_id, amount_minor in given_back.items():
        back[state.refunds[refund_id].about.payment_id] += amount_minor
    assert set(opened.values()) <= {1}, "one cause, one effect"
    assert len(set(notes.values())) == len(notes), "one refund, one credit note"
    for payment_id in TENDERS:
        committed = state.committed.get(payment_id, 0)
        assert 0 <= back[payment_id] <= committed <= CAPTURED_MINOR
