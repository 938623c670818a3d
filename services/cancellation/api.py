"""The HTTP door: the same commands as on Kafka, looks ahead, and reads."""

from typing import Any

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from kit.event_store import EventStore
from kit.postgres import Pool
from kit.processor import Processor
from services.cancellation.access import check_rules
from services.cancellation.api_accounts import add_accounts
from services.cancellation.api_afterwards import add_afterwards
from services.cancellation.api_bulk import PREFIX, add_bulk
from services.cancellation.api_cancelling import add_cancelling
from services.cancellation.api_cases import add_cases
from services.cancellation.api_claims import add_claims
from services.cancellation.api_explanation import add_explanation
from services.cancellation.api_openid import add_openid
from services.cancellation.api_people import add_people
from services.cancellation.api_policy import add_policy
from services.cancellation.api_requests import add_requests
from services.cancellation.api_what_if import add_what_ifs
from services.cancellation.bulk.desk import PlanDesk
from services.cancellation.desk import Desk
from services.cancellation.guarded import open_door
from services.cancellation.people.book import book_over
from services.cancellation.people.openid import IdentityProvider
from services.cancellation.reads import add_reads
from services.cancellation.reads_cases import add_case_reads
from services.cancellation.reads_changes import add_change_reads
from services.cancellation.reads_figures import add_figures
from services.cancellation.reads_requests import add_request_reads
from services.cancellation.settings import CancellationSettings
from services.cancellation.what_if.desk import WhatIfDesk

DESCRIPTION = """
A command's id is yours: send it as `Idempotency-Key`. The same key and body always get the same
answer; another body under the same key is refused. After a time-out send the same again, or ask
`/v1/commands/{command_id}`.

**Who asks** says so with `Authorization: Bearer …`: the token of a session (`POST /v1/sessions`) or
a key. Every operation names the right it needs, `x-right`. A command that names its `actor` must
name whoever sends it. With `CANCELLATION_ACCESS=open` whoever comes without is let in and believed;
that is for a machine of one's own.
"""


def build(
    *,
    pool: Pool,
    store: EventStore,
    processor: Processor[Any],
    plans: Processor[Any],
    settings: CancellationSettings,
    dsn: str,
    provider: IdentityProvider | None = None,
) -> FastAPI:
    """Build the application.

    Args:
        pool: the database.
        store: the log in it.
        processor: decides on commands.
        plans: decides on those about plans.
        settings: the service's own.
        dsn: where the database is, for a process of its own.
        provider: signs people in; None where they have passwords alone.
    """
    book = book_over(pool, store, settings)
    app = open_door(
        book, settings, title="Countermand", description=DESCRIPTION,
        summary="Cancel orders and read what became of them.",
        larger={PREFIX: settings.http_bulk_body_bytes_max},
    )  # fmt: skip
    desk = Desk(pool, store, processor)
    add_cancelling(app, desk)
    add_requests(app, desk)
    add_afterwards(app, desk)
    add_claims(app, desk)
    add_cases(app, desk)
    add_policy(app, desk)
    add_what_ifs(app, WhatIfDesk(pool, store, dsn))
    add_explanation(app, desk)
    add_people(app, book)
    add_openid(app, book, provider)
    add_accounts(app, book)
    add_bulk(app, PlanDesk(pool, store, processor, plans))
    add_reads(app, pool, settings)
    add_case_reads(app, pool, settings)
    add_request_reads(app, pool, settings)
    add_change_reads(app, pool)
    add_figures(app, pool, settings)
    app.mount("/contracts", StaticFiles(packages=[("contracts", "generated")], html=True))
    check_rules(app)
    return app
