"""Prometheus metrics every process exports; names carry their unit last.

Lag is set by the loops themselves, the oldest age when it is asked for, so a stuck loop ages.
"""

from prometheus_client import Counter, Gauge, Histogram

HANDLED = Counter("countermand_messages_handled_total", "Messages decided on", ["service"])
DUPLICATES = Counter(
    "countermand_duplicates_absorbed_total", "Messages met again and not done twice", ["service"]
)
DEAD_LETTERS = Counter("countermand_dead_letters_total", "Messages put aside", ["service"])
SKIPPED = Counter(
    "countermand_messages_skipped_total", "Messages of a type nobody here listens to",
    ["service", "type"],
)  # fmt: skip
CONFLICTS = Counter(
    "countermand_append_conflicts_total", "Races lost and decided again", ["service"]
)
PUBLISHED = Counter("countermand_messages_published_total", "Messages relayed", ["service"])
EFFECTS = Counter(
    "countermand_effects_total", "Calls to the outside world by outcome", ["service", "outcome"]
)
EFFECTS_OPEN = Gauge(
    "countermand_effects_open", "Effect rows not finished, as last seen", ["service"]
)
OLDEST_EFFECT_AGE_S = Gauge(
    "countermand_oldest_effect_age_seconds",
    "How long the oldest unfinished effect has been wanted", ["service", "kind"],
)  # fmt: skip
REFUSED = Counter(
    "countermand_requests_refused_total", "Requests of others not taken, by reason",
    ["service", "code"],
)  # fmt: skip
TIMERS = Counter(
    "countermand_timers_total", "Deadlines that came, by what came of them",
    ["service", "kind", "outcome"],
)  # fmt: skip
PLAN_ITEMS = Counter(
    "countermand_plan_items_total", "Entries of plans handled, by how they ended",
    ["service", "outcome"],
)  # fmt: skip
LAG = Gauge("countermand_lag_messages", "Messages not yet handled", ["service", "loop"])
OLDEST_AGE_S = Gauge(
    "countermand_oldest_unhandled_age_seconds",
    "How long the oldest unhandled message has waited; 0 when none waits", ["service", "loop"],
)  # fmt: skip
BATCH_SIZE = Histogram(
    "countermand_batch_size_messages", "Messages per transaction", ["service", "loop"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
)  # fmt: skip
