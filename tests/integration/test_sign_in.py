"""Signing in: nobody learns who is known, nobody tries for ever, and all of it is kept."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.cancellation import Right
from kit.clock import utc_now
from kit.postgres import Pool, open_pool
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain.people import NotDoneError
from services.cancellation.people import reading
from services.cancellation.people.book import SignInRefusedError, TooManyError
from services.cancellation.people.limits import Limits
from tests.support import command_line
from tests.support.people import ROOT, House, book_over, open_house
from tests.support.stack import Servers

pytestmark = pytest.mark.integration


@pytest.fixture
async def house(settings: KitSettings, database: str) -> AsyncIterator[House]:
    async with (
        open_pool(settings.postgres_dsn, size_max=8, name="test") as pool,
        open_house(settings, pool, sign_ins_per_account_max=3) as house,
    ):
        yield house


@pytest.fixture
async def pool(house: House) -> Pool:
    return house.pool


async def sign_in(house: House, name: str, password: str) -> Any:
    return await house.ask(None, "POST", "/v1/sessions", json={"name": name, "password": password})


async def test_whoever_is_unknown_disabled_or_wrong_gets_one_answer_in_one_time(
    house: House,
) -> None:
    await house.book.add("kim", "AGENT", ROOT)
    password = await house.book.add("lea", "AGENT", ROOT)
    await house.book.change("lea", ROOT, "left", is_enabled=False)
    answers, times_s = set(), {}
    for name, tried in (("kim", "wrong"), ("lea", password), ("nobody", "wrong"), ("\x00", "x")):
        started = time.perf_counter()
        answer = await sign_in(house, name, tried)
        times_s[name] = time.perf_counter() - started
        answers.add((answer.status_code, answer.text))
    assert len(answers) == 1
    assert "SIGN_IN_REFUSED" in answers.pop()[1]
    assert min(times_s.values()) > 0.4 * max(times_s.values()), times_s


async def test_too_many_attempts_are_too_many_however_many_come_at_once(house: House) -> None:
    password = await house.book.add("kim", "AGENT", ROOT)
    tried = await asyncio.gather(*(sign_in(house, "kim", "wrong") for _ in range(8)))
    assert sorted(answer.status_code for answer in tried) == [401] * 3 + [429] * 5
    right = await sign_in(house, "KIM ", password)
    assert (right.status_code, right.json()["code"]) == (429, "TOO_MANY_SIGN_INS")
    assert "15 min" in right.json()["detail"]
    assert 0 < right.json()["wait_s"] <= 901
    unknown = [await sign_in(house, "nobody", "wrong") for _ in range(4)]
    assert [answer.status_code for answer in unknown] == [401, 401, 401, 429]
    later = replace(house.book, clock=lambda: utc_now() + timedelta(minutes=16))
    assert (await later.sign_in("kim", password, "here")).token
    assert (await sign_in(house, "kim", password)).status_code == 201, "counted anew since then"


async def test_an_address_is_limited_whatever_accounts_it_tries(pool: Pool) -> None:
    book = book_over(pool, limits=Limits(per_account=50, per_address=2, window_s=60))
    for name in ("a", "b"):
        with pytest.raises(SignInRefusedError):
            await book.sign_in(name, "wrong", "192.0.2.7")
    with pytest.raises(TooManyError):
        await book.sign_in("c", "wrong", "192.0.2.7")
    with pytest.raises(SignInRefusedError):
        await book.sign_in("c", "wrong", "192.0.2.8")


async def test_a_session_is_new_each_time_and_ends_with_what_it_rested_on(house: House) -> None:
    book = house.book
    password = await book.add("kim", "AGENT", ROOT)

    async def begun(with_password: str) -> str:
        token = (await book.sign_in("kim", with_password, "here")).token
        assert (await house.ask(token, "GET", "/v1/me")).status_code == 200
        return token

    async def is_over(token: str) -> bool:
        return bool((await house.ask(token, "GET", "/v1/me")).status_code == 401)

    first, second = await begun(password), await begun(password)
    assert first != second
    assert (await house.ask(second, "DELETE", "/v1/sessions/current")).status_code == 204
    assert await is_over(second)
    assert not await is_over(first), "another browser's session goes on"
    await book.change("kim", ROOT, None, role="VIEWER")
    assert await is_over(first)
    token = await begun(password)
    change = {"password": password, "new_password": "a few words in a row"}
    assert (await house.ask(token, "POST", "/v1/me/password", json=change)).status_code == 204
    assert await is_over(token)
    token = await begun("a few words in a row")
    brief = replace(book, clock=lambda: utc_now() + timedelta(hours=2))
    assert await brief.find_caller(token) is None, "it ends by itself"
    short = {"password": "a few words in a row", "new_password": "short"}
    answer = await house.ask(token, "POST", "/v1/me/password", json=short)
    assert answer.json()["code"] == "PASSWORD_INVALID"


async def test_all_of_it_is_told_afterwards_and_no_secret_is_in_it(house: House) -> None:
    password = await house.book.add("kim", "AGENT", ROOT, note="new")
    with suppress(SignInRefusedError):
        await house.book.sign_in("my-password-by-mistake", "wrong", "192.0.2.7")
    with suppress(SignInRefusedError):
        await house.book.sign_in("kim", "wrong", "192.0.2.7")
    session = await house.book.sign_in("kim", password, "192.0.2.7")
    await house.book.sign_out(session.caller)
    await house.book.change("kim", ROOT, "moved", rights=[Right.READ])
    await house.book.change("kim", ROOT, "moved", rights=[Right.READ])
    key = await house.book.issue_key("erp", [Right.PEOPLE], ROOT)
    told = (await house.ask(key, "GET", "/v1/people-log")).json()["log"]
    await house.book.revoke_key("erp", ROOT)
    assert [(one["what"], one["name"], one.get("address")) for one in reversed(told)] == [
        ("PERSON_SET", "kim", None),
        ("PASSWORD_SET", "kim", None),
        ("SIGN_IN_REFUSED", None, "192.0.2.7"),
        ("SIGN_IN_REFUSED", "kim", "192.0.2.7"),
        ("SIGNED_IN", "kim", "192.0.2.7"),
        ("SIGNED_OUT", "kim", None),
        ("PERSON_SET", "kim", None),
        ("KEY_ISSUED", "erp", None),
    ]
    assert all(one["at"] for one in told)
    assert told[0]["by"]["id"] == "root"
    kept = ""
    for table in ("cancellation_events", "people", "sessions", "api_keys", "sign_in_attempts"):
        rows = await house.pool.fetch(f"SELECT t::text FROM cancellation.{table} t")
        kept += "".join(row[0] for row in rows)
    log = await reading.list_log(house.pool, SERVICE.store, limit=50)
    assert len(log) == len(told) + 1
    for secret in (password, session.token, key, "my-password-by-mistake"):
        assert secret not in kept
        assert secret.encode().hex() not in kept
        assert secret not in str(log)


async def test_a_name_and_a_key_are_one_for_ever(house: House) -> None:
    book = house.book
    await book.add("kim", "AGENT", ROOT)
    await book.issue_key("erp", [Right.READ], ROOT)
    again = {
        "PERSON_EXISTS": book.add("Kim", "ADMIN", ROOT),
        "PERSON_NOT_FOUND": book.change("lea", ROOT, None, is_enabled=False),
        "KEY_EXISTS": book.issue_key("erp", [Right.READ], ROOT),
        "KEY_NOT_FOUND": book.revoke_key("shop", ROOT),
        "KEY_EXPIRED": book.issue_key("old", [Right.READ], ROOT, expires_at=utc_now()),
        "NAME_INVALID": book.add("Léa Martin", "AGENT", ROOT),
        "PASSWORD_INVALID": book.set_password("kim", ROOT, "short"),
    }
    for code, doing in again.items():
        with pytest.raises(NotDoneError) as refused:
            await doing
        assert refused.value.code == code
    many = [book.add("lea", "AGENT", ROOT) for _ in range(5)]
    ended = await asyncio.gather(*many, return_exceptions=True)
    assert [type(one) for one in ended].count(str) == 1


async def test_the_first_account_and_key_are_made_at_the_command_line(
    house: House, servers: Servers, database: str
) -> None:
    env = {"COUNTERMAND_POSTGRES_DSN": database,
           "COUNTERMAND_KAFKA_BOOTSTRAP": servers.kafka_bootstrap}  # fmt: skip
    added = await command_line.run(
        "people", "add", "kim", "--role", "ADMIN", "--by", "root", "--json", env=env
    )
    session = (await sign_in(house, "kim", added.json["password"])).json()["token"]
    assert (await house.ask(session, "GET", "/v1/people")).status_code == 200
    again = await command_line.run("people", "add", "kim", "--role", "ADMIN", "--by", "x", env=env)
    assert again.exit_code == 1
    assert "PERSON_EXISTS" in again.stderr
    log = await command_line.run("people", "log", env=env)
    assert "SIGNED_IN" in log.stderr
