"""Who may come in: accounts, sign-ins, sessions and keys.

Read `passwords`, `limits`, `rows`, `book`, `callers`; then `settings`, `openid`, `arrivals`.
"""
