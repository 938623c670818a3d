"""Masked copies of orders, to be lived once more on another system: the verb `staging`."""
