"""Cancels orders while processes are killed at random, then compares every book (`campaign`).

`outage` takes one leg after the other down instead.

Reading order: `workload`, `journal`, `doors`, `driver`, `killer`, `provider_faults`,
`kafka_watch`, `quiet`, `checks`, `verdict`; `outage`.
"""

from countermand.chaos.campaign import run

__all__ = ["run"]
