"""Mails handed over by real workers to a real server that fails, and workers that are killed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from countermand.messages import desk
from countermand.stationery import desk as stationery
from kit.settings import KitSettings
from services.notifier.bootstrap import SERVICE
from services.notifier.domain.stationery import Stationery
from services.notifier.stationeries import Stationeries
from tests.support.effects import expire_leases, hear, outcomes, until_done
from tests.support.peers import Mailbox, mailbox
from tests.support.processes import ServiceProcess
from tests.support.said import a_notice
from tests.support.stack import Servers, count, fetch, until

pytestmark = pytest.mark.integration

CONCURRENCY = 6


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Mailbox]:
    """A mail server of one's own."""
    async with mailbox(tmp_path) as running:
        yield running


def mail_worker(servers: Servers, dsn: str, box: Mailbox) -> ServiceProcess:
    environment = {
        "NOTIFIER_SMTP_HOST": "127.0.0.1",
        "NOTIFIER_SMTP_PORT": str(box.smtp_port),
        "NOTIFIER_CONCURRENCY": str(CONCURRENCY),
    }
    return ServiceProcess(servers, dsn, "services.notifier", "worker", env=environment)


async def test_two_workers_share_the_calls(
    servers: Servers, settings: KitSettings, database: str, box: Mailbox
) -> None:
    orders = [f"{number}" for number in range(80)]
    await hear(SERVICE, settings, orders)
    async with mail_worker(servers, database, box), mail_worker(servers, database, box):
        await until_done(database, "notifier")
    assert (await outcomes(database, "notifier"))["notification.accepted.v1"] == len(orders)
    assert set((await box.copies()).values()) == {1}
    assert len(await box.mails()) == len(orders)


async def test_a_faulty_mail_server_gets_each_mail_at_most_once(
    servers: Servers, settings: KitSettings, database: str, box: Mailbox
) -> None:
    orders = [f"{number}" for number in range(60)]
    await box.arm("refuse", count=10)
    await box.arm("drop_after_accept", count=5)
    await box.arm("reject", count=7)
    await hear(SERVICE, settings, orders)
    async with mail_worker(servers, database, box):
        await until_done(database, "notifier")
    assert await outcomes(database, "notifier") == {
        "notification.requested.v1": 60,
        "notification.accepted.v1": 48,
        "notification.failed.v1": 7,
        "notification.uncertain.v1": 5,
    }
    assert await count(database, "notifier.effects WHERE attempts > 1") > 0, "refused ones again"
    copies = await box.copies()
    assert set(copies.values()) == {1}
    assert len(copies) == 53, "those accepted, and those whose acceptance was never heard"
    assert await assert_uncertain_means_maybe(database, set(copies)) == 5


async def assert_uncertain_means_maybe(dsn: str, message_ids: set[str]) -> int:
    """Accepted mails are there, failed ones are not; returns how many uncertain ones are."""
    rows = await fetch(dsn, "SELECT topic, state FROM notifier.notifier_events")
    uncertain = 0
    for name, body in rows:
        fact, _ = SERVICE.store.mapper.read_body(name, body)
        there = f"<{fact.message_id}@countermand>" in message_ids  # type: ignore[attr-defined]
        if name == "notification.accepted.v1":
            assert there
        elif name == "notification.failed.v1":
            assert not there
        elif name == "notification.uncertain.v1":
            uncertain += there
    return uncertain


async def test_a_worker_killed_with_mails_in_flight_sends_none_twice(
    servers: Servers, settings: KitSettings, database: str, box: Mailbox
) -> None:
    orders = [f"{number}" for number in range(30)]
    await hear(SERVICE, settings, orders)
    # The server keeps the mail at once and says so late: the worst moment to die.
    await box.arm("slow", probability=1, delay_ms=800)

    async def are_unheard() -> bool:
        known = await outcomes(database, "notifier")
        return len(await box.mails()) > known["notification.accepted.v1"]

    async with mail_worker(servers, database, box) as worker:
        await until(are_unheard, what="mails are kept whose acceptance is on its way")
        worker.kill()
        assert await are_unheard()
        abandoned = await expire_leases(database, "notifier")
        assert 0 < abandoned <= CONCURRENCY
        await box.disarm()
        worker.start()
        await until_done(database, "notifier")
    found = await outcomes(database, "notifier")
    assert found["notification.uncertain.v1"] == abandoned
    assert found["notification.accepted.v1"] == len(orders) - abandoned
    copies = await box.copies()
    assert set(copies.values()) == {1}
    assert await assert_uncertain_means_maybe(database, set(copies)) > 0, "a second would be real"


@pytest.fixture
def data_dir(
    tmp_path: Path, settings: KitSettings, database: str, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Where the staff's commands look for a system, and find this one."""
    monkeypatch.setenv("COUNTERMAND_POSTGRES_DSN", database)
    monkeypatch.setenv("COUNTERMAND_KAFKA_BOOTSTRAP", settings.kafka_bootstrap)
    return tmp_path


async def test_a_mail_is_written_on_the_stationery_that_was_in_force_and_stays_provable(
    servers: Servers, settings: KitSettings, database: str, box: Mailbox, data_dir: Path
) -> None:
    sender = "Orders <orders@shop.example>"
    words = {"order_cancelled.en": "Gone\n\nDear friend, order {{ order_id }} is gone."}
    first = Stationery(version=1, texts=words)
    for _ in range(2):
        assert await stationery.publish(data_dir, first, who="Lea", why="kinder") == 1
    with pytest.raises(stationery.StationeryError, match="does not follow"):
        await stationery.publish(data_dir, Stationery(version=3), who="Lea", why="x")
    known = Stationeries()
    spec = replace(SERVICE, reference=known.current)
    async with mail_worker(servers, database, box):
        async with SERVICE.pool(settings, "test") as pool:
            await known.refresh(pool)
        await hear(spec, settings, ["1"])
        await until_done(database, "notifier")
        assert await stationery.restore(data_dir, 0, who="Lea", why="too kind") == 2
        async with SERVICE.pool(settings, "test") as pool:
            await known.refresh(pool)
        await hear(spec, settings, ["2"])
        await until_done(database, "notifier")
    for order_id, is_own in (("1", True), ("2", False)):
        (mail,) = await desk.list_mails(data_dir, order_id)
        content, is_proved = mail.written(sender)
        assert is_proved is True
        assert (b"Subject: Gone" in content) is is_own
    published = await stationery.list_published(data_dir)
    assert [fact.restored_from for fact in published] == [None, 0]


async def test_the_staff_see_what_was_sent_send_it_again_and_record_that_it_came_back(
    servers: Servers, settings: KitSettings, database: str, box: Mailbox, data_dir: Path
) -> None:
    await hear(SERVICE, settings, ["1"])
    async with mail_worker(servers, database, box):
        await until_done(database, "notifier")
        (mail,) = await desk.list_mails(data_dir, "1")
        first = mail.request.message_id
        content, is_proved = mail.written("Orders <orders@shop.example>")
        assert is_proved is True
        assert content == (await box.get("/mails/1/raw")).content
        assert mail.written("Somebody else <orders@shop.example>")[1] is False
        assert mail.said["answer"].startswith("250")
        for expected in (1, 0):
            new = await desk.resend(data_dir, first, who="Lea", why="lost", wish="w")
            assert len(new) == expected
        await until_done(database, "notifier")
    assert set((await box.copies()).values()) == {1}
    assert len(await box.mails()) == 2
    for is_new in (True, False):
        found = await desk.record_bounce(data_dir, a_notice(first))
        assert found["is_new"] is is_new
    sent, again = await desk.list_mails(data_dir, "1")
    assert sent.to_json()["bounce"] == "5.1.1 550 no such mailbox"
    assert (again.outcome, again.to_json()["resent_by"]) == ("SUCCEEDED", "Lea")
    with pytest.raises(desk.MessageError, match="Nothing recorded"):
        await desk.record_bounce(data_dir, b"hello")
    with pytest.raises(desk.MessageError, match="no message"):
        await desk.find_mail(data_dir, UUID(int=1))
