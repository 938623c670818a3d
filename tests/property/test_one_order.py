"""Any life of one order, whoever does what in whatever sequence, against a simpler model.

How: Hypothesis plays upstream, staff, customers, warehouse, timers and legs at random. After every
step the facts are stored and read back, the model follows them, and what must always hold is
checked; where the model can tell beforehand what must be granted, that is checked too.
"""

from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from contracts.cancellation import Actor, AddCaseNote, AssignCase, CloseCase, EscalateCase
from contracts.orders import Shipping
from services.cancellation.domain import events
from services.cancellation.domain.case_kinds import ABOVE, KINDS
from services.cancellation.domain.decisions import ORDER
from tests.property.effort import runs
from tests.property.following import Following
from tests.property.model import Model
from tests.property.whims import (
    LINE_IDS,
    POLICIES,
    amounts,
    choices,
    few_units,
    minutes,
    payment_ids,
    staff,
    units,
)
from tests.support import mothers, wishes
from tests.support.mothers import A_CUSTOMER, a_line, an_order
from tests.support.wishes import ADA, KIM, LEA, ROOT, TIMER


class OneOrder(Following):
    """One order, the world around it, and the model beside it."""

    @initialize(
        quantities=st.lists(st.integers(1, 4), min_size=3, max_size=3),
        prices=st.lists(st.integers(0, 9), min_size=3, max_size=3),
        parts=st.lists(st.integers(0, 9), min_size=3, max_size=3),
        tax_included=st.booleans(),
        shipping=st.none() | st.builds(Shipping, amount_minor=st.integers(0, 9)),
        customer=st.sampled_from([A_CUSTOMER, A_CUSTOMER, None]),
        paid=st.sampled_from(["whole", "whole", "half", "held", "not"]),
        policy=st.sampled_from(list(POLICIES)),
    )
    def place(
        self, *, quantities: Any, prices: Any, parts: Any, tax_included: bool, shipping: Any,
        customer: Any, paid: str, policy: str,
    ) -> None:  # fmt: skip
        """Every life begins with an order; what comes before one is refused."""
        lines = []
        for number, line_id in enumerate(LINE_IDS):
            line = a_line(line_id, quantity=quantities[number], price_minor=prices[number])
            worth = quantities[number] * prices[number]
            changes = {"discount_minor": min(parts[0], worth), "tax_minor": parts[1]}
            lines.append(line.model_copy(update=changes) if parts[2] > 4 else line)
        placed = an_order(*lines, customer=customer, tax_included=tax_included, shipping=shipping)
        self.model, self.policy = Model(placed), POLICIES[policy]
        self.say(placed)
        if paid == "held":
            self.authorize(self.model.total_minor, "pi_a")
        elif paid != "not":
            self.capture(self.model.total_minor // (2 if paid == "half" else 1), "pi_a")

    # Upstream

    @rule(amount=amounts, payment_id=payment_ids)
    def capture(self, amount: int, payment_id: str) -> None:
        self.say(mothers.a_capture(amount, payment_id))

    @rule(amount=amounts, payment_id=payment_ids)
    def authorize(self, amount: int, payment_id: str) -> None:
        self.say(wishes.a_hold_of_money(amount, payment_id))

    @rule(amount=amounts, payment_id=payment_ids, ends=st.sampled_from(["well", "badly", "later"]))
    def start_capture(self, amount: int, payment_id: str, ends: str) -> None:
        self.say(wishes.a_capture_start(amount, payment_id))
        if ends == "well":
            self.say(mothers.a_capture(amount, payment_id))
        if ends == "badly":
            self.say(wishes.a_capture_failure(amount, payment_id))

    @rule(amount=amounts, payment_id=payment_ids, what=st.sampled_from(["failed", "void", "back"]))
    def hear_of_something_seldom(self, amount: int, payment_id: str, what: str) -> None:
        self.say(
            {
                "failed": wishes.a_capture_failure(amount, payment_id),
                "void": wishes.a_void(payment_id),
                "back": wishes.a_return((LINE_IDS[amount % 3], 1)),
            }[what]
        )

    @rule(units=few_units, named=st.booleans())
    def ship(self, units: Any, *, named: bool) -> None:
        claim_id = next(iter(self.model.claims), None) if named else None
        before = {line_id: self.model.cancelled(line_id) for line_id in LINE_IDS}
        room = {
            line_id: self.model.ordered[line_id] - self.model.shipped[line_id] - before[line_id]
            for line_id in LINE_IDS
        }
        facts = self.say(mothers.a_shipment(*units).model_copy(update={"claim_id": claim_id}))
        shipped = dict.fromkeys(LINE_IDS, 0)
        for line_id, count in units:
            shipped[line_id] += count
        contradicts = any(
            shipped[x] and before[x] and shipped[x] > max(0, room[x]) for x in LINE_IDS
        )
        opened = any(
            isinstance(fact, events.CaseOpened) and fact.cause_id is None for fact in facts
        )
        still_hidden = any(room[x] < 0 for x in LINE_IDS)
        assert opened == contradicts or still_hidden, "a contradiction opens a case"

    # Everybody who may ask

    @rule(units=st.none() | few_units, how=choices(), actor=st.none() | staff)
    def cancel(self, units: Any, how: dict[str, Any], actor: Actor | None) -> None:
        self.cancel_as(units, how, actor)

    def cancel_as(self, units: Any, how: dict[str, Any], actor: Actor | None) -> None:
        wish = mothers.a_cancel_command(lines=units, actor=actor, **how)
        possible = self.model.can_have(wish.lines)
        codes = self.refused(self.say(wish))
        if not how and actor in (None, KIM, LEA, ROOT):
            assert possible == (not codes), (possible, codes)

    @rule(units=few_units, how=st.sampled_from([{}, {"refund": "LATER"}, {"restock": False}]))
    def cancel_some(self, units: Any, how: dict[str, Any]) -> None:
        """Small cancellations, so that one order has several."""
        self.cancel_as(units, how, KIM)

    @rule(units=st.none() | units)
    def ask(self, units: Any) -> None:
        possible = self.model.can_have(wishes.lines_of(units))
        codes = self.refused(self.say(wishes.a_request(units)))
        assert possible == (not codes), (possible, codes)

    @precondition(lambda self: self.model.requests)
    @rule(data=st.data(), actor=st.sampled_from([LEA, ROOT, ADA]))
    def answer_request(self, data: Any, actor: Actor) -> None:
        request_id = data.draw(st.sampled_from(list(self.model.requests)))
        is_open, expires_at = self.model.requests[request_id]
        what = data.draw(st.sampled_from([wishes.an_approval, wishes.a_denial]))
        codes = self.refused(self.say(what(request_id, actor)))
        if not is_open:
            assert "REQUEST_CLOSED" in codes
        elif what is wishes.a_denial and actor is not ADA:
            assert not codes
        elif what is wishes.an_approval and self.now >= expires_at:
            assert "REQUEST_EXPIRED" in codes

    @precondition(lambda self: self.model.requests)
    @rule(data=st.data())
    def expire_request(self, data: Any) -> None:
        request_id = data.draw(st.sampled_from(list(self.model.requests)))
        is_open, expires_at = self.model.requests[request_id]
        codes = self.refused(self.say(wishes.an_expiry(request_id)))
        assert (is_open and self.now >= expires_at) == (not codes), codes

    @precondition(lambda self: not self.model.captured.total() or not self.version % 5)
    @rule()
    def expire_unpaid(self) -> None:
        money = self.model.captured.total() - self.model.due.total()
        if not self.refused(self.say(wishes.an_unpaid_timer())):
            assert money <= 0, "a paid order does not expire"

    @precondition(lambda self: self.model.cancellations)
    @rule(data=st.data(), what=st.sampled_from(["undo", "release", "timer", "reinstate"]))
    def take_cancellation(self, data: Any, what: str) -> None:
        id_ = data.draw(st.sampled_from(list(self.model.cancellations)))
        made = self.model.cancellations[id_]
        is_held = made.status == "HELD"
        is_over = made.held_until is not None and self.now >= made.held_until
        command, possible = {
            "undo": (wishes.an_undo(id_), is_held and not is_over),
            "release": (wishes.a_release(id_, LEA), is_held),
            "timer": (wishes.a_release(id_, TIMER), is_held and is_over),
            "reinstate": (wishes.a_reinstatement(id_), made.status == "MOVING"),
        }[what]
        assert possible == (not self.refused(self.say(command)))

    @precondition(lambda self: self.model.owes or not self.model.cancellations)
    @rule(amount=st.none() | amounts, is_final=st.booleans(), credit=st.booleans())
    def settle(self, amount: int | None, *, is_final: bool, credit: bool) -> None:
        changes: dict[str, Any] = {"refund_to": "STORE_CREDIT"} if credit else {}
        owing = [x.balance_minor for x in self.model.standing() if x.balance_minor]
        codes = self.refused(self.say(wishes.a_settlement(amount, is_final=is_final, **changes)))
        if not owing:
            assert codes >= {"NOTHING_OWED"}
        elif not codes:
            assert amount is None or amount <= owing[0]

    @precondition(lambda self: self.model.cancellations)
    @rule(units=few_units, condition=st.sampled_from(["SELLABLE", "SELLABLE", "DAMAGED"]))
    def restock(self, units: Any, condition: str) -> None:
        self.say(wishes.a_restock_by_hand(*units, condition=condition))

    @rule(units=units | st.just([]))
    def claim(self, units: Any) -> None:
        command = wishes.a_claim(*units)
        possible = self.model.can_have(command.lines)
        assert possible == (not self.refused(self.say(command)))

    @precondition(lambda self: self.model.claims)
    @rule(data=st.data())
    def release_claim(self, data: Any) -> None:
        claim_id = data.draw(st.sampled_from(list(self.model.claims)))
        possible = bool(+self.model.claims[claim_id])
        codes = self.refused(self.say(wishes.a_claim_release(claim_id)))
        assert possible == (not codes)

    @precondition(lambda self: self.cases.opened)
    @rule(data=st.data(), what=st.sampled_from(["assign", "up", "timer", "note", "close"]))
    def handle_case(self, data: Any, what: str) -> None:
        case_id = data.draw(st.sampled_from(list(self.cases.opened)))
        kind = KINDS[self.cases.opened[case_id].kind]
        role = self.state.seldom.cases[case_id].role
        is_open, about = case_id in self.cases.open, {"order_id": mothers.ORDER_ID}
        command, possible = {
            "assign": (AssignCase(**about, case_id=case_id, owner="kim", actor=KIM), is_open),
            "up": (EscalateCase(**about, case_id=case_id, actor=LEA), is_open and role in ABOVE),
            "timer": (
                EscalateCase(**about, case_id=case_id, actor=TIMER),
                is_open and role in ABOVE and self.now >= self.due_at[case_id],
            ),
            "note": (AddCaseNote(**about, case_id=case_id, note="", actor=KIM), True),
            "close": (
                CloseCase(**about, case_id=case_id, actor=KIM, resolution=kind.closed_by[0]),
                is_open,
            ),
        }[what]
        assert possible == (not self.refused(self.say(command)))

    @property
    def due_at(self) -> dict[Any, Any]:
        moments: dict[Any, Any] = {}
        for fact in self.facts:
            if isinstance(fact, events.CaseOpened | events.CaseEscalated):
                moments[fact.case_id] = fact.due_at
        return moments

    # The legs, and time

    @precondition(lambda self: self.model.cancellations)
    @rule(data=st.data())
    def report(self, data: Any) -> None:
        id_ = data.draw(st.sampled_from(list(self.model.cancellations)))
        made = self.model.cancellations[id_]
        if made.status == "HELD":
            return
        reports: list[Any] = [mothers.a_notification(id_), mothers.a_notification_failure(id_)]
        if made.fact.restock and made.status == "MOVING":
            reports += [mothers.a_restock(id_), mothers.a_restock_failure(id_)]
        for due in made.fact.refunds:
            about = id_, due.payment_id, due.amount_minor
            reports += [mothers.a_refund_success(*about), mothers.a_refund_failure(*about)]
        self.say(data.draw(st.sampled_from(reports)))

    @precondition(lambda self: self.open_refunds)
    @rule(data=st.data())
    def report_later_refund(self, data: Any) -> None:
        fact, refund_id = data.draw(st.sampled_from(self.open_refunds))
        self.open_refunds.remove((fact, refund_id))
        how = data.draw(st.sampled_from([mothers.a_refund_success, mothers.a_refund_uncertainty]))
        said: Any = how(fact.cancellation_id, "pi_a")
        self.say(said.model_copy(update={"refund_id": refund_id}))

    @rule(minutes=minutes)
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(name=st.sampled_from(list(POLICIES)))
    def publish(self, name: str) -> None:
        self.policy = POLICIES[name]

    @invariant()
    def books_are_in_balance(self) -> None:
        self.model.check()

    def teardown(self) -> None:
        """Folded from the beginning, the order is what it is."""
        state = ORDER.initial
        for fact in self.facts:
            state = ORDER.evolve(state, fact)
        assert state == self.state
        for id_, made in getattr(self, "model", Model(an_order())).cancellations.items():
            legs = state.cancellations[id_]
            assert legs.is_completed == bool(made.completed)
            if legs.is_settled and made.status != "UNDONE":
                assert made.completed, "complete as soon as no leg is open"


TestOneOrder = OneOrder.TestCase
TestOneOrder.settings = runs((60, 40), (2_000, 50))
