"""Signed webhooks to the merchant's own systems: who is told what, and what came of it."""
