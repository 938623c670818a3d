"""The demo and the verbs of the command line, each as a process, on a directory of their own."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from countermand.endpoints import Endpoints
from deploy.local.processes import SIMULATORS, service_names
from deploy.local.state import load_state
from tests.support.command_line import Ended, are_gone, ended, run, start
from tests.support.stack import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

EVERYBODY = {*service_names(), *SIMULATORS, "postgres", "kafka"}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory: the demo fills it, the later tests go on where it ended."""
    return tmp_path_factory.mktemp("demo")


async def until_ready(data_dir: Path) -> dict[str, Any]:
    """Wait until the system on the directory is ready; returns what it wrote about itself."""

    def is_ready() -> bool:
        state = load_state(data_dir)
        return state is not None and state["status"] == "ready"

    await until(is_ready, what="the system is ready", timeout_s=90)
    state = load_state(data_dir)
    assert state is not None
    return state


async def test_the_demo_cancels_real_orders_and_all_books_agree(data_dir: Path) -> None:
    process = await start("demo", "--exit", "--json", "--data-dir", str(data_dir))
    waiting = asyncio.create_task(ended(process))
    state = await until_ready(data_dir)
    assert set(state["pids"]) == EVERYBODY
    done = await waiting
    assert done.exit_code == 0, done.stderr
    books = done.json
    assert books["ok"] is True
    assert books["mismatches"] == []
    assert books["orders"] > 1_000
    assert books["commands"] == books["cancelled"] + books["refused"] > 100
    assert books["refunds"] == books["refunds_decided"] > 100
    assert books["refund_minor"] == books["refund_minor_decided"] > 100_000
    assert books["restocks"] == books["restocks_decided"] > 100
    assert books["restock_units"] == books["restock_units_decided"] > 1_000
    assert books["messages"] == books["messages_decided"] > 100
    assert (books["doubled"], books["lost"], books["uncertain"], books["failed"]) == (0, 0, 0, 0)
    assert "All books agree" in done.stderr
    assert are_gone(state["pids"])
    assert load_state(data_dir) is None


async def test_up_runs_a_command_against_the_system_and_ends_as_it_did(data_dir: Path) -> None:
    program = (
        "import json, os, sys, urllib.request as r;"
        "url = os.environ['COUNTERMAND_API_URL'] + '/v1/orders?limit=1';"
        "key = {'Authorization': 'Bearer ' + os.environ['COUNTERMAND_API_KEY']};"
        "print(len(json.load(r.urlopen(r.Request(url, headers=key)))['orders'])); sys.exit(7)"
    )
    command = ["up", "--data-dir", str(data_dir), "--", sys.executable, "-c", program]
    process = await start(*command)
    waiting = asyncio.create_task(ended(process))
    pids = (await until_ready(data_dir))["pids"]
    done = await waiting
    assert (done.exit_code, done.stdout.split()) == (7, ["1"]), done.stderr
    assert are_gone(pids)


async def verb(data_dir: Path, *arguments: str) -> Ended:
    return await run(*arguments, "--json", "--data-dir", str(data_dir))


async def test_the_verbs_work_on_a_running_system_and_ctrl_c_ends_it_all(data_dir: Path) -> None:
    process = await start("up", "--data-dir", str(data_dir))
    waiting = asyncio.create_task(ended(process))
    pids = (await until_ready(data_dir))["pids"]
    try:
        await assert_status_is_complete(data_dir)
        order_id = await assert_an_order_can_be_cancelled(data_dir)
        await assert_its_customer_sees_it_and_a_stranger_nothing(data_dir, order_id)
        fed_again = (await verb(data_dir, "demo", "--running")).json
        books = (await verb(data_dir, "verify")).json
        assert fed_again == books
        assert books["ok"] is True
        assert books["commands"] == books["cancelled"] + books["refused"]
        audited = (await verb(data_dir, "audit", "verify")).json
        assert (audited["ok"], audited["pinned"]) == (True, True)
        assert audited["reports"][0]["events"] > 1_000
    finally:
        process.send_signal(signal.SIGINT)
        done = await waiting
    assert done.exit_code == 0
    assert "Stopping" in done.stderr
    assert are_gone(pids)
    status = await verb(data_dir, "status")
    assert (status.exit_code, status.json) == (1, {"running": False})
    assert "countermand up" in status.stderr


async def assert_status_is_complete(data_dir: Path) -> None:
    status = (await verb(data_dir, "status")).json
    assert status["running"] is True
    rows = {row["name"]: row for row in status["processes"]}
    assert set(rows) >= EVERYBODY - {"postgres", "kafka"}
    assert {row["ready"] for name, row in rows.items() if name in service_names()} == {True}
    assert {rows[name]["lag"] for name in service_names() if name.endswith("consumer")} == {0}


async def assert_an_order_can_be_cancelled(data_dir: Path) -> str:
    listed = (await verb(data_dir, "orders", "list", "--state", "PLACED", "--limit", "1")).json
    [order_id] = [order["order_id"] for order in listed["orders"]]
    how = ["cancel", order_id, "--reason", "STAFF", "--command-id", "by-hand", "--note", "sssh"]
    answer, again = [await verb(data_dir, *how) for _ in range(2)]
    assert answer.json["outcome"] == "CANCELLED"
    assert answer.json == again.json

    async def is_settled() -> bool:
        order = (await verb(data_dir, "orders", "show", order_id)).json["order"]
        return bool(
            order["refund_state"] in {"SUCCEEDED", "NOT_DUE"}
            and order["restock_state"] == order["notification_state"] == "SETTLED"
        )

    await until(is_settled, what="every leg is settled")
    shown = await run("orders", "show", order_id, "--data-dir", str(data_dir))
    assert "Cancelled" in shown.stdout + shown.stderr
    refused = await run("cancel", order_id, "--reason", "STAFF", "--data-dir", str(data_dir))
    assert refused.exit_code == 1
    assert "NOTHING_LEFT" in refused.stderr
    unknown = await run("orders", "show", "nobody", "--data-dir", str(data_dir))
    assert unknown.exit_code == 1
    assert "ORDER_NOT_FOUND" in unknown.stderr
    return str(order_id)


async def assert_its_customer_sees_it_and_a_stranger_nothing(data_dir: Path, order_id: str) -> None:
    link = (await verb(data_dir, "links", "make", order_id)).json["url"]
    endpoints = Endpoints.find(data_dir)
    async with httpx2.AsyncClient(trust_env=False) as anybody:
        page = await anybody.get(link)
        assert (page.status_code, order_id in page.text) == (200, True)
        told = await anybody.get(f"{endpoints.api_url}/v1/orders/{order_id}")
        assert (told.status_code, told.json()["code"]) == (401, "SIGN_IN_REQUIRED")
