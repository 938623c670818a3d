"""How long loops rest between rounds."""

import pytest

from kit.clock import REST_MAX_S, rest_s


@pytest.mark.parametrize(
    ("took_s", "expected_s"),
    [
        (0.0, 0.02),
        (0.005, 0.015),
        (0.01, 0.01),
        (0.04, 0.04),
        (0.2, 0.2),
        (60.0, REST_MAX_S),
    ],
)
def test_rounds_keep_their_pace_and_a_busy_machine_gets_as_much_rest(
    took_s: float, expected_s: float
) -> None:
    assert rest_s(took_s, pace_s=0.02) == pytest.approx(expected_s)
