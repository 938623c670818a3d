"""A strict payment provider that speaks Stripe's HTTP shape and keeps a ledger.

Reading order: `errors`, `refund_form`, `idempotency`, `books`, `scripts`, `walks`, `events`,
`webhooks`, `provider`, `doors`, `v1`, `app`, `__main__`.
It differs from Stripe on purpose where leniency would hide a mistake of ours: the idempotency key
and the amount are required, and an unknown parameter is an error.
"""
