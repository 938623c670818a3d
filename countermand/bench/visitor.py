"""Somebody of the staff who is signed in at the API and at the console, as people are."""

import re
from secrets import token_hex
from typing import NamedTuple

import httpx2

from console.forms import TOKEN
from contracts.cancellation import Actor, Role
from countermand.errors import KnownError
from countermand.people.desk import open_book

ROLE: Role = "AGENT"


class Visitor(NamedTuple):
    """Who asks."""

    name: str
    token: str
    cookie: str

    @property
    def api(self) -> dict[str, str]:
        """What the API is shown."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def console(self) -> dict[str, str]:
        """What the console is shown."""
        return {"Cookie": self.cookie}


async def let_in(postgres_dsn: str, console_url: str) -> Visitor:
    """Open an account and sign in at both doors."""
    name, bench = f"bench-{token_hex(4)}", Actor(type="SERVICE", id="bench")
    async with open_book(postgres_dsn) as book:
        password = await book.add(name, ROLE, bench, note="measures how quick reads are")
        session = await book.sign_in(name, password, "bench")
    async with httpx2.AsyncClient(base_url=console_url, trust_env=False) as client:
        page = await client.get("/you")
        token = re.search(rf'name="{TOKEN}" value="([^"]*)"', page.text)
        form = {TOKEN: token[1] if token else "", "name": name, "password": password, "next": "/"}
        answer = await client.post("/you", data=form, headers={"Origin": console_url})
        if answer.is_error:
            raise KnownError(f"The console let nobody in: {answer.status_code}.")
        cookie = "; ".join(f"{one}={value}" for one, value in client.cookies.items())
    return Visitor(name, session.token, cookie)
