"""The staff's console: pages over the HTTP APIs of the services, and nothing else.

It has no database, hears no topic and imports no service: whatever it shows was read from an API,
whatever it does is a command with an id of its own.
"""
