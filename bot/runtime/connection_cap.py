"""Counts the connections of a listener, in all and for each peer: what is one too many is refused at once.

A peer is an IPv4 address, or the /64 that an IPv6 address is of, because one person has all of such a network.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable

import structlog

from bot.runtime.clock import Clock
from bot.settings import IpNetwork

CONNECTIONS_MAX = 200
PEER_CONNECTIONS_MAX = 20
LOGGED_EVERY_S = 60.0

log = structlog.get_logger(__name__)


class ConnectionCap:
    """Says for each new connection whether it may stay.

    A peer on this machine or in one of `proxies` has no bound of its own: it speaks for many. `refused` is called with
    `all` or `peer`, the bound that a refused connection would have passed.
    """

    def __init__(
        self, name: str, *, clock: Clock, refused: Callable[[str], None], proxies: Iterable[IpNetwork] = ()
    ) -> None:
        self._name = name
        self._clock = clock
        self._refused = refused
        self._proxies = tuple(proxies)
        self._peers: Counter[str] = Counter()
        self._unlogged = 0
        self._logged_at: float | None = None

    def admit(self, address: str) -> str | None:
        """Count a connection from `address` and return its peer, for `release`; None if it has to be refused."""
        peer, bound = self._peer(address)
        if self._peers.total() >= CONNECTIONS_MAX:
            self._refuse("all")
        elif self._peers[peer] >= bound:
            self._refuse("peer")
        else:
            self._peers[peer] += 1
            return peer
        return None

    def release(self, peer: str) -> None:
        """A connection of `peer` has ended."""
        self._peers[peer] -= 1
        if self._peers[peer] <= 0:
            del self._peers[peer]

    def _peer(self, address: str) -> tuple[str, int]:
        """Return the peer of an address, and how many connections it may have."""
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:  # it has closed the connection already
            return "", PEER_CONNECTIONS_MAX
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        may_speak_for_many = found.is_loopback or any(found in network for network in self._proxies)
        bound = CONNECTIONS_MAX if may_speak_for_many else PEER_CONNECTIONS_MAX
        if found.version == 6 and not may_speak_for_many:
            return str(ipaddress.ip_network((found, 64), strict=False)), bound
        return str(found), bound

    def _refuse(self, bound: str) -> None:
        """Count what is refused; log it at once, and then once a minute for as long as there is more."""
        self._refused(bound)
        self._unlogged += 1
        now = self._clock.monotonic()
        if self._logged_at is None or now - self._logged_at >= LOGGED_EVERY_S:
            log.warning("http.connections_refused", listener=self._name, bound=bound, count=self._unlogged)
            self._unlogged, self._logged_at = 0, now
