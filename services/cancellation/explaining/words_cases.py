"""What an explanation says about cases: English, French."""

CASES: dict[str, tuple[str, str]] = {
    "case": ("A person has to look: {what}.", "Une personne doit s'en occuper : {what}."),
    "case.due": (
        "A person has to look: {what}. Up to: {role}, until {moment}.",
        "Une personne doit s'en occuper : {what}. À charge de : {role}, jusqu'au {moment}.",
    ),
    "case.SHIPPED_AFTER_CANCELLATION": (
        "shipped although cancelled: {units}",
        "expédié bien qu'annulé : {units}",
    ),
    "case.PAYMENT_AFTER_CANCELLATION": (
        "{amount} came on {payment}, and nothing is left to pay",
        "{amount} sont venus sur {payment}, et il n'y a plus rien à payer",
    ),
    "case.RETURNED_MORE_THAN_SHIPPED": (
        "came back although it never left: {units}",
        "revenu sans être jamais parti : {units}",
    ),
    "case.REFUND_FAILED": (
        "the refund of {amount} on {payment} failed",
        "le remboursement de {amount} sur {payment} a échoué",
    ),
    "case.REFUND_UNCERTAIN": (
        "nobody knows whether {amount} were given back on {payment}",
        "nul ne sait si {amount} ont été rendus sur {payment}",
    ),
    "case.MANUAL_REFUND_OWED": (
        "{amount} paid on {payment} have to be given back by hand",
        "{amount} payés sur {payment} sont à rendre à la main",
    ),
    "case.VOID_FAILED": (
        "{payment} was not released and still holds {amount}",
        "{payment} n'a pas été libéré et réserve toujours {amount}",
    ),
    "case.VOID_UNCERTAIN": (
        "nobody knows whether {payment} still holds {amount}",
        "nul ne sait si {payment} réserve toujours {amount}",
    ),
    "case.STORE_CREDIT_FAILED": (
        "store credit of {amount} was not entered; it is still owed",
        "l'avoir de {amount} n'a pas été inscrit ; il reste dû",
    ),
    "case.MESSAGE_FAILED": (
        "a further mail to the customer was not sent",
        "un autre message au client n'est pas parti",
    ),
    "case.MESSAGE_UNCERTAIN": (
        "nobody knows whether a further mail to the customer was sent",
        "nul ne sait si un autre message au client est parti",
    ),
    "case.MAIL_BOUNCED": (
        "a mail to the customer came back",
        "un message au client est revenu",
    ),
    "case.RESTOCK_FAILED": (
        "not put back on the shelf: {units}",
        "non remis en stock : {units}",
    ),
    "case.LOCATION_DEACTIVATED": (
        "put on another shelf than planned: {units}",
        "mis sur une autre étagère que prévu : {units}",
    ),
    "case.NOTIFICATION_FAILED": (
        "the customer was not told",
        "le client n'a pas été prévenu",
    ),
    "case.NOTIFICATION_UNCERTAIN": (
        "nobody knows whether the customer was told",
        "nul ne sait si le client a été prévenu",
    ),
    "case.assigned": (
        "Case {case}: {owner} sees to it ({role}).",
        "Dossier {case} : {owner} s'en occupe ({role}).",
    ),
    "case.escalated.DEADLINE": (
        "Nobody closed case {case} in time; it goes up to: {role}, until {moment}.",
        "Personne n'a clos le dossier {case} à temps ; il monte à : {role}, jusqu'au {moment}.",
    ),
    "case.escalated.BY_HAND": (
        "Case {case} goes up to: {role}, until {moment}.",
        "Le dossier {case} monte à : {role}, jusqu'au {moment}.",
    ),
    "case.noted": ("Case {case}, note: {text}", "Dossier {case}, note : {text}"),
    "case.closed": ("Case {case} is closed: {how}.", "Le dossier {case} est clos : {how}."),
    "resolution.RESOLVED": ("its cause is gone", "sa cause a disparu"),
    "resolution.REPLACED": (
        "more is known now, and another case says it",
        "on en sait davantage, un autre dossier le dit",
    ),
    "resolution.DONE_OUTSIDE": ("somebody saw to it elsewhere", "réglé ailleurs"),
    "resolution.NOTHING_TO_DO": ("there was nothing to do", "il n'y avait rien à faire"),
    "resolution.WRITTEN_OFF": ("the loss is accepted", "la perte est acceptée"),
    "command.assign-case": ("assign case {case_id}", "attribuer le dossier {case_id}"),
    "command.escalate-case": ("escalate case {case_id}", "faire monter le dossier {case_id}"),
    "command.add-case-note": (
        "write a note on case {case_id}",
        "ajouter une note au dossier {case_id}",
    ),
    "command.close-case": ("close case {case_id}", "clore le dossier {case_id}"),
}
"""Sentence by key."""
