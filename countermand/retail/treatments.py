"""Every dirty kind of row, as a stable code with one sentence of meaning.

A row may be noted under several `Kept` codes, but it has exactly one fate: in an order, in a
command, or under one code of `Unmatched`, `SetAside` or `Malformed`.
"""

from typing import Final, Literal

Kept = Literal[
    "MISSING_CUSTOMER",
    "ZERO_PRICE",
    "SUB_PENNY_PRICE",
    "CHARGE",
    "REPEATED_ARTICLE",
    "EMPTY_DESCRIPTION",
    "CODE_CLEANED",
    "SEVERAL_TIMES",
    "NOTHING_TO_PAY",
    "PRICE_DIFFERS",
]
"""Used, and noted because the row is unusual."""

SetAside = Literal[
    "ADJUSTMENT_INVOICE",
    "STOCK_CORRECTION",
    "STOCK_ENTRY",
    "NEGATIVE_PRICE",
    "BOOKKEEPING",
    "TEST_ARTICLE",
    "SEVERAL_CUSTOMERS",
    "TOO_MANY_LINES",
]
"""Well formed, but nothing a customer ordered."""

Unmatched = Literal[
    "POSITIVE_QUANTITY",
    "NOT_GOODS",
    "NO_CUSTOMER",
    "CUSTOMER_UNCLEAR",
    "NO_EARLIER_ORDER",
    "ITEM_NEVER_BOUGHT",
    "CHARGE_DIFFERS",
    "QUANTITY_NEVER_BOUGHT",
    "QUANTITY_NOT_LEFT",
]
"""A row of a `C` invoice that no earlier order can give back."""

Malformed = Literal[
    "BAD_COLUMN_COUNT",
    "BAD_INVOICE",
    "BAD_STOCK_CODE",
    "BAD_DESCRIPTION",
    "BAD_QUANTITY",
    "BAD_DATE",
    "BAD_PRICE",
    "BAD_CUSTOMER",
    "BAD_COUNTRY",
    "AMOUNT_TOO_GREAT",
]
"""Not readable as a row of this file."""

MEANINGS: Final[dict[str, str]] = {
    "MISSING_CUSTOMER": "no customer: a guest's order, placed all the same, never cancelled",
    "ZERO_PRICE": "price 0: a gift, kept as a line worth 0",
    "SUB_PENNY_PRICE": "price below a penny: rounded half to even to whole pence",
    "CHARGE": "postage, carriage or a manual charge: kept as a line, never restocked alone",
    "REPEATED_ARTICLE": "the invoice names this article before: a line of its own",
    "EMPTY_DESCRIPTION": "no description: kept with an empty title",
    "CODE_CLEANED": "stock code trimmed, upper-cased or freed of characters an SKU may not hold",
    "SEVERAL_TIMES": "the invoice's rows name several times: the earliest counts",
    "NOTHING_TO_PAY": "the invoice sums to 0: an order without a payment",
    "PRICE_DIFFERS": "cancelled at another price than was paid: what was paid is refunded",
    "ADJUSTMENT_INVOICE": "an `A` invoice: bad debt in the books, not an order",
    "STOCK_CORRECTION": "negative quantity without a `C`: stock written off, not an order line",
    "STOCK_ENTRY": "no customer and nothing costs anything: stock found or moved, not an order",
    "NEGATIVE_PRICE": "negative price: a booking, not an order line",
    "BOOKKEEPING": "a discount, fee, sample or adjustment code: a booking, not an order line",
    "TEST_ARTICLE": "the shop's own test product: nobody ordered it",
    "SEVERAL_CUSTOMERS": "the invoice names several customers: it is unclear whose order it is",
    "TOO_MANY_LINES": "the invoice has more lines than an order may have",
    "POSITIVE_QUANTITY": "a positive quantity on a `C` invoice takes nothing back",
    "NOT_GOODS": "a discount, fee, sample, adjustment or test code: there is no line to cancel",
    "NO_CUSTOMER": "the `C` invoice names no customer, so its order cannot be told",
    "CUSTOMER_UNCLEAR": "the `C` invoice names several customers",
    "NO_EARLIER_ORDER": "the customer has no earlier order in this file",
    "ITEM_NEVER_BOUGHT": "no earlier order of the customer holds the article",
    "CHARGE_DIFFERS": "the customer paid this kind of charge before, but never this amount",
    "QUANTITY_NEVER_BOUGHT": "no single earlier order of the customer ever held so many units",
    "QUANTITY_NOT_LEFT": "an earlier order held so many units, but earlier cancellations took them",
    "BAD_COLUMN_COUNT": "more or fewer columns than the first line names",
    "BAD_INVOICE": "invoice is not digits, `C` and digits, or `A` and digits",
    "BAD_STOCK_CODE": "stock code is empty, too long, or holds no letter and no digit",
    "BAD_DESCRIPTION": "description is over 500 characters or is not plain UTF-8 text",
    "BAD_QUANTITY": "quantity is not a whole number from 1 to 1,000,000, or the negative of one",
    "BAD_DATE": "invoice_date is not a date and time such as `2009-12-01T07:45:00`",
    "BAD_PRICE": "price is not a decimal number such as `6.95`",
    "BAD_CUSTOMER": "customer_id is neither empty nor digits",
    "BAD_COUNTRY": "country is over 500 characters or is not plain UTF-8 text",
    "AMOUNT_TOO_GREAT": "quantity times price is beyond what an order can hold",
}
"""What each code means, in words a report can show."""
