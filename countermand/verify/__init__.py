"""Reconciles every book from outside: event stores, topics, provider, stock, mailbox, projections.

Never asks our own API. Reading order: `decided`, then one module per other book, then `report`.
"""
