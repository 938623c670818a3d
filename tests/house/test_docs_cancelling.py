"""The guides about cancelling against the code: every field, command, door and answer."""

import re

from contracts.cancellation import CancelOrder
from contracts.topics import COMMANDS as COMMAND_TOPIC
from countermand.contracts_openapi import write_openapi
from kit.processor import Answer
from services.cancellation.answers import ANSWERS
from services.cancellation.domain.refusals import RULES
from tests.house.known import COMMANDS, codes_of
from tests.house.pages import first_words, part, rows, section, words
from tests.house.tree import modules
from web import problems

CANCEL = "docs/guides/cancel-an-order.md"
AFTERWARDS = "docs/guides/after-cancelling.md"


def test_every_field_of_a_cancel_command_is_explained() -> None:
    listed = first_words(part(CANCEL, "fields:cancel-order"))
    assert sorted(listed) == sorted(CancelOrder.model_fields)


def test_every_outcome_of_a_command_is_explained() -> None:
    listed = first_words(part(CANCEL, "outcomes"))
    outcomes = {said.outcome for said in ANSWERS.values()}
    assert sorted(listed) == sorted(outcomes | {"DEAD_LETTERED"})


def test_every_problem_over_http_is_explained() -> None:
    listed = set(first_words(section(CANCEL, "By HTTP")))
    made = codes_of("services/cancellation/problems.py", "answer", "get")
    made |= codes_of("web/problems.py", "answer", "get")
    for name, _ in modules("services/cancellation"):
        made |= codes_of(name, "Problem")
    kit = [name for name, source in modules("kit") if Answer.__name__ in source]
    for name in kit:
        made |= codes_of(name, "Answer")
    known = made | set(problems.CODES.values())
    assert listed == known - set(RULES)


def test_every_command_is_listed_with_its_three_doors() -> None:
    paths = write_openapi()["paths"]
    listed = {}
    for name, verb, path in rows(part(AFTERWARDS, "commands")):
        assert words(verb)[0].removeprefix("countermand ") in COMMANDS
        route = f"/v1/orders/{{order_id}}{words(path)[0]}"
        listed[words(name)[0]] = paths[route]["post"]["operationId"]
    about_orders = [model for model in COMMAND_TOPIC.messages if "order_id" in model.model_fields]
    assert set(listed) == {model.__name__ for model in about_orders}
    for name, operation in listed.items():
        assert re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() == operation
