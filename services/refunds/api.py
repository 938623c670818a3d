"""The provider's door: webhooks, taken when they are signed and stored, and not before."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from kit.clock import utc_now
from kit.logs import get_logger
from kit.metrics import REFUSED
from services.refunds.adapters.stripe_webhooks import SignatureError, check_signature, read_event
from services.refunds.intake import SERVICE, Intake, Said
from web import problems
from web.problems import BodyLimit, Problem

log = get_logger("webhooks")

PATH = "/v1/webhooks/stripe"


def build(intake: Intake, keys: Sequence[str], *, body_bytes_max: int) -> Starlette:
    """Build the application."""

    async def take(request: Request) -> JSONResponse:
        body = await request.body()
        header = request.headers.get("stripe-signature", "")
        try:
            check_signature(body, header, keys, utc_now())
        except SignatureError as wrong:
            REFUSED.labels(SERVICE, "SIGNATURE_INVALID").inc()
            log.warning("webhook.refused", reason=str(wrong))
            raise Problem(400, "SIGNATURE_INVALID", f"Nothing was taken: {wrong}.") from None
        told = read_event(body)
        outcomes = await intake.take([Said(one, body) for one in told])
        return JSONResponse({"outcomes": outcomes})

    app = Starlette(routes=[Route(PATH, take, methods=["POST"])])
    problems.install(app)
    app.add_middleware(BodyLimit, bytes_max=body_bytes_max, larger={})
    return app
