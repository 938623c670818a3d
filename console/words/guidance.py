"""What the help says: English, French."""

GUIDANCE: dict[str, tuple[str, str]] = {
    "nav.help": ("Help", "Aide"),
    "help.steps": ("Cancel an order", "Annuler une commande"),
    "help.steps.find": (
        "Find it: by number, customer, e-mail or article; / goes to the search.",
        "Trouvez-la : par numéro, client, e-mail ou article ; / va à la recherche.",
    ),
    "help.steps.look": (
        "Look at what has shipped, what was paid and what was cancelled before.",
        "Voyez ce qui est parti, ce qui est payé et ce qui est déjà annulé.",
    ),
    "help.steps.choose": (
        "Cancel order: choose units and the reason the customer really gave.",
        "Annuler la commande : choisissez les unités et le motif réel du client.",
    ),
    "help.steps.see": (
        "Read what it would do, beside the form. Nothing happens before you confirm.",
        "Lisez ce que cela ferait, à côté. Rien ne se passe avant votre confirmation.",
    ),
    "help.steps.after": (
        (
            "Follow money, stock and message on the page of the order. What needs a person becomes"
            " a case by itself."
        ),
        (
            "Suivez argent, stock et message sur la page de la commande. Ce qui demande une"
            " personne devient un dossier de lui-même."
        ),
    ),
    "help.choices": ("What each choice does", "Ce que fait chaque choix"),
    "help.kind.refund": ("Refund", "Remboursement"),
    "help.kind.restock": ("Stock", "Stock"),
    "help.kind.shipping": ("Delivery costs", "Frais de livraison"),
    "help.refund.NOW": (
        "The money of the units goes back the way it came, at once.",
        "L'argent des unités retourne par où il est venu, aussitôt.",
    ),
    "help.refund.AMOUNT": (
        "So much goes back at once; the rest is kept for good.",
        "Ce montant est rendu aussitôt ; le reste est gardé pour de bon.",
    ),
    "help.refund.LINES": (
        "What these units are worth goes back; the worth of the others is kept.",
        "La valeur de ces unités est rendue ; celle des autres est gardée.",
    ),
    "help.refund.TENDERS": (
        "You say how much goes back on which payment.",
        "Vous dites combien retourne sur quel paiement.",
    ),
    "help.refund.LATER": (
        "Nothing goes back yet. It stays owed until somebody settles it under More actions.",
        "Rien n'est encore rendu. Cela reste dû jusqu'au règlement sous Plus d'actions.",
    ),
    "help.refund.NONE": (
        "The order is cancelled and the money is kept. Think of what the law gives the customer.",
        "La commande est annulée et l'argent gardé. Pensez aux droits du client.",
    ),
    "help.restock.ALL": (
        "Every unit can be sold again, on the shelf it came from.",
        "Chaque unité est de nouveau en vente, sur son étagère d'origine.",
    ),
    "help.restock.CHOSEN": (
        "Only these units can be sold again; the others wait for Restock.",
        "Seules ces unités sont remises en vente ; les autres attendent une remise à la main.",
    ),
    "help.restock.NONE": (
        "Nothing can be sold again yet: it is broken, lost, or not there.",
        "Rien n'est remis en vente pour l'instant : cassé, perdu ou absent.",
    ),
    "help.restock.POLICY": (
        "The policy decides by the reason.",
        "La politique décide selon le motif.",
    ),
    "help.shipping.WITH_LAST": (
        "Given back with the last units of an order of which nothing has shipped.",
        "Rendus avec les dernières unités d'une commande dont rien n'est parti.",
    ),
    "help.shipping.NOW": ("Given back with these units.", "Rendus avec ces unités."),
    "help.shipping.KEEP": ("Not given back by this.", "Non rendus par cette annulation."),
    "help.escalate": ("When to ask somebody else", "Quand s'adresser à quelqu'un d'autre"),
    "help.escalate.how": (
        (
            "Open the case and bring it before the next role, with a note of what you know. It then"
            " has a new deadline, and belongs to whoever takes it."
        ),
        (
            "Ouvrez le dossier et portez-le plus haut, avec une note de ce que vous savez. Il a"
            " alors une nouvelle échéance et revient à qui le prend."
        ),
    ),
    "help.escalate.fraud": (
        "You suspect fraud and do not know the rule for it.",
        "Vous soupçonnez une fraude sans connaître la règle.",
    ),
    "help.escalate.money": (
        "The amount needs a second person, or is more than you may decide about.",
        "Le montant exige une seconde personne ou dépasse ce que vous pouvez décider.",
    ),
    "help.escalate.unknown": (
        "A leg is unknown: never refund a second time to be sure.",
        "Une étape est incertaine : ne remboursez jamais une seconde fois pour être sûr.",
    ),
    "help.escalate.legal": (
        "The customer names a law, a lawyer or the press.",
        "Le client invoque une loi, un avocat ou la presse.",
    ),
    "help.escalate.many": (
        "The same cause touches many orders: that is a bulk plan.",
        "La même cause touche beaucoup de commandes : c'est un plan groupé.",
    ),
    "help.refusals": ("What a refusal means", "Ce que veut dire un refus"),
    "help.refusals.hint": (
        "Every rule there is, with the way out; the code stands below each refusal.",
        "Toutes les règles, avec la solution ; le code figure sous chaque refus.",
    ),
    "views.save": ("Keep this view as", "Garder cette vue sous le nom"),
    "views.keep": ("Keep", "Garder"),
    "views.forget": ("Forget this view", "Oublier cette vue"),
}
"""Sentence by key."""
