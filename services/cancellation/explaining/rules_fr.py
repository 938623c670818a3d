"""The rules in French; the English stands with the rules themselves."""

from services.cancellation.domain.refusals import Rule

RULES_FR: dict[str, Rule] = {
    "ORDER_NOT_FOUND": Rule(
        "Personne n'a annoncé cette commande.",
        "Vérifier le numéro ; si la commande est nouvelle, réessayer sous un nouvel identifiant une"
        " fois qu'elle aura été annoncée.",
    ),
    "LINE_NOT_FOUND": Rule(
        "La commande n'a pas cette ligne.", "Nommer une ligne de cette commande."
    ),
    "QUANTITY_TOO_GREAT": Rule(
        "Il est demandé plus d'unités qu'il n'en reste sur la ligne.",
        "Demander au plus les unités encore ouvertes.",
    ),
    "NOTHING_LEFT": Rule(
        "Ces unités sont déjà annulées.", "Rien à faire : ces unités sont déjà annulées."
    ),
    "ALREADY_FULFILLED": Rule(
        "Les unités ont quitté la boutique.",
        "Ce qui a quitté la boutique peut être retourné, pas annulé.",
    ),
    "CLAIMED_FOR_FULFILLMENT": Rule(
        "Quelqu'un prépare ces unités.",
        "Faire libérer la réservation, ou attendre l'expédition et proposer un retour.",
    ),
    "MISSING_PERMISSION": Rule(
        "La politique n'accorde pas cela au demandeur.",
        "S'adresser à qui en a le droit, ou faire changer la politique.",
    ),
    "VERSION_STALE": Rule(
        "La commande a connu d'autres faits depuis sa lecture.",
        "Relire la commande et décider sur son état actuel.",
    ),
    "REASON_UNKNOWN": Rule(
        "La politique ne connaît pas ce motif sous le motif standard.",
        "Prendre un motif de la politique, ou aucun.",
    ),
    "EXCLUDED_BY_POLICY": Rule(
        "La politique exclut ces articles, ce client, ce canal ou ce pays.",
        "Les laisser de côté, ou faire changer la politique.",
    ),
    "WINDOW_CLOSED": Rule(
        "Le client ne peut plus demander l'annulation de cette commande.",
        "La faire annuler par l'équipe.",
    ),
    "APPROVAL_REQUIRED": Rule(
        "Il faut une seconde personne, et le demandeur ne peut pas l'attendre.",
        "Le faire faire par quelqu'un de l'équipe.",
    ),
    "PAYMENT_RECEIVED": Rule(
        "La commande est payée, ou un paiement est en route.",
        "Rien à faire : une commande payée n'expire pas.",
    ),
    "NOT_DUE_YET": Rule(
        "Le délai de paiement court encore, ou il n'y en a pas.",
        "Renvoyer la commande une fois le délai passé.",
    ),
    "CHOICES_CONTRADICT": Rule("Deux choix s'excluent.", "Renoncer à l'un des deux."),
    "REFUND_TOO_GREAT": Rule(
        "Il est demandé de rendre plus qu'il n'y a à rendre.",
        "Demander au plus le montant indiqué.",
    ),
    "REFUND_LINE_NOT_CANCELLED": Rule(
        "Il est demandé de rembourser des unités que l'on n'annule pas ici.",
        "Nommer au plus les unités annulées.",
    ),
    "TENDER_NOT_FOUND": Rule(
        "La commande n'a pas ce paiement.", "Nommer un paiement de cette commande."
    ),
    "STORE_CREDIT_CUSTOMER_MISSING": Rule(
        "Un avoir demande un compte, et un invité n'en a pas.",
        "Rendre l'argent par où il est venu.",
    ),
    "STORE_CREDIT_EXPIRY_PAST": Rule(
        "L'avoir aurait expiré avant d'être donné.", "Nommer un moment à venir, ou aucun."
    ),
    "RESTOCK_TOO_GREAT": Rule(
        "Il est demandé de remettre en stock plus d'unités qu'il n'y en a d'annulées et encore"
        " dehors.",
        "Remettre en stock au plus les unités indiquées.",
    ),
    "CANCELLATION_NOT_FOUND": Rule(
        "La commande n'a pas cette annulation.", "Nommer une annulation de cette commande."
    ),
    "CANCELLATION_NOT_NAMED": Rule(
        "Plusieurs annulations ont un reste dû, et aucune n'est nommée.", "Nommer celle à régler."
    ),
    "NOT_HELD": Rule(
        "L'annulation n'est pas suspendue : elle ne l'a jamais été, ne l'est plus, ou a été"
        " reprise.",
        "Rétablir la commande si l'annulation doit être reprise.",
    ),
    "HOLD_OVER": Rule(
        "La suspension est finie ; argent, stock et message sont en route.",
        "Rétablir la commande à la place.",
    ),
    "HOLD_RUNNING": Rule(
        "La suspension n'est pas finie.", "Attendre sa fin, ou reprendre l'annulation."
    ),
    "ALREADY_REINSTATED": Rule(
        "L'annulation a déjà été reprise.", "Rien à faire : ses unités sont ouvertes."
    ),
    "REQUEST_NOT_FOUND": Rule(
        "La commande n'a pas cette demande.", "Nommer une demande en cours de cette commande."
    ),
    "REQUEST_CLOSED": Rule(
        "La demande a déjà reçu sa réponse.",
        "Rien à faire ; un nouveau souhait est une nouvelle demande.",
    ),
    "REQUEST_EXPIRED": Rule(
        "Le délai de réponse est passé.", "Faire une nouvelle demande, ou annuler la commande."
    ),
    "REQUEST_NOT_EXPIRED": Rule(
        "Il est encore temps de répondre à la demande.", "Attendre la fin du délai."
    ),
    "SAME_PERSON": Rule(
        "Nul ne peut approuver ce qu'il a lui-même demandé.",
        "Le faire approuver par une seconde personne.",
    ),
    "NOTHING_OWED": Rule("Rien n'est dû pour cette annulation.", "Rien à faire."),
    "OPEN_BALANCE_TOO_SMALL": Rule(
        "Il est demandé de régler plus qu'il n'est dû.", "Régler au plus ce qui est dû."
    ),
    "NOTHING_OWED_BY_HAND": Rule(
        "Rien de la commande n'est à rendre à la main.",
        "Rien à faire ; ce qui est dû autrement se règle.",
    ),
    "MANUAL_REFUND_NOT_FOUND": Rule(
        "La commande n'a pas ce remboursement à faire à la main.",
        "Nommer un remboursement de cette commande qu'une personne doit encore rendre.",
    ),
    "MANUAL_REFUND_NOT_NAMED": Rule(
        "Plusieurs remboursements sont à faire à la main, et rien ne dit lequel a été payé.",
        "Nommer celui qui a été payé.",
    ),
    "PAID_MORE_THAN_OWED": Rule(
        "Il a été rendu à la main plus qu'il n'est dû.",
        "Noter au plus ce qui est dû ; le surplus n'est pas un remboursement de cette commande.",
    ),
    "CURRENCY_DIFFERENT": Rule(
        "Le montant est dans une autre monnaie que la commande.",
        "Le dire dans la monnaie de la commande.",
    ),
    "PAID_AT_IN_FUTURE": Rule(
        "L'argent aurait été rendu à un moment à venir.", "Le noter une fois qu'il a été rendu."
    ),
    "CLAIM_NOT_FOUND": Rule(
        "La commande n'a pas cette réservation.", "Nommer une réservation de cette commande."
    ),
    "CLAIM_OVER": Rule(
        "La réservation est finie : tout est expédié, ou elle a été libérée.", "Rien à faire."
    ),
    "CASE_NOT_FOUND": Rule(
        "La commande n'a pas ce dossier.",
        "Nommer un dossier de cette commande ; `cases list` les montre.",
    ),
    "CASE_OVER": Rule("Le dossier est déjà clos.", "Rien à faire ; une note reste possible."),
    "CASE_NOT_DUE": Rule(
        "Le délai du dossier n'est pas écoulé.", "Attendre, ou le faire monter à la main."
    ),
    "CASE_AT_TOP": Rule(
        "Personne n'est au-dessus de qui en a la charge.", "L'attribuer à quelqu'un, ou le clore."
    ),
    "RESOLUTION_NOT_ALLOWED": Rule(
        "Un dossier de ce genre ne se clôt pas ainsi.", "Le clore d'une des façons nommées."
    ),
    "PLAN_NOT_FOUND": Rule("Ce plan n'existe pas.", "Vérifier son nom."),
    "PLAN_EXISTS": Rule(
        "Un plan de ce nom a déjà été lancé.", "Lancer celui-ci sous un autre nom."
    ),
    "PLAN_OVER": Rule("Le plan est fini.", "En lancer un autre pour ce qui reste."),
    "PLAN_EMPTY": Rule("Aucune commande ne correspond au choix.", "Choisir autrement."),
    "PLAN_TOO_LARGE": Rule("Un plan ne peut contenir tant de commandes.", "En faire plusieurs."),
    "SELECTION_CHANGED": Rule(
        "Depuis l'aperçu, le choix désigne d'autres commandes.", "Refaire l'aperçu."
    ),
    "POLICY_VERSION_STALE": Rule(
        "Une autre version de la politique est en vigueur que celle que celle-ci suit.",
        "Lire la politique en vigueur et publier celle qui la suit.",
    ),
    "POLICY_INVALID": Rule("La politique se contredit elle-même.", "Corriger les entrées nommées."),
}
"""The same codes as `RULES`."""

SEEN_FR: dict[str, str] = {
    "kind": "genre",
    "action": "action",
    "actor": "demandeur",
    "amount_minor": "montant en unités mineures",
    "allowed": "possible",
    "approval": "règle d'approbation",
    "asked": "demandé",
    "cancelled": "annulé",
    "case_id": "dossier",
    "captured": "encaissé, en unités mineures",
    "claimed": "en préparation",
    "due_at": "échéance",
    "exclusion": "exclusion",
    "expected": "attendu",
    "expires_at": "fin",
    "held": "réservé, en unités mineures",
    "held_until": "suspendu jusqu'au",
    "in_flight": "en route, en unités mineures",
    "limit": "maximum",
    "open": "ouvert",
    "ordered": "commandé",
    "owed": "dû",
    "paid_at": "rendu le",
    "payment_id": "paiement",
    "reason": "motif",
    "request_id": "demande",
    "role": "rôle",
    "shipped": "expédié",
    "status": "état",
    "sub_reason": "sous-motif",
    "version": "version",
    "window_s": "délai en secondes",
}
"""What a refusal saw, by the keys of its data."""

CONTRADICTIONS_FR: dict[str, str] = {
    "refund NONE moves no money, and an amount, lines or a way for it is named": (
        "aucun remboursement n'est voulu, et un montant, des lignes ou une voie sont nommés"
    ),
    "refund LATER: payments and store credit are named when it is settled": (
        "remboursement plus tard : paiements et avoir se nomment au règlement"
    ),
    "the money is measured by lines and by an amount": (
        "l'argent est mesuré par des lignes et par un montant"
    ),
    "the amounts per payment do not add up to the amount named": (
        "la somme des montants par paiement n'est pas le montant nommé"
    ),
    "store credit is not spread over payments": "un avoir ne se répartit pas sur des paiements",
    "a payment is named twice": "un paiement est nommé deux fois",
    "an expiry is named, and no store credit is given": (
        "une expiration est nommée, sans avoir à donner"
    ),
    "restock is false, and lines to put back are named": (
        "rien ne doit être remis en stock, et des lignes sont nommées"
    ),
    "nothing is to be given back and nothing closed": "rien n'est à rendre et rien n'est clos",
}
"""Contradictions word for word, as the rules put them in English."""
