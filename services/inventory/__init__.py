"""Puts cancelled units back on the shelf, once, and can prove it.

Hears `OrderCancelled`; says `StockRestocked` or `RestockFailed`. The movement is a row of its own
ledger in the same transaction, so there is nothing outside to call.
"""
