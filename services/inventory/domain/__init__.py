"""Pure: facts, state and decisions about stock.

Read `events`, `stock`, `taking`, `restocks`, `locations`, `decisions`.
"""
