"""Nothing of a person, an order number or a payment is left in a masked copy."""

import json
from random import Random
from typing import Any

import pytest

from contracts.cancellation import CancelOrder
from contracts.orders import Customer
from countermand.staging.copying import COPIED
from countermand.staging.masking import mask
from services.cancellation.domain.decisions import ORDER
from tests.support.lives import a_random_order, next_from_outside
from tests.support.mothers import a_cancel_command, a_capture, an_order
from tests.support.spec import story_of

SECRET = b"of this copy"
CUSTOMER = Customer(customer_id="13085", email="ada@example.com")


def masked(message: Any) -> Any:
    return mask(json.loads(message.model_dump_json(exclude_defaults=True)), SECRET)


def strings(value: Any) -> set[str]:
    match value:
        case dict():
            return {text for inner in value.values() for text in strings(inner)}
        case list():
            return {text for inner in value for text in strings(inner)}
        case str():
            return {value}
    return set()


def test_a_person_is_masked_and_goods_and_money_are_not() -> None:
    order = an_order(customer=CUSTOMER)
    was, is_ = json.loads(order.model_dump_json(exclude_defaults=True)), masked(order)
    assert is_["lines"] == was["lines"]
    assert (is_["currency"], is_["placed_at"]) == (was["currency"], was["placed_at"])
    assert not strings(is_) & {"13085", "ada@example.com", order.order_id}
    assert is_["customer"]["email"].endswith("@masked.example")


def test_what_belonged_together_still_does_and_another_copy_is_another() -> None:
    order, paid = an_order(customer=CUSTOMER), a_capture()
    assert masked(order)["order_id"] == masked(paid)["order_id"]
    assert masked(paid)["payment_id"].startswith("pi_")
    data = json.loads(order.model_dump_json())
    assert mask(data, b"another secret")["order_id"] != masked(order)["order_id"]


def test_free_text_is_masked_whatever_the_field_is_called() -> None:
    wish = a_cancel_command(staff_note="Ada called", customer_message="Dear Ada")
    told = strings(masked(wish)) | strings(mask({"a_new_field": "Ada", "next": ["Ada"]}, SECRET))
    assert not [text for text in told if "Ada" in text]


@pytest.mark.parametrize("seed", range(40))
def test_a_masked_message_is_a_message(seed: int) -> None:
    chance = Random(seed)
    order = a_random_order(chance)
    message: Any = order
    for _ in range(10):
        model: Any = COPIED.get(message.TYPE)
        if model is not None:
            assert model.model_validate_json(json.dumps(masked(message)))
        message = next_from_outside(chance, story_of(ORDER).state)
    assert CancelOrder.TYPE in COPIED
