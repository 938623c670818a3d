"""The verbs about cancelling: what they send, what they print, how they end."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from contracts.cancellation import CancelOrder, RecordManualRefund, SettleRefund
from countermand.cancelling import sending
from countermand.cancelling.units import read_lines, read_restock_lines, read_tenders
from countermand.cli import app
from countermand.orders import ApiError

GRANTED = {"outcome": "CANCELLED", "cancellation_id": "c-1", "command_id": "k-1"}
REFUSED = {
    "code": "ALREADY_FULFILLED", "detail": "it has shipped", "outcome": "REJECTED",
    "refusals": [
        {
            "code": "ALREADY_FULFILLED", "detail": "[2] shipped", "remedy": "Offer a return.",
            "line_id": "1", "return_proposal": {
                "lines": [{"line_id": "1", "quantity": 2, "title": "Mug", "sku": "M"}],
            },
        },
        {"code": "VERSION_STALE", "detail": "read at 3", "remedy": "Read again.", "line_id": None},
    ],
}  # fmt: skip


class Api:
    """An API that answers as it is told and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.answer: Any = GRANTED

    async def call(self, _: Path, method: str, path: str, **more: Any) -> dict[str, Any]:
        self.asked.append((method, path, more))
        if isinstance(self.answer, Exception):
            raise self.answer
        return dict(self.answer)

    @property
    def body(self) -> dict[str, Any]:
        """The last body sent, as it stands on the wire."""
        said: dict[str, Any] = json.loads(json.dumps(self.asked[-1][2]["json"]))
        return said


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    api = Api()
    monkeypatch.setattr(sending, "_call", api.call)
    return api


def typed(*words: str) -> int:
    """Run a command line and return its exit status."""
    try:
        app(words, result_action="return_value", exit_on_error=False)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_a_bare_cancel_says_no_more_than_it_must(api: Api) -> None:
    assert typed("cancel", "489434", "--reason", "STAFF") == 0
    method, path, more = api.asked[-1]
    assert (method, path) == ("POST", "/v1/orders/489434/cancellations")
    assert more["headers"]["Idempotency-Key"]
    command = CancelOrder.model_validate({**api.body, "order_id": "489434"})
    assert command == CancelOrder(
        order_id="489434", reason="STAFF", actor={"type": "STAFF", "id": "cli"},
    )  # fmt: skip


def test_every_choice_has_an_option(api: Api) -> None:
    typed(
        "cancel", "1", "--reason", "CUSTOMER", "--sub-reason", "CHANGED_MIND", "--line", "1=2",
        "--line", "a:b=3", "--refund", "NOW", "--refund-tender", "pi_1=700", "--refund-line", "1=1",
        "--refund-amount-minor", "700", "--refund-to", "STORE_CREDIT",
        "--store-credit-expires-at", "2030-01-01T00:00:00Z", "--shipping", "NOW",
        "--restock-line", "1=1@lyon:DAMAGED", "--no-notify", "--customer-message", "sorry",
        "--note", "on the phone", "--expected-version", "0", "--statutory-withdrawal",
        "--by", "kim", "--role", "AGENT", "--command-id", "desk-1",
    )  # fmt: skip
    said = CancelOrder.model_validate({**api.body, "order_id": "1"})
    left_out = set(CancelOrder.model_fields) - said.model_fields_set
    assert left_out == {"requested_by"}, "which `actor` replaces"
    assert api.asked[-1][2]["headers"] == {"Idempotency-Key": "desk-1"}
    assert api.body["lines"][1] == {"line_id": "a:b", "quantity": 3}


@pytest.mark.parametrize(
    ("words", "restock", "notify"),
    [
        ((), True, True),
        (("--no-restock", "--notify-by-policy"), False, None),
        (("--restock-by-policy", "--no-notify"), None, False),
    ],
)
def test_the_policy_decides_only_when_asked_to(
    api: Api, words: tuple[str, ...], restock: Any, notify: Any
) -> None:
    typed("cancel", "1", "--reason", "STAFF", *words)
    assert (api.body["restock"], api.body["notify"]) == (restock, notify)


def test_every_choice_of_a_settlement_has_an_option(api: Api) -> None:
    typed(
        "settle", "1", "--cancellation", "5d75626a-b414-5d6c-ad65-e573c9df6311", "--amount-minor",
        "5", "--tender", "pi_1=5", "--refund-to", "ORIGINAL", "--store-credit-expires-at",
        "2030-01-01T00:00:00Z", "--final", "--note", "paid",
    )  # fmt: skip
    said = SettleRefund.model_validate_json(json.dumps({**api.body, "order_id": "1"}))
    assert said.model_fields_set == set(SettleRefund.model_fields)


def test_every_choice_of_a_refund_by_hand_has_an_option(api: Api) -> None:
    typed(
        "refunds", "record", "1", "--amount-minor", "5", "--currency", "EUR", "--proof", "t-4711",
        "--paid-at", "2026-01-01T00:00:00Z", "--refund", "5d75626a-b414-5d6c-ad65-e573c9df6311",
        "--payment", "pi_1", "--note", "paid",
    )  # fmt: skip
    said = RecordManualRefund.model_validate_json(json.dumps({**api.body, "order_id": "1"}))
    assert said.model_fields_set == set(RecordManualRefund.model_fields)


@pytest.mark.parametrize(
    ("words", "type_"),
    [
        (("requests", "make", "1", "--by", "13085"), "CUSTOMER"),
        (("requests", "expire", "1", "r", "--by", "clock"), "TIMER"),
        (("orders", "expire", "1"), "TIMER"),
        (("requests", "approve", "1", "r", "--by", "lea", "--role", "MANAGER"), "STAFF"),
        (("claims", "take", "1", "--by-type", "SERVICE"), "SERVICE"),
    ],
)
def test_who_asks_fits_what_is_asked(api: Api, words: tuple[str, ...], type_: str) -> None:
    assert typed(*words) == 0
    assert api.body["actor"]["type"] == type_


def test_a_granted_command_is_told_in_one_line(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("cancel", "1", "--reason", "STAFF") == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "✓ CANCELLED: cancellation c-1\n")


def test_a_refusal_tells_every_rule_and_the_return_and_ends_with_1(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    api.answer = ApiError(REFUSED)
    assert typed("cancel", "1", "--reason", "STAFF") == 1
    assert capsys.readouterr().err.splitlines() == [
        "✗ ALREADY_FULFILLED: line 1: [2] shipped. Offer a return.",
        "  A return can be offered: 2 of line 1 (Mug).",
        "✗ VERSION_STALE: read at 3. Read again.",
    ]


def test_a_refusal_is_json_for_a_script(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api.answer = ApiError(REFUSED)
    assert typed("undo", "1", "c", "--json") == 1
    assert json.loads(capsys.readouterr().out) == REFUSED


def test_another_problem_is_told_by_its_words(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api.answer = ApiError({"code": "STORE_UNAVAILABLE", "detail": "the store is away"})
    assert typed("settle", "1") == 1
    assert "STORE_UNAVAILABLE: the store is away" in capsys.readouterr().err


def test_after_a_time_out_the_way_to_the_answer_is_told(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    api.answer = httpx2.ReadTimeout("")
    assert typed("cancel", "1", "--reason", "STAFF", "--command-id", "desk-7") == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "`countermand answer desk-7` tells" in told
    assert "the same again with --command-id desk-7 is safe" in told


def test_the_answer_is_found_by_the_commands_id(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("answer", "desk-7") == 0
    assert api.asked[-1][:2] == ("GET", "/v1/commands/desk-7")
    assert "CANCELLED: cancellation c-1" in capsys.readouterr().err
    api.answer = REFUSED
    assert typed("answer", "desk-7") == 0
    assert "VERSION_STALE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("cancel", "1", "--reason", "STAFF"), "/v1/orders/1/cancellation-previews"),
        (
            ("requests", "approve", "1", "r"),
            "/v1/orders/1/cancellation-requests/r/approval-previews",
        ),
        (("reinstate", "1", "c"), "/v1/orders/1/cancellations/c/reinstatement-previews"),
        (("settle", "1"), "/v1/orders/1/refund-settlement-previews"),
    ],
)
def test_a_preview_asks_and_does_nothing(
    api: Api, words: tuple[str, ...], path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    api.answer = {"outcome": "CANCELLED", "text": ["Cancelled: [1] unit."]}
    assert typed(*words, "--preview", "--locale", "fr") == 0
    ((_, asked, more),) = api.asked
    assert asked == path
    assert more["params"] == {"locale": "fr"}
    assert "headers" not in more, "there is no command, so it has no id"
    assert (
        "Preview: CANCELLED; nothing is done.\n   Cancelled: [1] unit." in capsys.readouterr().err
    )


def test_a_preview_of_a_refusal_ends_with_1(api: Api) -> None:
    api.answer = {"outcome": "REJECTED", "text": ["Refused: cancel."]}
    assert typed("cancel", "1", "--reason", "STAFF", "--preview") == 1


def test_a_decision_that_comes_out_otherwise_ends_with_1(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = {"text": ["1. Placed.", "Asked by: kim."]}
    api.answer = {"entries": [entry], "as_of": 7, "as_of_time": None, "is_same": True}
    assert typed("explain", "1", "--at", "7") == 0
    assert api.asked[-1][2]["params"] == {"at": "7", "locale": "en"}
    assert "Asked by: kim." in capsys.readouterr().err
    api.answer["is_same"] = False
    assert typed("explain", "1") == 1


def test_a_policy_is_drafted_edited_and_published(api: Api, tmp_path: Path) -> None:
    file = tmp_path / "next.json"
    api.answer = {"version": 4, "policy": {"version": 4, "hold_s": 0}}
    assert typed("policy", "draft", str(file)) == 0
    assert json.loads(file.read_text()) == {"version": 5, "hold_s": 0}
    assert typed("policy", "draft", str(file)) == 1, "what was edited is not overwritten"
    api.answer = {"outcome": "POLICY_PUBLISHED", "version": 5}
    assert typed("policy", "publish", str(file), "--role", "ADMIN", "--note", "a hold") == 0
    assert api.body["policy"] == {"version": 5, "hold_s": 0}
    file.write_text("{")
    assert typed("policy", "publish", str(file)) == 2
    assert typed("policy", "publish", str(tmp_path / "none.json")) == 2


@pytest.mark.parametrize("text", ["1", "=2", "1=", "1=x", "1=-2", "1=1.5", ""])
def test_units_that_are_none_are_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    for read in (read_lines, read_tenders, read_restock_lines):
        with pytest.raises(SystemExit) as end:
            read([text])
        assert end.value.code == 2
        assert "is not understood" in capsys.readouterr().err


def test_shelf_and_condition_may_be_left_out() -> None:
    read = read_restock_lines(["3=2", "3=1@paris", "3=4:DAMAGED", "3=4@rue:1:DAMAGED"])
    assert [(x["location"], x["condition"]) for x in read] == [
        (None, "SELLABLE"), ("paris", "SELLABLE"), (None, "DAMAGED"), ("rue:1", "DAMAGED"),
    ]  # fmt: skip
