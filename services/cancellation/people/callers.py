"""Who comes in with a request, and whose name may stand below what they ask for."""

from typing import NamedTuple
from uuid import UUID

from contracts.cancellation import Actor, Right


class Caller(NamedTuple):
    """Somebody with a session, or a service with a key."""

    actor: Actor
    rights: frozenset[Right]
    session_id: UUID | None = None
    """None for a key."""
    names_others: bool = False
    """True for a back office that signs its people in itself."""

    def may_ask_as(self, actor: Actor) -> bool:
        """Tell whether this actor may stand below what the caller asks for.

        A person is themselves, in the role they have now. A service is itself, or asks for a
        customer, where it may ask at all.
        """
        if self.names_others or actor == self.actor:
            return True
        is_service = self.session_id is None
        return is_service and actor.type == "CUSTOMER" and Right.REQUEST in self.rights
