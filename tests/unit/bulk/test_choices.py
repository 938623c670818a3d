"""Bulk plans at the command line: files of order numbers, options to bodies, outcomes to files."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from countermand.bulk import choices, shown
from countermand.bulk.choices import Asker, Selected, Wished, body_of, read_orders
from countermand.errors import KnownError
from services.cancellation.bulk.requests import BulkPreviewBody
from services.cancellation.domain.plan_terms import BulkWish

WISHED = Wished(reason="INVENTORY")
ADA = Asker(by="ada", role="MANAGER")


def a_file(folder: Path, text: str) -> Path:
    path = folder / "orders.txt"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    ["1\n2\n", "1\r\n2", "# recalled\n\n 1 \n2\n", "1,France\n2,\n", "1;x\n2;y",
     "order_id,outcome\n1,REFUSED\n2,REFUSED\n"],
)  # fmt: skip
def test_the_first_field_of_every_line_is_an_order(tmp_path: Path, text: str) -> None:
    assert read_orders(a_file(tmp_path, text)) == ["1", "2"]


def test_a_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choices.sys, "stdin", io.StringIO("7\n"))
    assert read_orders(Path("-")) == ["7"]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"# none\n", "holds no order number"), (b"\xff", "cannot be read"), (None, "cannot be read")],
)
def test_a_file_that_is_of_no_use_is_told_so(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "orders.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KnownError, match=words):
        read_orders(path)


def test_options_become_what_the_api_takes(tmp_path: Path) -> None:
    file = a_file(tmp_path, "1\n2\n1\n")
    by_list = BulkPreviewBody.model_validate(body_of(Selected(orders=file), WISHED, ADA))
    assert by_list.order_ids == ("1", "2", "1")
    assert by_list.actor.model_dump() == {"type": "STAFF", "id": "ada", "role": "MANAGER"}
    wanted = Selected(sku="85048", only_item=True, placed_from="2026-11-01T00:00:00Z")
    by_filter = BulkPreviewBody.model_validate(body_of(wanted, WISHED, ADA))
    assert by_filter.filter is not None
    assert (by_filter.filter.sku, by_filter.filter.only_item) == ("85048", True)


def test_every_choice_of_a_wish_has_its_option() -> None:
    plain = body_of(Selected(country="France"), WISHED, ADA)["wish"]
    assert BulkWish.model_validate(plain) == BulkWish(reason="INVENTORY")
    assert set(plain) == set(BulkWish.model_fields)
    chosen = Wished(
        reason="OTHER", sub_reason="SUPPLIER_ISSUE", refund="LATER", refund_to="STORE_CREDIT",
        store_credit_expires_at="2027-01-01T00:00:00Z", shipping="KEEP", restock_by_policy=True,
        notify=False, customer_message="Sorry.", note="Recall", statutory_withdrawal=True,
    )  # fmt: skip
    told = body_of(Selected(country="France"), chosen, ADA)["wish"]
    assert not [name for name, value in told.items() if value == plain[name]]
    BulkWish.model_validate(told)


@pytest.mark.parametrize("selected", [Selected(), Selected(orders=Path("x"), sku="85048")])
def test_neither_way_and_both_ways_to_choose_are_refused(selected: Selected) -> None:
    with pytest.raises(KnownError, match="--orders FILE"):
        body_of(selected, WISHED, ADA)


def test_outcomes_are_written_so_that_they_can_be_the_next_list(tmp_path: Path) -> None:
    def one(order_id: str, **more: Any) -> dict[str, Any]:
        nothing = dict.fromkeys(shown.FIELDS)
        return {**nothing, "number": 1, "order_id": order_id, "outcome": "REFUSED", **more}

    file = tmp_path / "outcomes.csv"
    first = [one("1", codes=["NOTHING_LEFT", "EXCLUDED_BY_POLICY"])]
    shown.write_outcomes(file, first, is_first=True)
    shown.write_outcomes(file, [one("2", outcome="CANCELLED", units=3)], is_first=False)
    with file.open(encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["order_id"] for row in rows] == ["1", "2"] == read_orders(file)
    assert rows[0]["codes"] == "NOTHING_LEFT EXCLUDED_BY_POLICY"
    assert rows[1]["units"] == "3"
