"""The decision table: every rule with an example the product has answered, every kind of case.

Written as `docs/decisions.md`; the drawings of `countermand.state_machine` go into
`docs/states.md`.
"""

import re
from collections.abc import Iterator

from countermand.decision_examples import EXAMPLES
from countermand.state_machine import draw_all
from services.cancellation.domain.case_kinds import HOUR_S, KINDS
from services.cancellation.domain.refusals import RULES
from services.cancellation.domain.rule_sets import RULE_SETS

INTRODUCTION = """\
# Decisions

Written by `make generate` from the rules themselves; edited by hand it is stale. The words under
*answered* are what the product says to the story beside them.

A refusal lists every rule that failed, each with its code, what it saw (`data`), and what would
make it pass. A code keeps its meaning for ever; more may be added.
"""

SETS = """\
## Which rules a decision checks

Every decision records the name of its rule set, the version of the policy in force and the
version of the order (`basis`). A set never changes; new rules make a new set.
"""


CASES = """\
## What opens a case

A case is opened with the fact that is its cause, once, and closes itself with the fact that ends
it; otherwise a person closes it. When its time is over it goes up: an agent's to a manager, a
manager's and operations' to an administrator, who has as much time again.
"""


def write_decisions() -> str:
    """Write the page."""
    rules = [
        "## Rules\n",
        "| code | fails when | for example | answered | what would make it pass |",
        "|---|---|---|---|---|",
        *_rule_rows(),
        "",
    ]
    sets = ["| rule set | rules, in the sequence refusals are listed |", "|---|---|", *_set_rows()]
    cases = [
        "| kind | what has happened | who, within | closes itself when | closed by hand as |",
        "|---|---|---|---|---|",
        *_case_rows(),
    ]
    return "\n".join([INTRODUCTION, *rules, SETS, *sets, "", CASES, *cases, ""])


def _rule_rows() -> Iterator[str]:
    for code, rule in RULES.items():
        story, answered = "", ""
        if example := EXAMPLES.get(code):
            refusals, _ = example.run()
            story = example.story
            answered = next(refusal.detail for refusal in refusals if refusal.code == code)
        yield f"| `{code}` | {rule.meaning} | {story} | {answered} | {rule.remedy} |"


def _set_rows() -> Iterator[str]:
    for name, codes in RULE_SETS.items():
        listed = ", ".join(f"`{code}`" for code in codes) or "none: nothing is asked for"
        yield f"| `{name}` | {listed} |"


def _case_rows() -> Iterator[str]:
    for name, kind in KINDS.items():
        closed_by = ", ".join(f"`{word}`" for word in kind.closed_by)
        hours = kind.within_s // HOUR_S
        yield (
            f"| `{name}` | {kind.meaning} | {kind.role}, {hours} h | {kind.is_over_when} |"
            f" {closed_by} |"
        )


def write_states(page: str) -> str:
    """Put the drawings between their marks."""
    for mark, drawing in draw_all().items():
        pattern = rf"(<!-- {mark} -->\n).*?(<!-- /drawn -->)"
        page, count = re.subn(pattern, rf"\g<1>{drawing}\g<2>", page, flags=re.DOTALL)
        if count != 1:
            raise ValueError(f"docs/states.md has {count} places for {mark}")
    return page
