"""Somebody the identity provider vouches for signs in: their account, its role, and a session."""

from typing import Any

from contracts.cancellation import RIGHTS_OF, Actor
from services.cancellation.domain import events, people
from services.cancellation.domain.people import NotDoneError
from services.cancellation.people.book import Book, Session, TooManyError
from services.cancellation.people.openid import Identity

PROVIDER = Actor(type="SERVICE", id="openid-connect")
NOTE = "as the identity provider says"

WAY: events.Way = "OPENID_CONNECT"

_BY_SUBJECT = "SELECT * FROM cancellation.people WHERE issuer = $1 AND subject = $2"
_BY_NAME = "SELECT * FROM cancellation.people WHERE name = $1"


async def count_attempt(book: Book, address: str) -> None:
    """Count an attempt from an address, before the identity provider is asked about it.

    Raises:
        TooManyError: there were too many.
    """
    async with book.pool.acquire() as connection:
        wait_s, is_first = await book.limits.count(connection, None, address, book.clock())
    if is_first:
        await book.refuse(None, "TOO_MANY", address, WAY)
    if wait_s:
        raise TooManyError(wait_s)


async def sign_in(book: Book, identity: Identity, address: str) -> Session:
    """Begin a session for somebody the identity provider vouches for; opens an account once.

    Raises:
        NotDoneError: they have no role here, no name that can be one, the name of somebody else, or
            an account that is disabled.
    """
    row = await book.pool.fetchrow(_BY_SUBJECT, identity.issuer, identity.subject)
    known = None if row is None else str(row["name"])
    try:
        person = _person(identity, known)
        await book.decide(f"person:{person.name}", lambda account: people.arrive(account, person))
    except NotDoneError as no:
        why: Any = no.code
        taken = people.name_of(identity.name) if why == "NAME_TAKEN" else None
        await book.refuse(known or taken, why, address, WAY)
        raise
    return await book.begin(await book.pool.fetchrow(_BY_NAME, person.name), address, way=WAY)


def _person(identity: Identity, known: str | None) -> events.PersonSet:
    """Return the account somebody has from now on; once it is known its name stays."""
    if identity.role is None:
        detail = (
            "Nothing the identity provider says of you is a role here. Whoever runs it can change"
            " that."
        )
        raise NotDoneError("NO_ROLE", detail)
    return events.PersonSet(
        name=known or people.name_of(identity.name), role=identity.role,
        rights=people.in_order(RIGHTS_OF[identity.role]), is_enabled=True, by=PROVIDER,
        staff_note=NOTE, issuer=identity.issuer, subject=identity.subject,
    )  # fmt: skip
