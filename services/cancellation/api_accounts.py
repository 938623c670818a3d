"""Routes: accounts opened, changed, given a password; keys issued and revoked.

Whoever manages people has said who they are, also where nobody else has to. Their own account they
leave to others: nobody gives themselves more, and nobody shuts the last door from inside.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from contracts.cancellation import Actor, Right, Role
from contracts.values import PathIdentifier, Text, Timestamp
from services.cancellation.access import caller_of, needs
from services.cancellation.domain.people import NotDoneError, name_of
from services.cancellation.people import reading
from services.cancellation.people.book import Book
from services.cancellation.problems import Problem, described

STATUS = {"PERSON_NOT_FOUND": 404, "KEY_NOT_FOUND": 404, "NAME_INVALID": 422, "KEY_EXPIRED": 422}
"""By code; everything else is a conflict."""

Name = Annotated[PathIdentifier, Path(description="Of the account or the key.")]
Rights = Annotated[tuple[Right, ...], Field(max_length=len(Right))]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    staff_note: Text | None = None
    """Why; kept for ever."""


class NewPerson(_Body):
    """An account to be opened."""

    name: PathIdentifier
    """As it stands below what the person does; never given away a second time."""
    role: Role
    """What the policy goes by."""
    rights: Rights | None = None
    """Which doors open; left out, those of the role."""


class PersonChange(_Body):
    """What changes about an account; left out stays. It ends the account's sessions."""

    role: Role | None = None
    """A new role brings its own rights, unless they are named."""
    rights: Rights | None = None
    """Which doors open."""
    is_enabled: bool | None = None
    """Whether the account lets anybody in."""


class NewKey(_Body):
    """A key to be issued to a service."""

    name: PathIdentifier
    """Stands below what the service does; never given away a second time."""
    rights: Annotated[Rights, Field(min_length=1)]
    """Which doors open."""
    expires_at: Timestamp | None = None
    """When it ends by itself."""


class Revocation(_Body):
    """Why a key is to open nothing any more."""


class PasswordRead(BaseModel):
    """A password, shown this once."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    name: str
    """Whose."""
    password: str
    """It is in this answer and in no other."""


class KeyRead(BaseModel):
    """A key, shown this once."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    name: str
    """Of which service."""
    key: str
    """Send it as `Authorization: Bearer …`. It is in this answer and in no other."""


def _manager(request: Request) -> Actor:
    caller = caller_of(request)
    if caller is None:
        raise Problem(401, "SIGN_IN_REQUIRED", "Sign in: people are managed by somebody.")
    return caller.actor


Manager = Annotated[Actor, Depends(_manager)]


def _check_other(by: Actor, name: str) -> None:
    if by.type == "STAFF" and by.id == name_of(name):
        detail = "Somebody else who manages people changes your account; your password you may."
        raise Problem(403, "OWN_ACCOUNT", detail)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what cannot be done into a problem."""
    try:
        yield
    except NotDoneError as no:
        raise Problem(STATUS.get(no.code, 409), no.code, no.detail) from None


def add_accounts(app: FastAPI, book: Book) -> None:
    """Add the routes."""
    _add_people(app, book)
    _add_keys(app, book)


def _add_people(app: FastAPI, book: Book) -> None:
    people: dict[str, Any] = {"tags": ["people"], **needs(Right.PEOPLE)}
    refused = described(404, 409, 413, 422, 503)

    @app.post("/v1/people", status_code=201, **people, responses=described(409, 413, 422, 503))
    async def add_person(by: Manager, body: NewPerson) -> PasswordRead:
        """Open an account; its first password is drawn, and shown this once."""
        with _told():
            password = await book.add(
                body.name, body.role, by, rights=body.rights, note=body.staff_note
            )
        return PasswordRead(name=name_of(body.name), password=password)

    @app.post("/v1/people/{name}/changes", status_code=204, **people, responses=refused)
    async def change_person(by: Manager, name: Name, body: PersonChange) -> None:
        """Change role or rights, disable or enable an account; ends its sessions."""
        with _told():
            _check_other(by, name)
            await book.change(
                name, by, body.staff_note, role=body.role, rights=body.rights,
                is_enabled=body.is_enabled,
            )  # fmt: skip

    @app.post("/v1/people/{name}/password", status_code=201, **people, responses=refused)
    async def reset_password(by: Manager, name: Name) -> PasswordRead:
        """Give an account a new password, drawn and shown this once; ends its sessions."""
        with _told():
            _check_other(by, name)
            password = await book.set_password(name, by)
        return PasswordRead(name=name_of(name), password=password)

    @app.get("/v1/people/{name}", **people, responses=described(404, 422, 503))
    async def one_person(name: Name) -> dict[str, Any]:
        """Return one account, with its rights."""
        found = next((p for p in await reading.list_people(book.pool) if p["name"] == name), None)
        if found is None:
            raise Problem(404, "PERSON_NOT_FOUND", f"There is no account {name}.")
        return {"person": found}


def _add_keys(app: FastAPI, book: Book) -> None:
    keys: dict[str, Any] = {"tags": ["people"], **needs(Right.PEOPLE)}

    @app.post("/v1/keys", status_code=201, **keys, responses=described(409, 413, 422, 503))
    async def issue_key(by: Manager, body: NewKey) -> KeyRead:
        """Issue a key with these rights, shown this once. One that names others the tool issues."""
        with _told():
            key = await book.issue_key(
                body.name, body.rights, by, note=body.staff_note, expires_at=body.expires_at
            )
        return KeyRead(name=name_of(body.name), key=key)

    @app.post(
        "/v1/keys/{name}/revocation", status_code=204, **keys,
        responses=described(404, 409, 413, 422, 503),
    )  # fmt: skip
    async def revoke_key(by: Manager, name: Name, body: Revocation) -> None:
        """Revoke a key; from the next request on it opens nothing."""
        with _told():
            await book.revoke_key(name, by, body.staff_note)
