"""Whose turn it is among dead letters: a law over any of them."""

from datetime import UTC, datetime
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from countermand.dead_letters.letters import Letter
from countermand.dead_letters.sequence import line_up

AT = datetime(2026, 3, 1, tzinfo=UTC)


def a_letter(id_: int, *, key: bytes | None = b"1", place: int = 0, under_way: bool = False) -> (
    Letter
):  # fmt: skip
    return Letter(
        "refunds", id_, "cancellation.events", 0, place, None, None, "CODE", "", key, None, AT,
        "REDRIVEN" if under_way else "OPEN", 0, 0, place, None, None, None,
    )  # fmt: skip


LETTERS = st.lists(
    st.tuples(st.sampled_from([b"1", b"2", None]), st.integers(0, 20), st.booleans()), max_size=12
).map(
    lambda rows: [
        a_letter(n, key=key, place=place, under_way=way)
        for n, (key, place, way) in enumerate(rows, 1)
    ]
)


@given(LETTERS, st.sets(st.integers(1, 12)))
def test_nobody_overtakes_within_a_key_and_nobody_is_forgotten(
    letters: list[Letter], numbers: set[int]
) -> None:
    wanted = {one.id for one in letters if one.id in numbers and not one.is_under_way}
    line = line_up(letters, wanted)
    going = [one for sequence in line.sequences for one in sequence]
    assert {one.id for one in going} | {one.id for one in line.waiting} == wanted
    assert len(going) + len(line.waiting) == len(wanted)
    for sequence in line.sequences:
        assert len({one.sequence for one in sequence}) == 1
        assert [one.place for one in sequence] == sorted(one.place for one in sequence)
    by_key = {key: list(some) for key, some in groupby(
        sorted(letters, key=lambda one: repr(one.sequence)), key=lambda one: one.sequence
    )}  # fmt: skip
    for one in going:
        ahead = [x for x in by_key[one.sequence] if (x.place, x.id) < (one.place, one.id)]
        assert all(x in going for x in ahead)
    for one, before in line.waiting.items():
        assert before not in going
        assert one.sequence == before.sequence
        assert (before.place, before.id) < (one.place, one.id)


def test_what_came_back_goes_before_what_came_later() -> None:
    back, later = a_letter(9, place=1), a_letter(5, place=2)
    assert line_up([later, back], {5, 9}).sequences == [[back, later]]
    assert line_up([later, back], {5}).waiting == {later: back}


def test_a_letter_under_way_holds_up_those_behind_it() -> None:
    sent, behind = a_letter(1, place=1, under_way=True), a_letter(2, place=2)
    assert line_up([sent, behind], {2}).waiting == {behind: sent}


def test_letters_of_other_keys_wait_for_nobody() -> None:
    one, other = a_letter(1, key=b"1", place=1), a_letter(2, key=b"2", place=2)
    assert line_up([one, other], {2}).sequences == [[other]]
