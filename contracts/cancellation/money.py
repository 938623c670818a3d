"""Money of a cancellation: what goes back, on which payment, what is kept, and why.

Everything is in minor units of the order's currency.
"""

from typing import Annotated, Literal

from pydantic import Field

from contracts.message import CommandPart, Part
from contracts.orders import PaymentMethod
from contracts.values import AmountMinor, Identifier, PaymentId, Seconds, Tender, Timestamp

SettleTo = Literal["ORIGINAL", "STORE_CREDIT", "BY_HAND"]
"""Where settled money goes; `BY_HAND`: a person gives it back in another way, and proves it."""

RefundTo = Literal["ORIGINAL", "STORE_CREDIT"]
"""The way the money came, or credit with the shop."""


class TenderAmount(CommandPart):
    """So much of one payment."""

    payment_id: PaymentId
    """A payment of the order."""
    amount_minor: AmountMinor
    """To give back on it."""


TenderAmounts = Annotated[tuple[TenderAmount, ...], Field(min_length=1, max_length=100)]


class LineWorth(Part):
    """What the cancelled units of a line are made of, to the minor unit."""

    price_minor: AmountMinor
    """Units times unit price."""
    discount_minor: AmountMinor
    """Taken off; their share of the line's discount."""
    tax_minor: AmountMinor
    """Their share of the line's tax; part of the amount unless the prices include it."""
    duties_minor: AmountMinor
    """Their share of the line's duties."""


class RefundDue(Part):
    """Money to give back on one payment."""

    payment_id: PaymentId
    """The payment to refund."""
    amount_minor: AmountMinor
    """To refund now; more than 0."""
    captured_minor: AmountMinor
    """Captured on this payment so far; the bound on everything ever refunded."""
    tender: Tender = "CARD"
    """What the payment was made with."""
    method: PaymentMethod | None = None
    """How, in particular, as far as the shop said."""
    by_hand_within_s: Seconds | None = None
    """How long a person has to give it back, where no provider can and the policy says so."""


class VoidDue(Part):
    """An authorised payment to release; nothing of it was captured."""

    payment_id: PaymentId
    """The payment to void."""
    amount_minor: AmountMinor
    """What was held on it."""


class StoreCreditDue(Part):
    """Credit with the shop, in place of refunds."""

    amount_minor: AmountMinor
    """To credit; the sum of `payments`."""
    customer_id: Identifier
    """Whose account."""
    expires_at: Timestamp | None
    """When it lapses; empty for never."""
    payments: tuple[RefundDue, ...]
    """The payments it stands for; what is credited is no longer refundable on them."""


class FeeKept(Part):
    """What the shop keeps for cancelling, as the policy says."""

    percent_bps: Annotated[int, Field(strict=True, ge=0, le=10_000)]
    """Share of the goods' value in hundredths of a percent."""
    base_minor: AmountMinor
    """The value it was taken of."""
    percent_minor: AmountMinor
    """That share, rounded down over all cancellations of the order together."""
    flat_minor: AmountMinor
    """The flat part, once per order."""


class MoneyTerms(Part):
    """What was decided about money beside the refunds that are due now."""

    shipping_minor: AmountMinor = 0
    """Delivery given back, its discount and tax included."""
    fee: FeeKept | None = None
    """Kept for cancelling."""
    kept_minor: AmountMinor = 0
    """Not given back because the command says so."""
    balance_minor: AmountMinor = 0
    """Owed to the customer and to be settled later by `SettleRefund`."""
    voids: tuple[VoidDue, ...] = ()
    """Payments to release; never one that is refunded too."""
    awaited: tuple[PaymentId, ...] = ()
    """Payments with a capture in flight: refunded or released when its outcome is known."""
    store_credit: StoreCreditDue | None = None
    """Due instead of refunds."""
