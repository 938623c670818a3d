"""The event sourcing library's own persistence tests, importable without its cipher.

Their module imports an AES cipher whose package we do not need: only its factory tests, which do
not apply to us, use it. A stand-in takes the import and refuses to be used.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING


def _import_without_cipher() -> ModuleType:
    cipher = ModuleType("eventsourcing.cipher")

    class AESCipher:
        def __init__(self, *_: object) -> None:
            raise NotImplementedError("these tests run without a cipher")

    cipher.AESCipher = AESCipher  # type: ignore[attr-defined]
    sys.modules["eventsourcing.cipher"] = cipher
    try:
        return import_module("eventsourcing.tests.persistence")
    finally:
        del sys.modules["eventsourcing.cipher"]


if TYPE_CHECKING:
    from eventsourcing.tests import persistence
else:
    persistence = _import_without_cipher()

__all__ = ["persistence"]
