"""Replay as a plan: what would change is written down first, and exactly that is done.

Reading order: `facts.py` and `decisions.py` (who may do what, pure), `selection.py` (which facts),
`targets.py` (what a target is), then one of `legs.py`, `letters.py`, `topics.py`, `projections.py`,
`plan.py` (the file), `journal.py` (what is recorded), `running.py` (doing it).
"""
