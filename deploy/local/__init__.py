"""The system on one machine without containers: real Kafka and PostgreSQL from Python packages.

Read `stack` first; it is the only module other parts of the project need.
"""
