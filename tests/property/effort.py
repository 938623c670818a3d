"""How long laws are tried: quickly with every change, at length before a release."""

import os
from typing import Any

from hypothesis import HealthCheck, settings

IS_RELEASE = os.environ.get("COUNTERMAND_LAWS") == "release"
"""`make laws` sets it."""


def examples(few: int, many: int) -> settings:
    """Return settings with few examples in every run and many before a release."""
    return _settings(max_examples=many if IS_RELEASE else few)


def runs(few: tuple[int, int], many: tuple[int, int]) -> settings:
    """Return settings for a state machine: runs and steps in each."""
    count, steps = many if IS_RELEASE else few
    return _settings(max_examples=count, stateful_step_count=steps)


def _settings(**how: Any) -> settings:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(deadline=None, database=None, suppress_health_check=slow, **how)
