"""How a measurement ends that is interrupted."""

import asyncio

import pytest

from countermand.verb import INTERRUPTED, STOPPED, TERMINATED
from countermand.verbs_campaigns import run


@pytest.mark.parametrize(
    ("ending", "status"),
    [(KeyboardInterrupt(), INTERRUPTED), (asyncio.CancelledError(), TERMINATED)],
)
def test_whoever_interrupts_a_bench_is_told_in_words(
    ending: BaseException, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    async def work() -> None:
        raise ending

    with pytest.raises(SystemExit) as ended:
        run(work())

    assert ended.value.code == status
    assert capsys.readouterr().err.strip() == STOPPED
