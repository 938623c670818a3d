"""What can go wrong with the local runtime, in words meant for the person at the terminal.

The message is the whole user interface of a failure: it names what failed and the next step.
"""


class LocalRuntimeError(Exception):
    """The local runtime cannot do what was asked; `str(error)` is shown to the user as it is."""


class ProcessFailedError(LocalRuntimeError):
    """A process ended or did not become ready."""


class AlreadyRunningError(LocalRuntimeError):
    """Another system uses the same data directory."""
