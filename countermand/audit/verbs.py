"""The verbs `audit verify`, `audit export`, `audit roots`, `audit rebuild` and `audit key`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from countermand import screen
from countermand.endpoints import DEFAULT_DATA_DIR, Endpoints
from countermand.verb import DataDir, Json, run
from deploy.local.processes import AUDIT_KEY

SHOWN_MAX = 20
"""Findings a person is shown; `--json` has them all."""

audit = App(name="audit", help="Prove that the history is as it was recorded.")

Bound = Annotated[str | None, Parameter(help="Position or time; whole periods are exported.")]
"""Where a stretch of the history begins or ends."""


@audit.command
def verify(
    file: Annotated[Path | None, Parameter(help="An export; else the running system.")] = None,
    *,
    key: Annotated[
        tuple[str, ...],
        Parameter(negative=(), help="Trusted public key, in hex or as a file of such lines."),
    ] = (),
    anchor: Annotated[
        Path | None, Parameter(help="What `audit roots --json` said; keep it elsewhere.")
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Find and locate every row that is not as it was signed; exit status 1 if there is one."""
    from countermand.audit import asking  # noqa: PLC0415 - keeps other verbs quick

    own = (data_dir / AUDIT_KEY).with_suffix(".pub")
    with _words():
        keys = asking.read_keys(key or ([str(own)] if own.is_file() else []))
        with screen.steps() as show:
            if file:
                shown = file.name
                reports = [asking.check_file(file, keys, lambda n, of: show(shown, n, of))]
            else:
                anchors = asking.read_anchors(anchor)
                dsn = Endpoints.find(data_dir).postgres_dsn
                reports = run(asking.check_logs(dsn, keys, anchors, show))
    for report in reports:
        _print_report(report, is_pinned=bool(keys))
    is_ok = all(report["ok"] for report in reports)
    if json:
        screen.print_json({"ok": is_ok, "pinned": bool(keys), "reports": reports})
    sys.exit(0 if is_ok else 1)


def _print_report(report: dict[str, Any], *, is_pinned: bool) -> None:
    findings = report["findings"]
    for finding in findings[:SHOWN_MAX]:
        place = (f"{name} {finding[name]}" for name in finding if finding[name] is not None)
        where = ", ".join(text for text in place if not text.startswith(("kind ", "detail ")))
        screen.fail(f"{finding['kind']}: {finding['detail']} [dim]({where or 'no place'})[/]")
    if len(findings) > SHOWN_MAX:
        screen.fail(f"and {len(findings) - SHOWN_MAX} more; --json lists them")
    mark = "[bold red]✗[/]" if findings else "[bold green]✓[/]"
    late = f", {report['not_audited']:,} too new to be known" if report.get("not_audited") else ""
    seen = f"{_count(report['events'], 'fact')}, {_count(report['roots'], 'root')}{late}"
    screen.say(f"{mark} {report['log']}: {seen}, {_count(len(findings), 'finding')}.")
    for signer in report["keys"]:
        note = "" if is_pinned else " Compare it with the one you were given, or name it: --key."
        screen.say(f"[dim]Signed by {signer}.{note}[/]")


def _count(number: int, thing: str) -> str:
    return f"1 {thing}" if number == 1 else f"{f'{number:,}' if number else 'no'} {thing}s"


@audit.command
def export(
    order_id: Annotated[str | None, Parameter(help="Everything signed about it.")] = None,
    *,
    from_: Annotated[Bound, Parameter(name="--from")] = None,
    to: Bound = None,
    output: Annotated[Path | None, Parameter(help="Else standard output.")] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Write JSON Lines that prove themselves, about one order or a stretch of the history."""
    from countermand.audit import asking  # noqa: PLC0415 - keeps other verbs quick

    if (order_id is None) == (from_ is None and to is None):
        _refuse("Name either an order, or --from and --to or one of them.")
    if json and output is None:
        _refuse("--json needs --output: the export takes standard output.")
    with _words(), _writing(output) as write, screen.steps() as show:
        dsn = Endpoints.find(data_dir).postgres_dsn

        def on_progress(done: int, total: int) -> None:
            show("Facts exported", done, total)

        if order_id is not None:
            exported = run(asking.export_order(dsn, order_id, write, on_progress))
        else:
            exported = run(asking.export_stretch(dsn, from_, to, write, on_progress))
    signed = f"{_count(exported.events, 'fact')} under {_count(exported.roots, 'signed root')}"
    screen.say(f"[green]✓[/] {signed}.")
    if exported.not_signed:
        screen.say(f"[yellow]Not signed yet: {_count(exported.not_signed, 'newer fact')}.[/]")
    if exported.doubtful:
        screen.fail(f"{exported.doubtful:,} are not what was signed: `countermand audit verify`.")
    if json:
        screen.print_json(exported.to_json())
    sys.exit(1 if exported.doubtful else 0)


@audit.command
def roots(limit: int = 10, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Show the newest signed roots; kept elsewhere, they are anchors."""
    from countermand.audit import asking  # noqa: PLC0415 - keeps other verbs quick

    with _words():
        found = run(asking.newest_roots(Endpoints.find(data_dir).postgres_dsn, limit))
    if json:
        screen.print_json({"roots": found})
        return
    rows = [
        (
            r["log"],
            r["period"],
            r["entries"],
            r["last_position"],
            r["closed_at"][:19],
            r["root"][:12],
        )
        for r in found
    ]
    columns = ("Log", "Period", "Facts", "Up to", "Closed (UTC)", "Root")
    screen.print_rows("Signed roots", columns, rows)


@audit.command
def rebuild(data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Compute the links anew from the log; they replace the old ones if they give every root."""
    from countermand.audit.asking import ORDERS  # noqa: PLC0415 - keeps other verbs quick
    from countermand.audit.rebuilding import RootsDisagreeError, rebuild_audit  # noqa: PLC0415
    from rebuild.rebuilding import BusyError  # noqa: PLC0415

    try:
        with _words(), screen.steps() as show:
            figures = run(rebuild_audit(Endpoints.find(data_dir).postgres_dsn, ORDERS, show))
    except (RootsDisagreeError, BusyError) as known:
        screen.fail(str(known))
        sys.exit(1)
    screen.say(f"[green]✓[/] Linked {figures['facts']:,} facts in {figures['seconds']:.1f} s.")
    if json:
        screen.print_json(figures)


@audit.command(name="key")
def show_key(
    file: Annotated[Path, Parameter(help="Private key, PKCS#8 PEM.")],
    create: Annotated[bool, Parameter(negative=(), help="Make it if it is absent.")] = False,
    json: Json = False,
) -> None:
    """Show the public key of a private one."""
    from audit.signing import create_key, public_key, read_key  # noqa: PLC0415

    with _words():
        if create:
            create_key(file)
        public = public_key(read_key(file)).hex()
    if json:
        screen.print_json({"public_key": public})
    else:
        screen.say(f"{public}")


@contextmanager
def _words() -> Iterator[None]:
    """Say what is known to go wrong in words."""
    from countermand.audit.asking import AuditQuestionError  # noqa: PLC0415
    from countermand.audit.exporting import NothingToExportError  # noqa: PLC0415
    from countermand.endpoints import NothingRunsError  # noqa: PLC0415
    from countermand.history.rendering import NobodyListensError  # noqa: PLC0415
    from countermand.history.selection import QuestionError  # noqa: PLC0415
    from kit.settings import SettingsError  # noqa: PLC0415

    try:
        yield
    except (AuditQuestionError, QuestionError) as unclear:
        _refuse(str(unclear))
    except NobodyListensError:
        screen.drop_stdout()
        sys.exit(0)
    except (NothingToExportError, NothingRunsError, SettingsError, OSError) as known:
        screen.fail(str(known))
        sys.exit(1)


def _refuse(text: str) -> None:
    screen.fail(text)
    sys.exit(2)


@contextmanager
def _writing(output: Path | None) -> Iterator[Callable[[str], object]]:
    """Write to standard output, or to a file that is there only when it is complete."""
    if output is None:
        yield _say
        return
    unfinished = output.with_name(f"{output.name}.part")
    try:
        with unfinished.open("w", encoding="utf-8", errors="surrogateescape") as file:
            yield file.write
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)


def _say(text: str) -> None:
    from countermand.history.rendering import NobodyListensError  # noqa: PLC0415

    try:
        sys.stdout.write(text)
    except BrokenPipeError:
        raise NobodyListensError from None
