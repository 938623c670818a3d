"""Drafts of the stationery: the next version with every text, and what is wrong with one."""

import json
from collections.abc import Iterator, Mapping
from typing import get_args

from pydantic import JsonValue, ValidationError

from contracts.values import Locale
from services.notifier.domain.choices import Template
from services.notifier.domain.stationery import Stationery
from services.notifier.rendering import shipped_text
from services.notifier.samples import html_of
from services.notifier.wording import TextError, read_text


class DraftError(ValueError):
    """It is none, or its mails cannot be written; every reason is named, one a line."""


def names() -> Iterator[tuple[Template, Locale]]:
    """Return every message in each language."""
    for template in get_args(Template):
        for locale in get_args(Locale):
            yield template, locale


def draft_of(in_force: Stationery) -> Stationery:
    """Return the next version to be edited, with every text there is."""
    texts = {
        name: in_force.texts.get(name) or shipped_text(name)
        for name in (f"{template}.{locale}" for template, locale in names())
    }
    return in_force.model_copy(update={"version": in_force.version + 1, "texts": texts})


def read_values(values: Mapping[str, JsonValue]) -> Stationery:
    """Read a draft that came as plain values; raises as `read_draft` does.

    Written by Python itself: numbers beyond 64 bits and half surrogate pairs are to be refused by
    name as well.
    """
    return read_draft(json.dumps(values).encode())


def read_draft(content: bytes) -> Stationery:
    """Read a draft; texts that are as shipped are left out, so that they follow the product.

    Raises:
        DraftError: it is none, or its mails cannot be written; every reason is named.
    """
    try:
        draft = Stationery.model_validate_json(content)
    except ValidationError as no:
        reasons = [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in no.errors()]
        raise DraftError("\n".join(reasons)) from None
    own = {name: text for name, text in draft.texts.items() if text != shipped_text(name)}
    draft = draft.model_copy(update={"texts": own})
    if problems := list(_problems(draft)):
        raise DraftError("\n".join(problems))
    return draft


def _problems(draft: Stationery) -> Iterator[str]:
    for name, text in draft.texts.items():
        try:
            read_text(text)
        except TextError as problem:
            yield f"texts.{name}: {problem}"
            continue
        for template, locale in names():
            if name == f"{template}.{locale}":
                try:
                    html_of(template, locale, draft)
                except TextError as problem:
                    yield f"texts.{name}: {problem}"
