"""A year of a real shop as messages: rows, orders, matching, plan.

Pure: reads one file and returns messages; nothing here talks to Kafka or to a database.
"""
