"""Fetchable links: https on its own port to a public address. Pure; `transport` resolves names.

A link comes from a member or an API's answer, so it may point at the bot's own network: `127.0.0.1`, a cloud's metadata
service, `[::ffff:10.0.0.1]`, or a decimal number that the C library reads as an address.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

import httpx

from bot.errors import MediaUnsafe
from bot.runtime import texts

LINK_LIMIT_CHARS = 8192
"""Longer than any signed link of the known hosts, short enough to parse cheaply."""

HTTPS_PORT = 443
"""Other ports belong to services that expect no bot: links would make it a port scanner."""
_DEFAULT_PORTS = {"http": 80, "https": HTTPS_PORT}
_UNFIT = re.compile(r"[\x00-\x20\x7f\\]|[\ud800-\udfff]")
_NUMBER_LABEL = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\Z", re.IGNORECASE)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(each)
    for each in (
        "192.0.0.0/24",  # for protocols (RFC 6890); a cloud has had its metadata service at 192.0.0.192
        "192.88.99.0/24",  # relays from IPv6 (RFC 7526)
        "::/96",  # IPv4 in IPv6, deprecated (RFC 4291)
        "64:ff9b:1::/48",  # translation inside one network (RFC 8215)
        "2001::/32",  # tunnels (RFC 4380) to any address
        "2002::/16",  # tunnels (RFC 3056)
        "3fff::/20",  # for documentation (RFC 9637)
        "5f00::/16",  # segment routing inside one network (RFC 9602)
        "fec0::/10",  # site-local, deprecated (RFC 3879)
    )
)
"""By hand, because what Python's `is_global` knows depends on its patch version."""

Origin = tuple[str, str, int]
"""Scheme, host and port: two links with the same three have one origin."""


def origin_of(url: httpx.URL) -> Origin:
    """Return scheme, host (punycode, lower case) and port, by default the scheme's."""
    port = _DEFAULT_PORTS.get(url.scheme, 0) if url.port is None else url.port
    return url.scheme, url.raw_host.decode("ascii").lower(), port


def origins_of(urls: Collection[str]) -> frozenset[Origin]:
    """Parse exact origins such as `http://127.0.0.1:8080`. Raises ValueError."""
    found = set()
    for text in urls:
        try:
            url = httpx.URL(text)
        except httpx.InvalidURL as error:
            raise ValueError(f"not an origin: {text!r}") from error
        if not url.host or url.scheme not in _DEFAULT_PORTS or url.path not in {"", "/"} or url.query:
            raise ValueError(f"not an origin: {text!r}")
        found.add(origin_of(url))
    return frozenset(found)


def is_public(address: str) -> bool:
    """Return whether an IP address is public: not private, loopback, link-local or reserved."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    if any(ip in network for network in _NOT_PUBLIC):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def checked(link: str, allowed: frozenset[Origin] = frozenset()) -> httpx.URL:
    """Return `link` as a fetchable URL; `allowed` origins always pass.

    The transport rejects names with a private address. Raises MediaUnsafe.
    """
    if len(link) > LINK_LIMIT_CHARS or _UNFIT.search(link):
        raise MediaUnsafe(texts.UNREADABLE_LINK)
    try:
        url = httpx.URL(link)
        origin = origin_of(url)
    except (httpx.InvalidURL, ValueError):
        raise MediaUnsafe(texts.UNREADABLE_LINK) from None
    if url.userinfo:
        raise MediaUnsafe(texts.LOGIN_OR_PORT)
    if origin in allowed:
        return url
    if url.scheme != "https":
        raise MediaUnsafe(texts.UNREADABLE_LINK)
    if origin[2] != HTTPS_PORT:
        raise MediaUnsafe(texts.LOGIN_OR_PORT)
    if not _is_public_name(origin[1]):
        raise MediaUnsafe(texts.NOT_PUBLIC)
    return url


def _is_public_name(host: str) -> bool:
    host = host.removesuffix(".")
    if ":" in host or host.replace(".", "").isdigit():
        return is_public(host)  # rejects 2130706433 and 127.1 too, which only the C library reads as addresses
    labels = host.split(".")
    return len(labels) > 1 and all(labels) and not _NUMBER_LABEL.match(labels[-1])
