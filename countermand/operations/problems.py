"""What the tool says in words, as problems of an API: one status and one code for each."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from countermand.dead_letters.actions import CannotEditError
from countermand.dead_letters.doing import TooManyError
from countermand.dead_letters.letters import NoSuchLetterError
from countermand.dead_letters.redrive import BusyError as RedriveBusyError
from countermand.errors import KnownError
from countermand.replay.journal import RefusedError
from countermand.replay.kept import NotKeptError
from countermand.replay.running import BusyError
from countermand.replay.targets import BadTargetError
from web.problems import answer

_CODES: dict[type[KnownError], tuple[int, str]] = {
    NoSuchLetterError: (404, "LETTER_NOT_FOUND"),
    TooManyError: (409, "TOO_MANY_LETTERS"),
    CannotEditError: (409, "LETTER_CANNOT_BE_MENDED"),
    RedriveBusyError: (409, "LETTERS_BUSY"),
    BusyError: (409, "PLAN_BUSY"),
    NotKeptError: (409, "PLAN_NOT_KEPT"),
    BadTargetError: (422, "TARGET_INVALID"),
}

NOT_PERMITTED = frozenset({"SAME_PERSON", "PERSON_REQUIRED"})


def code_of(known: KnownError) -> tuple[int, str]:
    """Return status and code of what the tool would say in words."""
    if isinstance(known, RefusedError):
        if known.code == "PLAN_UNKNOWN":
            return 404, "PLAN_NOT_FOUND"
        return (403 if known.code in NOT_PERMITTED else 409), known.code
    return _CODES.get(type(known), (409, "BUSY"))


async def _told(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, KnownError)  # noqa: S101 - registered for this class only
    status, code = code_of(error)
    return answer(status, code, str(error))


def install(app: FastAPI) -> None:
    """Make what the tool says in words an answer."""
    app.add_exception_handler(KnownError, _told)
