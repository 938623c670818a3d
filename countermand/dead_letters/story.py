"""One dead letter's story: why, its bytes, what was done to it, and what would be done now."""

from typing import Any, NamedTuple

from countermand.dead_letters.actions import Action, read_actions, read_mended
from countermand.dead_letters.foretell import Oracle, Outcome
from countermand.dead_letters.letters import Letter, Raw, find_letter, read_raw
from countermand.specs import LOGS
from kit.postgres import Pool
from kit.settings import KitSettings


class Story(NamedTuple):
    """All that is known of one letter."""

    letter: Letter
    raw: Raw
    """As it came."""
    mended: Raw
    """What a redrive would send."""
    actions: list[Action]
    now: Outcome
    """What would come of that."""

    def to_json(self) -> dict[str, Any]:
        """Return it for scripts; bytes as hex and as text."""
        return {
            **letter_to_json(self.letter),
            "raw": raw_to_json(self.raw),
            "mended": None if self.mended == self.raw else raw_to_json(self.mended),
            "actions": [
                {"kind": a.kind, "who": a.who, "why": a.why, "at": a.at} for a in self.actions
            ],
            "now": {"answer": self.now.answer, "detail": self.now.detail,
                    "facts": list(self.now.facts)},
        }  # fmt: skip


def letter_to_json(letter: Letter) -> dict[str, Any]:
    """Return a letter for scripts."""
    about = letter._asdict()
    key, fingerprint = about.pop("key"), about.pop("fingerprint")
    return {
        "letter": letter.name, **about,
        "key": None if key is None else key.decode(errors="replace"),
        "fingerprint": None if fingerprint is None else fingerprint.hex(),
    }  # fmt: skip


def raw_to_json(raw: Raw) -> dict[str, Any]:
    """Return bytes for scripts."""
    value = raw.value
    return {
        "key": None if raw.key is None else raw.key.decode(errors="replace"),
        "value_hex": None if value is None else value.hex(),
        "value_text": None if value is None else value.decode(errors="replace"),
        "headers": [[name, text.decode(errors="replace")] for name, text in raw.headers],
    }


async def tell(pool: Pool, settings: KitSettings, service: str, number: int) -> Story:
    """Tell one letter's story."""
    spec = LOGS[service]
    async with pool.acquire() as connection:
        letter = await find_letter(connection, service, number)
        raw = await read_raw(connection, letter)
        mended = await read_mended(connection, letter)
        done = await read_actions(connection, letter)
    oracle = Oracle.of(spec, pool, spec.processor(settings, pool))
    return Story(letter, raw, mended, done, await oracle.foretell(letter, mended))
