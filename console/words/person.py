"""Signing in, one's own password, and what somebody may not do."""

PERSON: dict[str, tuple[str, str]] = {
    "you.title": ("Sign in", "Se connecter"),
    "you.name": ("Name", "Nom"),
    "you.role": ("Role", "Rôle"),
    "you.password": ("Password", "Mot de passe"),
    "you.go": ("Sign in", "Se connecter"),
    "you.lost": (
        "Password forgotten? Whoever manages people here sets a new one.",
        "Mot de passe oublié ? La personne qui gère les comptes en définit un nouveau.",
    ),
    "you.ended": (
        "Your session has ended; whatever you sent last was not done. Please sign in again.",
        (
            "Votre session a pris fin ; votre dernier envoi n'a pas été pris en compte. Veuillez"
            " vous reconnecter."
        ),
    ),
    "you.changed": (
        "Your password is changed. Please sign in with the new one.",
        "Votre mot de passe est modifié. Veuillez vous connecter avec le nouveau.",
    ),
    "error.sign_in": (
        "Name or password is wrong. Check both and try again.",
        "Nom ou mot de passe incorrect. Vérifiez les deux et réessayez.",
    ),
    "error.too_many": (
        "Too many attempts. Nothing is looked at for a while; try again in {minutes} min.",
        "Trop de tentatives. Rien n'est examiné pour l'instant ; réessayez dans {minutes} min.",
    ),
    "password.title": ("Change your password", "Modifier votre mot de passe"),
    "password.old": ("Password until now", "Mot de passe actuel"),
    "password.new": ("New password", "Nouveau mot de passe"),
    "password.again": ("New password once more", "Nouveau mot de passe, encore une fois"),
    "password.hint": (
        "12 characters or more; a few words in a row are good. You are signed out everywhere.",
        (
            "12 caractères ou plus ; quelques mots à la suite conviennent. Vous serez déconnecté"
            " partout."
        ),
    ),
    "password.go": ("Change password", "Modifier le mot de passe"),
    "error.old_password": (
        "This is not your password until now.",
        "Ce n'est pas votre mot de passe actuel.",
    ),
    "error.new_password": ("12 to 200 characters.", "De 12 à 200 caractères."),
    "error.not_same": ("The two are not the same.", "Les deux ne sont pas identiques."),
    "error.right.title": ("You may not do this", "Vous n'y êtes pas autorisé"),
    "error.right": (
        "Nothing was done. It needs the right to {right}; an administrator can give it to you.",
        (
            "Rien n'a été fait. Il faut être autorisé à {right} ; un administrateur peut vous"
            " l'accorder."
        ),
    ),
    "right.READ": ("see orders and cases", "consulter les commandes et les dossiers"),
    "right.CANCEL": ("cancel orders", "annuler des commandes"),
    "right.REFUND": ("refund", "rembourser"),
    "right.RESTOCK": ("restock", "remettre en stock"),
    "right.REQUEST": ("answer requests", "répondre aux demandes"),
    "right.APPROVE": ("approve", "approuver"),
    "right.CASE": ("see to cases", "traiter les dossiers"),
    "right.CLAIM": ("claim units for packing", "réserver des articles à emballer"),
    "right.BULK": ("cancel in bulk", "annuler en masse"),
    "right.REPLAY": ("replay", "rejouer"),
    "right.DRAFT": ("draft the policy", "préparer la politique"),
    "right.POLICY": ("publish the policy", "publier la politique"),
    "right.PEOPLE": ("manage people", "gérer les comptes"),
    "role.VIEWER": ("Viewer", "Lecture"),
    "role.AGENT": ("Agent", "Agent"),
    "role.MANAGER": ("Manager", "Responsable"),
    "role.OPS": ("Operations", "Exploitation"),
    "role.ADMIN": ("Administrator", "Administration"),
    "role.None": ("No role", "Sans rôle"),
}
"""Sentence by key."""
