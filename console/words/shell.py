"""What stands around every page: English, French."""

SHELL: dict[str, tuple[str, str]] = {
    "skip": ("Skip to the content", "Aller au contenu"),
    "nav": ("Main", "Principal"),
    "nav.orders": ("Orders", "Commandes"),
    "nav.requests": ("Requests", "Demandes"),
    "nav.cases": ("Cases", "Dossiers"),
    "nav.policies": ("Policies", "Politiques"),
    "nav.operations": ("Operations", "Exploitation"),
    "nav.people": ("People", "Comptes"),
    "nav.bulk": ("Bulk plans", "Plans groupés"),
    "leave": ("Sign out", "Se déconnecter"),
    "password": ("Change password", "Changer de mot de passe"),
    "all_utc": ("All times are UTC.", "Toutes les heures sont en UTC."),
    "keys": (
        "Keys: / search · j k move · Enter open · c cancel the order · ? help · Esc back",
        (
            "Touches : / chercher · j k se déplacer · Entrée ouvrir · c annuler la commande"
            " · ? aide · Échap revenir"
        ),
    ),
    "moment": ("{day}, {time}", "{day} à {time}"),
    "colon": (": ", " : "),
    "span.days": ("{count} d", "{count} j"),
    "span.hours": ("{count} h", "{count} h"),
    "span.minutes": ("{count} min", "{count} min"),
    "span.now": ("just now", "à l'instant"),
    "units.one": ("{count} unit", "{count} unité"),
    "units.many": ("{count} units", "{count} unités"),
    # What kind of party somebody is.
    "type.STAFF": ("staff", "équipe"),
    "type.CUSTOMER": ("customer", "client"),
    "type.SERVICE": ("service", "service"),
    "type.TIMER": ("timer", "minuterie"),
    "type.BULK": ("bulk plan", "plan groupé"),
    # What went wrong.
    "error.form.title": ("This form is out of date", "Ce formulaire n'est plus valable"),
    "error.form": (
        (
            "Nothing was done. Your session has ended or changed since the page was opened; open it"
            " again and send it once more."
        ),
        (
            "Rien n'a été fait. Votre session a pris fin ou changé depuis l'ouverture de la page ;"
            " rouvrez-la et renvoyez le formulaire."
        ),
    ),
    "error.away.title": ("No answer right now", "Pas de réponse pour l'instant"),
    "error.away": (
        (
            "The service behind this page does not answer. Nothing you were told is lost; try again"
            " in a moment."
        ),
        (
            "Le service derrière cette page ne répond pas. Rien de ce qui vous a été confirmé n'est"
            " perdu ; réessayez dans un instant."
        ),
    ),
    "error.nowhere.title": ("There is no such page", "Cette page n'existe pas"),
    "error.nowhere": ("Check the address.", "Vérifiez l'adresse."),
    "error.malformed.title": ("That could not be read", "Demande illisible"),
    "error.malformed": (
        "Nothing was done. Open the page again.",
        "Rien n'a été fait. Rouvrez la page.",
    ),
    "error.ours.title": ("Our mistake", "Une erreur de notre part"),
    "error.ours": (
        "Something went wrong that we did not foresee. Quote incident {incident}.",
        "Un problème imprévu est survenu. Citez l'incident {incident}.",
    ),
    "error.refused.title": ("That was refused", "Demande refusée"),
    "error.missing.title": ("Not found", "Introuvable"),
    "error.missing": (
        "Nobody announced anything under this number. Check it; something new may take a second.",
        (
            "Rien n'a été annoncé sous ce numéro. Vérifiez-le ; ce qui est nouveau peut prendre une"
            " seconde."
        ),
    ),
    "error.again": ("Try again", "Réessayer"),
    "error.back": ("Back", "Retour"),
    "error.some": (
        "Nothing was sent. Please look at what is marked below.",
        "Rien n'a été envoyé. Veuillez vérifier ce qui est signalé ci-dessous.",
    ),
    "error.amount": (
        "Write an amount such as 12.50.",
        "Indiquez un montant, par exemple 12,50.",
    ),
    "error.units": ("Write a whole number.", "Indiquez un nombre entier."),
    "error.no_units": ("Choose at least one unit.", "Choisissez au moins une unité."),
    "error.no_reason": ("Choose a reason.", "Choisissez un motif."),
    "error.no_note": ("Write the note first.", "Écrivez d'abord la note."),
    "error.no_proof": (
        "Name where the payment can be looked up.",
        "Indiquez où vérifier le paiement.",
    ),
    "error.day": ("Choose a day.", "Choisissez un jour."),
    "error.too_long": ("At most 500 characters.", "500 caractères au plus."),
}
"""Sentence by key."""
