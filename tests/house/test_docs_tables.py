"""Tables of the pages against the code: nothing missing, nothing too much, the same words.

A table that stands between `<!-- name -->` and its end is found by that name, the others by their
heading.
"""

import hashlib
import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from contracts.cancellation import RIGHTS_OF, RejectionCode, Right
from contracts.topics import TOPICS
from deploy.local.processes import ROLES
from services.cancellation.desk import http_status
from tests.house.known import (
    COMMANDS,
    METRICS,
    SETTINGS,
    SPECS,
    codes_of,
    keys_of,
    log_events,
    setting_names,
    tables,
)
from tests.house.pages import first_words, pages, part, prose, rows, section, words, written_pages
from tests.house.tree import PRODUCT, ROOT, SERVICES, modules

GUIDES = "docs/guides"
APACHE_SHA256 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""Of the licence's text as the Apache Software Foundation publishes it."""


def test_the_readme_lists_every_command() -> None:
    listed = first_words(section("README.md", "Commands"))
    assert sorted(listed) == sorted(f"countermand {command}" for command in COMMANDS)


def test_the_figures_have_their_places() -> None:
    for name in ("figures:whole-year", "figures:bench"):
        assert rows(part("README.md", name))


@pytest.mark.parametrize("folder", SETTINGS)
def test_every_setting_is_listed_with_its_default(folder: str) -> None:
    title = "Settings of every process" if folder == "kit" else "Settings"
    listed = {
        words(row[0])[0]: (words(row[1]) or [row[1]])[0]
        for row in rows(section(f"{folder}/README.md", title))
    }
    shown = {"": "none", "None": "none", "**********": "sk_test_local"}
    wanted = {
        name: shown.get(str(default), str(default))
        for name, default in setting_names(SETTINGS[folder]).items()
    }
    assert listed == wanted


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_hears_says_and_keeps_what_its_page_lists(service: str) -> None:
    page, spec = f"services/{service}/README.md", SPECS[service]
    heard = rows(section(page, "Hears"))
    assert [words(row[0])[0] for row in heard] == list(spec.listens_to)
    types = {model.TYPE for model in spec.hears}  # type: ignore[attr-defined]
    assert {word for row in heard for word in words(row[1])} == types
    (topic,) = [topic for topic in TOPICS if topic.owner == service]
    assert set(first_words(section(page, "Says"))) == {model.TYPE for model in topic.messages}
    assert set(first_words(section(page, "Tables"))) == tables(service)
    owns = section(page, "Owns")
    assert f"`{topic.name}`" in owns
    assert f"python -m services.{service} ROLE" in owns
    assert set(ROLES[service]) <= set(words(owns))
    assert rows(section(page, "Runbook"))
    assert len(pages()[page].splitlines()) <= 100, "more than one screen"


def test_the_processes_are_those_that_run() -> None:
    listed = {
        row[0]: [word.partition(".")[2] for word in words(row[1])]
        for row in rows(section(f"{GUIDES}/run-it.md", "What runs"))
    }
    assert listed == {service: list(roles) for service, roles in ROLES.items()}


def test_the_metrics_are_those_exported() -> None:
    listed = first_words(section(f"{GUIDES}/run-it.md", "Health and metrics"))
    assert sorted(listed) == sorted(METRICS)


def test_the_log_events_are_those_written() -> None:
    assert set(first_words(section(f"{GUIDES}/run-it.md", "Logs"))) == log_events()


def test_the_columns_of_status_are_those_shown() -> None:
    shown = (ROOT / "countermand/status/drawing.py").read_text("utf-8")
    for row in rows(section(f"{GUIDES}/run-it.md", "Status")):
        assert f'"{row[0]}"' in shown


@pytest.mark.parametrize(
    "folder", ["kit", "audit", "rebuild", "sharding", "web", "console", "deploy/local"]
)
def test_every_module_is_listed(folder: str) -> None:
    page = "deploy/README.md" if folder == "deploy/local" else f"{folder}/README.md"
    title = "Local runtime" if folder == "deploy/local" else "Modules, in reading order"
    listed = [word for word in first_words(section(page, title)) if word.endswith(".py")]
    present = {Path(name).name for name, _ in modules(folder)} - {"__init__.py"}
    assert sorted(listed) == sorted(present)


def test_every_dead_letter_code_is_explained() -> None:
    page = f"{GUIDES}/dead-letters.md"
    source = (ROOT / "kit/cloudevents.py").read_text("utf-8")
    unreadable = codes_of("kit/cloudevents.py", "_aside")
    unreadable |= set(re.findall(r"return \"([A-Z_]+)\",", source))
    unacceptable = codes_of("kit/deciding.py", "Answer")
    for name, _ in modules("services"):
        unacceptable |= codes_of(name, "Unacceptable", "Strange")
    assert len(unreadable) > 5
    assert set(first_words(part(page, "codes:unreadable"))) == unreadable
    assert set(first_words(part(page, "codes:unacceptable"))) == unacceptable


def test_every_refusal_is_explained() -> None:
    listed = {
        words(row[0])[0]: int(row[1])
        for row in rows(part(f"{GUIDES}/cancel-an-order.md", "refusals"))
    }
    assert listed == {code: http_status(code) for code in get_args(RejectionCode)}


@pytest.mark.parametrize(
    ("title", "module", "function"),
    [
        ("Chaos", "countermand/chaos/verdict.py", "figures_of"),
        ("Outage", "countermand/chaos/outage.py", "figures_of"),
        ("Bench", "countermand/bench/pipeline.py", "_measure"),
        ("Bulk", "countermand/bench/bulk.py", "_measure"),
        ("Operations", "countermand/bench/operations.py", "_measure"),
    ],
)
def test_every_figure_of_a_campaign_is_explained(title: str, module: str, function: str) -> None:
    listed = set(first_words(section(f"{GUIDES}/chaos-and-bench.md", title)))
    below_stages = {word for word in listed if word.endswith("_us") or word.startswith("latency")}
    assert listed - below_stages == keys_of(module, function)


def test_every_decision_has_a_number_a_place_in_the_list_and_four_parts() -> None:
    pages_ = sorted(page for page in pages() if re.match(r"docs/adr/\d{4}-", page))
    numbers = [Path(page).name[:4] for page in pages_]
    assert len(set(numbers)) == len(numbers) > 20
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", pages()["docs/adr/README.md"])
    assert listed == [Path(page).name for page in pages_]
    for page, number in zip(pages_, numbers, strict=True):
        text = pages()[page]
        assert text.startswith(f"# {number} ")
        parts = ["Context", "Decision", "Alternatives", "Consequences"]
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == parts
        assert len(text.splitlines()) <= 70, f"{page} is more than one page"


def test_the_glossary_has_every_word_once_and_in_its_place() -> None:
    text = pages()["docs/glossary.md"]
    used, _, unused = text.partition("## Words we do not use")
    groups = [re.findall(r"^\| \*\*(.+?)\*\*", body, re.MULTILINE) for body in used.split("\n## ")]
    used_words = [word for group in groups for word in group]
    assert len(used_words) == len(set(used_words)) > 60
    for group in groups[1:]:
        assert group == sorted(group) or group[0] == "succeeded"
    banned = [row[0] for row in rows(unused)]
    assert banned == sorted(banned)
    for word in banned:
        found = re.compile(rf"\b{word}\b", re.IGNORECASE)
        places = [name for name, source in modules(*PRODUCT) if found.search(source)]
        places += [
            name
            for name, page in written_pages().items()
            if name != "docs/glossary.md" and found.search(prose(page))
        ]
        assert places == [], f"{word} is used after all"


def test_the_licence_is_apache_2() -> None:
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_SHA256


def test_the_changelog_knows_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f"## [{version}]" in pages()["CHANGELOG.md"]


def test_the_rights_of_each_role_are_those_it_has() -> None:
    table = rows(part(f"{GUIDES}/people-and-rights.md", "rights"))
    listed = {
        words(row[0])[0]: {role for role, cell in zip(RIGHTS_OF, row[2:], strict=True) if cell}
        for row in table
    }
    assert listed == {
        right: {role for role, rights in RIGHTS_OF.items() if right in rights} for right in Right
    }
