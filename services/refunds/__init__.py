"""Gives money back, once, and never says so before the provider has.

Hears `OrderCancelled`; asks the payment provider under a key derived from our own ids, and hears
what it says by itself; says
`RefundSucceeded`, `RefundFailed` or `RefundUncertain`.
"""
