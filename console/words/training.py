"""What a sandbox shop says, and its exercises: English, French."""

TRAINING: dict[str, tuple[str, str]] = {
    "training.banner": (
        "Training: these orders are made up. No money moves, and no mail leaves this machine.",
        (
            "Formation : ces commandes sont inventées. Aucun argent ne bouge, aucun e-mail ne"
            " quitte cette machine."
        ),
    ),
    "training.short": ("Training", "Formation"),
    "training": ("Exercises", "Exercices"),
    "training.how": (
        "Each is ticked when the order's own history says that it is done.",
        "Chacun est coché quand l'historique de la commande dit que c'est fait.",
    ),
    "training.done": ("{done} of {count} done", "{done} sur {count} faits"),
    "training.is_done": ("Done", "Fait"),
    "training.to_do": ("To do", "À faire"),
    "training.others": ("To look at and to try", "À voir et à essayer"),
    "training.others.which": (
        (
            "T-1010 has shipped as a whole: see what is offered in place of a cancellation. T-1011"
            " was paid by card and gift card, T-1012 is authorised and not paid yet."
        ),
        (
            "T-1010 est partie en entier : voyez ce qui est proposé au lieu d'une annulation."
            " T-1011 : par carte et carte cadeau. T-1012 : autorisée, pas encore payée."
        ),
    ),
    "training.reset": ("To begin anew, stop it and type", "Pour recommencer, arrêtez et tapez"),
    "exercise.now": ("A customer changes their mind", "Une cliente change d'avis"),
    "exercise_about.now": (
        "Nothing has shipped, and it is paid. The plainest case there is.",
        "Rien n'est parti, et c'est payé. Le cas le plus simple.",
    ),
    "exercise.later": ("The refund has to wait", "Le remboursement doit attendre"),
    "exercise_about.later": (
        "Accounting wants to look first. The order is cancelled now, the money follows.",
        "La comptabilité veut d'abord vérifier. La commande est annulée, l'argent suivra.",
    ),
    "exercise.part": ("Half of it is on its way", "La moitié est déjà partie"),
    "exercise_about.part": (
        "Some units have shipped. Only what is still here can be cancelled.",
        "Des unités sont parties. Seul ce qui est encore là peut être annulé.",
    ),
    "exercise.undo": ("A colleague was too quick", "Un collègue est allé trop vite"),
    "exercise_about.undo": (
        "The cancellation is on hold: nothing has moved, so it can be undone without a trace.",
        "L'annulation est en suspens : rien n'a bougé, elle peut être défaite sans trace.",
    ),
    "exercise.request": ("A customer has asked", "Une cliente l'a demandé"),
    "exercise_about.request": (
        "The request waits in the inbox. A manager grants it; anybody may deny it with a reason.",
        "La demande attend. Un responsable l'accepte ; la refuser demande un motif.",
    ),
    "exercise.second": ("It takes two", "Il faut être deux"),
    "exercise_about.second": (
        "From 500 EUR on a second person decides. Ask as one, sign in as another, and approve.",
        "Dès 500 EUR, une autre personne décide. Demandez, changez de compte, approuvez.",
    ),
    "exercise.hand": ("Paid in cash", "Payée en espèces"),
    "exercise_about.hand": (
        "No provider can give cash back: a case asks for somebody to, and for the proof.",
        "Nul prestataire ne rend des espèces : un dossier demande qu'on le fasse, et la preuve.",
    ),
    "exercise.shelf": ("The goods turned up", "La marchandise est retrouvée"),
    "exercise_about.shelf": (
        "Cancelled because it could not be found, so nothing went back on the shelf.",
        "Annulée parce qu'introuvable, donc rien n'est retourné en stock.",
    ),
    "exercise.back": ("She wants it after all", "Elle la veut finalement"),
    "exercise_about.back": (
        "Managers can open cancelled units again; read what does not come back by itself.",
        "Un responsable peut rétablir des unités ; lisez ce qui ne revient pas de soi-même.",
    ),
    "task.cancel": ("Cancel all of it and refund now.", "Annulez tout et remboursez maintenant."),
    "task.owe": (
        "Cancel it with the refund later.",
        "Annulez-la avec remboursement plus tard.",
    ),
    "task.settle": (
        "Give the money back, under More actions.",
        "Rendez l'argent, sous Plus d'actions.",
    ),
    "task.rest": ("Cancel what has not shipped.", "Annulez ce qui n'est pas parti."),
    "task.undo": ("Undo it.", "Défaites-la."),
    "task.answer": ("Grant the request, or deny it.", "Acceptez la demande, ou refusez-la."),
    "task.ask": (
        "Cancel it, as agent for example.",
        "Annulez-la, par exemple comme agent.",
    ),
    "task.approve": (
        "Approve it as somebody else: manager or admin.",
        "Approuvez sous un autre compte : manager ou admin.",
    ),
    "task.cancel_cash": (
        "Cancel it and refund now.",
        "Annulez-la et remboursez maintenant.",
    ),
    "task.record": (
        "Give it back, and record it in the case with its proof.",
        "Rendez-le, et notez-le dans le dossier avec sa preuve.",
    ),
    "task.restock": (
        "Put the units back, under More actions.",
        "Remettez les unités en stock, sous Plus d'actions.",
    ),
    "task.reinstate": (
        "Reinstate the units, under More actions.",
        "Rétablissez les unités, sous Plus d'actions.",
    ),
}
"""Sentence by key."""
