"""What the inbox of requests says: English, French."""

REQUESTS: dict[str, tuple[str, str]] = {
    "requests.hint": (
        "Nothing of these orders moves before somebody answers. Whoever asked cannot grant it.",
        ("Rien ne bouge pour ces commandes avant une réponse. Qui a demandé ne peut pas accorder."),
    ),
    "requests.view.ALL": ("All", "Toutes"),
    "requests.view.CUSTOMER_REQUEST": ("From customers", "Des clients"),
    "requests.view.APPROVAL": ("Second person needed", "Seconde personne requise"),
    "requests.none": ("No request waits for an answer.", "Aucune demande n'attend de réponse."),
    "request_kind.CUSTOMER_REQUEST": ("Customer asks", "Demande du client"),
    "request_kind.APPROVAL": ("Second person", "Seconde personne"),
    "request.title": ("Request on order {number}", "Demande sur la commande {number}"),
    "request.left": ("{span} left", "reste {span}"),
    "request.late": ("Out of time", "Délai dépassé"),
    "request.what": ("What is asked for", "Ce qui est demandé"),
    "request.customer_note": ("The customer says", "Le client dit"),
    "request.answer": ("Your answer", "Votre réponse"),
    "request.until": ("Answer by", "Répondre avant"),
    "request.then.APPROVE": (
        "Nobody answers in time: it is granted.",
        "Sans réponse à temps : elle est accordée.",
    ),
    "request.then.DENY": (
        "Nobody answers in time: it is denied.",
        "Sans réponse à temps : elle est refusée.",
    ),
    "request.rule": ("Rule of the policy", "Règle de la politique"),
    "request.worth": ("To be given back", "À rembourser"),
    "request.by": ("Asked by", "Demandé par"),
    "request.at": ("Asked on", "Demandé le"),
    "request.closed.APPROVED": ("This request was granted.", "Cette demande a été accordée."),
    "request.closed.DENIED": ("This request was denied.", "Cette demande a été refusée."),
    "request.message": ("Why not, for the customer", "Pourquoi pas, pour le client"),
    "request.message.hint": (
        "Needed to deny a customer's request; it goes into the message.",
        "Nécessaire pour refuser la demande d'un client ; figure dans le message.",
    ),
    "request.note.hint": (
        "Needed to deny a colleague's cancellation. Never reaches the customer.",
        "Nécessaire pour refuser celle d'un collègue. N'est jamais transmise au client.",
    ),
    "request.preview": ("What granting it would do now", "Ce que l'accorder ferait maintenant"),
    "request.not_yours": (
        "Shown to whoever may grant it; that needs the right to {right}.",
        "Montré à qui peut l'accorder ; il faut être autorisé à {right}.",
    ),
    "request.see": ("Answer it", "Y répondre"),
    "request.look": ("See it", "Voir"),
    "do.approve": ("Grant it", "Accorder"),
    "do.deny": ("Deny it", "Refuser"),
    "col.asked": ("Asked for", "Demandé"),
    "error.no_reason_why_not": (
        "Say why not; nothing was sent.",
        "Dites pourquoi ; rien n'a été envoyé.",
    ),
}
"""Sentence by key."""
