"""What becomes of accounts and keys: pure decisions over what is known of one of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from contracts.cancellation import RIGHTS_OF, Actor, Right, Role
from contracts.values import PathIdentifier
from kit.facts import Fact
from services.cancellation.domain import events

PASSWORD_LENGTH_MIN, PASSWORD_LENGTH_MAX = 12, 200
"""Length is what counts. Source: NIST SP 800-63B-4, 3.1.1.2; no rules about which characters."""


_NAME: TypeAdapter[str] = TypeAdapter(PathIdentifier)


class NotDoneError(Exception):
    """What was asked for about an account or a key cannot be done."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def name_of(text: str) -> str:
    """Return an account's name as it is written everywhere: in small letters.

    Raises:
        NotDoneError: no command could say it.
    """
    try:
        return _NAME.validate_python(text.strip().lower())
    except ValidationError:
        detail = "A name begins with a letter or a digit and has no spaces or accents."
        raise NotDoneError("NAME_INVALID", detail) from None


class Account(NamedTuple):
    """An account or a key, as its stream has it."""

    person: events.PersonSet | None = None
    key: events.KeyIssued | None = None
    is_revoked: bool = False

    def known(self, name: str) -> events.PersonSet:
        """Return the account.

        Raises:
            NotDoneError: there is none.
        """
        if self.person is None:
            raise NotDoneError("PERSON_NOT_FOUND", f"There is no account {name}.")
        return self.person


def evolve(account: Account, fact: Fact) -> Account:
    """Return what is known after a fact."""
    match fact:
        case events.PersonSet():
            return account._replace(person=fact)
        case events.KeyIssued():
            return Account(key=fact)
        case events.KeyRevoked():
            return account._replace(is_revoked=True)
        case _:
            return account


def add_person(account: Account, person: events.PersonSet) -> Sequence[Fact]:
    """Open an account; a name belongs to one person for ever, because history names it."""
    if account.person is not None:
        detail = f"There is an account {person.name}. Change that one, or choose another name."
        raise NotDoneError("PERSON_EXISTS", detail)
    return [person]


def change_person(
    account: Account, name: str, by: Actor, note: str | None, *, role: Role | None = None,
    rights: Sequence[Right] | None = None, is_enabled: bool | None = None,
) -> Sequence[Fact]:  # fmt: skip
    """Change an account; what is left out stays, and a new role brings its own rights."""
    known = account.known(name)
    if rights is None:
        is_same = role in (None, known.role)
        rights = known.rights if is_same else in_order(RIGHTS_OF[role or known.role])
    changed = known.model_copy(
        update={
            "role": role or known.role,
            "rights": in_order(rights),
            "is_enabled": known.is_enabled if is_enabled is None else is_enabled,
            "by": by,
            "staff_note": note,
        }
    )
    same = {"by": by, "staff_note": note}
    return [] if known.model_copy(update=same) == changed else [changed]


def arrive(account: Account, person: events.PersonSet) -> Sequence[Fact]:
    """Take somebody the identity provider vouches for: open their account, or set its role anew.

    A name is nobody's proof: an account that was opened otherwise, or for somebody else, stays
    theirs, and one that was disabled here stays so.
    """
    known = account.person
    if known is None:
        return [person]
    if (known.issuer, known.subject) != (person.issuer, person.subject):
        detail = f"The account {person.name} is somebody else's, or has a password of its own."
        raise NotDoneError("NAME_TAKEN", detail)
    if not known.is_enabled:
        raise NotDoneError("DISABLED", f"The account {person.name} was disabled here.")
    return change_person(account, known.name, person.by, person.staff_note, role=person.role)


def set_password(account: Account, name: str, by: Actor) -> Sequence[Fact]:
    """Give an account a new password, unless its owner signs in elsewhere."""
    if account.known(name).subject is not None:
        detail = f"{name} signs in at the identity provider and has no password here."
        raise NotDoneError("SIGNS_IN_ELSEWHERE", detail)
    return [events.PasswordSet(name=name, by=by)]


def check_password(password: str) -> None:
    """Let no password pass that is guessed or that costs us to look at.

    Raises:
        NotDoneError: it is too short or too long.
    """
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        detail = f"A password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters."
        raise NotDoneError("PASSWORD_INVALID", detail)


def issue_key(account: Account, key: events.KeyIssued, now: datetime) -> Sequence[Fact]:
    """Issue a key; a name is used once, so that history says which key it was."""
    if account.key is not None:
        detail = f"There was a key {key.name}. Issue the new one under another name."
        raise NotDoneError("KEY_EXISTS", detail)
    if key.expires_at is not None and key.expires_at <= now:
        raise NotDoneError("KEY_EXPIRED", "That moment has passed; name a later one.")
    return [key]


def revoke_key(account: Account, name: str, by: Actor, note: str | None) -> Sequence[Fact]:
    """Revoke a key; one that is revoked stays so."""
    if account.key is None:
        raise NotDoneError("KEY_NOT_FOUND", f"There is no key {name}.")
    if account.is_revoked:
        return []
    return [events.KeyRevoked(name=name, by=by, staff_note=note)]


def in_order(rights: Sequence[Right] | frozenset[Right]) -> tuple[Right, ...]:
    """Return rights in the sequence in which they are listed everywhere, each once."""
    return tuple(right for right in Right if right in rights)
