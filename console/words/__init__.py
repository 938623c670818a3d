"""Every word of the console in English and French, side by side."""

from console.words.asking import ASKING
from console.words.bulk import BULK
from console.words.cases import CASES
from console.words.causes import CAUSES
from console.words.guidance import GUIDANCE
from console.words.letters import LETTERS
from console.words.messages import MESSAGES
from console.words.numbers import NUMBERS
from console.words.openid import OPENID
from console.words.people import PEOPLE
from console.words.person import PERSON
from console.words.policies import POLICIES
from console.words.replays import REPLAYS
from console.words.requests import REQUESTS
from console.words.shell import SHELL
from console.words.showing import SHOWING
from console.words.states import STATES
from console.words.training import TRAINING
from console.words.what_if import WHAT_IF

TABLES = (
    SHELL, STATES, SHOWING, ASKING, CASES, REQUESTS, BULK, POLICIES, NUMBERS, GUIDANCE, PERSON,
    LETTERS, CAUSES, REPLAYS, PEOPLE, WHAT_IF, MESSAGES, OPENID, TRAINING,
)  # fmt: skip

WORDS: dict[str, tuple[str, str]] = {key: pair for table in TABLES for key, pair in table.items()}
"""Sentence by key; both languages have the same places."""
