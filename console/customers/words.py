"""Every word of the customer's page in English and French, side by side."""

from console.customers.words_asking import ASKING
from console.words.shell import SHELL

_SHARED = ("skip", "moment", "units.one", "units.many")
"""What the console says in the same words."""

PAGE: dict[str, tuple[str, str]] = {
    "order": ("Order {number}", "Commande {number}"),
    "placed": ("Ordered on {day}", "Commandée le {day}"),
    "language": ("Language", "Langue"),
    "back": ("Back to your order", "Revenir à votre commande"),
    # The whole of it.
    "state.PLACED": ("Your order", "Votre commande"),
    "state.ASKED": ("We have your request", "Nous avons votre demande"),
    "state.CANCELLED": ("Your order is cancelled", "Votre commande est annulée"),
    "state.PART_CANCELLED": (
        "Part of your order is cancelled", "Votre commande est annulée en partie",
    ),
    "state.REINSTATED": ("Your order is back", "Votre commande est rétablie"),
    # One cancellation.
    "cancelled.on": ("Cancelled on {moment} UTC", "Annulé le {moment} UTC"),
    "cancelled.soon": (
        "You asked for this on {moment} UTC. It is being carried out.",
        "Vous l'avez demandé le {moment} UTC. C'est en cours.",
    ),
    "cancelled.back": (
        "Cancelled on {moment} UTC and taken back since: these items are in your order again.",
        (
            "Annulé le {moment} UTC, puis rétabli : ces articles font de nouveau partie de votre"
            " commande."
        ),
    ),
    "what": ("What was cancelled", "Ce qui est annulé"),
    "why": ("Why", "Pourquoi"),
    "said": ("From the shop", "De la part de la boutique"),
    # Money.
    "money": ("Your money", "Votre argent"),
    "money.released": (
        "What is reserved on your payment is released.",
        "Ce qui est réservé sur votre paiement est libéré.",
    ),
    "money.none": (
        "There is nothing to give back for this.", "Il n'y a rien à vous rendre pour cela.",
    ),
    "tender.CARD": ("to your card", "sur votre carte"),
    "tender.GIFT_CARD": ("to your gift card", "sur votre carte cadeau"),
    "tender.STORE_CREDIT": ("to your credit with the shop", "sur votre avoir"),
    "tender.BANK_TRANSFER": ("to your bank account", "sur votre compte bancaire"),
    "tender.CASH": ("by hand, as you paid cash", "en main propre, car vous avez payé en espèces"),
    "tender.OTHER": ("the way you paid", "par votre moyen de paiement"),
    "refund.PENDING": (
        "We are starting this refund.", "Nous lançons ce remboursement.",
    ),
    "refund.STARTED": (
        "The refund has been started; your payment provider has it.",
        "Le remboursement est lancé ; le prestataire de paiement l'a reçu.",
    ),
    "refund.NEEDS_YOU": (
        "Your payment provider needs something from you first. Look for a message from them.",
        "Le prestataire de paiement a d'abord besoin de vous. Regardez s'il vous a écrit.",
    ),
    "refund.RETRYING": (
        "It did not go through at first. We are trying again.",
        "Il n'a pas abouti la première fois. Nous réessayons.",
    ),
    "refund.SUCCEEDED": ("The refund has been made.", "Le remboursement est fait."),
    "refund.FAILED": (
        "It did not go through. Nothing is lost: we are seeing to it and will write to you.",
        "Il n'a pas abouti. Rien n'est perdu : nous nous en occupons et vous écrirons.",
    ),
    "refund.UNCERTAIN": (
        "We are making sure with the payment provider that it went through.",
        "Nous vérifions auprès du prestataire de paiement qu'il a bien abouti.",
    ),
    "refund.OWED": (
        "Somebody of ours gives it back by hand and will contact you.",
        "Quelqu'un de chez nous vous le rend en direct et vous contactera.",
    ),
    "void": ("Reserved payment", "Paiement réservé"),
    "void.PENDING": (
        "The amount reserved for this order is being released.",
        "Le montant réservé pour cette commande est en cours de libération.",
    ),
    "void.VOIDED": (
        "The amount reserved for this order is released. Nothing was charged.",
        "Le montant réservé pour cette commande est libéré. Rien n'a été débité.",
    ),
    "void.FAILED": (
        "The reserved amount could not be released yet. We are seeing to it.",
        "Le montant réservé n'a pas encore pu être libéré. Nous nous en occupons.",
    ),
    "void.UNCERTAIN": (
        "We are making sure that the reserved amount is released.",
        "Nous vérifions que le montant réservé est libéré.",
    ),
    "credit.PENDING": (
        "It is being credited to your account with the shop.",
        "Il est en cours de versement sur votre avoir.",
    ),
    "credit.CREDITED": (
        "It is credited to your account with the shop.", "Il est versé sur votre avoir.",
    ),
    "balance.PENDING": (
        "Still to be given back. We will write to you when it is.",
        "Reste à vous rendre. Nous vous écrirons quand ce sera fait.",
    ),
    "awaited": ("Payment under way", "Paiement en route"),
    "awaited.PENDING": (
        "Your payment has not reached us yet. Once it has, we give it back.",
        "Votre paiement ne nous est pas encore parvenu. Dès qu'il le sera, nous vous le rendrons.",
    ),
    "fee": ("Kept for cancelling", "Retenu pour l'annulation"),
    "fee.KEPT": (
        "Part of the terms you agreed to.", "Selon les conditions que vous avez acceptées.",
    ),
    "arrives": ("It should be with you {span}.", "Il devrait vous parvenir {span}."),
    "arrives.late": (
        "It should have arrived by {day}. If it has not, ask your bank{reference}, or us.",
        (
            "Il aurait dû vous parvenir le {day} au plus tard. Sinon, demandez à votre"
            " banque{reference}, ou à nous."
        ),
    ),
    "arrives.by": (" for the reference {number}", " avec la référence {number}"),
    "span.day": ("on {day}", "le {day}"),
    "span.days": ("between {first} and {last}", "entre le {first} et le {last}"),
    "reference": ("Reference for your bank: {number}", "Référence pour votre banque : {number}"),
    "credit_note": ("Credit note {number}", "Avoir n° {number}"),
    "voucher": ("For your next order", "Pour votre prochaine commande"),
    "voucher.terms": (
        "{amount} off until {day}, with the code",
        "{amount} de remise jusqu'au {day}, avec le code",
    ),
    # What was asked for.
    "asked": ("Your request", "Votre demande"),
    "asked.open": (
        "Sent on {moment} UTC. Somebody of ours answers by {until} UTC.",
        "Envoyée le {moment} UTC. Quelqu'un de chez nous répond d'ici le {until} UTC.",
    ),
    "asked.TAKEN_BACK": (
        "You asked on {moment} UTC and took it back since.",
        "Vous l'avez demandé le {moment} UTC, puis retiré.",
    ),
    "asked.DENIED": (
        "Sent on {moment} UTC. We could not grant it.",
        "Envoyée le {moment} UTC. Nous n'avons pas pu l'accepter.",
    ),
    "default.APPROVE": (
        "If nobody does, it is granted.", "Sans réponse, elle est acceptée.",
    ),
    "default.DENY": (
        "If nobody does, the order stays as it is; ask us again then.",
        "Sans réponse, la commande reste telle quelle ; redemandez-nous alors.",
    ),
    # What stays.
    "kept": ("In your order", "Dans votre commande"),
    "kept.after": ("What stays in your order", "Ce qui reste dans votre commande"),
    "kept.sent": ("{count} sent", "envoyé : {count}"),
    "kept.packed": ("{count} being packed", "en préparation : {count}"),
    # What to do.
    "do": ("What you can do", "Ce que vous pouvez faire"),
    "do.cancel": ("Cancel or withdraw", "Annuler ou se rétracter"),
    "do.cancel.why": (
        "Two steps; nothing happens before you confirm.",
        "Deux étapes ; rien ne se passe avant votre confirmation.",
    ),
    "do.reorder": ("Order this again", "Commander de nouveau"),
    "do.offers": ("Perhaps instead", "Peut-être à la place"),
    "support": ("Here to help", "À votre service"),
    "question": (
        "How did we handle this?", "Comment avons-nous géré cela ?",
    ),
    "question.thanks": ("Thank you for your answer.", "Merci de votre réponse."),
    "answer.GOOD": ("Well", "Bien"),
    "answer.FAIR": ("So-so", "Moyennement"),
    "answer.POOR": ("Badly", "Mal"),
    # What went wrong.
    "problem.unknown.title": ("This link does not work", "Ce lien ne fonctionne pas"),
    "problem.unknown": (
        "Part of it may be missing. Open it from the mail itself, or copy all of it.",
        "Il en manque peut-être une partie. Ouvrez-le depuis le message, ou copiez-le en entier.",
    ),
    "problem.over.title": ("This link has expired", "Ce lien a expiré"),
    "problem.over": (
        "Links are good for a limited time. The newest mail about your order has a newer one.",
        (
            "Les liens ne valent qu'un temps. Le message le plus récent sur votre commande en"
            " contient un plus récent."
        ),
    ),
    "problem.often.title": ("That was too quick", "C'était trop rapide"),
    "problem.often": (
        "Too much was asked for in a short time. Wait a minute, then open the page again.",
        "Trop de demandes en peu de temps. Attendez une minute, puis rouvrez la page.",
    ),
    "problem.away.title": (
        "We cannot look it up just now", "Consultation impossible pour le moment",
    ),
    "problem.away": (
        "Nothing is lost. Open the page again in a minute.",
        "Rien n'est perdu. Rouvrez la page dans une minute.",
    ),
    "problem.nowhere.title": ("There is no such page", "Cette page n'existe pas"),
    "problem.nowhere": (
        "Open the link from your mail again.", "Rouvrez le lien depuis votre message.",
    ),
    "problem.malformed.title": ("That did not work", "Cela n'a pas marché"),
    "problem.malformed": (
        "The form came in a way we could not read. Nothing was done; open the page again.",
        "Le formulaire n'a pas pu être lu. Rien n'a été fait ; rouvrez la page.",
    ),
    "problem.ours.title": ("Our mistake", "Une erreur de notre part"),
    "problem.ours": (
        "It is written down as incident {incident}. Open the page again in a minute.",
        "Elle est enregistrée : incident {incident}. Rouvrez la page dans une minute.",
    ),
}  # fmt: skip

WORDS: dict[str, tuple[str, str]] = {**{key: SHELL[key] for key in _SHARED}, **PAGE, **ASKING}
"""Sentence by key; both languages have the same places."""
