"""What an explanation says about money that goes back: English, French."""

MONEY: dict[str, tuple[str, str]] = {
    "refund_progressed.PENDING": (
        "The provider has the refund of {amount} on {payment} and is not done.",
        "Le prestataire a le remboursement de {amount} sur {payment} et n'a pas fini.",
    ),
    "refund_progressed.RETRYING": (
        "The refund of {amount} on {payment} failed and is tried again.",
        "Le remboursement de {amount} sur {payment} a échoué et sera tenté de nouveau.",
    ),
    "refund_progressed.OWED": (
        "{amount} on {payment} have to be given back by a person.",
        "{amount} sur {payment} doivent être rendus par une personne.",
    ),
    "manual_refund_recorded": (
        "{amount} on {payment} were given back by a person on {moment}; proof: {proof}.",
        "{amount} sur {payment} ont été rendus par une personne le {moment} ; preuve : {proof}.",
    ),
    "manual_refund_left": ("Still owed by hand: {amount}.", "Reste à rendre à la main : {amount}."),
    "command.record-manual-refund": (
        "record money given back by a person",
        "noter de l'argent rendu par une personne",
    ),
    "manual_refund.asked": (
        "record {amount} given back by a person, proof: {proof}",
        "noter {amount} rendus par une personne, preuve : {proof}",
    ),
    "refund_taken_back": (
        "It had been called done before; that is taken back.",
        "Il avait été annoncé comme fait ; cela est retiré.",
    ),
    "fallback.OTHER_TENDER": (
        "The refund of {amount} on {payment} failed ({code}); another payment gives it back.",
        "Le remboursement de {amount} sur {payment} a échoué ({code}) ; un autre paiement le rend.",
    ),
    "fallback.STORE_CREDIT_OFFER": (
        (
            "The refund of {amount} on {payment} failed ({code}); the amount is owed, and store"
            " credit may be offered."
        ),
        (
            "Le remboursement de {amount} sur {payment} a échoué ({code}) ; le montant est dû, et"
            " un avoir peut être proposé."
        ),
    ),
    "fallback.CASE": (
        "The refund of {amount} on {payment} failed ({code}); a person has to find a way.",
        (
            "Le remboursement de {amount} sur {payment} a échoué ({code}) ; une personne doit"
            " trouver une solution."
        ),
    ),
    "void_reported": (
        "Release of {amount} held on {payment}: {outcome}.",
        "Libération de {amount} réservés sur {payment} : {outcome}.",
    ),
    "store_credit_reported": (
        "Store credit of {amount}: {outcome}.",
        "Avoir de {amount} : {outcome}.",
    ),
    "gift_card_reported": (
        "Gift card {card}, bought with cancelled units, is worth nothing any more.",
        "La carte cadeau {card}, achetée avec des unités annulées, ne vaut plus rien.",
    ),
}
"""Sentence by key."""
