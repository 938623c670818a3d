"""Deadlines: holds that end, requests and cases nobody sees to, orders nobody pays.

A fact that names a deadline sets a timer in its own transaction (`rows`); the role `timer` sends
the command that is due (`worker`). What then happens is decided like everything else.
"""
