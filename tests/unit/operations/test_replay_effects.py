"""What a plan says about an effect: never to whom, only how much."""

import orjson
import pytest

from countermand.replay.legs import about_effect
from kit.deciding import EffectRow
from tests.support.spec import STREAM

ASKED = {"amount_minor": 1_275, "currency": "GBP", "recipient": "a@example.com"}


@pytest.mark.parametrize(("kind", "moves_money"), [("refund", True), ("mail", False)])
def test_only_what_moves_money_is_counted_as_money(kind: str, *, moves_money: bool) -> None:
    effect = EffectRow(STREAM, kind, STREAM, orjson.dumps(ASKED), b"{}")
    told = {"amount_minor": 1_275, "currency": "GBP"} if moves_money else {}
    assert about_effect(effect, "missing") == {
        "id": str(STREAM), "kind": kind, "status": "missing", **told,
    }  # fmt: skip
