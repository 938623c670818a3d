"""The page that describes an application, on a machine that reaches nobody."""

import re

import httpx2
import pytest
from fastapi import FastAPI

from tests.house.tree import PRODUCT, modules
from web.docs import OWN_PAGE, UNGUARDED, describe


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI(title="A lamp", **OWN_PAGE)
    describe(app)
    return app


async def test_the_page_loads_nothing_from_anywhere_else(app: FastAPI) -> None:
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://lamp") as client:
        page = await client.get("/docs")
        assert "A lamp" in page.text
        assert "//" not in re.sub(r"<!--.*?-->|http://lamp", "", page.text, flags=re.DOTALL)
        wanted = {"/openapi.json", *re.findall(r'(?:src|href)="([^"]+)"', page.text)}
        assert len(wanted) == 4
        for path in wanted:
            assert path in UNGUARDED, "whoever may see the page may see all of it"
            answer = await client.get(path)
            assert (answer.status_code, bool(answer.content)) == (200, True)


def test_no_application_has_the_page_of_a_stranger() -> None:
    applications = [
        (name, source)
        for name, source in modules(*PRODUCT)
        if re.search(r"= (FastAPI|_Api)\(", source)
    ]
    assert len(applications) >= 2
    assert [name for name, source in applications if "**OWN_PAGE" not in source] == []
