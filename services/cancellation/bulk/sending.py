"""The commands of a plan, ready to be decided on."""

from collections.abc import Iterable
from typing import Any

from contracts.cancellation import CancelOrder, Role
from kit.cloudevents import Incoming, fingerprint
from kit.ids import stream_id
from services.cancellation.domain.plan_terms import (
    BulkWish,
    Target,
    command_id_of,
    command_of,
    plan_key,
)
from services.cancellation.translation import stream_of


def messages_of(
    plan_id: str, wish: BulkWish, role: Role | None, targets: Iterable[Target]
) -> list[Incoming]:
    """Return the command about each order; all of one plan belong to one story."""
    messages = []
    for target in targets:
        command = command_of(plan_id, wish, role, target)
        messages.append(
            Incoming(
                id=command_id_of(plan_id, target.order_id),
                type=CancelOrder.TYPE,
                data=command,
                stream=stream_of(command)[1],
                fingerprint=fingerprint(CancelOrder.TYPE, command),
                correlation_id=plan_id,
            )
        )
    return messages


def about_plan(command: Any, id_: str, said: Any = None, correlation_id: str = "") -> Incoming:
    """Return a command about a plan.

    Args:
        command: one of `plan_commands`.
        id_: its id.
        said: the request it was made of, when that is what the same id must repeat.
        correlation_id: of the story; the plan's own unless told otherwise.
    """
    return Incoming(
        id=id_,
        type=command.TYPE,
        data=command,
        stream=stream_id(plan_key(command.plan_id)),
        fingerprint=fingerprint(command.TYPE, said or command),
        correlation_id=correlation_id or command.plan_id,
    )
