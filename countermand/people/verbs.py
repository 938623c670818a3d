"""The verbs `people …` and `keys …`: who may come in, with which rights, and who did."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

from cyclopts import App, Parameter

from contracts.cancellation import Right, Role
from countermand import screen
from countermand.endpoints import DEFAULT_DATA_DIR, Endpoints
from countermand.errors import KnownError
from countermand.verb import DataDir, Json, run

people = App(name="people", help="Accounts of the staff: roles, rights, passwords, sign-ins.")
keys = App(name="keys", help="Keys of services for the API.")

T = TypeVar("T")
Name = Annotated[str, Parameter(help="The account, as it stands below what the person does.")]
KeyName = Annotated[str, Parameter(help="The service, as it stands below what it does.")]
Rights = Annotated[
    tuple[Right, ...],
    Parameter(name="--right", negative=(), show_default=False, help="May be repeated."),
]
Enabled = Annotated[bool | None, Parameter(negative="--disabled", help="Lets in, or not.")]
Until = Annotated[datetime | None, Parameter(help="When it ends by itself, in UTC.")]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Who wants something, and how the answer is shown."""

    by: Annotated[str, Parameter(help="Who wants it: a person's name; kept for ever.")]
    why: Annotated[str | None, Parameter(help="Why; kept for ever.")] = None
    data_dir: DataDir = DEFAULT_DATA_DIR
    json: Json = False


By = Annotated[Wish, Parameter(name="*")]


@people.command(name="list")
def list_people(*, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Show every account with its rights."""
    from services.cancellation.people import reading  # noqa: PLC0415 - keeps other verbs quick

    found = _with_book(data_dir, lambda book: reading.list_people(book.pool))
    if json:
        screen.print_json({"people": found})
        return
    rows = [
        (one["name"], one["role"], ", ".join(one["rights"]),
         "" if one["is_enabled"] else "disabled", _moment(one["signed_in_at"]))
        for one in found
    ]  # fmt: skip
    screen.print_rows("People", ("Name", "Role", "Rights", "", "Signed in (UTC)"), rows)


@people.command
def add(name: Name, /, *, role: Role, rights: Rights = (), wish: By) -> None:
    """Open an account; without `--right`, with the rights of its role.

    Its first password is drawn, and shown once.
    """
    password = _with_book(
        wish.data_dir,
        lambda book: book.add(name, role, _actor(wish), rights=rights or None, note=wish.why),
    )
    _shown_once(wish, "password", password, f"{name} can sign in as {role}")


@people.command
def change(
    name: Name, /, *, role: Role | None = None, rights: Rights = (),
    enabled: Enabled = None,
    wish: By,
) -> None:  # fmt: skip
    """Change role or rights, disable or enable an account; ends its sessions.

    A new role brings its own rights, unless `--right` says otherwise.
    """
    _with_book(
        wish.data_dir,
        lambda book: book.change(
            name, _actor(wish), wish.why, role=role, rights=rights or None, is_enabled=enabled
        ),
    )
    _done(wish, name)


@people.command
def password(name: Name, /, *, wish: By) -> None:
    """Give an account a new password; it is drawn, and shown once. Ends its sessions."""
    drawn = _with_book(wish.data_dir, lambda book: book.set_password(name, _actor(wish)))
    _shown_once(wish, "password", drawn, f"{name} has a new password")


@people.command
def log(
    limit: Annotated[int, Parameter(help="How many.")] = 50,
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Show what happened to accounts and keys and who came in, newest first."""
    from services.cancellation.people import reading  # noqa: PLC0415 - as above

    found = _with_book(data_dir, lambda book: reading.list_log(book.pool, book.store, limit=limit))
    if json:
        screen.print_json({"log": found})
        return
    rows = [
        (_moment(one["at"]), one["what"], one["name"] or "unknown",
         one.get("by", {}).get("id") or one.get("address", ""),
         one.get("why") or one.get("staff_note"))
        for one in found
    ]  # fmt: skip
    screen.print_rows("People", ("When (UTC)", "What", "Who", "By or from", "Why"), rows)


@keys.command(name="list")
def list_keys(*, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Show every key: how it begins, its rights, its last use."""
    from services.cancellation.people import reading  # noqa: PLC0415 - as above

    found = _with_book(data_dir, lambda book: reading.list_keys(book.pool))
    if json:
        screen.print_json({"keys": found})
        return
    rows = [
        (one["name"], one["prefix"] + "…", ", ".join(one["rights"]), _moment(one["used_at"]),
         "revoked" if one["revoked_at"] else _moment(one["expires_at"]))
        for one in found
    ]  # fmt: skip
    screen.print_rows("Keys", ("Name", "Key", "Rights", "Last used (UTC)", "Until"), rows)


@keys.command
def issue(
    name: KeyName, /, *, rights: Rights, until: Until = None,
    names_others: Annotated[
        bool, Parameter(negative=(), help="For a back office that signs its people in itself.")
    ] = False,
    wish: By,
) -> None:  # fmt: skip
    """Issue a key with these rights; it is shown once."""
    from datetime import UTC  # noqa: PLC0415 - as above

    ends = until.replace(tzinfo=until.tzinfo or UTC) if until else None
    key = _with_book(
        wish.data_dir,
        lambda book: book.issue_key(
            name, rights, _actor(wish), note=wish.why, expires_at=ends, names_others=names_others
        ),
    )
    _shown_once(wish, "key", key, f"{name} may ask with this key")


@keys.command
def revoke(name: KeyName, /, *, wish: By) -> None:
    """Revoke a key; from the next request on it opens nothing."""
    _with_book(wish.data_dir, lambda book: book.revoke_key(name, _actor(wish), wish.why))
    _done(wish, name)


def _with_book(data_dir: Path, do: Callable[[Any], Awaitable[T]]) -> T:
    from countermand.people.desk import open_book  # noqa: PLC0415 - as above
    from services.cancellation.domain.people import NotDoneError  # noqa: PLC0415

    async def work() -> T:
        async with open_book(Endpoints.find(data_dir).postgres_dsn) as book:
            try:
                return await do(book)
            except NotDoneError as no:
                raise KnownError(f"{no.code}: {no.detail}") from None

    return run(work())


def _actor(wish: Wish) -> Any:
    from contracts.cancellation import Actor  # noqa: PLC0415 - as above
    from services.cancellation.domain.people import name_of  # noqa: PLC0415

    return Actor(type="STAFF", id=name_of(wish.by))


def _shown_once(wish: Wish, what: str, secret: str, done: str) -> None:
    if wish.json:
        screen.print_json({what: secret})
        return
    screen.say(f"[green]✓[/] {done}. This {what} is shown once:")
    screen.say(f"  [bold]{secret}[/]")


def _done(wish: Wish, name: str) -> None:
    if wish.json:
        screen.print_json({"name": name})
    else:
        screen.say(f"[green]✓[/] {name}")


def _moment(value: Any) -> str:
    return str(value)[:19].replace("T", " ") if value else ""
