"""Composition root: the only file that knows every concrete part of the customer's page."""

from console.api import Api, open_client
from console.bootstrap import ConsoleKit
from console.customers.app import build
from console.customers.settings import CustomersSettings
from console.customers.shop import Notifier
from kit.health import Health
from kit.process import Main
from kit.settings import KitSettings
from web.serving import serve as serve_app

__all__ = ["ROLES", "ConsoleKit"]


async def serve(_: KitSettings, health: Health) -> None:
    """Role `web`: one order's page for whoever has its link."""
    own = CustomersSettings()
    async with (
        open_client(own.api_url, own.api_timeout_s) as to_api,
        open_client(own.notifier_url, own.api_timeout_s) as to_notifier,
    ):
        key = own.api_key.get_secret_value() if own.api_key else None
        app = build(Api(to_api, key), Notifier(to_notifier), own)
        await serve_app(app, own.http_host, own.http_port, health)


ROLES: dict[str, Main] = {"web": serve}
