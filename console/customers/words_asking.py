"""What the page says while a customer asks for a cancellation: English, French."""

ASKING: dict[str, tuple[str, str]] = {
    "ask.title": ("Cancel or withdraw", "Annuler ou se rétracter"),
    "ask.step": ("Step {step} of 2", "Étape {step} sur 2"),
    "ask.kind": ("What do you want to do?", "Que voulez-vous faire ?"),
    "ask.CANCEL": ("Cancel what has not been sent yet", "Annuler ce qui n'est pas encore envoyé"),
    "ask.WITHDRAW": ("Withdraw from the contract", "Me rétracter du contrat"),
    "ask.WITHDRAW.hint": (
        "Where the law gives you this right, you need no reason.",
        "Là où la loi vous donne ce droit, vous n'avez pas à vous justifier.",
    ),
    "ask.what": ("Which items?", "Quels articles ?"),
    "ask.units": ("How many of {title}", "Combien de {title}"),
    "ask.of": ("of {count}", "sur {count}"),
    "ask.reason": ("Why? You need not say.", "Pourquoi ? Vous n'avez pas à le dire."),
    "ask.reason.none": ("I would rather not say", "Je préfère ne pas le dire"),
    "ask.note": ("Anything you want to add?", "Souhaitez-vous ajouter quelque chose ?"),
    "ask.go": ("Continue", "Continuer"),
    "ask.nothing": (
        "Nothing of this order can be cancelled any more.",
        "Plus rien de cette commande ne peut être annulé.",
    ),
    "confirm.title": ("Is this right?", "Est-ce bien cela ?"),
    "confirm.nothing_yet": ("Nothing has been done yet.", "Rien n'a encore été fait."),
    "confirm.CANCELLED": (
        "When you confirm, this is cancelled at once.",
        "Dès votre confirmation, ceci est annulé.",
    ),
    "confirm.REQUESTED": (
        "When you confirm, somebody of ours decides by {until} UTC and writes to you.",
        (
            "Dès votre confirmation, quelqu'un de chez nous décide d'ici le {until} UTC et vous"
            " écrit."
        ),
    ),
    "confirm.withdrawn": (
        (
            "When you confirm, your withdrawal is with us; somebody of ours answers by {until} UTC"
            " and writes to you."
        ),
        (
            "Dès votre confirmation, nous avons votre rétractation ; quelqu'un de chez nous répond"
            " d'ici le {until} UTC et vous écrit."
        ),
    ),
    "confirm.refund": ("You would get back", "Vous seriez remboursé de"),
    "confirm.fee": ("The shop would keep", "La boutique garderait"),
    "confirm.WITHDRAW": ("Confirm withdrawal", "Confirmer la rétractation"),
    "confirm.CANCEL": ("Confirm cancellation", "Confirmer l'annulation"),
    "confirm.ASK": ("Send the request", "Envoyer la demande"),
    "confirm.again": ("Send again", "Envoyer de nouveau"),
    "confirm.change": ("Change something", "Modifier"),
    "confirm.refused": ("This cannot be cancelled here", "Ceci ne peut pas être annulé ici"),
    "trouble.unknown": (
        (
            "We could not make sure that this reached us. Press the button again: nothing is done"
            " twice."
        ),
        (
            "Nous n'avons pas pu vérifier que ceci nous est parvenu. Appuyez de nouveau : rien ne"
            " se fait deux fois."
        ),
    ),
    "trouble.moved_on": (
        "Your order has changed meanwhile. This is how it would be now.",
        "Votre commande a changé entre-temps. Voici ce qu'il en serait maintenant.",
    ),
    "trouble.answered": (
        "It has been answered or taken back meanwhile. Your page shows how it stands.",
        "Elle a reçu une réponse ou a été retirée entre-temps. Votre page montre où elle en est.",
    ),
    "back.title": ("Take your request back", "Retirer votre demande"),
    "back.what": (
        "On {moment} UTC you asked to cancel this:",
        "Le {moment} UTC, vous avez demandé d'annuler ceci :",
    ),
    "back.then": (
        "When you take it back, nobody decides about it and your order goes on as it was.",
        "Si vous la retirez, personne n'en décide et votre commande suit son cours.",
    ),
    "back.go": ("Take it back", "La retirer"),
    "back.keep": ("Leave it as it is", "La laisser telle quelle"),
    "error.units": (
        "Say a number, at most what is there.", "Indiquez un nombre, au plus ce qu'il y a.",
    ),
    "error.no_units": ("Choose one item at least.", "Choisissez au moins un article."),
    "error.too_long": ("At most 500 characters.", "500 caractères au plus."),
    "receipt.REQUESTED": ("We have your request", "Nous avons votre demande"),
    "receipt.CANCELLED": ("It is cancelled", "C'est annulé"),
    "receipt.TAKEN_BACK": ("Your request is taken back", "Votre demande est retirée"),
    "receipt.withdrawal": ("We have your withdrawal", "Nous avons votre rétractation"),
    "receipt.received": ("Received", "Reçue"),
    "receipt.at": ("{moment} UTC", "{moment} UTC"),
    "receipt.reference": ("Reference", "Référence"),
    "receipt.order": ("Order", "Commande"),
    "receipt.about": ("About", "Objet"),
    "receipt.next.REQUESTED": (
        "Somebody of ours answers by {until} UTC. Your page shows the answer.",
        "Quelqu'un de chez nous répond d'ici le {until} UTC. Votre page montre la réponse.",
    ),
    "receipt.next.CANCELLED": (
        "Your page shows what becomes of your money.",
        "Votre page montre ce que devient votre argent.",
    ),
    "receipt.next.TAKEN_BACK": (
        "Nobody decides about it any more. Your order goes on as it was.",
        "Plus personne n'en décide. Votre commande suit son cours.",
    ),
    "receipt.keep": (
        "Print or keep this page: it is your receipt, and its address stays the same.",
        "Imprimez ou gardez cette page : c'est votre récépissé, et son adresse ne change pas.",
    ),
    # Why something cannot be, in the customer's words; every other code is `other`.
    "refusal.ALREADY_FULFILLED": (
        "It has been sent already. What you do not want to keep can be returned.",
        "C'est déjà envoyé. Ce que vous ne souhaitez pas garder peut être retourné.",
    ),
    "refusal.CLAIMED_FOR_FULFILLMENT": (
        "It is being packed right now.", "C'est en préparation en ce moment même.",
    ),
    "refusal.NOTHING_LEFT": ("It was cancelled before.", "C'est déjà annulé."),
    "refusal.QUANTITY_TOO_GREAT": (
        "There are fewer left than you chose.", "Il en reste moins que vous n'en avez choisi.",
    ),
    "refusal.WINDOW_CLOSED": (
        "The time for cancelling it here is over. Ask us.",
        "Le délai pour l'annuler ici est passé. Demandez-nous.",
    ),
    "refusal.EXCLUDED_BY_POLICY": (
        "Items of this kind cannot be cancelled here. Ask us.",
        "Les articles de ce genre ne s'annulent pas ici. Demandez-nous.",
    ),
    "refusal.VERSION_STALE": (
        "Your order has changed meanwhile.", "Votre commande a changé entre-temps.",
    ),
    "refusal.other": (
        "It cannot be cancelled here. Ask us.", "Ce n'est pas possible ici. Demandez-nous.",
    ),
}  # fmt: skip
