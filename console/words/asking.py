"""What the dialogs say: English, French."""

ASKING: dict[str, tuple[str, str]] = {
    "refused": ("This cannot be done", "Impossible en l'état"),
    "refused.seen": ("Seen: {what}", "Constaté : {what}"),
    "proposal": ("Offer a return instead", "Proposer plutôt un retour"),
    "proposal.worth": (
        "Worth {amount} to the customer.",
        "D'une valeur de {amount} pour le client.",
    ),
    "trouble.unknown": (
        (
            "No answer came in time, so nobody knows here whether it was done. Send the same form"
            " again: it is done once, however often you send it."
        ),
        (
            "Aucune réponse à temps : nul ne sait ici si cela a été"
            " fait. Renvoyez le même formulaire :"
            " cela n'est fait qu'une fois, quel que soit le nombre d'envois."
        ),
    ),
    "trouble.sent_before": (
        "This form was sent before, and refused. Look at it again and send it once more.",
        "Ce formulaire a déjà été envoyé, et refusé. Vérifiez-le et renvoyez-le.",
    ),
    "trouble.action_gone": (
        "That can no longer be done: somebody was faster. Nothing was sent.",
        "Ce n'est plus possible : quelqu'un a été plus rapide. Rien n'a été envoyé.",
    ),
    "busy": ("Sending …", "Envoi …"),
    "choose": ("Choose …", "Choisir …"),
    "of": ("of {count}", "sur {count}"),
    "amount": ("Amount", "Montant"),
    "preview": ("What this would do", "Ce que cela ferait"),
    "preview.first": (
        "Fill in the form to see exactly what would happen. Nothing happens before you confirm.",
        (
            "Remplissez le formulaire pour voir exactement ce qui se"
            " passerait. Rien ne se passe avant"
            " votre confirmation."
        ),
    ),
    "preview.go": ("Show what this would do", "Montrer ce que cela ferait"),
    "rules": ("Rules checked: {count}", "Règles vérifiées : {count}"),
    "stock.back": ("{units} back on the shelf: {title}", "{units} de retour en stock : {title}"),
    "stock.off": ("{units} not back: {title}", "{units} hors stock : {title}"),
    "told": ("The customer is told.", "Le client est prévenu."),
    "mail.en": ("The mail, in English", "L'e-mail, en anglais"),
    "mail.fr": ("The mail, in French", "L'e-mail, en français"),
    "mails.REFUND_REQUESTED": (
        "The customer is told once the money has been given back.",
        "Le client est prévenu une fois l'argent rendu.",
    ),
    "mails.REINSTATED": ("The customer is told.", "Le client est prévenu."),
    "mails.DENIED": ("If you deny it, the customer reads", "Si vous refusez, le client lit"),
    "told.not.GUEST": (
        "A guest cannot be told.",
        "Un invité ne peut pas être prévenu.",
    ),
    "told.not.NO_ADDRESS": (
        "The customer is not told: no e-mail address is known.",
        "Le client n'est pas prévenu : aucune adresse connue.",
    ),
    "told.not.NOT_WANTED": ("The customer is not told.", "Le client n'est pas prévenu."),
    "cancel.title": ("Cancel order {number}", "Annuler la commande {number}"),
    "cancel.what": ("What", "Quoi"),
    "cancel.units": ("Units to cancel", "Unités à annuler"),
    "cancel.nothing": (
        "Nothing of this order can be cancelled any more.",
        "Plus rien de cette commande ne peut être annulé.",
    ),
    "cancel.why": ("Why", "Pourquoi"),
    "cancel.why.hint": (
        "Shown as the customer reads it, below the standard reason.",
        "Tel que le client le lit, sous le motif standard.",
    ),
    "statutory": (
        "The customer uses a right of withdrawal; no fee is kept",
        "Le client exerce un droit de rétractation ; aucun frais n'est gardé",
    ),
    "cancel.refund": ("Refund", "Remboursement"),
    "refund.NOW": ("Refund now, all of it", "Rembourser maintenant, en totalité"),
    "refund.AMOUNT": ("Refund now, a certain amount", "Rembourser maintenant, un montant"),
    "refund.LINES": (
        "Refund now, what certain units are worth",
        "Rembourser maintenant, la valeur de certaines unités",
    ),
    "refund.TENDERS": ("Refund now, per payment", "Rembourser maintenant, par paiement"),
    "refund.LATER": ("Refund later: it stays owed", "Rembourser plus tard : reste dû"),
    "refund.NONE": ("No refund", "Pas de remboursement"),
    "cancel.refund.standard": (
        "All of it goes back now, the way it came.",
        "Tout est rendu maintenant, par où c'est venu.",
    ),
    "cancel.refund.not_yours": (
        "To choose otherwise needs the right to {right}.",
        "Pour choisir autrement, il faut être autorisé à {right}.",
    ),
    "cancel.worth": ("Units to refund", "Unités à rembourser"),
    "credit": ("As store credit", "Sous forme d'avoir"),
    "credit.until": ("Valid until (empty: for ever)", "Valable jusqu'au (vide : toujours)"),
    "shipping": ("Delivery costs", "Frais de livraison"),
    "shipping.WITH_LAST": (
        "Back with the last units, if nothing shipped",
        "Rendus avec les dernières unités, si rien n'est parti",
    ),
    "shipping.NOW": ("Back now", "Rendus maintenant"),
    "shipping.KEEP": ("Not back", "Non rendus"),
    "cancel.restock": ("Stock", "Stock"),
    "restock.ALL": ("Put all units back on the shelf", "Remettre toutes les unités en stock"),
    "restock.CHOSEN": ("Put certain units back", "Remettre certaines unités en stock"),
    "restock.NONE": ("Put nothing back", "Ne rien remettre en stock"),
    "restock.POLICY": ("As the policy says", "Selon la politique"),
    "cancel.back": ("Units to put back", "Unités à remettre"),
    "cancel.tell": ("Message and note", "Message et note"),
    "notify": ("Tell the customer", "Prévenir le client"),
    "customer_message": ("A sentence for the customer", "Une phrase pour le client"),
    "note": ("Staff note", "Note interne"),
    "note.hint": ("Never reaches the customer.", "N'est jamais transmise au client."),
    "settle.title": ("Refund order {number}", "Rembourser la commande {number}"),
    "settle.which": ("What is owed", "Ce qui est dû"),
    "settle.one": ("{amount} for {units}, {moment}", "{amount} pour {units}, {moment}"),
    "settle.nothing": ("Nothing is owed.", "Rien n'est dû."),
    "settle.how": ("How much", "Combien"),
    "settle.how.ALL": ("All that is owed", "Tout ce qui est dû"),
    "settle.how.AMOUNT": ("A certain amount", "Un montant"),
    "settle.how.TENDERS": ("So much per payment", "Un montant par paiement"),
    "settle.how.CLOSE": (
        "Nothing more: keep the rest and close it",
        "Rien de plus : garder le reste et clore",
    ),
    "settle.where": ("Where the money goes", "Où va l'argent"),
    "settle.where.ORIGINAL": ("Back the way it came", "Par où il est venu"),
    "settle.where.STORE_CREDIT": ("Store credit", "Avoir"),
    "settle.where.BY_HAND": (
        "By hand: a person gives it back in another way",
        "À la main : une personne le rend autrement",
    ),
    "settle.by_hand.hint": (
        "A case is opened; it closes when the payment is recorded with its proof.",
        "Un dossier s'ouvre ; il se ferme quand le paiement est noté avec sa preuve.",
    ),
    "settle.final": ("Keep the rest and close it", "Garder le reste et clore"),
    "restock.title": ("Restock order {number}", "Remettre en stock, commande {number}"),
    "restock.nothing": (
        "No cancelled unit is off the shelf.",
        "Aucune unité annulée n'est hors stock.",
    ),
    "restock.hint": (
        (
            "The units go back on the shelf named, at most those"
            " cancelled and not back yet. Damaged"
            " units are recorded and stay out."
        ),
        (
            "Les unités retournent sur l'étagère indiquée, au plus celles annulées et pas encore"
            " remises. Les unités abîmées sont notées et restent dehors."
        ),
    ),
    "col.shelf": ("Shelf", "Étagère"),
    "col.condition": ("Condition", "État"),
    "shelf.usual": ("the usual one", "l'habituelle"),
    "condition.SELLABLE": ("Can be sold", "Vendable"),
    "condition.DAMAGED": ("Damaged", "Abîmé"),
    "reinstate.title": ("Reinstate order {number}", "Rétablir la commande {number}"),
    "reinstate.what": (
        (
            "The units are open again. Money that was given back and messages that were sent do not"
            " come back by themselves:"
        ),
        (
            "Les unités sont de nouveau ouvertes. L'argent rendu et les"
            " messages envoyés ne reviennent"
            " pas d'eux-mêmes :"
        ),
    ),
}
"""Sentence by key."""
