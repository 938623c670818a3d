"""The policy nobody had to publish: version 0."""

from contracts.cancellation import Action, CancelReason, Grant, Labels, Policy, ReasonTerms

_REASONS: tuple[tuple[CancelReason, str, str, str], ...] = (
    ("CUSTOMER", "CUSTOMER", "Cancelled at your request", "Annulée à votre demande"),
    ("CUSTOMER", "CHANGED_MIND", "You changed your mind", "Vous avez changé d'avis"),
    ("CUSTOMER", "BETTER_OFFER", "You found a better offer", "Vous avez trouvé mieux ailleurs"),
    ("CUSTOMER", "EU_WITHDRAWAL", "Withdrawal from the contract", "Rétractation"),
    ("INVENTORY", "INVENTORY", "Not available", "Indisponible"),
    ("INVENTORY", "OUT_OF_STOCK", "Out of stock", "En rupture de stock"),
    ("FRAUD", "FRAUD", "Could not be verified", "Vérification impossible"),
    ("FRAUD", "FRAUD_SUSPECTED", "Could not be verified", "Vérification impossible"),
    ("DECLINED", "DECLINED", "Payment declined", "Paiement refusé"),
    ("STAFF", "STAFF", "Our mistake", "Une erreur de notre part"),
    ("OTHER", "OTHER", "Another reason", "Une autre raison"),
    ("OTHER", "SHIPPING_DELAY", "Delivery delayed", "Livraison retardée"),
    ("OTHER", "ADDRESS_INVALID", "Address cannot be delivered to", "Adresse non valide"),
    ("OTHER", "UNDELIVERABLE", "Could not be delivered", "Livraison impossible"),
    ("OTHER", "TECHNICAL_ERROR", "Technical error", "Erreur technique"),
    ("OTHER", "SUPPLIER_ISSUE", "Problem at our supplier", "Problème chez notre fournisseur"),
    ("OTHER", "POLICY_CHANGE", "No longer offered", "N'est plus proposé"),
    ("OTHER", "EXPIRED", "Not paid in time", "Non payée à temps"),
)
"""Standard reason, own code, and how it is shown in English and French."""

_DESK: tuple[Action, ...] = (
    "CANCEL", "CHOOSE_REFUND", "REQUEST", "SETTLE", "RESTOCK", "UNDO", "CLAIM", "HANDLE_CASE",
    "ESCALATE_CASE",
)  # fmt: skip
_OPERATIONS: tuple[Action, ...] = (
    "CANCEL", "UNDO", "RELEASE_HOLD", "CLAIM", "HANDLE_CASE", "ESCALATE_CASE",
)  # fmt: skip
_HEAD: tuple[Action, ...] = (*_DESK, "APPROVE", "RELEASE_HOLD", "REINSTATE")
_ALL: tuple[Action, ...] = (*_HEAD, "PUBLISH_POLICY")

DEFAULT_POLICY = Policy(
    version=0,
    reasons=tuple(
        ReasonTerms(code=code, reason=reason, labels=Labels(en=en, fr=fr))
        for reason, code, en, fr in _REASONS
    ),
    rights=(
        # Services were always allowed everything; what they let people do is their business.
        Grant(actor="SERVICE", actions=(*_ALL, "CANCEL_UNPAID", "EXPIRE")),
        Grant(actor="STAFF", actions=_DESK),
        Grant(actor="STAFF", role="AGENT", actions=_DESK),
        Grant(actor="STAFF", role="MANAGER", actions=_HEAD),
        Grant(actor="STAFF", role="OPS", actions=_OPERATIONS),
        Grant(actor="STAFF", role="ADMIN", actions=_ALL),
        Grant(actor="CUSTOMER", actions=("REQUEST",)),
        Grant(actor="TIMER", actions=("CANCEL_UNPAID", "EXPIRE", "RELEASE_HOLD", "ESCALATE_CASE")),
        Grant(actor="BULK", actions=("CANCEL",)),
        Grant(actor="BULK", role="AGENT", actions=("CANCEL", "CHOOSE_REFUND")),
        Grant(actor="BULK", role="MANAGER", actions=("CANCEL", "CHOOSE_REFUND")),
        Grant(actor="BULK", role="OPS", actions=("CANCEL", "CHOOSE_REFUND")),
        Grant(actor="BULK", role="ADMIN", actions=("CANCEL", "CHOOSE_REFUND")),
    ),
)
"""Cancels as before there were policies: everything at once, nothing held, kept or excluded."""
