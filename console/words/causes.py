"""Why a message was set aside, by the cause its service names: English, French."""

CAUSES: dict[str, tuple[str, str]] = {
    # What any consumer finds before it knows what a record is about.
    "cause.HEADER_MISSING": ("A CloudEvents header is missing.", "Un en-tête CloudEvents manque."),
    "cause.HEADER_NOT_UTF8": (
        "A CloudEvents header is not UTF-8.",
        "Un en-tête CloudEvents n'est pas en UTF-8.",
    ),
    "cause.HEADER_INVALID": (
        "A CloudEvents header is empty, too long, or holds control codes.",
        "Un en-tête CloudEvents est vide, trop long ou contient des caractères de contrôle.",
    ),
    "cause.SPECVERSION_UNSUPPORTED": (
        "It is of another version of CloudEvents.",
        "Il est d'une autre version de CloudEvents.",
    ),
    "cause.VALUE_EMPTY": ("The record has no value.", "L'enregistrement n'a pas de valeur."),
    "cause.MESSAGE_TOO_LARGE": ("It is too large.", "Il est trop grand."),
    "cause.JSON_INVALID": ("Its value is not JSON.", "Sa valeur n'est pas du JSON."),
    "cause.DATA_INVALID": (
        "Its fields are not as the contract has them.",
        "Ses champs ne sont pas conformes au contrat.",
    ),
    "cause.KEY_MISMATCH": (
        "Its key is not that of what it is about.",
        "Sa clé n'est pas celle de ce dont il parle.",
    ),
    "cause.MESSAGE_ID_REUSED": (
        "Its id was used before, by a message that says something else.",
        "Son identifiant a déjà servi, à un message qui dit autre chose.",
    ),
    # Orders and cancellations.
    "cause.COMMAND_ID_INVALID": (
        "No answer could carry the id of this command.",
        "Aucune réponse ne pourrait porter l'identifiant de cette commande.",
    ),
    "cause.ORDER_NOT_FOUND": (
        "The order was not announced before.",
        "La commande n'avait pas été annoncée.",
    ),
    "cause.ORDER_EXISTS": (
        "The order was placed before.",
        "La commande a déjà été passée.",
    ),
    "cause.LINE_NOT_FOUND": (
        "The order has no such line.",
        "La commande n'a pas cette ligne.",
    ),
    "cause.LINE_ID_REPEATED": (
        "Two lines of the order have the same id.",
        "Deux lignes de la commande ont le même identifiant.",
    ),
    "cause.DISCOUNT_TOO_GREAT": (
        "More is taken off than it costs.",
        "La remise dépasse le prix.",
    ),
    "cause.AMOUNT_TOO_GREAT": (
        "The amount is larger than any that is counted.",
        "Le montant dépasse tout ce qui est compté.",
    ),
    "cause.CANCELLATION_NOT_FOUND": (
        "It is about a cancellation nobody decided.",
        "Il parle d'une annulation que personne n'a décidée.",
    ),
    "cause.RESTOCK_NOT_REQUESTED": (
        "Nobody asked to put these units back.",
        "Personne n'a demandé à remettre ces unités en stock.",
    ),
    "cause.CASE_KIND_UNKNOWN": (
        "It reports a case of a kind nobody here knows.",
        "Il signale un dossier d'un genre inconnu ici.",
    ),
    # Money.
    "cause.REFUND_NOT_DUE": (
        "No refund was due on this payment.",
        "Aucun remboursement n'était dû sur ce paiement.",
    ),
    "cause.REFUND_NOT_FOUND": (
        "It is about a refund nobody asked for.",
        "Il parle d'un remboursement que personne n'a demandé.",
    ),
    "cause.REFUND_NOT_OWED": (
        "This refund is not owed by hand.",
        "Ce remboursement n'est pas dû à la main.",
    ),
    "cause.REFUND_NOT_OURS": (
        "The provider tells of a refund that was not made here.",
        "Le prestataire parle d'un remboursement qui n'a pas été fait ici.",
    ),
    "cause.PROVIDER_REFERENCE_MISSING": (
        "It does not say what the provider calls the refund.",
        "Il ne dit pas comment le prestataire désigne le remboursement.",
    ),
    "cause.VOID_NOT_FOUND": (
        "It is about the release of a payment nobody asked for.",
        "Il parle de la libération d'un paiement que personne n'a demandée.",
    ),
    "cause.EVENT_UNREADABLE": (
        "What the provider sent cannot be read.",
        "Ce que le prestataire a envoyé est illisible.",
    ),
    # Mails, vouchers, webhooks.
    "cause.MESSAGE_NOT_FOUND": (
        "It is about a mail nobody asked for.",
        "Il parle d'un e-mail que personne n'a demandé.",
    ),
    "cause.MESSAGE_NOT_SETTLED": (
        "The mail is still on its way.",
        "L'e-mail est encore en route.",
    ),
    "cause.VOUCHER_NOT_FOUND": (
        "It is about a voucher that was never wanted.",
        "Il parle d'un bon d'achat jamais voulu.",
    ),
    "cause.STATIONERY_VERSION_STALE": (
        "Another version of the stationery came in force first.",
        "Une autre version du papier à lettres est entrée en vigueur avant.",
    ),
    "cause.ENDPOINT_NOT_FOUND": (
        "There is no such endpoint.",
        "Ce point de réception n'existe pas.",
    ),
    "cause.ENDPOINT_DISABLED": (
        "The endpoint is disabled.",
        "Le point de réception est désactivé.",
    ),
    "cause.DELIVERY_NOT_FOUND": (
        "There is no such delivery.",
        "Cette livraison n'existe pas.",
    ),
    "cause.DELIVERY_PENDING": (
        "The delivery is still on its way.",
        "La livraison est encore en route.",
    ),
}
"""Sentence by cause."""
