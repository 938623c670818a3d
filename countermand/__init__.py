"""The operator's tool: the command line, the demo, reconciliation, campaigns and generated contracts.

Stands above everything and may import it; nothing imports it.
"""
