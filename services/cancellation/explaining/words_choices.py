"""What an explanation says about wishes and sums: English, French."""

CHOICES: dict[str, tuple[str, str]] = {
    "all_left": ("all that is left", "tout ce qui reste"),
    "because": ("reason: {reason}", "motif : {reason}"),
    "because.own": ("reason: {reason}, {own}", "motif : {reason}, {own}"),
    "refund.NOW": ("money back now", "argent rendu maintenant"),
    "refund.LATER": ("money back later", "argent rendu plus tard"),
    "refund.NONE": ("no money back", "pas d'argent rendu"),
    "refund.amount": ("give back {amount}", "rendre {amount}"),
    "refund.lines": ("give back the worth of {units}", "rendre la valeur de {units}"),
    "refund.tenders": ("give back {parts}", "rendre {parts}"),
    "refund.on": ("{amount} on {payment}", "{amount} sur {payment}"),
    "refund_to.STORE_CREDIT": ("as store credit", "sous forme d'avoir"),
    "refund_to.BY_HAND": ("by a person's hand", "à la main, par une personne"),
    "expires": ("lapsing on {moment}", "expirant le {moment}"),
    "shipping.WITH_LAST": (
        "delivery back with the last units",
        "livraison rendue avec les dernières unités",
    ),
    "shipping.NOW": ("delivery back now", "livraison rendue maintenant"),
    "shipping.KEEP": ("delivery not back", "livraison non rendue"),
    "restock.True": ("units back on the shelf", "unités remises en stock"),
    "restock.False": ("units not back on the shelf", "unités non remises en stock"),
    "restock.None": (
        "units back on the shelf as the policy says",
        "remise en stock selon la politique",
    ),
    "restock.lines": ("back on the shelf exactly: {units}", "remis en stock exactement : {units}"),
    "notify.True": ("customer told", "client prévenu"),
    "notify.False": ("customer not told", "client non prévenu"),
    "notify.None": ("customer told as the policy says", "client prévenu selon la politique"),
    "expected": ("only if the order is at version {version}", "seulement à la version {version}"),
    "statutory": ("a right of withdrawal is used", "un droit de rétractation est exercé"),
    "final": ("and keep the rest", "et garder le reste"),
    "all_owed": ("all that is owed", "tout ce qui est dû"),
    # Commands by what they ask for.
    "command.cancel-order": ("cancel", "annuler"),
    "command.request-cancellation": ("the customer asks to cancel", "le client demande à annuler"),
    "command.approve-cancellation": (
        "approve request {request_id}",
        "approuver la demande {request_id}",
    ),
    "command.deny-cancellation": ("deny request {request_id}", "refuser la demande {request_id}"),
    "command.expire-cancellation-request": (
        "close request {request_id}, which nobody answered",
        "clore la demande {request_id}, restée sans réponse",
    ),
    "command.cancel-unpaid-order": (
        "cancel because nobody paid in time",
        "annuler faute de paiement à temps",
    ),
    "command.release-hold": (
        "end the hold of cancellation {cancellation_id}",
        "finir la suspension de l'annulation {cancellation_id}",
    ),
    "command.undo-cancellation": (
        "undo cancellation {cancellation_id}",
        "défaire l'annulation {cancellation_id}",
    ),
    "command.reinstate-order": (
        "reinstate after cancellation {cancellation_id}",
        "rétablir après l'annulation {cancellation_id}",
    ),
    "command.settle-refund": ("settle money owed", "régler l'argent dû"),
    "command.restock-cancelled-items": (
        "put cancelled units back",
        "remettre en stock des unités annulées",
    ),
    "command.claim-fulfillment": ("claim units for packing", "réserver des unités à préparer"),
    "command.release-fulfillment-claim": (
        "release claim {claim_id}",
        "libérer la réservation {claim_id}",
    ),
    # Sums.
    "sum.LINE": ("{count} x {title} at {each}", "{count} x {title} à {each}"),
    "sum.LINE_TAXED": (
        "{count} x {title} at {each}, {tax} tax included",
        "{count} x {title} à {each}, dont {tax} de taxes",
    ),
    "sum.DISCOUNT": ("discount, line {line}", "remise, ligne {line}"),
    "sum.TAX": ("tax, line {line}", "taxes, ligne {line}"),
    "sum.DUTIES": ("duties, line {line}", "droits de douane, ligne {line}"),
    "sum.SHIPPING": ("delivery", "livraison"),
    "sum.FEE_PERCENT": ("fee: {percent} % of {base}", "frais : {percent} % de {base}"),
    "sum.FEE_FLAT": ("fee: flat", "frais : forfait"),
    "sum.KEPT": ("kept, as asked", "gardé, comme demandé"),
    "sum.OWED": ("to give back in all", "à rendre en tout"),
    "sum.BALANCE": ("to be settled later", "à régler plus tard"),
    "sum.NOT_PAID": (
        "not given back, because it was not received",
        "non rendu, car non reçu",
    ),
    "sum.DUE_BEFORE": ("owed until now", "dû jusqu'ici"),
    "sum.LATE": ("received late", "reçu tardivement"),
    "sum.NOW": ("to give back now", "à rendre maintenant"),
    "on.refund": (
        "on {payment} ({tender}): {amount} of {captured} received",
        "sur {payment} ({tender}) : {amount} de {captured} reçus",
    ),
    "on.by_hand": (
        "by hand, for {payment} ({tender}): {amount} of {captured} received",
        "à la main, pour {payment} ({tender}) : {amount} de {captured} reçus",
    ),
    "on.credit": (
        "as store credit of customer {customer}: {amount}, for what was paid on {payments}",
        "en avoir du client {customer} : {amount}, pour ce qui fut payé sur {payments}",
    ),
    "on.void": ("release {amount} held on {payment}", "libérer {amount} réservés sur {payment}"),
    "on.awaited": (
        "{payment}: its capture is under way; refunded or released when that has ended",
        "{payment} : encaissement en cours ; remboursé ou libéré quand il aura abouti",
    ),
}
"""Sentence by key."""
