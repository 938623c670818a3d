"""Strict stand-ins for the peers a laptop has no account for: a payment provider, a mail server.

Each is a process of its own with a ledger that outlives `kill -9`, so a test can ask the peer what
really happened. Reading order: `append_only`, `group_commit`, `faults`, `serving`; then the
packages `payments` and `mailbox`. Both listen on loopback only: their `/_sim` doors have no lock.
"""
