"""What an explanation says about facts and decisions: English, French."""

STORY: dict[str, tuple[str, str]] = {
    "moment": ("{day}, {time} UTC", "{day} à {time} UTC"),
    "lines.one": ("{count} line", "{count} ligne"),
    "lines.many": ("{count} lines", "{count} lignes"),
    "units.one": ("{count} unit", "{count} unité"),
    "units.many": ("{count} units", "{count} unités"),
    "span.days": ("{count} days", "{count} jours"),
    "span.hours": ("{count} hours", "{count} heures"),
    "span.minutes": ("{count} minutes", "{count} minutes"),
    "span.seconds": ("{count} seconds", "{count} secondes"),
    # Who.
    "type.STAFF": ("staff", "équipe"),
    "type.CUSTOMER": ("customer", "client"),
    "type.SERVICE": ("service", "service"),
    "type.TIMER": ("timer", "minuterie"),
    "type.BULK": ("bulk plan", "plan groupé"),
    "role.VIEWER": ("viewer", "lecture seule"),
    "role.AGENT": ("agent", "agent"),
    "role.MANAGER": ("manager", "responsable"),
    "role.OPS": ("operations", "exploitation"),
    "role.ADMIN": ("administrator", "administration"),
    "who": ("{id} ({type})", "{id} ({type})"),
    "who.role": ("{id} ({type}, {role})", "{id} ({type}, {role})"),
    "who.nobody": ("nobody: it follows from the fact", "personne : cela découle du fait"),
    # Closed lists.
    "reason.CUSTOMER": ("customer's wish", "souhait du client"),
    "reason.INVENTORY": ("not in stock", "stock insuffisant"),
    "reason.FRAUD": ("suspected fraud", "fraude suspectée"),
    "reason.DECLINED": ("payment declined", "paiement refusé"),
    "reason.STAFF": ("staff error", "erreur de l'équipe"),
    "reason.OTHER": ("other", "autre"),
    "outcome.SUCCEEDED": ("done", "fait"),
    "outcome.FAILED": ("failed; nothing happened", "échec ; rien ne s'est passé"),
    "outcome.UNCERTAIN": ("nobody knows whether it happened", "nul ne sait si cela a eu lieu"),
    "outcome.NOT_DUE": ("not due", "sans objet"),
    "tender.CARD": ("card", "carte"),
    "tender.GIFT_CARD": ("gift card", "carte cadeau"),
    "tender.STORE_CREDIT": ("store credit", "avoir"),
    "tender.BANK_TRANSFER": ("bank transfer", "virement"),
    "tender.CASH": ("cash", "espèces"),
    "tender.OTHER": ("other", "autre"),
    # What was heard.
    "placed": (
        "Placed on {moment}: {lines}, {amount} in all.",
        "Passée le {moment} : {lines}, {amount} en tout.",
    ),
    "authorized": ("{amount} held on {payment}.", "{amount} réservés sur {payment}."),
    "capture_started": (
        "{amount} asked for on {payment}; not here yet.",
        "{amount} demandés sur {payment} ; pas encore reçus.",
    ),
    "captured": ("{amount} received on {payment}.", "{amount} reçus sur {payment}."),
    "capture_failed": (
        "{amount} asked for on {payment} did not come.",
        "{amount} demandés sur {payment} ne sont pas venus.",
    ),
    "voided": (
        "{payment} holds no money any more.",
        "{payment} ne réserve plus d'argent.",
    ),
    "fulfilled": ("Shipped: {units}.", "Expédié : {units}."),
    "returned": ("Came back: {units}.", "Revenu : {units}."),
    "line_units": ("{count} of line {line}", "{count} de la ligne {line}"),
    "refund_reported": (
        "Refund of {amount} on {payment}: {outcome}.",
        "Remboursement de {amount} sur {payment} : {outcome}.",
    ),
    "restock_reported": ("Units back on the shelf: {outcome}.", "Remise en stock : {outcome}."),
    "notification_reported": (
        "Message to the customer: {outcome}.",
        "Message au client : {outcome}.",
    ),
    "message_reported": (
        "Further message to the customer ({what}): {outcome}.",
        "Autre message au client ({what}) : {outcome}.",
    ),
    "mail_bounced": (
        "The customer's mail server sent a message back ({what}): {detail}.",
        "Le serveur du client a renvoyé un message ({what}) : {detail}.",
    ),
    "feedback_given": (
        "The customer's answer to how this cancellation was handled: {answer}.",
        "La réponse du client sur la façon dont cette annulation a été traitée : {answer}.",
    ),
    "feedback.GOOD": ("well", "bien"),
    "feedback.FAIR": ("so-so", "moyennement"),
    "feedback.POOR": ("badly", "mal"),
    "mail.ORDER_CANCELLED": ("order cancelled", "commande annulée"),
    "mail.REFUND_STARTED": ("refund started", "remboursement lancé"),
    "mail.REFUND_SUCCEEDED": ("refund made", "remboursement effectué"),
    "mail.REFUND_FAILED": ("refund failed", "remboursement échoué"),
    "mail.PAYMENT_RELEASED": ("payment released", "paiement libéré"),
    "mail.STORE_CREDIT_ISSUED": ("store credit", "avoir"),
    "mail.ORDER_REINSTATED": ("order reinstated", "commande rétablie"),
    "mail.REQUEST_RECEIVED": ("request received", "demande reçue"),
    "mail.REQUEST_GRANTED": ("request granted", "demande acceptée"),
    "mail.REQUEST_DENIED": ("request refused", "demande refusée"),
    "completed": (
        (
            "Nothing of this cancellation is open: money {refund}, release of held money {void},"
            " store credit {credit}, stock {restock}, message {notification}."
        ),
        (
            "Plus rien n'est en cours pour cette annulation : argent {refund}, libération de"
            " l'argent réservé {void}, avoir {credit}, stock {restock}, message {notification}."
        ),
    ),
    "other_fact": ("{name} was recorded.", "{name} a été enregistré."),
    # What was decided.
    "cancelled": (
        "Cancelled: {units}, reason: {reason}.",
        "Annulé : {units}, motif : {reason}.",
    ),
    "cancelled.held": (
        "Held until {moment}: nothing moves before, and it can be undone.",
        "Suspendu jusqu'au {moment} : rien ne bouge avant, et cela peut être défait.",
    ),
    "cancelled.all": ("Nothing of the order is left.", "Il ne reste rien de la commande."),
    "confirmed": (
        "The hold is over: money, stock and message may move.",
        "La suspension est finie : argent, stock et message peuvent bouger.",
    ),
    "undone": (
        "The cancellation was undone: open again are {units}; nothing had moved.",
        "L'annulation a été défaite : de nouveau ouvert : {units} ; rien n'avait bougé.",
    ),
    "reinstated": (
        "The order was reinstated: open again are {units}; to be paid again: {amount}.",
        "La commande a été rétablie : de nouveau ouvert : {units} ; à payer de nouveau : {amount}.",
    ),
    "aftermath.True": ("As before: {what}.", "Comme avant : {what}."),
    "aftermath.False": ("Somebody has to see to it: {what}.", "À traiter : {what}."),
    "aftermath.STOCK_TO_RESERVE": (
        "{units} went back on the shelf and may have been sold",
        "{units} remises en stock, peut-être déjà vendues",
    ),
    "aftermath.STOCK_STAYED": (
        "{units} never went back on a shelf",
        "{units} jamais remises en stock",
    ),
    "aftermath.MONEY_TO_CHARGE": (
        "{amount} on {payment} given back or on its way; it takes a new payment",
        "{amount} sur {payment} rendus ou en chemin ; il faut un nouveau paiement",
    ),
    "aftermath.MONEY_STAYED": (
        "the refund of {amount} on {payment} had failed; the shop still has the money",
        "le remboursement de {amount} sur {payment} avait échoué ; la boutique a encore l'argent",
    ),
    "aftermath.PAYMENT_TO_RENEW": (
        "payment {payment} was released; it takes a new one",
        "le paiement {payment} a été libéré ; il en faut un nouveau",
    ),
    "aftermath.PAYMENT_STAYED": (
        "payment {payment} was not released",
        "le paiement {payment} n'a pas été libéré",
    ),
    "aftermath.BALANCE_CLOSED": (
        "{amount} owed and not settled are no longer owed",
        "{amount} dus et non réglés ne sont plus dus",
    ),
    "aftermath.CREDIT_TO_TAKE_BACK": (
        "store credit of {amount} was given",
        "un avoir de {amount} a été donné",
    ),
    "aftermath.FEE_DROPPED": (
        "{amount} of fees count towards the order again",
        "{amount} de frais comptent de nouveau pour la commande",
    ),
    "aftermath.MESSAGE_TO_CORRECT": (
        "the customer was told; apologise, and perhaps offer a voucher",
        "le client a été prévenu ; s'excuser, et peut-être offrir un bon",
    ),
    "requested.CUSTOMER_REQUEST": (
        "The customer's wish waits for a person: {units}, {amount} to give back.",
        "Le souhait du client attend une personne : {units}, {amount} à rendre.",
    ),
    "requested.APPROVAL": (
        "Waits for a second person, by {approval}: {units}, {amount} to give back.",
        "Attend une seconde personne, selon {approval} : {units}, {amount} à rendre.",
    ),
    "requested.until": (
        "It can be answered until {moment}; then it is {default}.",
        "Réponse possible jusqu'au {moment} ; ensuite : {default}.",
    ),
    "default.APPROVE": ("granted", "accordé"),
    "default.DENY": ("denied", "refusé"),
    "approved": (
        "Request {request} was granted.",
        "La demande {request} a été accordée.",
    ),
    "approved.default": (
        "Nobody answered request {request} in time; it was granted.",
        "Personne n'a répondu à temps à la demande {request} ; elle a été accordée.",
    ),
    "denied": ("Request {request} was denied.", "La demande {request} a été refusée."),
    "taken_back": (
        "Request {request} was taken back by the customer.",
        "La demande {request} a été retirée par le client.",
    ),
    "denied.default": (
        "Nobody answered request {request} in time, or nothing was left to grant; it was denied.",
        (
            "Personne n'a répondu à temps à la demande {request}, ou il n'y avait plus rien à"
            " accorder ; elle a été refusée."
        ),
    ),
    "settled": ("Money settled afterwards: {amount}.", "Argent rendu après coup : {amount}."),
    "late": (
        "Money came after the cancellation and goes back: {amount}.",
        "De l'argent est venu après l'annulation et repart : {amount}.",
    ),
    "freed": ("Held money is released: {payments}.", "L'argent réservé est libéré : {payments}."),
    "restocked": (
        "Put back on the shelf by hand: {units}.",
        "Remis en stock à la main : {units}.",
    ),
    "restocked.not": (
        "Nothing goes back on the shelf; damaged: {units}.",
        "Rien n'est remis en stock ; abîmé : {units}.",
    ),
    "claimed": (
        "Being packed, and not to be cancelled: {units}.",
        "En préparation, donc non annulable : {units}.",
    ),
    "released": (
        "No longer being packed: {units}.",
        "La préparation est abandonnée : {units}.",
    ),
    "rejected": ("Refused: {command}. Nothing moved.", "Refusé : {command}. Rien n'a bougé."),
    # Headings of what stands behind a decision.
    "title": ("{version}. {moment}: {what}", "{version}. {moment} : {what}"),
    "asked_by": ("Asked by: {who}.", "Demandé par : {who}."),
    "asked": ("Asked for: {what}.", "Demandé : {what}."),
    "note": ("Staff note: {text}", "Note interne : {text}"),
    "known": (
        "Known then: version {order} of the order, version {policy} of the policy.",
        "Connu alors : version {order} de la commande, version {policy} de la politique.",
    ),
    "rules.held": (
        "Rules checked ({set}): {count}, all hold.",
        "Règles vérifiées ({set}) : {count}, toutes tenues.",
    ),
    "rules.failed": (
        "Rules checked ({set}): {count}, not held: {failed}.",
        "Règles vérifiées ({set}) : {count}, non tenues : {failed}.",
    ),
    "refusal": (
        "{code}: {meaning} Seen: {detail}. What would make it pass: {remedy}",
        "{code} : {meaning} Constaté : {detail}. Ce qui permettrait : {remedy}",
    ),
    "proposal": (
        "A return can be offered instead: {units}, worth {amount}.",
        "Un retour peut être proposé à la place : {units}, d'une valeur de {amount}.",
    ),
    "money": ("Money:", "Argent :"),
    "money.row": ("  {words}: {amount}", "  {words} : {amount}"),
    "joint": ("; ", " ; "),
    "stock.back": ("Back on the shelf: {units}.", "Remis en stock : {units}."),
    "stock.off": ("Not back on the shelf: {units}.", "Pas remis en stock : {units}."),
    "claimed.left": (
        "Left out, because somebody is packing them: {units}.",
        "Laissé de côté, car en préparation : {units}.",
    ),
    "told": ("The customer is told, in {language}.", "Le client est prévenu, en {language}."),
    "told.not": ("The customer is not told.", "Le client n'est pas prévenu."),
    "told.label": (
        "Reason as the customer reads it: {label}",
        "Motif tel que le client le lit : {label}",
    ),
    "told.message": ("Message for the customer: {text}", "Message pour le client : {text}"),
    "language.en": ("English", "anglais"),
    "language.fr": ("French", "français"),
    "followed": ("What followed: #{version} {what}", "Suite : n° {version} {what}"),
    "same": (
        "Decided again from the record: the same.",
        "Décidé de nouveau d'après le registre : identique.",
    ),
    "different": (
        "Decided again from the record: {place} was {recorded}, now {repeated}.",
        "Décidé de nouveau d'après le registre : {place} était {recorded}, maintenant {repeated}.",
    ),
    "not_repeated": (
        "Cannot be decided again: its grounds were not recorded yet.",
        "Ne peut être décidé de nouveau : ses bases n'étaient pas encore enregistrées.",
    ),
}
"""Sentence by key."""
