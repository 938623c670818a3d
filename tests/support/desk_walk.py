"""What can be done with an order at the desk: by which right, how on the screen, what shows it.

Whether a role may is nobody's list here: `RIGHTS_OF` opens the door, the policy decides behind it.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from playwright.async_api import Page

from console.app import DOORS
from console.forms import COMMAND_ID, TOKEN
from console.language import Words
from contracts.cancellation import RIGHTS_OF, Action, Actor, Right, Role
from services.cancellation.domain.policy import BUILT_IN, Asker
from tests.support.browsing import Desk
from tests.support.sandbox import Sandbox

SAY = Words("en")


class Deed(NamedTuple):
    """One thing that may be done with an order."""

    name: str
    """Also of the order it is tried on."""
    right: Right
    action: Action
    """What the policy calls it."""
    offered_at: str
    """Address of the page that offers it, behind the order's."""
    offer: str
    """What is there to be pressed, for whoever may."""
    form_at: str
    """Address its form is sent to, behind the order's."""
    fields: dict[str, str]
    """The least the form has to say."""
    do: Callable[[Page], Awaitable[None]]
    """Does it, from the page that offers it."""
    done: str
    """What the screen then says."""

    def is_opened_to(self, role: Role) -> bool:
        """Tell whether a role has the right."""
        return self.right in RIGHTS_OF[role]

    def is_granted_to(self, role: Role) -> bool:
        """Tell whether the policy grants it, too."""
        actor = Actor(type="STAFF", id=role.lower(), role=role)
        return self.is_opened_to(role) and BUILT_IN.allows(Asker.of(actor), self.action)


def _shape(path: str) -> str:
    """Return an address without the names of its parts."""
    return re.sub(r"{\w+}", "{}", path)


def number_of(role: Role, name: str) -> str:
    """Return the number of the order a role tries something on."""
    return f"{role.lower()}-{name}"


@dataclass(frozen=True)
class Walk:
    """Somebody of a role who tries everything."""

    sandbox: Sandbox
    desk: Desk
    role: Role
    ids: Mapping[str, str]
    """Of cancellations and requests, by order."""

    def order(self, name: str) -> str:
        """Return the number of one of this role's orders."""
        return number_of(self.role, name)

    def at(self, deed: Deed, where: str) -> str:
        """Return an address behind that order's."""
        number = self.order(deed.name)
        return f"{self.desk.url}/orders/{number}{where.format(id=self.ids.get(number))}"

    async def is_done(self, deed: Deed) -> None:
        """Do what is offered; the screen and the story say that it was done."""
        page, told = self.desk.page, await self._told(deed)
        await page.goto(self.at(deed, deed.offered_at))
        await deed.do(page)
        await page.wait_for_selector(f".banner.good:has-text({deed.done!r})")
        assert len(await self._told(deed)) > len(told), deed.name

    async def is_refused(self, deed: Deed) -> None:
        """Try what a right opens and the policy refuses: nothing moves, and one reads why."""
        page, told = self.desk.page, await self._told(deed)
        await page.goto(self.at(deed, deed.offered_at))
        await deed.do(page)
        words = await page.inner_text(".banner.bad >> nth=0")
        assert "The policy does not grant this to whoever asks." in words, deed.name
        assert "Ask somebody who may, or have the policy changed." in words, deed.name
        assert await self._told(deed) in (told, [*told, "order.command-rejected.v1"]), deed.name

    async def is_out_of_reach(self, deed: Deed) -> None:
        """See nothing of what no right is for, and be told so wherever one knocks all the same."""
        page, told = self.desk.page, await self._told(deed)
        await page.goto(self.at(deed, deed.offered_at))
        assert await page.locator(deed.offer).count() == 0, deed.name
        token = await page.input_value(f"[name={TOKEN}] >> nth=0")
        form: dict[str, Any] = {
            TOKEN: token,
            COMMAND_ID: f"knock-{self.order(deed.name)}",
            **deed.fields,
        }
        where = self.at(deed, deed.form_at)
        answers = [await page.request.post(where, form=form)]
        if deed.form_at != deed.offered_at and not deed.form_at.endswith("/undo"):
            answers.append(await page.request.get(where))
        needed = SAY("error.right", right=SAY.word("right", self._first_needed(deed)))
        for answer in answers:
            assert (answer.status, needed in await answer.text()) == (403, True), deed.name
        assert await self._told(deed) == told, deed.name

    def _first_needed(self, deed: Deed) -> Right:
        """Return the right that is missing first: of the page's door, or of the API's behind it."""
        path = _shape(f"/orders/{{order}}{deed.form_at}")
        (door,) = (door for door in DOORS if _shape(door.path) == path)
        needed = door.needed_by("POST")
        return deed.right if needed is None or needed in RIGHTS_OF[self.role] else needed

    async def _told(self, deed: Deed) -> list[str]:
        return [one["name"] for one in await self.sandbox.facts(self.order(deed.name))]
