"""One event store as several logs: a stream lives in one of them for good.

Each log has a table, a lock and a relay of its own. Positions are given out by one sequence, so
they name a fact across all logs, and the table above them reads as one.
"""
