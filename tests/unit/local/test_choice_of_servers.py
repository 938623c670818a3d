"""Which servers a run of the tests takes: never a surprise, and always said."""

import re

import pytest

from tests.support.containers import Choice, choose, kafka_environment, postgres_options


def never() -> str | None:
    raise AssertionError("nobody asks an engine who was told what to take")


def test_what_is_wished_is_taken_and_no_engine_is_asked() -> None:
    assert choose("containers", never).containers
    assert not choose("packages", never).containers


def test_an_engine_that_lacks_nothing_is_used_and_any_obstacle_is_named() -> None:
    assert choose("auto", lambda: None).containers
    without = choose("auto", lambda: "no Docker engine answers")
    assert str(without) == "servers: packages on this machine (no Docker engine answers)"


@pytest.mark.parametrize("wish", ["", "container", "yes"])
def test_a_wish_that_is_none_is_refused(wish: str) -> None:
    with pytest.raises(ValueError, match="it may be auto, containers, packages"):
        choose(wish, never)


def test_a_choice_says_itself_in_one_line() -> None:
    for choice in (Choice(containers=True, why="so"), Choice(containers=False, why="so")):
        assert re.fullmatch(r"servers: (containers|packages on this machine) \(so\)", str(choice))


def test_servers_in_containers_are_told_what_those_on_this_machine_are() -> None:
    told = kafka_environment(19092)
    assert told["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert told["KAFKA_MESSAGE_MAX_BYTES"] == "16777216"
    advertised = dict(entry.split("://") for entry in told["KAFKA_ADVERTISED_LISTENERS"].split(","))
    assert advertised["PLAINTEXT"] == "127.0.0.1:19092"
    assert advertised[told["KAFKA_INTER_BROKER_LISTENER_NAME"]] == "localhost:9094"
    assert not [name for name, value in told.items() if ":0" in value or not value]
    assert "fsync=on" in postgres_options()
    assert not [word for word in postgres_options() if "listen" in word or "socket" in word]
