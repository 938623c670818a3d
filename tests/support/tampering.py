"""Ways to forge a log and its audit history in the database, and where each has to be found."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.hashes import tree_root
from audit.signing import public_key
from audit.trail import ROOT_COLUMNS
from kit.event_store import LogEntry
from tests.support.audit import ENTRIES, EVENTS, ROOTS
from tests.support.forger import Forger, Places, garbled

A_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
"""The forger's own."""


async def garble_a_body(f: Forger) -> Places:
    event = f.chance.choice(f.events)
    await f.change(event, state=garbled(event.body, f.chance))
    return f.at(event)


async def empty_a_body(f: Forger) -> Places:
    event = f.chance.choice(f.events)
    await f.change(event, state=f.chance.choice([None, b""]))
    return f.at(event)


async def rename_a_fact(f: Forger) -> Places:
    event = f.chance.choice(f.events)
    await f.change(event, topic=f.chance.choice([event.name + "2", "thing.9.v1", None]))
    return f.at(event)


async def give_a_fact_to_another_stream(f: Forger) -> Places:
    event = f.chance.choice(f.events)
    stream = UUID(int=f.chance.getrandbits(128), version=5)
    await f.change(event, originator_id=stream)
    return f.at(event)


async def give_a_fact_another_version(f: Forger) -> Places:
    event = f.chance.choice(f.events)
    await f.change(event, originator_version=event.version + f.chance.choice([1_000, -1_000]))
    return f.at(event)


async def move_a_fact(f: Forger) -> Places:
    event, new = f.chance.choice(f.events), f.free_position()
    await f.change(event, notification_id=new)
    return f.at(event)


async def move_a_fact_to_the_end(f: Forger) -> Places:
    """There it looks like a new one; what is missed is the old one."""
    event = f.chance.choice(f.events)
    await f.change(event, notification_id=f.events[-1].position + f.chance.randint(1, 9))
    return f.at(event)


async def delete_a_fact(f: Forger) -> Places:
    event = f.chance.choice(f.events)
    await f.db.execute(f"DELETE FROM {EVENTS} WHERE notification_id = $1", event.position)
    return f.at(event)


async def delete_a_stream(f: Forger) -> Places:
    stream = f.chance.choice(f.events).stream
    await f.db.execute(f"DELETE FROM {EVENTS} WHERE originator_id = $1", stream)
    return f.at(*(event for event in f.events if event.stream == stream))


async def insert_a_fact(f: Forger) -> Places:
    new, like = f.free_position(), f.chance.choice(f.events)
    stream, version = UUID(int=f.chance.getrandbits(128), version=5), 1
    if f.chance.random() < 0.5:
        stream = like.stream
        version = 1 + max(event.version for event in f.events if event.stream == stream)
    await f.db.execute(
        f"INSERT INTO {EVENTS} (originator_id, originator_version, topic, state, notification_id)"
        " VALUES ($1, $2, $3, $4, $5)",
        stream, version, like.name, like.body, new,
    )  # fmt: skip
    return Places(frozenset({new}))


def _two(f: Forger) -> tuple[LogEntry, LogEntry]:
    one, other = f.chance.sample(f.events, 2)
    return one, other


async def swap_bodies(f: Forger) -> Places:
    one, other = _two(f)
    await f.change(one, state=other.body)
    await f.change(other, state=one.body)
    return f.at(one, other)


async def swap_names_and_bodies(f: Forger) -> Places:
    one, other = _two(f)
    await f.change(one, topic=other.name, state=other.body)
    await f.change(other, topic=one.name, state=one.body)
    return f.at(one, other)


async def swap_positions(f: Forger) -> Places:
    one, other = _two(f)
    for event, position in ((one, -1), (other, one.position)):
        await f.change(event, notification_id=position)
    await f.change(one._replace(position=-1), notification_id=other.position)
    return f.at(one, other)


async def change_a_link(f: Forger) -> Places:
    event = f.chance.choice(f.events)
    await f.db.execute(
        f"UPDATE {ENTRIES} SET link = $2 WHERE position = $1",
        event.position, f.chance.randbytes(32),
    )  # fmt: skip
    return f.at(event)


async def delete_an_entry(f: Forger) -> Places:
    event = f.chance.choice(f.events)
    await f.db.execute(f"DELETE FROM {ENTRIES} WHERE position = $1", event.position)
    return f.at(event)


async def insert_an_entry(f: Forger) -> Places:
    position = f.free_position()
    await f.db.execute(
        f"INSERT INTO {ENTRIES} (stream_id, version, position, link) VALUES ($1, 1, $2, $3)",
        UUID(int=f.chance.getrandbits(128), version=5), position, f.chance.randbytes(32),
    )  # fmt: skip
    return Places(frozenset({position}))


async def change_an_entry(f: Forger) -> Places:
    event, new = f.chance.choice(f.events), f.free_position()
    column, value = f.chance.choice([
        ("stream_id", UUID(int=f.chance.getrandbits(128), version=5)),
        ("version", event.version + 1_000), ("position", new),
    ])  # fmt: skip
    await f.db.execute(
        f"UPDATE {ENTRIES} SET {column} = $2 WHERE position = $1", event.position, value
    )
    return f.at(event, also=(new,))


async def rewrite_a_fact_and_its_link(f: Forger) -> Places:
    event = f.chance.choice(f.signed())
    await f.change(event, state=garbled(event.body, f.chance))
    await f.relink(event, on=False)
    return f.at(event)


async def rewrite_a_fact_and_all_links_after_it(f: Forger) -> Places:
    event = f.chance.choice(f.signed())
    await f.change(event, state=garbled(event.body, f.chance))
    await f.relink(event, on=True)
    return f.at(*(e for e in f.events if e.stream == event.stream and e.version >= event.version))


async def delete_a_fact_and_its_entry(f: Forger) -> Places:
    event = f.chance.choice(f.signed())
    await f.db.execute(f"DELETE FROM {EVENTS} WHERE notification_id = $1", event.position)
    await f.db.execute(f"DELETE FROM {ENTRIES} WHERE position = $1", event.position)
    return f.at(event)


async def change_a_root(f: Forger) -> Places:
    root = f.chance.choice(f.roots)
    column = f.chance.choice([*ROOT_COLUMNS[1:]])
    value: Any = getattr(root, column)
    if isinstance(value, bytes):
        place = f.chance.randrange(len(value))
        value = (
            value[:place] + bytes([value[place] ^ 1 << f.chance.randrange(8)]) + value[place + 1 :]
        )
        change = value
    else:
        change = root.closed_at.replace(year=1999) if column == "closed_at" else value + 100_000
    await f.db.execute(f"UPDATE {ROOTS} SET {column} = $2 WHERE period = $1", root.period, change)
    return Places(periods=frozenset({root.period}))


async def delete_a_root(f: Forger) -> Places:
    root = f.chance.choice(f.roots)
    await f.db.execute(f"DELETE FROM {ROOTS} WHERE period = $1", root.period)
    return Places(periods=frozenset({root.period}))


async def delete_a_root_and_garble_what_it_covered(f: Forger) -> Places:
    event = f.chance.choice(f.signed())
    await f.change(event, state=garbled(event.body, f.chance))
    places = f.at(event)
    await f.db.execute(f"DELETE FROM {ROOTS} WHERE period = ANY($1)", list(places.periods))
    return places


async def sign_a_root_with_another_key(f: Forger) -> Places:
    """The forger rewrites a fact, the links, and the root; only the key gives him away."""
    places = await rewrite_a_fact_and_all_links_after_it(f)
    for root in f.roots:
        if root.period in places.periods:
            links = await f.db.fetch(
                f"SELECT link FROM {ENTRIES} WHERE position BETWEEN $1 AND $2 ORDER BY position",
                root.first_position, root.last_position,
            )  # fmt: skip
            forged = root._replace(
                tree=tree_root([row[0] for row in links]), public_key=public_key(A_KEY)
            )
            await f.db.execute(
                f"UPDATE {ROOTS} SET tree = $2, public_key = $3, signature = $4 WHERE period = $1",
                root.period, forged.tree, forged.public_key, A_KEY.sign(forged.statement()),
            )  # fmt: skip
    after = {period + 1 for period in places.periods}
    return Places(periods=places.periods | after)


async def cut_off_the_end(f: Forger) -> Places:
    """Everything after some period goes, roots too; only an anchor knows."""
    last = f.chance.choice(f.roots[:-1])
    for table, column in ((EVENTS, "notification_id"), (ENTRIES, "position")):
        await f.db.execute(f"DELETE FROM {table} WHERE {column} > $1", last.last_position)
    await f.db.execute(f"DELETE FROM {ROOTS} WHERE period > $1", last.period)
    await f.db.execute(
        "UPDATE cancellation_audit.projection_cursors SET position = $1", last.last_position
    )
    return Places(periods=frozenset({f.roots[-1].period}))


FORGERIES: dict[Callable[[Forger], Awaitable[Places]], str] = {
    garble_a_body: "changed",
    empty_a_body: "changed",
    rename_a_fact: "changed",
    give_a_fact_to_another_stream: "changed",
    give_a_fact_another_version: "changed",
    move_a_fact: "misplaced",
    move_a_fact_to_the_end: "deleted",
    delete_a_fact: "deleted",
    delete_a_stream: "deleted",
    insert_a_fact: "inserted",
    swap_bodies: "swapped",
    swap_names_and_bodies: "swapped",
    swap_positions: "swapped",
    change_a_link: "entry changed",
    delete_an_entry: "entry inserted",
    insert_an_entry: "entry deleted",
    change_an_entry: "entry",
    rewrite_a_fact_and_its_link: "rewritten",
    rewrite_a_fact_and_all_links_after_it: "rewritten",
    delete_a_fact_and_its_entry: "deleted rewritten",
    change_a_root: "root",
    delete_a_root: "root anchor",
    delete_a_root_and_garble_what_it_covered: "changed",
    sign_a_root_with_another_key: "key",
    cut_off_the_end: "anchor",
}
"""Every way, each with a choice of its own, and what it is called; where nothing is signed yet,
which side was forged cannot be told."""
