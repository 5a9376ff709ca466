"""What Cannon Studio sells: the keyless tool `list_offerings` of its MCP server.

Only `notes` and `offerings` of its answer are documented, and `productKey` and `checkoutUrl` of another tool's
(https://www.cannonstudio.app/developers/docs/mcp and the tools' listing); all else is INFERRED. What cannot be read,
or leads elsewhere than to the vendor or to Stripe, is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from bot.cannon.errors import clean
from bot.cannon.mcp import McpClient, McpError, McpFailure, Message
from bot.domain.models import CreditPack, credits_of
from bot.domain.words.text import shortened

TOOL: Final = "list_offerings"
ARGUMENTS: Final = {"kind": "credit_pack", "include_checkout_links": True}
PACKS_MAX: Final = 5
"""As many buttons as fit into a row."""
READ_MAX: Final = 100
LINK_CHARS_MAX: Final = 512
"""Discord's limit for a button's link."""
NAME_CHARS: Final = 40
VENDOR: Final = "cannonstudio.app"
CHECKOUTS: Final = frozenset({"checkout.stripe.com", "buy.stripe.com"})
"""Stripe's hosted pages: https://docs.stripe.com/payments/checkout and https://docs.stripe.com/payment-links."""
_PRODUCT: Final = "credits:"
_UNSAFE: Final = frozenset(" <>()[]`\"'\\")


async def credit_packs(mcp: McpClient) -> tuple[CreditPack, ...]:
    """Return the credit packs on sale, smallest first; () if none can be read. Raises McpError."""
    try:
        result = await mcp.call(TOOL, ARGUMENTS)
    except McpError as error:
        if error.failure is not McpFailure.INVALID:
            raise
        result = await mcp.call(TOOL, {})
    return () if result.is_error else packs_in(result.objects)


def packs_in(answers: Sequence[Message]) -> tuple[CreditPack, ...]:
    """Return the packs in a tool's answer, smallest first, each link once."""
    found = {pack.url: pack for answer in answers for pack in _packs(answer.get("offerings"))}
    by_size = sorted(found.values(), key=lambda pack: (pack.credits is None, pack.credits or Decimal(0)))
    return tuple(by_size[:PACKS_MAX])


def _packs(offerings: object) -> Iterator[CreditPack]:
    for each in offerings[:READ_MAX] if isinstance(offerings, list) else ():
        if isinstance(each, dict) and (pack := _pack(each)) is not None:
            yield pack


def _pack(offering: Mapping[str, Any]) -> CreditPack | None:
    kind, product = offering.get("kind"), offering.get("productKey")
    product = product if isinstance(product, str) else ""
    if kind != "credit_pack" and not product.startswith(_PRODUCT):
        return None
    url = offering.get("checkoutUrl")
    amount = _credits(offering.get("credits")) or _credits(product.removeprefix(_PRODUCT))
    name = offering.get("name") or offering.get("title") or offering.get("label")
    name = shortened(clean(name), NAME_CHARS) if isinstance(name, str) else ""
    if not isinstance(url, str) or not is_shop(url) or not (amount or name):
        return None
    return CreditPack(url=url, credits=amount, name=name)


def _credits(value: object) -> Decimal | None:
    try:
        return credits_of(value) or None
    except ValueError:
        return None


def is_shop(link: str) -> bool:
    """Whether it is an https link of the vendor or of Stripe's checkout that is safe in a message."""
    if len(link) > LINK_CHARS_MAX or not link.isascii() or not link.isprintable() or not _UNSAFE.isdisjoint(link):
        return False
    try:
        parts = urlsplit(link)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    is_known = host == VENDOR or host.endswith(f".{VENDOR}") or host in CHECKOUTS
    return parts.scheme == "https" and is_known and parts.username is None and port in {None, 443}
