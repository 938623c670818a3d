"""The audit history from outside: check it, export it, rebuild it."""
