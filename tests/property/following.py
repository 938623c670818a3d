"""One order's stream, followed message by message: stored, read back, and told to the model."""

from collections.abc import Sequence
from typing import Any

from hypothesis import event
from hypothesis.stateful import RuleBasedStateMachine

from contracts.message import Command
from kit.decider import Context, Unacceptable
from kit.facts import Fact
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.refusals import RULES
from tests.property.case_law import CaseLaw
from tests.property.model import Model
from tests.property.told import refund_ids
from tests.property.whims import BUILT_IN
from tests.support.mothers import A_CAUSE
from tests.support.spec import NOW, STREAM


class Following(RuleBasedStateMachine):
    """The order, the time, the policy in force, and the model beside them."""

    model: Model

    def __init__(self) -> None:
        super().__init__()
        self.state, self.version, self.now = ORDER.initial, 0, NOW
        self.policy: Any = BUILT_IN
        self.facts: list[Fact] = []
        self.open_restocks: list[Any] = []
        self.open_refunds: list[Any] = []
        self.cases = CaseLaw()

    def say(self, message: Any) -> Sequence[Fact]:
        """Decide on a message and follow what comes of it."""
        message_id = f"message-{len(self.facts)}"
        context = Context(self.now, message_id, STREAM, self.version, self.policy)
        try:
            facts = ORDER.decide(self.state, message, context)
            assert facts == ORDER.decide(self.state, message, context), "decisions are pure"
        except Unacceptable:
            assert not isinstance(message, Command), "a command has an answer"
            return []
        mapper = SERVICE.store.mapper
        for fact in facts:
            body = mapper.write_body(fact, mapper.transcoder.encode(A_CAUSE))
            stored, _ = mapper.read_body(fact.NAME, body)
            assert stored == fact, "what is stored is what was decided"
            self.state = ORDER.evolve(self.state, stored)
            self.version += 1
            self.facts.append(fact)
            self.model.take(fact)
            if isinstance(fact, events.RefundRequested):
                self.open_refunds += [(fact, id_) for id_ in refund_ids(fact)]
            if isinstance(fact, events.RestockRequested):
                self.open_restocks.append(fact)
        self.cases.take(facts)
        if isinstance(message, Command):
            answers = [f for f in facts if getattr(f, "command_id", None) == message_id]
            assert len(answers) == 1, "one command, one answer"
            assert isinstance(facts[0], type(answers[0])), "and it comes first"
            for refusal in getattr(answers[0], "refusals", ()):
                assert refusal.code in RULES
                event(f"refused: {refusal.code}")
            if not hasattr(answers[0], "refusals"):
                event(f"granted: {type(message).__name__}")
        return facts

    def refused(self, facts: Sequence[Fact]) -> set[str]:
        """Return the codes of a refusal, nothing for a grant."""
        return {refusal.code for refusal in getattr(facts[0], "refusals", ())}
