"""The verdict on one campaign: the figures scripts read, and the lines people read."""

from statistics import median, quantiles
from typing import Any, NamedTuple

from contracts.values import format_money
from countermand.books import print_books
from countermand.chaos.answer_log import AnswerLog
from countermand.chaos.journal import Journal
from countermand.chaos.kafka_watch import KafkaWatch
from countermand.chaos.killer import Killer
from countermand.chaos.workload import CURRENCY
from countermand.screen import fail, say
from countermand.verify.mismatch import Mismatch
from countermand.verify.report import Books

MISMATCHES_SHOWN_MAX = 10


class Campaign(NamedTuple):
    """What was asked for."""

    seconds: int
    kills_per_minute: int
    rate: int
    seed: int
    without_guard: str | None
    shards: int = 1
    """Logs of every event store."""

    @property
    def command(self) -> str:
        """The command line that repeats it: same commands, same kills, same moments."""
        more = f" --without-guard {self.without_guard}" if self.without_guard else ""
        more += f" --shards {self.shards}" if self.shards > 1 else ""
        return (
            f"countermand chaos --seconds {self.seconds} --kills-per-minute"
            f" {self.kills_per_minute} --rate {self.rate} --seed {self.seed}{more}"
        )


class Observed(NamedTuple):
    """Everything seen during one campaign."""

    journal: Journal
    log: AnswerLog
    watch: KafkaWatch
    killer: Killer
    provider_faults: dict[str, int]
    """How often the payment provider was made to fail, per way."""
    books: Books
    crashes: list[str]
    """Ends of processes that nobody brought about; restarted, so no mismatch by themselves."""
    mismatches: list[Mismatch]
    """Of the books and of our own checks, each once."""


def figures_of(campaign: Campaign, seen: Observed) -> dict[str, Any]:
    """Return the figures of a campaign, ready for JSON."""
    kinds = [mismatch.kind for mismatch in seen.mismatches]
    waits_ms = sorted(
        1000 * (at - seen.journal.sent[id_])
        for id_, at in seen.log.answered_at.items()
        if id_ in seen.journal.sent
    )
    cuts = quantiles(waits_ms, n=100) if len(waits_ms) > 1 else [0.0] * 99
    restarts_s = seen.killer.restarts_s or [0.0]
    return {
        "ok": not seen.mismatches,
        "kills": seen.killer.kills_count,
        "hard_stops": {name: round(s, 2) for name, s in seen.killer.hard_stops.items()},
        "provider_faults": seen.provider_faults,
        "failed_late": seen.log.failed_late_count,
        "commands": len(seen.journal.acknowledged),
        "duplicates_sent": seen.journal.repeats_count,
        "retries": seen.journal.retries_count,
        "cancelled": seen.books.cancelled,
        "refused": seen.books.refused,
        "lost": kinds.count("lost"),
        "doubled": kinds.count("doubled"),
        "doubled_minor": seen.log.doubled_minor,
        "uncertain": seen.books.uncertain,
        "dead_letters": seen.books.dead_letters,
        "offset_looks": seen.watch.looks_count,
        "crashes": seen.crashes,
        "restart_s": {"median": round(median(restarts_s), 2), "max": round(max(restarts_s), 2)},
        "answer_ms": {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1)},
        "seed": campaign.seed,
        "without_guard": campaign.without_guard,
        "repeat": campaign.command,
        "mismatches": [f"{mismatch.kind}: {mismatch.detail}" for mismatch in seen.mismatches],
    }


def print_verdict(seen: Observed, figures: dict[str, Any]) -> None:
    """Show the books, what `verify` cannot see, and one line that sums up."""
    print_books(seen.books)
    own = [mismatch for mismatch in seen.mismatches if mismatch not in seen.books.mismatches]
    for mismatch in own[:MISMATCHES_SHOWN_MAX]:
        fail(f"{mismatch.kind}: {mismatch.detail}")
    stops = ", ".join(f"{name} (back after {s} s)" for name, s in figures["hard_stops"].items())
    mark = "[bold green]✓[/]" if figures["ok"] else "[bold red]✗[/]"
    say(
        f"{mark} {figures['kills']} processes killed, stopped hard: {stops or 'nothing'};"
        f" {figures['commands']:,} commands acknowledged, {figures['duplicates_sent']} sent twice"
        f" or more: {figures['lost']} lost, {figures['doubled']} doubled"
        f" ({format_money(figures['doubled_minor'], CURRENCY)} given back again),"
        f" {figures['uncertain']} mails of unknown fate."
    )
