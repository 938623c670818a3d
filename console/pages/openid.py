"""Signing in at the shop's identity provider: there, and back.

The API draws what must come back unchanged, redeems the code and checks the token; the console
only remembers, in this browser, that it was this browser that began. Whatever goes wrong is told
at the entrance, so that no address with a code in it stays open.
"""

from hmac import compare_digest
from urllib.parse import urlencode

from starlette.responses import Response

from console.api import OPENID, AwayError, ProblemError
from console.desk import Visit
from console.pages import person
from console.session import SIGN_IN_COOKIE, SIGN_IN_MAX_S, SignIn
from console.templating import go


async def leave_for(visit: Visit) -> Response:
    """Send the browser to the identity provider."""
    try:
        begun = await visit.api.speaking_for(None).do(f"{OPENID}/sign-ins", {})
    except (ProblemError, AwayError) as wrong:
        return _refused(wrong)
    next_ = visit.query.get("next", "")
    kept = SignIn(begun["state"], begun["nonce"], begun["code_verifier"], next_)
    visit.kept[SIGN_IN_COOKIE] = visit.sessions.write_sign_in(kept), SIGN_IN_MAX_S
    return go(begun["url"])


async def come_back(visit: Visit) -> Response:
    """Take what the browser brings back, once, if it is this browser that began."""
    begun = visit.sessions.read_sign_in(visit.cookie(SIGN_IN_COOKIE))
    visit.kept[SIGN_IN_COOKIE] = "", 0
    state, code = visit.query.get("state", ""), visit.query.get("code")
    if begun is None or not compare_digest(begun.state.encode(), state.encode()):
        return _at_the_entrance("STATE")
    if code is None:  # what it says instead is another's text, and is not shown
        return _at_the_entrance("DENIED")
    brought = {"code": code, "nonce": begun.nonce, "code_verifier": begun.code_verifier}
    try:
        told = await visit.api.speaking_for(None).arrive(brought, visit.address)
    except (ProblemError, AwayError) as wrong:
        return _refused(wrong)
    return await person.let_in(visit, told, begun.next, has_password=False)


def _refused(wrong: ProblemError | AwayError) -> Response:
    if isinstance(wrong, ProblemError):
        return _at_the_entrance(str(wrong.body.get("why", wrong.code)))
    if str(wrong) not in person.TROUBLES:
        raise wrong
    return _at_the_entrance(str(wrong))


def _at_the_entrance(trouble: str) -> Response:
    return go(f"/you?{urlencode({'trouble': trouble})}")
