"""Liveness by progress: who has work and gets nowhere is neither live nor ready."""

import asyncio
import time

import pytest
from prometheus_client import REGISTRY

from kit.health import EXIT_STUCK, Health, Loop

STUCK_AFTER_S = 5.0


def a_health() -> tuple[Health, Loop]:
    health = Health("lamp", STUCK_AFTER_S)
    return health, health.loop("consumer")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> "Clock":
    """Let time pass without waiting for it."""
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_is_ready_once_every_loop_has_done_a_turn() -> None:
    health, loop = a_health()
    other = health.loop("relay")
    assert not health.is_ready()
    loop.progressed()
    assert not health.is_ready()
    other.progressed()
    assert health.is_ready()


def test_asking_for_a_loop_again_gives_the_same_one() -> None:
    health, loop = a_health()
    assert health.loop("consumer") is loop


def test_work_without_progress_is_stuck_after_a_while(later: Clock) -> None:
    health, loop = a_health()
    loop.progressed()
    loop.has_work()
    later.now += STUCK_AFTER_S - 0.1
    assert health.is_live()
    later.now += 0.1
    assert not health.is_live()
    assert not health.is_ready(), "a stuck process is not ready either"
    loop.progressed()
    assert health.is_live()


def test_more_work_does_not_reset_the_clock(later: Clock) -> None:
    health, loop = a_health()
    loop.has_work()
    for _ in range(10):
        later.now += 1
        loop.has_work()
    assert not health.is_live()


def test_idle_for_ever_is_live(later: Clock) -> None:
    health, loop = a_health()
    loop.progressed()
    later.now += 1e6
    assert health.is_live()
    assert health.is_ready()


def test_slow_progress_with_a_backlog_is_live_and_a_halt_is_not(later: Clock) -> None:
    health, loop = a_health()
    for _ in range(10):
        later.now += STUCK_AFTER_S - 1
        loop.progressed(lag_count=100)
        assert health.is_live()
    later.now += STUCK_AFTER_S
    assert not health.is_live()


def test_one_stuck_loop_is_enough(later: Clock) -> None:
    health, loop = a_health()
    health.loop("relay").has_work()
    later.now += STUCK_AFTER_S
    loop.progressed()
    assert not health.is_live()


def test_the_age_of_the_oldest_work_is_exported(later: Clock) -> None:
    health, loop = a_health()
    labels = {"service": "lamp", "loop": "consumer"}
    loop.progressed(lag_count=7)
    assert REGISTRY.get_sample_value("countermand_lag_messages", labels) == 7
    name = "countermand_oldest_unhandled_age_seconds"
    later.now += 3  # it hangs, and says nothing more
    assert health._answer("/metrics", b"")[0] == 200
    assert REGISTRY.get_sample_value(name, labels) == 3
    loop.progressed()
    health._answer("/metrics", b"")
    assert REGISTRY.get_sample_value(name, labels) == 0


class EndedError(Exception):
    """What `os._exit` is here; the real one would take the tests along."""


async def test_a_stuck_process_ends_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []

    def end(status: int) -> None:
        ended.append(status)
        raise EndedError

    monkeypatch.setattr("os._exit", end)
    health = Health("lamp", stuck_after_s=0.0)
    health.loop("consumer").has_work()
    with pytest.raises(EndedError):
        await asyncio.wait_for(health.watch(), 5)
    assert ended == [EXIT_STUCK]


async def ask(health: Health, path: str) -> tuple[int, str]:
    server = await asyncio.start_server(health._serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    server.close()
    return int(answer.split()[1]), answer.partition("\r\n\r\n")[2]


async def test_answers_by_http() -> None:
    health, loop = a_health()
    assert await ask(health, "/livez") == (200, "live\n")
    assert await ask(health, "/readyz") == (503, "not ready\n")
    loop.progressed()
    assert await ask(health, "/readyz?verbose") == (200, "ready\n")
    status, metrics = await ask(health, "/metrics")
    assert status == 200
    assert "countermand_messages_handled_total" in metrics
    assert (await ask(health, "/"))[0] == 404


async def test_a_stuck_process_says_so_by_http(later: Clock) -> None:
    health, loop = a_health()
    loop.has_work()
    later.now += STUCK_AFTER_S
    assert health._answer("/livez", b"")[::2] == (503, b"stuck\n")
    assert health._answer("/readyz", b"")[0] == 503
