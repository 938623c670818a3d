"""What customers answered, compared: each thing that can be wrong is named."""

from collections.abc import Sequence

import pytest

from countermand.verify.feedback import Answer, compare

GOOD, POOR, OTHER = Answer("a", "GOOD"), Answer("a", "POOR"), Answer("b", "GOOD")


@pytest.mark.parametrize(
    ("given", "heard", "kinds"),
    [
        ([GOOD, OTHER], [OTHER, GOOD], []),
        ([GOOD, OTHER], [GOOD], ["lost"]),
        ([GOOD], [GOOD, GOOD], ["doubled"]),
        ([GOOD], [POOR], ["wrong"]),
        ([GOOD], [GOOD, OTHER], ["foreign"]),
    ],
)
def test_every_difference_between_given_and_heard_is_named(
    given: Sequence[Answer], heard: Sequence[Answer], kinds: Sequence[str]
) -> None:
    assert [mismatch.kind for mismatch in compare(given, heard)] == kinds
