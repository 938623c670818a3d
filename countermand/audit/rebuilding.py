"""Builds the links of an audit history anew; the signed roots stay and decide whether it holds."""

import time
from typing import Any

from audit.hashes import tree_root
from audit.tables import audit_schema
from audit.trail import AuditTrail
from countermand.audit.reading import Reader
from kit.event_store import EventStore
from kit.facts import FactMapper
from kit.postgres import AnyConnection
from rebuild.rebuilding import OnStep, Terms, Told, rebuild


class RootsDisagreeError(RuntimeError):
    """The log does not give what was signed."""


async def rebuild_audit(
    dsn: str, service: str, on_step: OnStep = lambda *_: None
) -> dict[str, Any]:
    """Rebuild one audit history; returns how many `facts` in how many `seconds`.

    Raises:
        RootsDisagreeError: nothing was replaced.
        BusyError: somebody else rebuilds it.
    """

    async def check(connection: AnyConnection) -> None:
        reader = Reader(connection, service, entries="entries_next")
        _, reached = await reader.ends()
        async for root in reader.roots():
            if root.last_position > reached:
                return  # the links themselves are not that far yet
            links = await reader.links(root)
            if len(links) != root.entry_count or tree_root(list(links.values())) != root.tree:
                raise RootsDisagreeError(
                    f"The log does not give the signed root of period {root.period}, positions"
                    f" {root.first_position} to {root.last_position}. Nothing was replaced;"
                    " `countermand audit verify` names the rows."
                )

    started = time.perf_counter()
    done = await rebuild(
        dsn=dsn,
        schema=audit_schema(service),
        store=EventStore(service, FactMapper([])),
        projection=AuditTrail(service),
        terms=Terms(who="audit rebuild", why="asked for", is_compared=False, check=check),
        told=Told(on_step=on_step),
    )
    return {"facts": done.facts, "seconds": round(time.perf_counter() - started, 2)}
