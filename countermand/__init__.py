"""The operator's tool: command line, demo, reconciliation, campaigns, generated contracts.

Stands above everything and may import it; nothing imports it.
"""
