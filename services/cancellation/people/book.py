"""Accounts, sign-ins and keys: every change is a fact, and who may come in is read from a row.

Facts and rows are written in one transaction. Whoever writes about one name waits for whoever does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from contracts.cancellation import RIGHTS_OF, Actor, Right, Role, whole
from kit.clock import Clock, utc_now
from kit.event_store import EventStore, Pending
from kit.facts import Cause, Fact
from kit.ids import stream_id
from kit.postgres import AnyConnection, Pool
from services.cancellation.domain import events, people
from services.cancellation.domain.people import Account, name_of
from services.cancellation.people import passwords
from services.cancellation.people.callers import Caller
from services.cancellation.people.limits import Limits
from services.cancellation.people.rows import write_along
from services.cancellation.settings import CancellationSettings

Decide = Callable[[Account], Sequence[Fact]]

USED_EVERY_S = 60
"""The last use of a key is written down so often at most."""


class SignInRefusedError(Exception):
    """Somebody did not get in; name and password are one question, answered as a whole."""


class TooManyError(Exception):
    """Somebody has tried too often, with this account or from this address."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"wait {wait_s} s")
        self.wait_s = wait_s


class Session(NamedTuple):
    """A session that has just begun."""

    token: str
    """Shown once."""
    caller: Caller
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The book of who may come in."""

    pool: Pool
    store: EventStore
    limits: Limits
    session_max_s: int
    clock: Clock = utc_now

    async def add(
        self, name: str, role: Role, by: Actor, *, rights: Sequence[Right] | None = None,
        note: str | None = None, password: str | None = None,
    ) -> str:  # fmt: skip
        """Open an account; returns its first password, a drawn one unless given."""
        name = name_of(name)
        chosen = people.in_order(RIGHTS_OF[role] if rights is None else rights)
        person = events.PersonSet(
            name=name, role=role, rights=chosen, is_enabled=True, by=by, staff_note=note
        )
        password = passwords.draw_password() if password is None else password
        people.check_password(password)
        kept = await passwords.hash_password(password)
        await self.decide(
            f"person:{name}",
            lambda account: [*people.add_person(account, person),
                             events.PasswordSet(name=name, by=by)],
            kept,
        )  # fmt: skip
        return password

    async def change(self, name: str, by: Actor, note: str | None, **changes: Any) -> None:
        """Change an account; ends its sessions."""
        name = name_of(name)
        await self.decide(
            f"person:{name}",
            lambda account: people.change_person(account, name, by, note, **changes),
        )

    async def set_password(self, name: str, by: Actor, password: str | None = None) -> str:
        """Give an account a password, a drawn one unless given; ends its sessions."""
        name = name_of(name)
        password = passwords.draw_password() if password is None else password
        people.check_password(password)
        kept = await passwords.hash_password(password)
        await self.decide(
            f"person:{name}", lambda account: people.set_password(account, name, by), kept
        )
        return password

    async def issue_key(
        self, name: str, rights: Sequence[Right], by: Actor, *, note: str | None = None,
        expires_at: datetime | None = None, names_others: bool = False, token: str | None = None,
    ) -> str:  # fmt: skip
        """Issue a key; the whole of it is shown once. `token` is one that was drawn before."""
        name, now = name_of(name), self.clock()
        token = token or passwords.draw_token(passwords.KEY)
        key = events.KeyIssued(
            name=name, prefix=token[: passwords.PREFIX_LENGTH], rights=people.in_order(rights),
            names_others=names_others, expires_at=expires_at, by=by, staff_note=note,
        )  # fmt: skip
        kept = passwords.digest(token)
        await self.decide(
            f"api-key:{name}", lambda account: people.issue_key(account, key, now), kept
        )
        return token

    async def revoke_key(self, name: str, by: Actor, note: str | None = None) -> None:
        """Revoke a key; from the next request on it opens nothing."""
        name = name_of(name)
        await self.decide(
            f"api-key:{name}", lambda account: people.revoke_key(account, name, by, note)
        )

    async def sign_in(self, name: str, password: str, address: str) -> Session:
        """Begin a session.

        Raises:
            SignInRefusedError: name or password are wrong, or the account is disabled.
            TooManyError: there were too many attempts.
        """
        # PostgreSQL takes no NUL; nobody is called so.
        name, now = name.strip().lower().replace("\0", " "), self.clock()
        async with self.pool.acquire() as connection:
            wait_s, is_first = await self.limits.count(connection, name, address, now)
            row = await connection.fetchrow(
                "SELECT name, role, rights, is_enabled, password_hash FROM cancellation.people"
                " WHERE name = $1",
                name,
            )
        known = None if row is None else name
        if wait_s:
            if is_first:
                await self.refuse(known, "TOO_MANY", address)
            raise TooManyError(wait_s)
        kept: str | None = None if row is None else row["password_hash"]
        is_right = await passwords.is_right(kept, password)
        if row is None or not is_right or not row["is_enabled"]:
            await self.refuse(known, "DISABLED" if is_right else "NAME_OR_PASSWORD", address)
            raise SignInRefusedError
        is_old = kept is not None and passwords.is_outdated(kept)
        fresh = await passwords.hash_password(password) if is_old else None
        return await self.begin(row, address, fresh)

    async def begin(
        self, row: Any, address: str, fresh: str | None = None, way: events.Way = "PASSWORD"
    ) -> Session:
        """Begin a session for the owner of a row; `fresh` is what their password is known by."""
        name, now, session_id = row["name"], self.clock(), uuid4()
        token = passwords.draw_token(passwords.SESSION)
        expires_at = now + timedelta(seconds=self.session_max_s)

        async def open_(connection: AnyConnection) -> None:
            await connection.execute(
                "DELETE FROM cancellation.sessions WHERE expires_at <= $1", now
            )
            await connection.execute(
                "INSERT INTO cancellation.sessions (token_digest, session_id, name, expires_at)"
                " VALUES ($1, $2, $3, $4)",
                passwords.digest(token), session_id, name, expires_at,
            )  # fmt: skip
            await connection.execute(
                "UPDATE cancellation.people SET signed_in_at = $2,"
                " password_hash = coalesce($3, password_hash) WHERE name = $1",
                name, now, fresh,
            )  # fmt: skip
            await self.limits.forget(connection, name, now)

        fact = events.SignedIn(name=name, session_id=session_id, address=address[:100], way=way)
        await self._note(f"sign-ins:{name}", fact, open_)
        return Session(token, _person(row, session_id), expires_at)

    async def sign_out(self, caller: Caller) -> None:
        """End a session; from the next request on its token opens nothing."""
        if caller.session_id is not None:
            name = caller.actor.id
            fact = events.SignedOut(name=name, session_id=caller.session_id)
            await self._note(f"sign-ins:{name}", fact)

    async def find_caller(self, token: str) -> Caller | None:
        """Return who comes with a token; None when it opens nothing, or nothing any more."""
        kept, now = passwords.digest(token), self.clock()
        row = await self.pool.fetchrow(
            "SELECT s.session_id, p.name, p.role, p.rights FROM cancellation.sessions s"
            " JOIN cancellation.people p USING (name)"
            " WHERE s.token_digest = $1 AND s.expires_at > $2 AND p.is_enabled",
            kept, now,
        )  # fmt: skip
        if row is not None:
            return _person(row, row["session_id"])
        row = await self.pool.fetchrow(
            "SELECT name, rights, names_others, used_at FROM cancellation.api_keys"
            " WHERE token_digest = $1 AND revoked_at IS NULL"
            " AND (expires_at IS NULL OR expires_at > $2)",
            kept, now,
        )  # fmt: skip
        if row is None:
            return None
        if row["used_at"] is None or now - row["used_at"] > timedelta(seconds=USED_EVERY_S):
            await self.pool.execute(
                "UPDATE cancellation.api_keys SET used_at = $2 WHERE name = $1", row["name"], now
            )
        service = Actor(type="SERVICE", id=row["name"])
        return Caller(service, whole(row["rights"]), names_others=row["names_others"])

    async def refuse(
        self, name: str | None, why: events.Refused, address: str, way: events.Way = "PASSWORD"
    ) -> None:
        """Write down that somebody did not get in."""
        fact = events.SignInRefused(name=name, why=why, address=address[:100], way=way)
        # One stream for each that is about nobody: nothing is ever folded over them.
        await self._note(f"sign-ins:{name}" if name else f"sign-in:{uuid4()}", fact)

    async def decide(self, key: str, decide: Decide, kept: str | bytes | None = None) -> None:
        """Decide about one name, and write what follows."""
        stream = stream_id(key)
        async with self.pool.acquire() as connection, connection.transaction():
            await _take_turns(connection, stream)
            story = await self.store.load(connection, stream)
            account = reduce(people.evolve, (one.fact for one in story), Account())
            facts = decide(account)
            for fact in facts:
                await write_along(connection, fact, self.clock(), kept)
            await self._append(connection, stream, len(story), facts)

    async def _note(self, key: str, fact: Fact, also: Any = None) -> None:
        """Write down what has happened; nobody decides about it."""
        stream = stream_id(key)
        async with self.pool.acquire() as connection, connection.transaction():
            await _take_turns(connection, stream)
            if also is not None:
                await also(connection)
            await write_along(connection, fact, self.clock(), None)
            version = await connection.fetchval(
                "SELECT coalesce(max(originator_version), 0) FROM cancellation.cancellation_events"
                " WHERE originator_id = $1",
                stream,
            )
            await self._append(connection, stream, version, [fact])

    async def _append(
        self, connection: AnyConnection, stream: UUID, version: int, facts: Sequence[Fact]
    ) -> None:
        id_ = f"people-{uuid4()}"
        cause = Cause(message_id=id_, correlation_id=id_, recorded_at=self.clock())
        mapper = self.store.mapper
        because = mapper.transcoder.encode(cause)
        rows = [
            Pending(stream, version + n, fact.NAME, mapper.write_body(fact, because))
            for n, fact in enumerate(facts, 1)
        ]
        await self.store.append(connection, rows)


def book_over(pool: Pool, store: EventStore, settings: CancellationSettings) -> Book:
    """Return the book of a system with these settings."""
    limits = Limits(
        settings.sign_ins_per_account_max,
        settings.sign_ins_per_address_max,
        settings.sign_in_window_s,
    )
    return Book(pool=pool, store=store, limits=limits, session_max_s=settings.session_max_s)


async def _take_turns(connection: AnyConnection, stream: UUID) -> None:
    """Wait until nobody else writes about the same name."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", stream.int >> 65)


def _person(row: Any, session_id: UUID) -> Caller:
    actor = Actor(type="STAFF", id=row["name"], role=row["role"])
    return Caller(actor, whole(row["rights"]), session_id)
