"""The provider's HTTP doors: Stripe's under `/v1`, the experimenter's under `/_sim`."""

from deploy.simulators.faults import FaultPlan, FaultRefusedError
from deploy.simulators.group_commit import WriteRefusedError
from deploy.simulators.payments.captures import parse_captures
from deploy.simulators.payments.doors import Door, Request, json_answer
from deploy.simulators.payments.errors import ApiError, internal_error
from deploy.simulators.payments.ledger import Ledger
from deploy.simulators.payments.provider import Provider
from deploy.simulators.payments.scripts import Scripts
from deploy.simulators.payments.v1 import ACT_MODES, DECLINE, FAIL_LOOK, V1
from deploy.simulators.payments.webhooks import WEBHOOK_MODES, Webhooks
from deploy.simulators.serving import (
    JSON_LINES,
    Answer,
    BodyTooLargeError,
    ClientGoneError,
    Receive,
    Scope,
    Send,
    hang_up,
    read_body,
    send_answer,
    send_stream,
)

FAULT_MODES = (*ACT_MODES, DECLINE, FAIL_LOOK, *WEBHOOK_MODES)
ORDER_BYTES_MAX = 65_536
PAYMENTS_BYTES_MAX = 33_554_432


class PaymentsApp:
    """The ASGI application."""

    def __init__(
        self, provider: Provider, ledger: Ledger, faults: FaultPlan, webhooks: Webhooks
    ) -> None:
        self._provider = provider
        self._ledger = ledger
        self._faults = faults
        self._webhooks = webhooks
        self._scripts = Scripts()
        self._v1 = V1(provider, faults, self._scripts)
        self._doors: dict[tuple[str, str], Door] = {
            ("POST", "/_sim/payments"): self._capture,
            ("POST", "/_sim/faults"): self._arm_fault,
            ("GET", "/_sim/faults"): self._show_faults,
            ("DELETE", "/_sim/faults"): self._clear_faults,
            ("POST", "/_sim/scripts"): self._arm_script,
            ("GET", "/_sim/scripts"): self._show_scripts,
            ("DELETE", "/_sim/scripts"): self._clear_scripts,
            ("GET", "/_sim/events"): self._show_events,
            ("GET", "/_sim/summary"): self._show_summary,
            ("GET", "/healthz"): self._show_health,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method, path = scope["method"], scope["path"]
        if method == "GET" and path == "/_sim/ledger":
            await send_stream(send, JSON_LINES, self._ledger.chunks())
            return
        try:
            answer = await self._door(method, path)(Request(scope, receive))
        except ApiError as refusal:
            answer = refusal.answer()
        except BodyTooLargeError as error:
            answer = ApiError(413, str(error)).answer()
        except WriteRefusedError:
            answer = internal_error().answer()
        except ClientGoneError:
            return
        if answer is None:
            await hang_up(scope, receive)
        else:
            await send_answer(send, answer)

    def _door(self, method: str, path: str) -> Door:
        if path.startswith("/v1/"):
            return self._v1.door(method, path) or self._refuse_unknown
        match method, path.split("/"):
            case "POST", ["", "_sim", "refunds", identifier, "advance"]:
                return lambda _: self._advance(identifier)
            case _:
                return self._doors.get((method, path), self._refuse_unknown)

    async def _advance(self, identifier: str) -> Answer:
        await self._provider.walks.advance(identifier)
        return Answer(200, self._provider.books.refund(identifier).body)

    async def _refuse_unknown(self, request: Request) -> Answer:
        method, path = request.scope["method"], request.scope["path"]
        raise ApiError(404, f"Unrecognized request URL ({method}: {path}).")

    async def _capture(self, request: Request) -> Answer:
        body = await read_body(request.receive, PAYMENTS_BYTES_MAX)
        captures = parse_captures(body)
        new_count = await self._provider.capture(captures)
        return json_answer({"registered": new_count, "known": len(captures) - new_count})

    async def _arm_fault(self, request: Request) -> Answer:
        body = await read_body(request.receive, ORDER_BYTES_MAX)
        try:
            return json_answer(self._faults.arm(body).describe())
        except FaultRefusedError as error:
            raise ApiError(400, str(error)) from None

    async def _show_faults(self, _request: Request) -> Answer:
        return json_answer(self._faults.describe())

    async def _clear_faults(self, _request: Request) -> Answer:
        self._faults.clear()
        return json_answer([])

    async def _arm_script(self, request: Request) -> Answer:
        script = self._scripts.arm(await read_body(request.receive, ORDER_BYTES_MAX))
        return json_answer(script.model_dump(mode="json"))

    async def _show_scripts(self, _request: Request) -> Answer:
        return json_answer(self._scripts.describe())

    async def _clear_scripts(self, _request: Request) -> Answer:
        self._scripts.clear()
        return json_answer([])

    async def _show_events(self, _request: Request) -> Answer:
        events = self._provider.events.newest_first(set(), 0)
        return json_answer([{"id": event.event_id, "type": event.type} for event in events])

    async def _show_summary(self, _request: Request) -> Answer:
        return json_answer(
            self._provider.books.summary()
            | {
                "requests": self._v1.requests_count,
                "replayed": self._v1.replayed_count,
                "conflicts": self._v1.conflicts_count,
                "on_their_way": self._provider.walks.timed_count,
                "webhooks": dict(self._webhooks.counts),
            }
        )

    async def _show_health(self, _request: Request) -> Answer:
        return json_answer({"status": "ok"})
