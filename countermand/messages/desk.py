"""What the verbs do: ask the notifier's desk over the store of a running system."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from countermand.endpoints import Endpoints
from countermand.errors import KnownError
from kit.postgres import open_pool
from services.notifier.bounces import NotABounceError, read_bounce
from services.notifier.desk import By, Desk, Mail, Refused
from services.notifier.service import SERVICE


class MessageError(KnownError):
    """A message is not there, or cannot be done what is asked."""


@asynccontextmanager
async def opened(data_dir: Path, error: type[KnownError] = MessageError) -> AsyncIterator[Desk]:
    """Open the desk of a running system; what it refuses is said in words, as an error."""
    found = Endpoints.find(data_dir)
    async with open_pool(found.postgres_dsn, size_max=1, name="messages") as pool:
        try:
            yield Desk(pool, SERVICE.processor(found.settings(), pool))
        except Refused as no:
            raise error(f"{no.code}: {no.detail}.") from None


async def list_mails(data_dir: Path, order_id: str) -> list[Mail]:
    """Return the messages of one order, oldest first."""
    async with opened(data_dir) as desk:
        return [*(await desk.mails(order_id)).values()]


async def find_mail(data_dir: Path, message_id: UUID) -> Mail:
    """Return one message."""
    async with opened(data_dir) as desk:
        return await desk.mail(message_id)


async def resend(data_dir: Path, message_id: UUID, *, who: str, why: str, wish: str) -> list[str]:
    """Have a message sent again; the same wish again is the same message. Returns new ids."""
    async with opened(data_dir) as desk:
        new, is_new = await desk.resend(message_id, By(who, why), wish)
    return [str(new)] if is_new else []


async def record_bounce(data_dir: Path, content: bytes) -> dict[str, Any]:
    """Record what a notice says."""
    try:
        bounce = read_bounce(content)
    except NotABounceError as no:
        raise MessageError(f"Nothing recorded: {no}.") from None
    async with opened(data_dir) as desk:
        order_id, is_new = await desk.bounce(bounce)
    return {
        "order_id": order_id,
        "message_id": str(bounce.message_id),
        "code": bounce.code,
        "detail": bounce.detail,
        "is_new": is_new,
    }
