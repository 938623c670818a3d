"""Who may come in and who did: accounts, keys, sign-ins. Passwords and secrets are never in a fact.

An account's stream is `person:<name>`, a key's `api-key:<name>`; sign-ins have one per account.
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.cancellation import Actor, Right, Role
from contracts.values import PathIdentifier, Text, Timestamp
from kit.facts import Fact

Rights = Annotated[tuple[Right, ...], Field(max_length=50)]

Refused = Literal[
    "NAME_OR_PASSWORD",
    "DISABLED",
    "TOO_MANY",
    "IDENTITY_PROVIDER",
    "NO_ROLE",
    "NAME_TAKEN",
    "NAME_INVALID",
]
"""Why somebody did not get in; about a password they themselves are told less."""

Way = Literal["PASSWORD", "OPENID_CONNECT"]
"""How somebody says who they are."""


class PersonSet(Fact):
    """An account is from now on as this says, all of it. Recorded by: `add_person`."""

    NAME: ClassVar[str] = "people.person-set.v1"

    name: PathIdentifier
    """Who; the `id` of the actor in whatever this person asks for."""
    role: Role
    """By which the policy decides what they may do."""
    rights: Rights
    """Which doors open to them."""
    is_enabled: bool
    """False: nobody signs in with it any more."""
    by: Actor
    """Who wanted it."""
    staff_note: Text | None = None
    """Why."""
    issuer: Text | None = None
    """The identity provider that signs them in; empty for whoever has a password here."""
    subject: Text | None = None
    """Who they are there; it never means another."""


class PasswordSet(Fact):
    """An account has a new password; whoever was signed in with it no longer is."""

    NAME: ClassVar[str] = "people.password-set.v1"

    name: PathIdentifier
    """Whose."""
    by: Actor
    """Who wanted it."""


class KeyIssued(Fact):
    """A service may ask, with a key. Its secret is no fact. Recorded by: `issue_key`."""

    NAME: ClassVar[str] = "people.key-issued.v1"

    name: PathIdentifier
    """Whose; the `id` of the actor in whatever is asked with it."""
    prefix: Text
    """How the key begins, to know it again."""
    rights: Rights
    """Which doors it opens."""
    names_others: bool = False
    """True for a back office that signs its people in itself: it says who asks."""
    expires_at: Timestamp | None
    """Until when; empty for as long as it is not revoked."""
    by: Actor
    """Who wanted it."""
    staff_note: Text | None = None
    """What for."""


class KeyRevoked(Fact):
    """A key opens nothing any more. Recorded by: `revoke_key`."""

    NAME: ClassVar[str] = "people.key-revoked.v1"

    name: PathIdentifier
    """Whose."""
    by: Actor
    """Who wanted it."""
    staff_note: Text | None = None
    """Why."""


class SignedIn(Fact):
    """Somebody came in."""

    NAME: ClassVar[str] = "people.signed-in.v1"

    name: PathIdentifier
    """Who."""
    session_id: UUID
    """Their session."""
    address: Text
    """From where."""
    way: Way = "PASSWORD"
    """How they said who they are."""


class SignInRefused(Fact):
    """Somebody did not get in."""

    NAME: ClassVar[str] = "people.sign-in-refused.v1"

    name: PathIdentifier | None
    """Into which account; empty when there is none of the name that was written, because people
    write passwords there, too."""
    why: Refused
    """What was in the way."""
    address: Text
    """From where."""
    way: Way = "PASSWORD"
    """How they said who they are."""


class SignedOut(Fact):
    """Somebody left; their session opens nothing any more."""

    NAME: ClassVar[str] = "people.signed-out.v1"

    name: PathIdentifier
    """Who."""
    session_id: UUID
    """Their session."""


PEOPLE: tuple[type[Fact], ...] = (
    PersonSet, PasswordSet, KeyIssued, KeyRevoked, SignedIn, SignInRefused, SignedOut,
)  # fmt: skip
"""Every fact about who may come in and who did; no other begins with `people.`."""
