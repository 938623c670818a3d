"""Signing in at an identity provider: who gets in, as whom, and what is not believed."""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import jwt
import pytest

from contracts.cancellation import Right
from kit.postgres import open_pool
from kit.settings import KitSettings
from services.cancellation.people.openid import WORDS, open_identity_provider
from tests.support.openid import (
    CLIENT_ID,
    SHARED,
    SHARED_SECRET,
    OpenIdProvider,
    open_id_provider,
)
from tests.support.people import ROOT, House, open_house

pytestmark = pytest.mark.integration

BEGIN, END = "/v1/openid-connect/sign-ins", "/v1/openid-connect/sessions"


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    with open_id_provider() as opened:
        yield opened


@pytest.fixture
async def house(
    settings: KitSettings, database: str, provider: OpenIdProvider
) -> AsyncIterator[House]:
    async with (
        open_pool(settings.postgres_dsn, size_max=4, name="test") as pool,
        open_identity_provider(provider.settings()) as known,
        open_house(settings, pool, provider=known) as house,
    ):
        yield house


async def rows_of(house: House, table: str) -> int:
    return int(await house.pool.fetchval(f"SELECT count(*) FROM {table}"))


async def come(house: House, provider: OpenIdProvider, name: str = "kim", **other: str) -> Any:
    """Sign in as a browser does; `other` is brought in place of what was kept."""
    begun = (await house.ask(None, "POST", BEGIN)).json()
    brought = await provider.approve(begun["url"], name)
    assert brought["state"] == begun["state"]
    kept = {"code": brought["code"], "nonce": begun["nonce"],
            "code_verifier": begun["code_verifier"]}  # fmt: skip
    return await house.ask(None, "POST", END, json={**kept, **other})


async def test_somebody_comes_in_with_the_role_the_provider_gives_them(
    house: House, provider: OpenIdProvider
) -> None:
    assert (await house.ask(None, "GET", "/v1/sign-in-ways")).json() == {"provider": "Shop ID"}
    first, second = [(await come(house, provider)).json() for _ in range(2)]
    assert first["token"] != second["token"]
    me = (await house.ask(first["token"], "GET", "/v1/me")).json()
    assert me["actor"] == {"type": "STAFF", "id": "kim", "role": "AGENT"}
    assert "CANCEL" in me["rights"]
    assert "APPROVE" not in me["rights"]
    provider.people["kim"]["groups"] = ["desk-agents", "desk-managers"]
    provider.people["kim"]["preferred_username"] = "kim.renamed"
    third = (await come(house, provider)).json()
    assert third["actor"] == {"type": "STAFF", "id": "kim", "role": "MANAGER"}, "the same account"
    old = await house.ask(first["token"], "GET", "/v1/me")
    assert old.status_code == 401, "a new role ends what rested on the old one"
    key = await house.book.issue_key("erp", [Right.PEOPLE], ROOT)
    told = (await house.ask(key, "GET", "/v1/people-log")).json()["log"]
    assert [(one["what"], one["name"], one.get("way")) for one in reversed(told)] == [
        ("PERSON_SET", "kim", None),
        ("SIGNED_IN", "kim", "OPENID_CONNECT"),
        ("SIGNED_IN", "kim", "OPENID_CONNECT"),
        ("PERSON_SET", "kim", None),
        ("SIGNED_IN", "kim", "OPENID_CONNECT"),
        ("KEY_ISSUED", "erp", None),
    ]
    assert told[-1]["by"] == {"type": "SERVICE", "id": "openid-connect", "role": None}
    people = (await house.ask(key, "GET", "/v1/people")).json()["people"]
    assert [(one["name"], one["way"]) for one in people] == [("kim", "OPENID_CONNECT")]


async def test_who_has_no_role_here_or_is_disabled_or_called_like_another_is_refused(
    house: House, provider: OpenIdProvider
) -> None:
    provider.people |= {
        "max": {"sub": "u-2", "preferred_username": "max", "groups": ["accounting"]},
        "ada": {"sub": "u-3", "preferred_username": "ada", "groups": "desk-managers"},
        "eve": {"sub": "u-4", "preferred_username": "kim@elsewhere.example",
                "groups": ["desk-managers"]},
        "zoé": {"sub": "u-5", "preferred_username": "Zoé !", "groups": ["desk-agents"]},
    }  # fmt: skip
    await house.book.add("ada", "ADMIN", ROOT)
    assert (await come(house, provider)).status_code == 201
    await house.book.change("kim", ROOT, "left", is_enabled=False)
    for name, code in (("max", "NO_ROLE"), ("ada", "NAME_TAKEN"), ("eve", "NAME_TAKEN"),
                       ("zoé", "NAME_INVALID"), ("kim", "DISABLED")):  # fmt: skip
        answer = await come(house, provider, name)
        assert (answer.status_code, answer.json()["code"]) == (403, code), name
    rows = await house.pool.fetch("SELECT name, role FROM cancellation.people ORDER BY name")
    assert [tuple(row) for row in rows] == [("ada", "ADMIN"), ("kim", "AGENT")]
    key = await house.book.issue_key("erp", [Right.PEOPLE], ROOT)
    told = (await house.ask(key, "GET", "/v1/people-log")).json()["log"]
    assert [(one["name"], one["why"]) for one in reversed(told) if one.get("why")] == [
        (None, "NO_ROLE"), ("ada", "NAME_TAKEN"), ("kim", "NAME_TAKEN"), (None, "NAME_INVALID"),
        ("kim", "DISABLED"),
    ]  # fmt: skip
    assert await rows_of(house, "cancellation.sessions") == 0


async def test_an_account_of_the_provider_gets_no_password_and_the_others_keep_theirs(
    house: House, provider: OpenIdProvider
) -> None:
    assert (await come(house, provider)).status_code == 201
    admin = (await house.staff("ADMIN"))["ADMIN"]
    answer = await house.ask(admin, "POST", "/v1/people/kim/password")
    assert (answer.status_code, answer.json()["code"]) == (409, "SIGNS_IN_ELSEWHERE")
    provider.is_away = True
    tried = {"name": "kim", "password": "anything at all"}
    assert (await house.ask(None, "POST", "/v1/sessions", json=tried)).status_code == 401
    password = await house.book.add("lea", "ADMIN", ROOT)
    tried = {"name": "lea", "password": password}
    assert (await house.ask(None, "POST", "/v1/sessions", json=tried)).status_code == 201


def unsigned(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, "", "none", {"kid": "k-1"})


def forged(token: str) -> str:
    """Sign with another key under the name of the identity provider's."""
    return resigned(token, OpenIdProvider("").key, "RS256")


def resigned(token: str, key: Any, algorithm: str, kid: str = "k-1") -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, key, algorithm, {"kid": kid})


def shared(token: str) -> str:
    """Sign with a secret that the list of keys gives away."""
    return resigned(token, SHARED_SECRET, "HS256", str(SHARED["kid"]))


def nameless(token: str) -> str:
    """Name no key, where there are several."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, OpenIdProvider("").key, "RS256")


def raised(token: str) -> str:
    """Change what a signed token says."""
    header, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["groups"] = ["desk-managers"]
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{header}.{changed}.{signature}"


@pytest.mark.parametrize(
    ("twist", "write", "why"),
    [
        (None, forged, "SIGNATURE"),
        (None, raised, "SIGNATURE"),
        (None, unsigned, "ALGORITHM"),
        (None, shared, "ALGORITHM"),
        (None, nameless, "SIGNATURE"),
        (None, lambda _: "not.a.token", "MALFORMED"),
        ({"aud": "another-system"}, None, "AUDIENCE"),
        ({"aud": [CLIENT_ID, "another-system"]}, None, "AUDIENCE"),
        ({"azp": "another-system"}, None, "AUDIENCE"),
        ({"iss": "https://elsewhere.example"}, None, "ISSUER"),
        ({"nonce": "of-another-sign-in"}, None, "NONCE"),
        ({"nonce": None}, None, "NONCE"),
        ({"exp": 1_700_000_000, "iat": 1_699_999_000}, None, "EXPIRED"),
        ({"exp": None}, None, "MALFORMED"),
    ],
)
async def test_what_the_provider_has_not_signed_for_us_and_for_now_is_not_believed(
    house: House, provider: OpenIdProvider, twist: Any, write: Any, why: Any
) -> None:
    def change(claims: dict[str, Any]) -> None:
        for name, value in (twist or {}).items():
            claims[name] = value
            if value is None:
                del claims[name]

    provider.twist, provider.write = change, write or provider.write
    answer = await come(house, provider)
    said = answer.json()
    assert (answer.status_code, said["code"], said["why"]) == (401, "NOT_VOUCHED_FOR", why)
    assert said["detail"] == f"{WORDS[why]}. Nobody was signed in; begin again."
    assert await rows_of(house, "cancellation.people") == 0
    refused = "cancellation.cancellation_events WHERE topic = 'people.sign-in-refused.v1'"
    assert await rows_of(house, refused) == 1


async def test_a_code_counts_once_and_only_for_who_began(
    house: House, provider: OpenIdProvider
) -> None:
    stolen = await come(house, provider, code_verifier="of-somebody-else")
    assert stolen.json()["why"] == "CODE"
    other = await come(house, provider, nonce="of-somebody-else")
    assert other.json()["why"] == "NONCE"
    begun = (await house.ask(None, "POST", BEGIN)).json()
    brought = await provider.approve(begun["url"])
    body = {"code": brought["code"], "nonce": begun["nonce"],
            "code_verifier": begun["code_verifier"]}  # fmt: skip
    assert (await house.ask(None, "POST", END, json=body)).status_code == 201
    again = await house.ask(None, "POST", END, json=body)
    assert (again.status_code, again.json()["why"]) == (401, "CODE")


async def test_the_providers_keys_may_change_and_it_is_asked_seldom(
    house: House, provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        assert (await come(house, provider)).status_code == 201
    assert provider.asked == ["describe", "keys"]
    provider.turn_keys()
    assert (await come(house, provider)).json()["why"] == "SIGNATURE", "asked a moment ago"
    monkeypatch.setattr("services.cancellation.people.openid.ASKED_AGAIN_AFTER_S", 0.0)
    assert (await come(house, provider)).status_code == 201
    assert provider.asked == ["describe", "keys", "keys"]


async def test_a_provider_that_is_away_or_says_it_is_another_lets_nobody_in(
    house: House, provider: OpenIdProvider
) -> None:
    provider.is_away = True
    answer = await house.ask(None, "POST", BEGIN)
    assert (answer.status_code, answer.json()["code"]) == (503, "IDENTITY_PROVIDER_UNAVAILABLE")
    provider.is_away, provider.url = False, "https://elsewhere.example"
    assert (await house.ask(None, "POST", BEGIN)).status_code == 503


async def test_attempts_are_counted_by_address_before_the_provider_is_asked(
    settings: KitSettings, database: str, provider: OpenIdProvider
) -> None:
    async with (
        open_pool(settings.postgres_dsn, size_max=4, name="test") as pool,
        open_identity_provider(provider.settings()) as known,
        open_house(settings, pool, provider=known, sign_ins_per_address_max=2) as house,
    ):
        body = {"code": "x", "nonce": "x", "code_verifier": "x"}
        tried = [await house.ask(None, "POST", END, json=body) for _ in range(4)]
    assert [answer.status_code for answer in tried] == [401, 401, 429, 429]


async def test_without_a_provider_there_is_none(settings: KitSettings, database: str) -> None:
    async with (
        open_pool(settings.postgres_dsn, size_max=4, name="test") as pool,
        open_house(settings, pool) as house,
    ):
        assert (await house.ask(None, "GET", "/v1/sign-in-ways")).json() == {"provider": None}
        body = {"code": "x", "nonce": "x", "code_verifier": "x"}
        for path in (BEGIN, END):
            answer = await house.ask(None, "POST", path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (
                404,
                "IDENTITY_PROVIDER_NOT_FOUND",
            )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client_id": ""}, "CANCELLATION_OIDC_CLIENT_ID is not"),
        ({"roles": {}}, "CANCELLATION_OIDC_ROLES is not"),
        ({"issuer": "http://id.example"}, "neither https nor on this machine"),
        ({"redirect_url": "http://console.example"}, "neither https nor on this machine"),
        ({"roles": {"desk": "EMPEROR"}}, "VIEWER"),
    ],
)
def test_a_provider_that_is_half_set_up_ends_the_start(changes: Any, said: str) -> None:
    provider = OpenIdProvider("http://127.0.0.1:9")
    provider.settings()
    with pytest.raises(ValueError, match=said):
        provider.settings(**changes)
