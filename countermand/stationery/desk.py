"""What the verbs do: check a draft, write its mails as they would be, put a version in force."""

from pathlib import Path

from countermand.errors import KnownError
from countermand.messages.desk import opened
from services.notifier import drafts
from services.notifier.desk import By
from services.notifier.domain.events import StationeryPublished
from services.notifier.domain.stationery import Stationery
from services.notifier.samples import html_of


class StationeryError(KnownError):
    """There is no such version, or a draft cannot be put in force."""


async def list_published(data_dir: Path) -> list[StationeryPublished]:
    """Return every version but the one that is built in, oldest first."""
    async with opened(data_dir, StationeryError) as desk:
        return await desk.published()


async def find(data_dir: Path, version: int | None = None) -> Stationery:
    """Return one version, or the one in force."""
    async with opened(data_dir, StationeryError) as desk:
        return await desk.stationery(version)


def read_draft(content: bytes) -> Stationery:
    """Read a draft.

    Raises:
        StationeryError: it is none, or its mails cannot be written; every reason is named.
    """
    try:
        return drafts.read_draft(content)
    except drafts.DraftError as no:
        raise StationeryError(str(no)) from None


def preview(draft: Stationery, directory: Path) -> list[Path]:
    """Write every mail as it would be, in each language, as HTML and as plain text."""
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for template, locale in drafts.names():
        for kind, ending in (("html", "html"), ("plain", "txt")):
            file = directory / f"{template}.{locale}.{ending}"
            file.write_text(html_of(template, locale, draft, kind), encoding="utf-8")
            files.append(file)
    return files


async def publish(data_dir: Path, draft: Stationery, *, who: str, why: str) -> int:
    """Put a version in force; every process writes on it within a second. Returns its number."""
    async with opened(data_dir, StationeryError) as desk:
        return await desk.publish(draft, By(who, why))


async def restore(data_dir: Path, version: int, *, who: str, why: str) -> int:
    """Put an earlier version in force again, as the next one. Returns its number."""
    async with opened(data_dir, StationeryError) as desk:
        return await desk.restore(version, By(who, why))
