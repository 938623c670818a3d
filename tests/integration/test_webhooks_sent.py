"""Webhooks from Kafka to receivers, by the real process: each told once, none waits for another."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from standardwebhooks import Webhook

from contracts.topics import CANCELLATION
from countermand.orders import ApiError, call
from countermand.status.receivers import read_receivers, read_undelivered
from countermand.verify.webhooks import check_webhooks
from countermand.webhooks import verbs
from deploy.local.ports import free_ports
from kit.clock import utc_now
from kit.cloudevents import write_headers
from kit.settings import KitSettings
from services.notifier.webhooks.adapters.tables import LOOK_EVERY_S
from tests.support.messages import cancelled
from tests.support.processes import ServiceProcess
from tests.support.receiver import Receiver, a_receiver
from tests.support.stack import Servers, count, fetch, until

pytestmark = pytest.mark.integration


class Lane:
    """The process, and its API."""

    def __init__(self, servers: Servers, dsn: str, producer: Any) -> None:
        [port] = free_ports(1)
        self.url, self._producer, self._number = f"http://127.0.0.1:{port}", producer, 0
        self.dsn = dsn
        environment = {
            "NOTIFIER_WEBHOOK_HTTP_PORT": str(port), "NOTIFIER_WEBHOOK_ALLOW_LOCAL": "true",
            "NOTIFIER_WEBHOOK_ACCESS": "open",
        }  # fmt: skip
        self.process = ServiceProcess(
            servers, dsn, "services.notifier", "webhooks", env=environment
        )

    async def ask(self, method: str, path: str, key: str = "", **body: Any) -> Any:
        self._number += 1
        headers = {"Idempotency-Key": key or f"key-{self._number}"}
        more = {"json": {"who": "Lea", **body}, "headers": headers} if method != "GET" else {}
        return await call(self.url, method, f"/v1/webhooks{path}", **more)

    async def register(self, receiver: Receiver, **more: Any) -> Any:
        return await self.ask("POST", "/endpoints", url=receiver.url, **more)

    async def publish(self, *orders: str) -> None:
        """Say on Kafka that orders were cancelled, just now."""
        for order in orders:
            event = cancelled(order).model_copy(update={"cancelled_at": utc_now()})
            headers = write_headers(
                id_=f"event-{order}", source="/countermand/cancellation", type_=event.TYPE,
                subject=order, time=utc_now().isoformat(), correlation_id=order,
                causation_id=order, traceparent=None,
            )  # fmt: skip
            await self._producer.send(
                CANCELLATION.name, key=order.encode(), value=event.model_dump_json().encode(),
                headers=headers,
            )  # fmt: skip
        await self._producer.flush()

    async def until_ended(self, number: int, outcome: str = "SUCCEEDED") -> None:
        async def have() -> bool:
            return (
                await count(self.dsn, f"webhooks.deliveries WHERE outcome = '{outcome}'") >= number
            )

        await until(have, what=f"{number} deliveries are {outcome}")


@pytest.fixture
async def lane(servers: Servers, database: str, producer: Any) -> AsyncIterator[Lane]:
    lane = Lane(servers, database, producer)
    async with lane.process:
        await lane.process.until_ready()
        yield lane


async def test_receivers_are_told_once_signed_and_none_waits_for_another(lane: Lane) -> None:
    await lane.publish("before")
    async with a_receiver() as well, a_receiver(wait_s=60) as dead:
        registered = await lane.register(well, description="the shop")
        await lane.register(dead)
        orders = [f"order-{number}" for number in range(40)]
        await lane.publish(*orders)
        await lane.until_ended(len(orders))
        assert sorted(well.ids) == sorted(f"event-{order}" for order in orders)
        for one in well.got:
            told = Webhook(registered["secret"]).verify(one.body, dict(one.headers))
            assert told["type"] == "cancellation.order-cancelled.v1"
            assert "email" not in one.body.decode()
        assert len(dead.got) <= 8 + 1, "few calls are held up, and then one at a time"

        # Killed while a receiver has the message: it comes again under the same id, recorded once.
        well.wait_s = 5
        await lane.publish("killed")
        await until(lambda: "event-killed" in well.ids, what="the receiver has it")
        lane.process.kill()
        well.wait_s = 0
        await fetch(lane.dsn, "UPDATE webhooks.effects SET lease_until = now()"
                    " WHERE status = 'running' RETURNING 1")  # fmt: skip
        lane.process.start()
        await lane.process.until_ready()
        await lane.until_ended(len(orders) + 1)
        assert well.ids.count("event-killed") == 2
        bodies = {one.body for one in well.got if one.headers["webhook-id"] == "event-killed"}
        assert len(bodies) == 1
        ends = "webhooks.webhooks_events WHERE topic = 'webhook.delivery-ended.v1'"
        assert await count(lane.dsn, ends) == len(orders) + 1


class Staff:
    """Somebody who types the verbs; as functions, because a process each would take too long."""

    def __init__(
        self, lane: Lane, settings: KitSettings, patch: pytest.MonkeyPatch,
        capture: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        self._capture = capture
        patch.setenv("COUNTERMAND_POSTGRES_DSN", lane.dsn)
        patch.setenv("COUNTERMAND_NOTIFIER_URL", lane.url)
        patch.setenv("COUNTERMAND_KAFKA_BOOTSTRAP", settings.kafka_bootstrap)

    async def ask(self, verb: Any, *arguments: Any, **options: Any) -> Any:
        self._capture.readouterr()
        await asyncio.to_thread(verb, *arguments, **options, json=True)
        return json.loads(self._capture.readouterr().out.splitlines()[-1])

    async def wish(self, verb: Any, *arguments: Any, key: str | None = None, **options: Any) -> Any:
        self._capture.readouterr()
        wish = verbs.Wish(by="Lea", why="a new shop", command_id=key, json=True)
        await asyncio.to_thread(verb, *arguments, **options, wish=wish)
        return json.loads(self._capture.readouterr().out.splitlines()[-1])


@pytest.fixture
def staff(
    lane: Lane, settings: KitSettings, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Staff:  # fmt: skip
    return Staff(lane, settings, monkeypatch, capsys)


async def test_the_staff_register_try_rotate_and_send_again(lane: Lane, staff: Staff) -> None:
    async with a_receiver() as receiver:
        first = await staff.wish(verbs.register, receiver.url, key="k-1")
        again = await staff.wish(verbs.register, receiver.url, key="k-1")
        assert (again["endpoint_id"], again["secret"]) == (first["endpoint_id"], None)
        ping = await staff.wish(verbs.ping, first["endpoint_id"])
        await lane.until_ended(1)
        shown = await staff.ask(verbs.delivery, ping["delivery_id"])
        assert (shown["outcome"], shown["status"], shown["who"]) == ("SUCCEEDED", 200, "Lea")
        assert json.loads(shown["body"])["type"] == "webhook.ping.v1"
        new = await staff.wish(verbs.rotate, first["endpoint_id"])
        await asyncio.sleep(LOOK_EVERY_S)
        resent = await staff.wish(verbs.resend, ping["delivery_id"])
        assert (resent["round"], resent["message_id"]) == (1, ping["message_id"])
        await until(lambda: len(receiver.got) == 2, what="it has come again")
    one, two = receiver.got
    assert (one.headers["webhook-id"], one.body) == (two.headers["webhook-id"], two.body)
    for secret in (first["secret"], new["secret"]):
        Webhook(secret).verify(two.body, dict(two.headers))
    with pytest.raises(ApiError, match="MESSAGE_ID_REUSED"):
        await lane.ask("POST", "/endpoints", key="k-1", url="https://other.example/")


async def test_a_receiver_that_is_gone_is_disabled_and_shown_until_somebody_enables_it(
    lane: Lane, staff: Staff
) -> None:
    async with a_receiver(status=410) as receiver:
        id_ = (await lane.register(receiver))["endpoint_id"]
        await lane.ask("POST", f"/endpoints/{id_}/ping")
        await lane.until_ended(1, "FAILED")
    gone = await staff.ask(verbs.show, id_)
    assert (gone["is_enabled"], gone["code"]) == (False, "RECEIVER_GONE")
    with pytest.raises(ApiError, match="ENDPOINT_DISABLED"):
        await lane.ask("POST", f"/endpoints/{id_}/ping")
    connection = await asyncpg.connect(lane.dsn)
    try:
        (told,) = await read_receivers(connection)
        assert (told.what, told.about["last_error"]) == ("disabled", "answered 410")
        assert (await read_undelivered(connection)).count == 0
        assert await check_webhooks(connection) == ({"FAILED": 1}, [])
    finally:
        await connection.close()
    back = await staff.wish(verbs.enable, id_)
    assert (back["is_enabled"], back["failing_since"]) == (True, None)
    found = await staff.ask(verbs.deliveries, endpoint=id_, outcome="FAILED")
    assert [each["code"] for each in found["deliveries"]] == ["RECEIVER_GONE"]
    await assert_what_must_not_be_is_refused(lane)


async def assert_what_must_not_be_is_refused(lane: Lane) -> None:
    for url in ("https://169.254.169.254/", "http://metadata/", "https://u:p@shop.example/"):
        with pytest.raises(ApiError, match="FORBIDDEN"):
            await lane.ask("POST", "/endpoints", url=url)
    with pytest.raises(ApiError, match="TYPE_UNKNOWN"):
        await lane.ask("POST", "/endpoints", url="https://shop.example/", types=["order.placed.v1"])
    with pytest.raises(ApiError, match="REQUEST_INVALID"):
        await lane.ask("POST", "/endpoints", url="https://shop.example/", who="")
    with pytest.raises(ApiError, match="ENDPOINT_NOT_FOUND"):
        await lane.ask("GET", f"/endpoints/{UUID(int=1)}")
