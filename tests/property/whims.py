"""What anybody may come to want of one order: units, amounts, choices, policies."""

from typing import Any

import hypothesis.strategies as st

from tests.support import wishes
from tests.support.wishes import KIM, LEA, ROOT, VERA, a_policy

LINE_IDS, PAYMENTS = ("1", "2", "3"), ("pi_a", "pi_b")
BUILT_IN = None
POLICIES: dict[str, Any] = {
    "built in": BUILT_IN,
    "held": a_policy(hold_s=600),
    "fees": a_policy(
        fees=[{"name": "FEE", "percent_bps": 1_250, "flat_minor": 3, "currency": "EUR"}],
        refund_sequence="LAST_FIRST",
    ),
    "flat fee, held": a_policy(
        hold_s=600, fees=[{"name": "FLAT", "flat_minor": 7, "currency": "EUR"}]
    ),
    "four eyes": a_policy(
        approvals=[{"name": "LARGE", "amount_from_minor": 15, "currency": "EUR"}]
    ),
    "customers at once": a_policy(customer={"inside": "GRANT"}, unpaid_after_s=60),
    "granted by default": a_policy(customer={"default_outcome": "APPROVE"}),
}
line_ids = st.sampled_from(LINE_IDS)
payment_ids = st.sampled_from(PAYMENTS)
units = st.lists(st.tuples(line_ids, st.integers(1, 3)), min_size=1, max_size=3)
few_units = st.lists(st.tuples(line_ids, st.integers(1, 2)), min_size=1, max_size=1)
amounts = st.integers(0, 30)
staff = st.sampled_from([KIM, LEA, ROOT, VERA])
minutes = st.sampled_from([0, 0, 1, 9, 11, 60 * 24 * 4])


@st.composite
def choices(draw: st.DrawFn) -> dict[str, Any]:
    """What a cancel command may say beside its lines; most say little."""
    chosen: dict[str, Any] = draw(
        st.sampled_from(
            [
                {}, {}, {}, {"refund": "LATER"}, {"refund": "NONE"}, {"restock": False},
                {"restock": None, "notify": None}, {"shipping": "NOW"}, {"shipping": "KEEP"},
                {"refund_to": "STORE_CREDIT"}, {"is_statutory_withdrawal": True},
            ]
        )
    )  # fmt: skip
    if draw(st.integers(0, 5)) == 0:
        chosen = {**chosen, "refund_amount_minor": draw(amounts)}
    if draw(st.integers(0, 7)) == 0:
        chosen = {**chosen, "restock_lines": wishes.units_back(*draw(units))}
    if draw(st.integers(0, 7)) == 0:
        chosen = {**chosen, "refund_lines": wishes.lines_of(draw(units))}
    if draw(st.integers(0, 7)) == 0:
        named = {payment_id: draw(amounts) for payment_id in PAYMENTS}
        chosen = {**chosen, "refund_tenders": wishes.tenders(**named)}
    return chosen
