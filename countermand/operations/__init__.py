"""The HTTP door of dead letters and replays: what the tool does, for whoever has the right.

Reading order: `acting.py` (who asks), `jobs.py` (what takes longer than an answer),
`api_letters.py`, `api_replays.py` (the routes), `api.py` (the application), `bootstrap.py`.
"""
