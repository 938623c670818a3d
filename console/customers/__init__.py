"""The customer's page: one order, by a signed link, without signing in.

A process of its own, so that it can stand where customers reach it and the staff's console where
they do not. It asks the HTTP APIs of the services, and sets no cookie.
"""
