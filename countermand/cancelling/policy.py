"""The verbs `policy show`, `list`, `draft` and `publish`, and `reasons`."""

import json as json_text
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from countermand import screen
from countermand.cancelling.sending import NOBODY, From, Locale, Note, given, read, send
from countermand.endpoints import DEFAULT_DATA_DIR
from countermand.verb import DataDir, Json

policy = App(name="policy", help="Read and publish the policy.")

File = Annotated[Path, Parameter(help="A policy as JSON.")]


@policy.command
def show(
    version: Annotated[int | None, Parameter(help="Which one; left out, the one in force.")] = None,
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Show a version of the policy."""
    found = read(data_dir, f"/v1/policies/{'current' if version is None else version}")
    if json:
        screen.print_json(found)
        return
    since = f"published {str(found['published_at'])[:19]}" if found["published_at"] else "built in"
    state = "in force" if found["is_in_force"] else "no longer in force"
    screen.say(f"Policy version {found['version']}, {since}, {state}:")
    screen.console.print_json(data=found["policy"])


@policy.command(name="list")
def list_versions(data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """List every version of the policy, newest first."""
    found = read(data_dir, "/v1/policies")
    if json:
        screen.print_json(found)
        return
    rows = [
        (
            one["version"],
            "in force" if one["is_in_force"] else "",
            str(one["published_at"] or "built in")[:19].replace("T", " "),
            one["published_by"]["id"] if one["published_by"] else "",
            one["staff_note"],
        )
        for one in found["policies"]
    ]
    screen.print_rows("Policy", ("Version", "", "Published (UTC)", "By", "Why"), rows)


@policy.command
def draft(file: File, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Write the policy in force to a file, with the next version's number, to be edited."""
    found = read(data_dir, "/v1/policies/current")
    next_one = {**found["policy"], "version": found["version"] + 1}
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(json_text.dumps(next_one, indent=2, ensure_ascii=False) + "\n")
    except OSError as unwritable:
        screen.fail(f"{file} was not written: {unwritable.strerror}.")
        sys.exit(1)
    screen.say(f"[green]✓[/] Version {next_one['version']} is drafted in {file}.")


@policy.command
def publish(file: File, *, note: Note = None, sender: From = NOBODY) -> None:
    """Put a policy in force; every process decides by it within a second."""
    try:
        drafted: Any = json_text.loads(file.read_text("utf-8"))
    except OSError as unreadable:
        screen.fail(f"{file} cannot be read: {unreadable.strerror}.")
        sys.exit(2)
    except ValueError as malformed:
        screen.fail(f"{file} is not JSON: {malformed}.")
        sys.exit(2)
    send(sender, "/v1/policies", {"policy": drafted, "staff_note": given(note)})


def reasons(
    locale: Locale = "en", *, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False
) -> None:
    """List the reasons one may give, as the policy in force has them."""
    found = read(data_dir, "/v1/reasons", locale=locale)
    if json:
        screen.print_json(found)
        return
    rows = [(one["reason"], one["sub_reason"], one["label"]) for one in found["reasons"]]
    title = f"Reasons of policy version {found['policy_version']}"
    screen.print_rows(title, ("--reason", "--sub-reason", "As people read it"), rows)
