"""What every answer has: a command's id it can carry, its grounds, perhaps a completion."""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from contracts.cancellation import Action, Basis, Refusal
from contracts.values import CommandId
from kit.decider import Context, Unacceptable
from kit.facts import Fact
from services.cancellation.domain import events
from services.cancellation.domain.legs import Legs
from services.cancellation.domain.policy import Asker, basis, rulebook_of
from services.cancellation.domain.refusals import refuse

_COMMAND_ID: TypeAdapter[str] = TypeAdapter(CommandId)


def check_command_id(message_id: str) -> None:
    """Put aside a command whose id no answer could carry."""
    try:
        _COMMAND_ID.validate_python(message_id)
    except ValidationError:
        detail = f"the answer to a command carries its id, and {message_id!r} is not one"
        raise Unacceptable("COMMAND_ID_INVALID", detail) from None


def basis_of(context: Context, rule_set: str) -> Basis:
    """Return what a decision rests on."""
    return basis(rulebook_of(context).version, context.version, rule_set)


def not_permitted(context: Context, asker: Asker, action: Action) -> list[Refusal]:
    """Refuse what the policy does not grant; nothing when it does."""
    if rulebook_of(context).allows(asker, action):
        return []
    role = f" with role {asker.role}" if asker.role else ""
    detail = f"{asker.type}{role} may not {action}"
    return [
        refuse(
            "MISSING_PERMISSION", detail, action=action, actor=asker.type, role=asker.role or "none"
        )
    ]


def said(command: Any) -> dict[str, Any]:
    """Return what a command says beside its order and its actor, so that it can be told again."""
    told: dict[str, Any] = command.model_dump(
        mode="json", exclude={"order_id", "actor"}, exclude_defaults=True
    )
    return told


def rejected(
    command: Any, context: Context, refusals: Sequence[Refusal], rule_set: str
) -> events.CommandRejected:
    """Refuse a command other than `CancelOrder`, with every reason."""
    return events.CommandRejected(
        order_id=command.order_id,
        command_id=context.message_id,
        command=command.TYPE,
        refusals=tuple(refusals),
        actor=command.actor,
        basis=basis_of(context, rule_set),
        asked=said(command),
    )


def completed(legs: Legs, order_id: str, context: Context) -> list[Fact]:
    """Return the completion of a cancellation, if it leaves no leg open and had none yet."""
    refund, restock, notification = legs.refund, legs.restock, legs.notification
    void, store_credit = legs.void, legs.store_credit
    if (
        legs.is_completed
        or legs.status in ("HELD", "UNDONE")
        or refund is None
        or restock is None
        or notification is None
        or void is None
        or store_credit is None
    ):
        return []
    return [
        events.CancellationCompleted(
            order_id=order_id,
            cancellation_id=legs.cancelled.cancellation_id,
            refund=refund,
            restock=restock,
            notification=notification,
            decided_at=context.now,
            void=void,
            store_credit=store_credit,
        )
    ]
