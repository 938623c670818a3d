"""Decides again from the record: the same message, state, moment and policy must bring the same.

What a command said is put together from its facts, which keep all of it that matters.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from contracts import fulfillment
from contracts.cancellation import (
    AddCaseNote,
    ApproveCancellation,
    AssignCase,
    CancelOrder,
    CancelUnpaidOrder,
    CloseCase,
    DenyCancellation,
    EscalateCase,
    ExpireCancellationRequest,
    RecordManualRefund,
    ReinstateOrder,
    ReleaseHold,
    RequestCancellation,
    RestockCancelledItems,
    RestockUnits,
    SettleRefund,
    UndoCancellation,
)
from contracts.message import Command, Message
from contracts.topics import COMMANDS
from kit.decider import Context, Unacceptable
from kit.facts import Fact
from services.cancellation.answers import answer_to
from services.cancellation.domain import events
from services.cancellation.domain.decisions import DECISIONS, ORDER
from services.cancellation.domain.policy import Rulebook
from services.cancellation.explaining.steps import Step

Facts = Sequence[Fact]


class Difference(NamedTuple):
    """A place where deciding again brings something else."""

    place: str
    """Stored name and field, `order.cancelled.v1 lines.0.amount_minor`."""
    recorded: Any
    repeated: Any


def repeat(step: Step, books: Mapping[int, Rulebook]) -> list[Difference] | None:
    """Decide again and return every difference; None when the record does not say enough.

    Args:
        step: what was decided.
        books: every policy there was, by version.
    """
    message = message_of(step)
    book = books.get(step.basis.policy_version) if step.basis else books[0]
    if message is None or book is None:
        return None
    cause = step.cause
    context = Context(cause.recorded_at, cause.message_id, step.stream, step.known, book)
    try:
        again = ORDER.decide(step.before, message, context)
    except Unacceptable as no:
        return [Difference(step.facts[0].NAME, "recorded", str(no))]
    return list(compare(step.facts, again))


def compare(recorded: Facts, repeated: Facts) -> Iterator[Difference]:
    """Return every place where facts differ."""
    for fact, again in zip(recorded, repeated, strict=False):
        if fact.NAME != again.NAME:
            yield Difference(fact.NAME, fact.NAME, again.NAME)
        elif fact != again:
            was, is_ = fact.model_dump(mode="json"), again.model_dump(mode="json")
            for place, one, other in _differ(was, is_, ""):
                yield Difference(f"{fact.NAME} {place}", one, other)
    for fact in recorded[len(repeated) :]:
        yield Difference(fact.NAME, fact.NAME, None)
    for again in repeated[len(recorded) :]:
        yield Difference(again.NAME, None, again.NAME)


def _differ(one: Any, other: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(key for key in other if key not in one)]:
            yield from _differ(one.get(key), other.get(key), f"{place}.{key}".lstrip("."))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (this, that) in enumerate(zip(one, other, strict=True)):
            yield from _differ(this, that, f"{place}.{number}")
    elif one != other:
        yield place, one, other


def message_of(step: Step) -> Message | None:
    """Return the message a step was decided on; None when the record does not hold all of it."""
    fact = answer_to(step.cause.message_id, step.facts)
    if found := getattr(fact, "message", None):
        heard: Message = found
        return heard
    build = _COMMANDS.get(type(fact))
    try:
        return build(fact, step.facts) if build else None
    except ValidationError:  # a field that later versions no longer know
        return None


def _cancelled(fact: events.OrderCancelled, facts: Facts) -> Command | None:
    if fact.basis is None:
        return None
    match fact.basis.rule_set.partition(".")[0]:
        case "cancel-order":
            return fact.asked or _plain(fact)
        case "cancel-unpaid-order":
            assert fact.actor is not None  # noqa: S101 - the command has one
            return CancelUnpaidOrder(order_id=fact.order_id, actor=fact.actor)
        case "request-cancellation" if fact.asked:
            return _request(fact.asked)
    for beside in facts:
        if isinstance(beside, events.CancellationApproved):
            return _approval(beside)
    return None


def _plain(fact: events.OrderCancelled) -> CancelOrder:
    details = fact.details
    return CancelOrder(
        order_id=fact.order_id,
        reason=fact.reason,
        staff_note=fact.staff_note,
        requested_by=fact.requested_by,
        actor=fact.actor,
        sub_reason=details.sub_reason if details else None,
        customer_message=details.customer_message if details else None,
        is_statutory_withdrawal=bool(details and details.is_statutory_withdrawal),
    )


def _approval(fact: events.CancellationApproved) -> Command:
    if fact.is_by_default:
        return ExpireCancellationRequest(
            order_id=fact.order_id, request_id=fact.request_id, actor=fact.actor
        )
    return ApproveCancellation(
        order_id=fact.order_id,
        request_id=fact.request_id,
        actor=fact.actor,
        staff_note=fact.staff_note,
    )


def _request(wish: CancelOrder, note: str | None = None) -> RequestCancellation:
    assert wish.actor is not None  # noqa: S101 - a customer's request has one
    return RequestCancellation(
        order_id=wish.order_id,
        actor=wish.actor,
        reason=wish.reason,
        sub_reason=wish.sub_reason,
        lines=wish.lines,
        customer_note=note,
        refund_to=wish.refund_to,
        is_statutory_withdrawal=wish.is_statutory_withdrawal,
        expected_version=wish.expected_version,
    )


def _requested(fact: events.CancellationRequested, _: Facts) -> Command:
    if fact.kind == "APPROVAL":
        return fact.wish
    return _request(fact.wish, fact.customer_note)


def _denied(fact: events.CancellationDenied, _: Facts) -> Command:
    about = {"order_id": fact.order_id, "request_id": fact.request_id, "actor": fact.actor}
    if fact.is_by_default:
        return ExpireCancellationRequest(**about)
    words = {"customer_message": fact.customer_message, "staff_note": fact.staff_note}
    return DenyCancellation(**about, **words)


def _settled(fact: events.RefundRequested, _: Facts) -> Command:
    assert fact.actor is not None  # noqa: S101 - the command has one
    return SettleRefund(order_id=fact.order_id, actor=fact.actor, **fact.asked)


def _paid_by_hand(fact: events.ManualRefundRecorded, _: Facts) -> Command:
    said = {**fact.asked, "order_id": fact.order_id, "actor": fact.actor.model_dump()}
    return RecordManualRefund.model_validate(said, strict=False)


def _restocked(fact: events.RestockRequested, _: Facts) -> Command:
    back = tuple(
        RestockUnits(line_id=line.line_id, quantity=line.quantity, location=line.location)
        for line in fact.lines
    )
    return RestockCancelledItems(
        order_id=fact.order_id,
        actor=fact.actor,
        lines=(*back, *fact.kept_out),
        staff_note=fact.staff_note,
    )


def _told(*names: str) -> Callable[[type[Command]], Callable[[Any, Facts], Command]]:
    """Return what builds a command whose fields all stand in its fact under their names."""

    def of(model: type[Command]) -> Callable[[Any, Facts], Command]:
        return lambda fact, _: model(**{name: getattr(fact, name) for name in names})

    return of


_MODELS = {model.TYPE: model for model in COMMANDS.messages if model in DECISIONS}


def _refused(fact: events.CommandRejected, _: Facts) -> Message | None:
    model = _MODELS.get(fact.command)
    if model is None:
        return None
    said = {**fact.asked, "order_id": fact.order_id, "actor": fact.actor.model_dump()}
    return model.model_validate(said, strict=False)


def _on_case(*names: str) -> Callable[[type[Command]], Callable[[Any, Facts], Command]]:
    return _told("order_id", "case_id", "actor", *names)


_about = _told("order_id", "cancellation_id", "actor", "staff_note")

_COMMANDS: dict[type[Fact], Callable[[Any, Facts], Message | None]] = {
    events.OrderCancelled: _cancelled,
    events.CancellationRequested: _requested,
    events.CancellationDenied: _denied,
    events.CancellationConfirmed: lambda fact, _: ReleaseHold(
        order_id=fact.order_id, cancellation_id=fact.cancellation_id, actor=fact.released_by
    ),
    events.CancellationUndone: _about(UndoCancellation),
    events.OrderReinstated: _about(ReinstateOrder),
    events.CancellationRejected: lambda fact, _: fact.asked,
    events.CommandRejected: _refused,
    events.RefundRequested: _settled,
    events.ManualRefundRecorded: _paid_by_hand,
    events.RestockRequested: _restocked,
    events.CaseAssigned: _on_case("owner", "role", "staff_note")(AssignCase),
    events.CaseEscalated: _on_case("staff_note")(EscalateCase),
    events.CaseNoteAdded: _on_case("note")(AddCaseNote),
    events.CaseClosed: _on_case("resolution", "staff_note")(CloseCase),
    events.FulfillmentClaimed: lambda fact, _: fulfillment.ClaimFulfillment.model_validate(
        {"order_id": fact.order_id, "actor": fact.actor.model_dump(), "lines": [
            line.model_dump() for line in fact.lines
        ]}
    ),
    events.FulfillmentClaimRejected: lambda fact, _: fulfillment.ClaimFulfillment.model_validate(
        {**fact.asked, "order_id": fact.order_id, "actor": fact.actor.model_dump()}
    ),
    events.FulfillmentClaimReleased: _told("order_id", "claim_id", "actor")(
        fulfillment.ReleaseFulfillmentClaim
    ),
}  # fmt: skip
"""How the command behind each answer is put together."""
