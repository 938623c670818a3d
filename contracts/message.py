"""The base of everything that crosses a service boundary.

Events ignore fields they do not know, so a producer may add optional ones; commands refuse
them, because a misspelt `lines` would otherwise cancel the whole order.
"""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """A fact or an intent that travels between services; immutable."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    TYPE: ClassVar[str]
    """CloudEvents `type`: chosen, versioned, never a class name."""


class Event(Message):
    """Something that has happened; named in the past tense."""


class Command(Message):
    """Something somebody wants; named in the imperative, may be refused."""

    model_config = ConfigDict(extra="forbid")


class Part(BaseModel):
    """A piece of a message; immutable, reads tolerantly."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class CommandPart(Part):
    """A piece of a command; immutable, refuses what it does not know."""

    model_config = ConfigDict(extra="forbid")
