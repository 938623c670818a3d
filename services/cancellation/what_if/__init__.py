"""A policy nobody has published, held against what was asked in the past; writes to no stream.

Reading order: `judging.py` (one order, pure), `sums.py`, `rows.py` (what is kept), `running.py`
(the process of its own), `desk.py` (what the API does).
"""
