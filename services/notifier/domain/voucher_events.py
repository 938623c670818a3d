"""Facts about vouchers."""

from typing import ClassVar
from uuid import UUID

from contracts.values import AmountMinor, Code, Currency, Identifier, OrderId, Text, Timestamp
from kit.facts import Fact
from services.notifier.domain.events import NotificationRequested


class VoucherFact(Fact):
    """What every fact about one voucher says."""

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation it is given for; there is one voucher for each at most."""
    voucher_id: UUID
    """Ours; made of the cancellation."""


class VoucherWanted(VoucherFact):
    """A voucher is to be drawn, and the mail waits for it. Recorded by: `tell_of_cancellation`."""

    NAME: ClassVar[str] = "voucher.wanted.v1"

    budget: Code
    """What it is drawn from."""
    budget_minor: AmountMinor
    """What all of that budget may be worth."""
    amount_minor: AmountMinor
    """What it is worth."""
    currency: Currency
    """Of both."""
    expires_at: Timestamp
    """How long it can be used."""
    mail: NotificationRequested
    """The message as it is without a voucher."""


class VoucherIssued(VoucherFact):
    """A voucher was drawn. Recorded by: `record_voucher`; published."""

    NAME: ClassVar[str] = "voucher.issued.v1"

    code: Identifier
    """What the customer enters."""
    budget: Code
    """What it was drawn from."""
    amount_minor: AmountMinor
    """What it is worth."""
    currency: Currency
    """Of the amount."""
    expires_at: Timestamp
    """How long it can be used."""


class VoucherRefused(VoucherFact):
    """No voucher was drawn; the mail goes without. Recorded by: `record_voucher`."""

    NAME: ClassVar[str] = "voucher.refused.v1"

    budget: Code
    """What it was to be drawn from."""
    why: Text
    """Why not."""
