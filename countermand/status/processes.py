"""What every process of a running local system says about itself, read from its metrics."""

import asyncio
from typing import Any

import httpx2
from prometheus_client.parser import text_string_to_metric_families

COLUMNS = {
    "lag": "countermand_lag_messages",
    "oldest_age_s": "countermand_oldest_unhandled_age_seconds",
    "dead_letters": "countermand_dead_letters_total",
    "duplicates": "countermand_duplicates_absorbed_total",
    "effects_open": "countermand_effects_open",
}
"""Column and the metric it sums up."""


async def read_processes(state: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one row per process."""
    async with httpx2.AsyncClient(timeout=3, trust_env=False) as client:
        return list(
            await asyncio.gather(
                *(
                    _read(client, name, pid, state["endpoints"]["health"].get(name))
                    for name, pid in state["pids"].items()
                )
            )
        )


async def _read(
    client: httpx2.AsyncClient, name: str, pid: int, health_url: str | None
) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "pid": pid, "ready": None, **dict.fromkeys(COLUMNS)}
    if health_url is None:
        return row
    try:
        row["ready"] = (await client.get(f"{health_url}/readyz")).status_code == 200  # noqa: PLR2004
        metrics = await client.get(f"{health_url}/metrics")
    except httpx2.TransportError:
        return row | {"ready": False}
    totals: dict[str, float] = {}
    for family in text_string_to_metric_families(metrics.text):
        for sample in family.samples:
            totals[sample.name] = totals.get(sample.name, 0.0) + sample.value
    return row | {
        column: round(totals[metric], 1) for column, metric in COLUMNS.items() if metric in totals
    }
