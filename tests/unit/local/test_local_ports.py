"""Free ports are free, different, and not ones the kernel hands out meanwhile."""

import socket
from collections.abc import Iterator

import pytest

from deploy.local.ports import LOOPBACK, PORTS, first_free, free_ports, is_free


@pytest.fixture
def taken_port() -> Iterator[int]:
    (port,) = free_ports(1)
    with socket.socket() as server:
        server.bind((LOOPBACK, port))
        server.listen()
        yield port


def test_ports_are_different_and_free() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(is_free(port) for port in ports)


def test_ports_stay_below_those_of_outgoing_connections() -> None:
    assert set(free_ports(20)) <= set(PORTS)
    assert max(PORTS) < 32_768


def test_a_port_somebody_listens_on_is_not_free(taken_port: int) -> None:
    assert not is_free(taken_port)


def test_the_preferred_port_is_given_when_it_is_free() -> None:
    (port,) = free_ports(1)
    assert first_free(port) == port


def test_a_taken_port_is_replaced_by_one_just_above(taken_port: int) -> None:
    chosen = first_free(taken_port)
    assert taken_port < chosen < taken_port + 50
    assert is_free(chosen)


def test_a_port_whose_server_just_stopped_is_free_at_once() -> None:
    (port,) = free_ports(1)
    with socket.create_server((LOOPBACK, port)) as server:
        client = socket.create_connection((LOOPBACK, port))
        accepted, _ = server.accept()
        accepted.close()  # the side that closes first keeps the port in TIME_WAIT
        assert client.recv(1) == b""
        client.close()
    assert is_free(port)
