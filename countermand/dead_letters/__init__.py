"""Dead letters: looked at by cause, mended, sent again in sequence, or parked.

Reading order: `letters.py` (what there is), `sequence.py` (what may go), `foretell.py` (what would
come of it), `actions.py` (who did what), `redrive.py` (sending).
"""
