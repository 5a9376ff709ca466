"""The credit packs that servers may buy: the host's own link, else what Cannon Studio offers, read daily."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import structlog

from bot.cannon.mcp import McpClient, McpError
from bot.cannon.offerings import credit_packs, is_shop
from bot.domain.models import CreditPack
from bot.store import Store

log = structlog.get_logger(__name__)

DAY_S: Final = 86_400.0
RETRY_S: Final = 3600.0
META: Final = "offerings"
"""Key of the last packs in the table `meta`."""


@dataclass
class Offerings:
    """Keeps the packs; `link` is the host's setting, which wins."""

    store: Store
    mcp: McpClient
    link: str | None
    _packs: tuple[CreditPack, ...] = field(default=(), init=False)

    def on_sale(self) -> tuple[CreditPack, ...]:
        """Return the packs, smallest first; one without a name if the host has set a link; () if unknown."""
        return self._packs if self.link is None else (CreditPack(url=self.link),)

    async def load(self) -> None:
        """Load the packs that were read last, for a start without network."""
        self._packs = _stored(await self.store.meta.get(META))

    async def run_once(self) -> float:
        """Read the packs. Return the seconds until the next reading. What cannot be read changes nothing."""
        if self.link is not None:
            return math.inf
        try:
            packs = await credit_packs(self.mcp)
        except McpError:
            return RETRY_S
        if not packs:
            log.info("offerings.unreadable")
            return DAY_S
        if packs != self._packs:
            self._packs = packs
            await self.store.meta.set(META, json.dumps([_row(each) for each in packs]))
        return DAY_S


def _row(pack: CreditPack) -> list[str | None]:
    return [pack.url, None if pack.credits is None else str(pack.credits), pack.name]


def _stored(text: str | None) -> tuple[CreditPack, ...]:
    try:
        rows = json.loads(text or "[]")
        found = [
            CreditPack(url=url, credits=None if amount is None else Decimal(amount), name=name)
            for url, amount, name in rows
        ]
    except (ValueError, TypeError, ArithmeticError):
        return ()
    return tuple(each for each in found if is_shop(each.url))
