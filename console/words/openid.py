"""Signing in at the identity provider, and whatever may be in the way: English, French."""

OPENID: dict[str, tuple[str, str]] = {
    "you.openid": ("Sign in with {name}", "Se connecter avec {name}"),
    "you.or": ("Or with a password of this system", "Ou avec un mot de passe d'ici"),
    "error.openid": (
        (
            "What the identity provider says of you could not be believed. Nobody was signed in;"
            " begin again."
        ),
        (
            "Ce que le fournisseur d'identité dit de vous n'a pas pu être cru. Personne n'est"
            " connecté ; recommencez."
        ),
    ),
    "error.openid_away": (
        (
            "The identity provider does not answer. Try again in a moment, or use a password of"
            " this system."
        ),
        (
            "Le fournisseur d'identité ne répond pas. Réessayez bientôt, ou utilisez un mot de"
            " passe d'ici."
        ),
    ),
    "error.openid_none": (
        "No identity provider is set up here. Use a name and a password.",
        "Aucun fournisseur d'identité n'est configuré ici. Utilisez un nom et un mot de passe.",
    ),
    "error.openid_too_many": (
        "Too many attempts. Nothing is looked at for a while; begin again later.",
        "Trop de tentatives. Rien n'est examiné pour l'instant ; recommencez plus tard.",
    ),
    "error.openid_denied": (
        "The identity provider did not let you in. Nothing was done; begin again if you want to.",
        (
            "Le fournisseur d'identité ne vous a pas admis. Rien n'a été fait ; recommencez si vous"
            " le souhaitez."
        ),
    ),
    "error.openid_state": (
        (
            "This sign-in was not begun in this browser, or too long ago. Nobody was signed in;"
            " begin again."
        ),
        (
            "Cette connexion n'a pas commencé dans ce navigateur, ou il y a trop longtemps."
            " Personne n'est connecté ; recommencez."
        ),
    ),
    "error.openid_code": (
        "The identity provider does not take this code any more: a code counts once. Begin again.",
        (
            "Le fournisseur d'identité n'accepte plus ce code : un code ne sert qu'une fois."
            " Recommencez."
        ),
    ),
    "error.openid_expired": (
        "What the identity provider says of you is not valid now. Begin again.",
        "Ce que le fournisseur d'identité dit de vous n'est pas valable maintenant. Recommencez.",
    ),
    "error.openid_no_role": (
        (
            "The identity provider knows you, and nothing it says of you is a role here. Ask"
            " whoever runs this system."
        ),
        (
            "Le fournisseur d'identité vous connaît, mais rien de ce qu'il dit n'est un rôle ici."
            " Adressez-vous à qui exploite ce système."
        ),
    ),
    "error.openid_name_taken": (
        "Your name belongs to another account here. Ask whoever manages people.",
        "Votre nom est celui d'un autre compte ici. Adressez-vous à qui gère les comptes.",
    ),
    "error.openid_name": (
        (
            "The identity provider gives you no name that can be used here. Ask whoever runs this"
            " system."
        ),
        (
            "Le fournisseur d'identité ne vous donne aucun nom utilisable ici. Adressez-vous à qui"
            " exploite ce système."
        ),
    ),
    "error.openid_disabled": (
        "Your account is disabled here. Whoever manages people can enable it.",
        "Votre compte est désactivé ici. La personne qui gère les comptes peut le réactiver.",
    ),
}
"""Sentence by key."""
