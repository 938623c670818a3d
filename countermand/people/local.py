"""How to get into a system on this machine: accounts for every role, and a key for this tool."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple, get_args

from contracts.cancellation import Actor, Right, Role
from countermand.endpoints import SIGN_IN_FILE
from countermand.people.desk import open_book
from services.cancellation.people import reading
from services.cancellation.people.book import Book
from services.cancellation.people.passwords import KEY, draw_password, draw_token

PAGE_KEY = "CUSTOMERS_API_KEY"
"""The setting that tells the customer's page its key."""

LAUNCHER = Actor(type="SERVICE", id="countermand-up")
NOTE = "made by the start of a system on this machine"


class SignIn(NamedTuple):
    """How one gets in."""

    names: tuple[str, ...]
    """Accounts made here; none where there were people before."""
    password: str | None
    """Of all of them."""
    api_key: str
    """For this tool: it says who asks."""
    page_key: str
    """For the customer's page: it asks as the customer of an order."""


def _kept_in(data_dir: Path) -> SignIn | None:
    file = data_dir / SIGN_IN_FILE
    return SignIn(**json.loads(file.read_text("utf-8"))) if file.exists() else None


def closed(data_dir: Path) -> dict[str, str]:
    """Return the environment of a system that asks everybody who they are.

    The customer's page is started with its key, which `let_in` then makes known.
    """
    known = _kept_in(data_dir)
    page_key = known.page_key if known else draw_token(KEY)
    given = os.environ.get(PAGE_KEY)  # where others have started the page, with a key of theirs
    return {
        "CANCELLATION_ACCESS": "required",
        "NOTIFIER_WEBHOOK_ACCESS": "required",
        PAGE_KEY: given or page_key,
    }


async def let_in(postgres_dsn: str, data_dir: Path, env: Mapping[str, str]) -> SignIn:
    """Make what is needed to get in, once per database, and keep it for this user alone.

    Args:
        postgres_dsn: the database of the system that runs.
        data_dir: where it keeps its data.
        env: what `closed` returned when it was started.
    """
    file, page_key = data_dir / SIGN_IN_FILE, env[PAGE_KEY]
    async with open_book(postgres_dsn) as book:
        known = _kept_in(data_dir)
        if known and await book.find_caller(known.api_key) is not None:
            if await book.find_caller(page_key) is None:
                await _admit_page(book, page_key)
            return known
        made = await _make(book, page_key)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
        json.dump(made._asdict(), new)
    return made


async def _make(book: Book, page_key: str) -> SignIn:
    number = token_hex(4)
    key = await book.issue_key(
        f"local-{number}", tuple(Right), LAUNCHER, note=NOTE, names_others=True
    )
    if await book.find_caller(page_key) is None:
        await _admit_page(book, page_key)
    if await reading.list_people(book.pool):
        return SignIn((), None, key, page_key)
    password, roles = draw_password(), get_args(Role)
    for role in roles:
        await book.add(role.lower(), role, LAUNCHER, note=NOTE, password=password)
    return SignIn(tuple(role.lower() for role in roles), password, key, page_key)


async def _admit_page(book: Book, page_key: str) -> None:
    rights = (Right.READ, Right.REQUEST)
    await book.issue_key(f"customers-{token_hex(4)}", rights, LAUNCHER, note=NOTE, token=page_key)
