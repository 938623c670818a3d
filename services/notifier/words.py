"""What every mail says in the customer's language, whatever it is about."""

from datetime import date

LABELS = {
    "en": {
        "item": "Item",
        "quantity": "Quantity",
        "value": "Value",
        "order": "Order",
        "page": "See how it stands",
        "offer": "Perhaps instead:",
        "reorder": "Order this again",
        "question": "How did we handle this? One click tells us.",
        "thanks": "Thank you for your answer.",
        "unknown": "This link is not one of ours.",
        "GOOD": "Well",
        "FAIR": "So-so",
        "POOR": "Badly",
        "asked": "How did we handle the cancellation of your order?",
        "support": "Here to help:",
        "voucher": "We are sorry. Until {day}, your next order is {amount} cheaper with the code"
        " {code}.",
    },
    "fr": {
        "item": "Article",
        "quantity": "Quantité",
        "value": "Valeur",
        "order": "Commande",
        "page": "Suivre ma commande",
        "offer": "Peut-être à la place :",
        "reorder": "Commander de nouveau",
        "question": "Comment avons-nous géré cela ? Un clic suffit pour nous le dire.",
        "thanks": "Merci de votre réponse.",
        "unknown": "Ce lien n'est pas un des nôtres.",
        "GOOD": "Bien",
        "FAIR": "Moyennement",
        "POOR": "Mal",
        "asked": "Comment avons-nous géré l'annulation de votre commande ?",
        "support": "À votre service :",
        "voucher": "Toutes nos excuses. Jusqu'au {day}, votre prochaine commande coûte {amount} de"
        " moins avec le code {code}.",
    },
}
"""By locale."""

CAUSES = {
    "en": {
        "CUSTOMER": "You asked us to.",
        "CHANGED_MIND": "You asked us to.",
        "BETTER_OFFER": "You asked us to.",
        "EU_WITHDRAWAL": "You withdrew from the contract, as is your right.",
        "INVENTORY": "We are sorry: we can no longer supply these items.",
        "OUT_OF_STOCK": "We are sorry: these items are out of stock.",
        "FRAUD": "We could not confirm the details of the order.",
        "DECLINED": "The payment was not approved.",
        "STAFF": "We are sorry: the mistake was ours.",
        "SHIPPING_DELAY": "We are sorry: we could not deliver in time.",
        "ADDRESS_INVALID": "We could not deliver to the address given.",
        "UNDELIVERABLE": "The parcel could not be delivered.",
        "TECHNICAL_ERROR": "We are sorry: something went wrong on our side.",
        "SUPPLIER_ISSUE": "We are sorry: our supplier let us down.",
        "POLICY_CHANGE": "We are sorry: we no longer offer these items.",
        "EXPIRED": "It was not paid in time.",
    },
    "fr": {
        "CUSTOMER": "Vous nous l'avez demandé.",
        "CHANGED_MIND": "Vous nous l'avez demandé.",
        "BETTER_OFFER": "Vous nous l'avez demandé.",
        "EU_WITHDRAWAL": "Vous vous êtes rétracté, comme vous en avez le droit.",
        "INVENTORY": "Nous sommes désolés : nous ne pouvons plus fournir ces articles.",
        "OUT_OF_STOCK": "Nous sommes désolés : ces articles sont en rupture de stock.",
        "FRAUD": "Nous n'avons pas pu confirmer les informations de la commande.",
        "DECLINED": "Le paiement n'a pas été accepté.",
        "STAFF": "Nous sommes désolés : l'erreur vient de nous.",
        "SHIPPING_DELAY": "Nous sommes désolés : nous n'avons pas pu livrer à temps.",
        "ADDRESS_INVALID": "Nous n'avons pas pu livrer à l'adresse indiquée.",
        "UNDELIVERABLE": "Le colis n'a pas pu être livré.",
        "TECHNICAL_ERROR": "Nous sommes désolés : un problème est survenu de notre côté.",
        "SUPPLIER_ISSUE": "Nous sommes désolés : notre fournisseur nous a fait défaut.",
        "POLICY_CHANGE": "Nous sommes désolés : nous ne proposons plus ces articles.",
        "EXPIRED": "Elle n'a pas été payée à temps.",
    },
}
"""Why, as a customer would say it; by the merchant's reason first, then by the standard's."""

MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July",
        "August", "September", "October", "November", "December",
    ),
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet",
        "août", "septembre", "octobre", "novembre", "décembre",
    ),
}  # fmt: skip
"""By locale, January first."""


def day(moment: date | None, locale: str) -> str | None:
    """Write a day, `2 December 2026`; nothing when there is none."""
    if moment is None:
        return None
    return f"{_number(moment, locale)} {MONTHS[locale][moment.month - 1]} {moment.year}"


def span(first: date | None, last: date | None, locale: str) -> str | None:
    """Write from which day to which something is expected: `between 2 and 7 December 2026`."""
    if first is None or last is None:
        return None
    if first == last:
        return f"{'le' if locale == 'fr' else 'on'} {day(last, locale)}"
    start = _number(first, locale)
    if first.month != last.month:
        start += f" {MONTHS[locale][first.month - 1]}"
    if first.year != last.year:
        start += f" {first.year}"
    if locale == "fr":
        return f"entre le {start} et le {day(last, locale)}"
    return f"between {start} and {day(last, locale)}"


def _number(moment: date, locale: str) -> str:
    return "1er" if locale == "fr" and moment.day == 1 else str(moment.day)
