"""The stream of changes, for pages that are open."""

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from console.desk import Visit

HEADERS = {"X-Accel-Buffering": "no"}
"""A proxy that collects first would tell late."""


async def stream(visit: Visit) -> Response:
    """Tell which orders change from now on, and which have since the page was made."""
    after = visit.query.get("after", "")
    if not (after.isascii() and after.isdigit() and len(after) < 19):  # noqa: PLR2004 - 2**63
        raise HTTPException(400)
    if visit.feed.is_full:
        raise HTTPException(503)
    events = visit.feed.follow(visit.api, int(after))
    return StreamingResponse(events, media_type="text/event-stream", headers=HEADERS)
