"""Ids that must repeat after a crash, on any machine, in any year."""

import subprocess
import sys
from uuid import UUID

from hypothesis import given
from hypothesis.strategies import integers, uuids

from kit.ids import NAMESPACE, child_id, event_id, message_id, stream_id


def test_ids_are_these_very_ones_for_ever() -> None:
    """A change of these would make every past refund and mail look new."""
    assert UUID("8d2b1f7e-54c6-5a0e-9f0b-6f1c0a6f7c11") == NAMESPACE
    stream = stream_id("order:489434")
    assert stream == UUID("36254f29-8f01-51cf-8132-36fd56d9c491")
    assert event_id(stream, 3) == UUID("2f76f225-38a0-543c-ae6e-2f794ce81551")
    assert message_id(stream, 3) == "2f76f225-38a0-543c-ae6e-2f794ce81551"
    assert child_id(event_id(stream, 3), "pi_489434") == UUID(
        "94faac1a-413f-5b67-a43d-3e44e4de8486"
    )


@given(uuids(), integers(1))
def test_a_message_id_is_the_event_id_as_text(stream: UUID, version: int) -> None:
    assert message_id(stream, version) == str(event_id(stream, version))


def test_another_process_computes_the_same() -> None:
    code = "from kit.ids import *; print(child_id(event_id(stream_id('a'), 1), 'b'))"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == str(child_id(event_id(stream_id("a"), 1), "b"))


def test_different_things_have_different_ids() -> None:
    one, other = stream_id("order:1"), stream_id("order:2")
    ids = {one, other, event_id(one, 1), event_id(one, 2), event_id(other, 1)}
    ids |= {child_id(event_id(one, 1), "a"), child_id(event_id(one, 1), "b")}
    assert len(ids) == 7
