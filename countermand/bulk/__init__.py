"""Bulk plans at the command line. A client of the HTTP API; read `verbs`, `asking`, `shown`."""
