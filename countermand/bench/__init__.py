"""Measures the pipeline beside the raw limit, in one run on one machine.

Reading order: `world` (what is measured on), `intake`, `raw`, `settled`, `latency`, `rebuild`,
`pipeline` (all of it). Absolute figures move with the machine; the ratios are what to compare.
"""
