"""Stationery: all that a merchant may set about mails, as versioned data.

A version never changes once it is published, and every message names the one it is written on; so
a mail can be written again byte for byte, whatever was published since.
"""

from collections.abc import Collection
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.cancellation import CancelReason
from contracts.values import (
    AMOUNT_MINOR_MAX,
    AmountMinor,
    Code,
    Currency,
    Identifier,
    Locale,
    Version,
)
from kit.decider import Context
from services.notifier.domain.choices import BUILT_IN as CHOICES
from services.notifier.domain.choices import Choice, Choosable, Template

TEXT_CHARACTERS_MAX = 10_000
"""Of one text; the longest shipped one has 2,000."""

LineOfText = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]
"""One line of what can be printed."""

HttpsUrl = Annotated[
    str, StringConstraints(max_length=500, pattern=r"^https://[A-Za-z0-9.-]+(:[0-9]+)?(/[!-~]*)?$")
]
"""A web address in ASCII."""

PageUrl = Annotated[
    str,
    StringConstraints(
        max_length=200,
        pattern=r"^(https://[A-Za-z0-9.-]+|http://127\.0\.0\.1)(:[0-9]+)?(/[A-Za-z0-9./_-]*)?$",
    ),
]
"""A web address links begin with; without TLS on this machine alone."""

ALTERNATIVES_SHOWN_MAX = 3
"""A mail that tells of a cancellation is no catalogue."""

TextName = Annotated[
    str,
    StringConstraints(
        pattern=f"^({'|'.join(get_args(Template))})\\.({'|'.join(get_args(Locale))})$"
    ),
]
"""A message in a language, `refund_failed.fr`."""


class VoucherTerms(BaseModel):
    """A voucher for a next purchase, for those whose order the shop had to cancel."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    budget: Code
    """What the vouchers are drawn from; a new name is a new budget."""
    budget_minor: AmountMinor
    """All vouchers of this budget together are worth at most so much."""
    amount_minor: Annotated[int, Field(strict=True, ge=1, le=AMOUNT_MINOR_MAX)]
    """What one is worth."""
    currency: Currency
    """Of both; orders in another get none."""
    valid_days: Annotated[int, Field(strict=True, ge=1, le=3_660)] = 365
    """How long one can be used."""
    reasons: Annotated[tuple[CancelReason, ...], Field(min_length=1)] = ("INVENTORY", "STAFF")
    """Only cancellations for these."""


class Naming(BaseModel):
    """How something is called in each language."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    en: LineOfText
    """In English."""
    fr: LineOfText
    """In French."""


class Alternative(BaseModel):
    """Something a customer may like in place of what was cancelled."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    label: Naming
    """What it is."""
    url: HttpsUrl
    """Where it is sold."""
    skus: Annotated[tuple[Identifier, ...], Field(max_length=200)] = ()
    """Only in place of these articles; empty for any."""
    reasons: Annotated[tuple[CancelReason, ...], Field(min_length=1)] = (
        "CUSTOMER", "INVENTORY", "STAFF", "OTHER",
    )  # fmt: skip
    """Only after cancellations for these."""


class Stationery(BaseModel):
    """All that a merchant may set about mails."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    version: Version
    """0 is built in; every published one is one above the last."""
    shop_name: LineOfText | None = None
    """Above every mail."""
    support: LineOfText | None = None
    """Where customers get help: an address, a telephone number, opening hours."""
    reorder_url: HttpsUrl | None = None
    """Where the same can be ordered again; `{order_id}` in it becomes the order's number."""
    feedback_url: HttpsUrl | None = None
    """Where customers reach the role `api` of this service; empty asks no question."""
    page_url: PageUrl | None = None
    """Where customers reach their page; every mail then has a link to it, if keys are set."""
    page_days: Annotated[int, Field(strict=True, ge=1, le=3_660)] = 180
    """How long such a link is good."""
    alternatives: Annotated[tuple[Alternative, ...], Field(max_length=500)] = ()
    """Offered in the mail about a cancellation and on the customer's page, three at most."""
    voucher: VoucherTerms | None = None
    """Given with the mail about a cancellation while the budget lasts; empty for none."""
    choices: dict[Choosable, Choice] = {}
    """Which messages are sent; what is not named is as built in."""
    texts: dict[TextName, Annotated[str, StringConstraints(max_length=TEXT_CHARACTERS_MAX)]] = {}
    """The merchant's own words, in place of those shipped."""

    def choice_of(self, template: Template) -> Choice:
        """Return when such a message is sent."""
        chosen: dict[Any, Choice] = self.choices
        return chosen.get(template) or CHOICES[template]

    def alternatives_for(
        self, skus: Collection[str], reason: CancelReason | None
    ) -> tuple[Alternative, ...]:
        """Return what is offered in place of some articles; what names one of them comes first."""
        fitting = [
            one
            for one in self.alternatives
            if (reason is None or reason in one.reasons)
            and (not one.skus or not set(one.skus).isdisjoint(skus))
        ]
        fitting.sort(key=lambda one: not one.skus)
        return tuple(fitting[:ALTERNATIVES_SHOWN_MAX])

    def without_texts(self) -> "Stationery":
        """Return the same with the words as shipped."""
        return self.model_copy(update={"texts": {}})


BUILT_IN = Stationery(version=0)
"""In force until another is published."""


def in_force(context: Context) -> Stationery:
    """Return the version a decision is made by."""
    return context.reference or BUILT_IN
