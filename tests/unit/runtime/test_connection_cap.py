from __future__ import annotations

from ipaddress import ip_network

import pytest
from structlog.testing import capture_logs

from bot.runtime.network.listener import CONNECTIONS_MAX, PEER_CONNECTIONS_MAX, ConnectionCap
from tests.support.clocks import ManualClock


class Doorman:
    def __init__(self, *proxies: str) -> None:
        self.clock = ManualClock()
        self.refused: list[str] = []
        self.cap = ConnectionCap(
            "webhooks", clock=self.clock, refused=self.refused.append, proxies=map(ip_network, proxies)
        )

    def admitted(self, *addresses: str) -> int:
        return sum(self.cap.admit(address) is not None for address in addresses)


def test_a_stranger_has_20_connections_and_everybody_together_200() -> None:
    doorman = Doorman()
    for host in range(9):
        assert doorman.admitted(*[f"198.51.100.{host}"] * 25) == PEER_CONNECTIONS_MAX == 20
    assert set(doorman.refused) == {"peer"}
    assert doorman.admitted(*(f"203.0.113.{host}" for host in range(100))) == CONNECTIONS_MAX - 180
    assert set(doorman.refused) == {"peer", "all"}


def test_what_has_ended_makes_room() -> None:
    doorman = Doorman()
    peers = [doorman.cap.admit("198.51.100.1") for _ in range(21)]
    assert peers[-1] is None
    assert peers[0] is not None
    doorman.cap.release(peers[0])
    assert doorman.admitted("198.51.100.1", "198.51.100.1") == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "172.17.0.1", "::ffff:172.17.0.1"])
def test_a_proxy_on_this_machine_or_of_the_settings_speaks_for_many(address: str) -> None:
    assert Doorman("172.17.0.0/16").admitted(*[address] * 300) == CONNECTIONS_MAX


@pytest.mark.parametrize(
    ("one", "other", "is_one_peer"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:198.51.100.1", "198.51.100.1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("198.51.100.1", "198.51.100.2", False),
    ],
)
def test_a_peer_is_an_address_or_the_network_that_one_person_has(one: str, other: str, is_one_peer: bool) -> None:
    doorman = Doorman()
    assert doorman.admitted(*[one] * 20) == 20
    assert doorman.admitted(other) == (0 if is_one_peer else 1)


def test_a_flood_of_connections_is_logged_once_a_minute_with_their_number() -> None:
    doorman = Doorman()
    doorman.admitted(*["198.51.100.1"] * 20)
    with capture_logs() as logged:
        doorman.admitted(*["198.51.100.1"] * 500)
        doorman.clock.advance(60)
        doorman.admitted("198.51.100.1")
    assert [(line["event"], line["count"]) for line in logged] == [
        ("http.connections_refused", 1),
        ("http.connections_refused", 500),
    ]
    assert len(doorman.refused) == 501
