"""Writes the files that are made from the models, or checks them: `python -m countermand.generate`.

`--check` never writes. `--compat` compares with `contracts/released`; only `--release` changes
that, and only when nothing outside would break.
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mrml

from countermand.capacity.page import write_capacity
from countermand.contracts_asyncapi import write_asyncapi
from countermand.contracts_compatibility import Break, Schema, find_breaks
from countermand.contracts_html import write_html
from countermand.contracts_openapi import write_openapi
from countermand.contracts_page import write_page
from countermand.contracts_schemas import MESSAGES, write_schemas
from countermand.decision_table import write_decisions, write_states
from countermand.stored_schemas import (
    STORED,
    find_stored_breaks_since_release,
    write_stored_schemas,
)

PROJECT = Path(__file__).resolve().parent.parent
CONTRACTS = PROJECT / "contracts"
MAILS = Path("services", "notifier", "templates")
"""Where `layout.mjml` lies, and beside it what is made of it."""

ALERTS = Path("deploy", "observability", "prometheus", "rules", "countermand.yaml")
PROMETHEUS_RULE = Path("deploy", "kubernetes", "base", "monitoring", "rules.yaml")
RULE_HEAD = """\
# Made of the rules in deploy/observability by `make generate`.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: countermand
  labels: {app.kubernetes.io/part-of: countermand}
spec:
"""


def render(contracts: Path = CONTRACTS) -> dict[str, str]:
    """Make every generated file; keys are paths below `contracts/generated`.

    `contracts` holds the released schemas, from which the page tells what is new.
    """
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    schemas = {f"schemas/{type_}.json": schema for type_, schema in write_schemas().items()}
    openapi = write_openapi()
    documents = {**schemas, "asyncapi.json": write_asyncapi(version), "openapi.json": openapi}
    texts = {path: write_json(document) for path, document in documents.items()}
    html = write_html(version, openapi, read_released(contracts))
    return {**texts, "README.md": write_page(), "index.html": html}


def render_docs(root: Path) -> dict[Path, str]:
    """Make the pages that tell what the decisions do, the layout of every mail, the alerts."""
    if not (root / "docs").is_dir():  # contracts alone, as a copy
        return {}
    states, layout = root / "docs" / "states.md", root / MAILS / "layout.mjml"
    return {
        root / "docs" / "capacity.md": write_capacity(),
        root / "docs" / "decisions.md": write_decisions(),
        states: write_states(states.read_text(encoding="utf-8")),
        layout.with_suffix(".html"): write_layout(layout.read_text(encoding="utf-8")),
        root / PROMETHEUS_RULE: write_rule((root / ALERTS).read_text(encoding="utf-8")),
    }


def write_rule(alerts: str) -> str:
    """Make the resource that brings the alerts into a cluster."""
    return RULE_HEAD + "".join(f"  {line}".rstrip() + "\n" for line in alerts.splitlines())


def write_layout(mjml: str) -> str:
    """Make HTML that every mail client shows out of MJML; no font is loaded from anywhere."""
    options = mrml.RenderOptions(fonts={}, disable_comments=True)
    return mrml.to_html(mjml, render_options=options).content + "\n"


def write_json(document: Any) -> str:
    """Write JSON that is the same on every machine."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def generate(contracts: Path = CONTRACTS) -> None:
    """Write the generated files and remove those that no model stands for any more."""
    texts = render(contracts)
    for relative, text in texts.items():
        path = contracts / "generated" / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in _present(contracts) - {contracts / "generated" / name for name in texts}:
        path.unlink()
    for path, text in render_docs(contracts.parent).items():
        path.write_text(text, encoding="utf-8")


def find_stale(contracts: Path = CONTRACTS) -> list[str]:
    """List the generated files that differ from the models, each with what is wrong."""
    texts = {contracts / "generated" / name: text for name, text in render(contracts).items()}
    docs = render_docs(contracts.parent)
    present = _present(contracts)
    findings = dict.fromkeys(present - texts.keys(), "is left over")
    present |= {path for path in docs if path.is_file()}
    for path, text in {**texts, **docs}.items():
        if path not in present:
            findings[path] = "is missing"
        elif path.read_text(encoding="utf-8") != text:
            findings[path] = "is stale"
    root = contracts.parent
    return [f"{path.relative_to(root)} {what}" for path, what in sorted(findings.items())]


def _present(contracts: Path) -> set[Path]:
    return {path for path in (contracts / "generated").rglob("*") if path.is_file()}


def read_released(contracts: Path = CONTRACTS) -> dict[str, Schema]:
    """Read the schemas as released; keys are the message types."""
    paths = sorted((contracts / "released").glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def find_breaks_since_release(contracts: Path = CONTRACTS) -> list[Break]:
    """List what breaks for those who go by the released schemas, our own old rows among them."""
    foreign = frozenset(message.type for message in MESSAGES if message.has_foreign_writers)
    travelling = find_breaks(read_released(contracts), write_schemas(), foreign=foreign)
    return travelling + find_stored_breaks_since_release(contracts)


def release(contracts: Path = CONTRACTS) -> None:
    """Make today's schemas the released ones."""
    folder = contracts / "released"
    (folder / STORED).mkdir(parents=True, exist_ok=True)
    for type_, schema in write_schemas().items():
        (folder / f"{type_}.json").write_text(write_json(schema), encoding="utf-8")
    for name, schema in write_stored_schemas().items():
        text = json.dumps(schema, sort_keys=True) + "\n"
        (folder / STORED / f"{name}.json").write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None, contracts: Path = CONTRACTS) -> int:
    """Run one verb; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m countermand.generate", description=__doc__)
    verbs = parser.add_mutually_exclusive_group()
    verbs.add_argument("--check", action="store_true", help="name stale files; write nothing")
    verbs.add_argument("--compat", action="store_true", help="name breaking changes")
    verbs.add_argument("--release", action="store_true", help="release today's schemas")
    verb = parser.parse_args(arguments)
    if verb.check:
        return _report(find_stale(contracts), "Run: make generate")
    if verb.compat or verb.release:
        breaks = [str(each) for each in find_breaks_since_release(contracts)]
        if breaks or verb.compat:
            return _report(breaks, "Give the changed message a new type; see contracts/README.md")
        release(contracts)  # and then the page, which says what was released
    generate(contracts)
    return 0


def _report(findings: Sequence[str], next_step: str) -> int:
    for finding in findings:
        print(finding, file=sys.stderr)
    if findings:
        print(next_step, file=sys.stderr)
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
