"""Composition root of the door of operations; nothing here could call a provider."""

from countermand.operations.settings import OperationsSettings
from countermand.replay.doing import System
from countermand.replay.journal import Journal
from kit.health import Health
from kit.postgres import open_pool
from kit.process import Main
from kit.settings import KitSettings
from services.cancellation.people.book import book_over
from services.cancellation.service import SERVICE
from services.cancellation.settings import CancellationSettings


async def serve(settings: KitSettings, health: Health) -> None:
    """Role `api`: dead letters and replays, by HTTP."""
    from countermand.operations import api  # noqa: PLC0415 - half a second no other role needs
    from web.serving import serve as serve_app  # noqa: PLC0415

    own, access = OperationsSettings(), CancellationSettings()
    async with open_pool(settings.postgres_dsn, size_max=8, name="operations-api") as pool:
        book = book_over(pool, SERVICE.store, access)
        async with api.opened(System(pool, settings, Journal(pool)), book, access, own) as app:
            await serve_app(app, own.http_host, own.http_port, health)


ROLES: dict[str, Main] = {"api": serve}
