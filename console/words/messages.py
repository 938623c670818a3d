"""What the page of an order's mails says: English, French."""

MESSAGES: dict[str, tuple[str, str]] = {
    "do.messages": ("Messages", "Messages"),
    "messages.title": ("Messages about order {number}", "Messages, commande {number}"),
    "messages.list": ("What the customer was sent", "Ce qui a été envoyé au client"),
    "messages.none": (
        "Nothing was sent about this order yet.",
        "Rien n'a encore été envoyé pour cette commande.",
    ),
    "messages.away": (
        "The service that sends mails does not answer just now. Try again in a moment.",
        "Le service qui envoie les e-mails ne répond pas pour l'instant. Réessayez bientôt.",
    ),
    "messages.again": ("sent again", "renvoyé"),
    "messages.by": ("sent again by {who}", "renvoyé par {who}"),
    "messages.bounce": ("It came back: {why}", "Il est revenu : {why}"),
    "messages.server": ("The mail server said: {words}", "Le serveur a répondu : {words}"),
    "messages.resend": ("Send one again", "En renvoyer un"),
    "messages.hint": (
        "It goes to the same address with the same words, as a message of its own.",
        "Il part à la même adresse avec le même texte, comme un message à part.",
    ),
    "messages.why": ("Why", "Pourquoi"),
    "messages.go": ("Send again", "Renvoyer"),
    "messages.sent": (
        "It is on its way; here you see how it ends.",
        "Il est en route ; vous verrez ici ce qu'il en est.",
    ),
    "messages.cannot": (
        "All of them are still on their way; none can be sent again yet.",
        "Tous sont encore en route ; aucun ne peut être renvoyé pour l'instant.",
    ),
    "messages.no_right": (
        "To send one again you need the right to see to cases.",
        "Pour en renvoyer un, il faut le droit de traiter les dossiers.",
    ),
    "trouble.message_on_its_way": (
        "That message is still on its way, so it was not sent again. Wait until it has ended.",
        "Ce message est encore en route ; il n'a pas été renvoyé. Attendez qu'il aboutisse.",
    ),
    "trouble.no_message": (
        "There is no such message. Nothing was sent.",
        "Ce message n'existe pas. Rien n'a été envoyé.",
    ),
    "trouble.message_sent_before": (
        "This form was sent before with another choice; that one stands. Look at the list.",
        "Ce formulaire a déjà été envoyé avec un autre choix, qui reste valable. Voyez la liste.",
    ),
    "trouble.message": (
        "That was refused, and nothing was sent.",
        "C'est refusé, et rien n'a été envoyé.",
    ),
    "error.no_message": ("Choose a message.", "Choisissez un message."),
    "mail.ORDER_CANCELLED": ("Cancellation", "Annulation"),
    "mail.REFUND_STARTED": ("Refund on its way", "Remboursement en route"),
    "mail.REFUND_SUCCEEDED": ("Refund arrived", "Remboursement effectué"),
    "mail.REFUND_FAILED": ("Refund failed", "Remboursement échoué"),
    "mail.PAYMENT_RELEASED": ("Payment released", "Paiement libéré"),
    "mail.STORE_CREDIT_ISSUED": ("Store credit", "Avoir"),
    "mail.ORDER_REINSTATED": ("Order reinstated", "Commande rétablie"),
    "mail.REQUEST_RECEIVED": ("Request received", "Demande reçue"),
    "mail.REQUEST_GRANTED": ("Request granted", "Demande acceptée"),
    "mail.REQUEST_DENIED": ("Request denied", "Demande refusée"),
    "mail_outcome.PENDING": ("On its way", "En route"),
    "mail_outcome.SUCCEEDED": ("Accepted by the mail server", "Accepté par le serveur"),
    "mail_outcome.FAILED": ("Not sent", "Non envoyé"),
    "mail_outcome.UNCERTAIN": ("Nobody knows", "Nul ne sait"),
}
"""Sentence by key."""
