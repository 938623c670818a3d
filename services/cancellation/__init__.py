"""Decides cancellations and keeps the whole story of every order.

Owns the order's stream. Hears upstream's order facts, cancel commands and the legs' outcomes; says
`OrderCancelled`, `OrderCancellationRejected` and `OrderCancellationCompleted`.
"""
