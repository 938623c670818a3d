"""How orders are looked for by words, so that no list reads all of a large shop.

For how much time the index of words is read, and how many rows are looked at, is decided here.
"""

from collections.abc import Sequence

import asyncpg

from kit.postgres import Pool
from services.cancellation.projections.asking import NEAR, Asking, Typed
from services.cancellation.projections.finding import around, take_apart
from services.cancellation.projections.wanted import Wanted

MANY = 5_000
"""So many at most of the orders more is said of, or that pass a narrow filter: to look at a row of
theirs takes one to ten microseconds."""

ALL = 2**31
"""More orders than there are."""

ENOUGH = 6
"""When one of so many of a page stood in the first rows, the others are looked for in the next: the
index would read all orders that have a word which many have."""

STEPS_MAX, FURTHER_MIN, FURTHER_MAX = 2, 4, 64
"""The time words are looked for in next is so many times as long, as many as were found tell."""


async def find(pool: Pool, columns: str, wanted: Wanted, limit: int) -> list[asyncpg.Record]:
    """Return so many of the orders that fit, from the end asked for."""
    ask = Asking(pool, columns, wanted, limit)
    if not wanted.text:
        return await ask.listed()
    words = take_apart(wanted.text)
    if not words:
        return []
    return await _search(ask, words)


async def _search(ask: Asking, words: Sequence[str]) -> list[asyncpg.Record]:
    """Look at rows where few are to be looked at or many have the words, else ask the index.

    Each step is exact: what holds a page from the end asked for on holds that page.
    """
    near_count = 0
    if ask.is_among_few:
        found = await ask.first_of_few(words, MANY)
        if len(found) >= ask.limit or not await ask.are_more_than(MANY):
            return found
        near_count = len(found) * NEAR // MANY
    typed = await ask.typed(words)
    if typed.has_a_name:
        found = await ask.all(typed, is_any=True)
        return found if len(found) < ask.limit else await _further_and_further(ask, typed, 0)
    if ask.is_among_few:
        return await _further_and_further(ask, typed, near_count)
    found = await ask.first(typed, NEAR)
    if typed.near_s is not None and len(found) * ENOUGH >= ask.limit > len(found):
        further = NEAR * ask.limit * 3 // (len(found) * 2)
        found = await ask.first(typed, further)
    if typed.near_s is None or len(found) >= ask.limit:
        return found
    if await ask.is_narrow(typed):
        return await _all_that_pass(ask, typed)
    return await _further_and_further(ask, typed, len(found))


async def _all_that_pass(ask: Asking, typed: Typed) -> list[asyncpg.Record]:
    found = await ask.first(typed, MANY)
    if len(found) >= ask.limit or not await ask.are_more_than(MANY):
        return found
    return await ask.first(typed, ALL)


async def _further_and_further(ask: Asking, typed: Typed, found_count: int) -> list[asyncpg.Record]:
    """Ask for words in as long a time as what was found so far tells, in a longer one, in all."""
    edge_s, near_s = typed.edge_s, typed.near_s
    for step in range(STEPS_MAX if ask.is_by_time else 0):
        if near_s is None:
            break
        longer = 2 * ask.limit / found_count if found_count else FURTHER_MAX
        near_s = edge_s + (near_s - edge_s) * max(FURTHER_MIN, min(FURTHER_MAX, longer))
        stretch = around(edge_s, near_s)
        if stretch is None:
            break
        found = await ask.all(typed, stretch, is_wide=step > 0)
        if len(found) >= ask.limit:
            return found
        found_count = len(found)
    return await ask.all(typed, is_wide=True)
