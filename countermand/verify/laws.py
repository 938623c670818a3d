"""What must hold within the cancellation log, whatever the other books say."""

from collections import Counter
from collections.abc import Iterator

from countermand.verify.by_hand import check_by_hand
from countermand.verify.cases import check_cases
from countermand.verify.decided import Decided
from countermand.verify.mismatch import Mismatch
from countermand.verify.with_us import check_with_us


def check_decided(decided: Decided) -> list[Mismatch]:
    """Name doubled answers, what never ended, money kept back, and trouble nobody sees to."""
    return [
        *decided.wrong,
        *_answers(decided),
        *_completions(decided),
        *_money_kept(decided),
        *check_cases(decided),
        *check_by_hand(decided),
        *check_with_us(decided),
    ]


def _answers(decided: Decided) -> Iterator[Mismatch]:
    for command, times in decided.answers.items():
        if times > 1:
            yield Mismatch("doubled", f"command {command} was answered {times} times")


def _completions(decided: Decided) -> Iterator[Mismatch]:
    for id_, cancelled in decided.cancellations.items():
        times = decided.completed[id_]
        about = f"cancellation {id_} of order {cancelled.order_id} was completed"
        if times == 0 and not cancelled.may_wait:
            yield Mismatch("lost", f"{about} never")
        elif times > 1:
            yield Mismatch("doubled", f"{about} {times} times")
        elif times and cancelled.status in ("HELD", "UNDONE"):
            yield Mismatch("wrong", f"{about}, and is {cancelled.status}")


def _money_kept(decided: Decided) -> Iterator[Mismatch]:
    """Name orders with money that is owed to the customer and neither given back nor promised.

    What a customer never paid need not be given back; while a cancellation is held, money that came
    meanwhile waits for its end.
    """
    owed: Counter[str] = Counter()
    left_out = set()
    for cancelled in decided.cancellations.values():
        if cancelled.status == "HELD" or cancelled.is_old:
            left_out.add(cancelled.order_id)
        elif cancelled.status == "STANDING":
            owed[cancelled.order_id] += cancelled.owed_minor - cancelled.balance_minor
    for order_id, owed_minor in owed.items():
        order = decided.orders[order_id]
        unpaid_minor = max(0, order.total_minor - order.captured.total())
        kept_minor = owed_minor - order.due.total() - unpaid_minor
        if kept_minor > 0 and order_id not in left_out:
            detail = f"order {order_id}: {kept_minor} {order.currency} in minor units were paid,"
            yield Mismatch("lost", f"{detail} are owed, and are neither due nor promised")
