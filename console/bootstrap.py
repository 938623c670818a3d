"""Composition root: the only file that knows every concrete part of the console."""

from console.api import Api, Apis, open_client
from console.app import build
from console.settings import ConsoleSettings
from kit.health import Health
from kit.process import Main
from kit.settings import KitSettings
from web.serving import serve as serve_app


class ConsoleKit(KitSettings):
    """Settings of every process, but for the servers the console never meets."""

    postgres_dsn: str = ""
    """Not used."""
    kafka_bootstrap: str = ""
    """Not used."""


async def serve(_: KitSettings, health: Health) -> None:
    """Role `web`: pages for the staff."""
    own = ConsoleSettings()
    async with (
        open_client(own.api_url, own.api_timeout_s) as client,
        open_client(own.operations_url, own.api_timeout_s) as operations,
        open_client(own.notifier_url, own.api_timeout_s) as notifier,
    ):
        app = build(Apis(Api(client), Api(operations), Api(notifier)), own)
        await serve_app(app, own.http_host, own.http_port, health)


ROLES: dict[str, Main] = {"web": serve}
