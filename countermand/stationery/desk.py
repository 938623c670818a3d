"""What the verbs do: check a draft, write its mails as they would be, put a version in force."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from contracts.values import Locale
from countermand.errors import KnownError
from countermand.mail_pictures import html_of
from countermand.messages.desk import opened
from kit.cloudevents import Incoming, fingerprint
from kit.ids import stream_id
from services.notifier.domain.choices import Template
from services.notifier.domain.events import StationeryPublished
from services.notifier.domain.publishing import (
    STATIONERY,
    STATIONERY_KEY,
    PublishStationery,
)
from services.notifier.domain.stationery import BUILT_IN, Stationery
from services.notifier.rendering import shipped_text
from services.notifier.service import SERVICE
from services.notifier.stationeries import read_published
from services.notifier.wording import TextError, read_text


class StationeryError(KnownError):
    """There is no such version, or a draft cannot be put in force."""


async def list_published(data_dir: Path) -> list[StationeryPublished]:
    """Return every version but the one that is built in, oldest first."""
    async with opened(data_dir) as (pool, _):
        return await read_published(pool)


async def find(data_dir: Path, version: int | None = None) -> Stationery:
    """Return one version, or the one in force."""
    known = [BUILT_IN, *(fact.stationery for fact in await list_published(data_dir))]
    if version is None:
        return known[-1]
    if not 0 <= version < len(known):
        raise StationeryError(f"There is no version {version}; the newest is {len(known) - 1}.")
    return known[version]


def draft_of(in_force: Stationery) -> Stationery:
    """Return the next version to be edited, with every text there is."""
    texts = {
        name: in_force.texts.get(name) or shipped_text(name)
        for template in get_args(Template)
        for name in (f"{template}.{locale}" for locale in get_args(Locale))
    }
    return in_force.model_copy(update={"version": in_force.version + 1, "texts": texts})


def read_draft(content: bytes) -> Stationery:
    """Read a draft; texts that are as shipped are left out, so that they follow the product.

    Raises:
        StationeryError: it is none, or its mails cannot be written; every reason is named.
    """
    try:
        draft = Stationery.model_validate_json(content)
    except ValidationError as no:
        reasons = [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in no.errors()]
        raise StationeryError("\n".join(reasons)) from None
    own = {name: text for name, text in draft.texts.items() if text != shipped_text(name)}
    draft = draft.model_copy(update={"texts": own})
    if problems := list(_problems(draft)):
        raise StationeryError("\n".join(problems))
    return draft


def _problems(draft: Stationery) -> Iterator[str]:
    for name, text in draft.texts.items():
        try:
            read_text(text)
        except TextError as problem:
            yield f"texts.{name}: {problem}"
            continue
        for template in get_args(Template):
            for locale in get_args(Locale):
                if name == f"{template}.{locale}":
                    try:
                        html_of(template, locale, draft)
                    except TextError as problem:
                        yield f"texts.{name}: {problem}"


def preview(draft: Stationery, directory: Path) -> list[Path]:
    """Write every mail as it would be, in each language, as HTML and as plain text."""
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for template in get_args(Template):
        for locale in get_args(Locale):
            for kind, ending in (("html", "html"), ("plain", "txt")):
                file = directory / f"{template}.{locale}.{ending}"
                file.write_text(html_of(template, locale, draft, kind), encoding="utf-8")
                files.append(file)
    return files


async def publish(
    data_dir: Path, draft: Stationery, *, who: str, why: str, restored_from: int | None = None
) -> int:
    """Put a version in force; every process writes on it within a second. Returns its number."""
    command = PublishStationery(stationery=draft, who=who, why=why, restored_from=restored_from)
    type_ = type(command).__name__
    print_ = fingerprint(type_, command)
    stream, id_ = stream_id(STATIONERY_KEY), f"stationery:{draft.version}:{print_.hex()}"
    async with opened(data_dir) as (pool, settings):
        known = [BUILT_IN, *(fact.stationery for fact in await read_published(pool))]
        if draft in known:
            return draft.version
        if draft.version != len(known):
            newest = len(known) - 1
            raise StationeryError(f"Version {draft.version} does not follow version {newest}.")
        processor = replace(SERVICE.processor(settings, pool), decider=STATIONERY)
        (answer,) = await processor.process([Incoming(id_, type_, command, stream, print_, id_)])
    if answer.code:
        raise StationeryError(f"{answer.code}: {answer.detail}.")
    return draft.version


async def restore(data_dir: Path, version: int, *, who: str, why: str) -> int:
    """Put an earlier version in force again, as the next one. Returns its number."""
    earlier, in_force = await find(data_dir, version), await find(data_dir)
    again = earlier.model_copy(update={"version": in_force.version + 1})
    return await publish(data_dir, again, who=who, why=why, restored_from=version)
