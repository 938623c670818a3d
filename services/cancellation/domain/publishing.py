"""The policy's own stream: its key and its state."""

from typing import NamedTuple

from contracts.cancellation import Policy

POLICY_KEY = "policy:default"
"""Key of the stream, and of what is said about it."""


class Published(NamedTuple):
    """The policy in force, as its stream has it."""

    policy: Policy
