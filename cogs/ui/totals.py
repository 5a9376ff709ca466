"""What several jobs cost together, as far as it is known before they are requested: of a recipe, of a variant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bot.app.client import CannonBot
from bot.domain.models import credits_words
from bot.errors import InputError
from cogs.ui import texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sum of the known prices, in credits, and how many jobs there are without one."""

    credits: Decimal
    unknown: int
    exact: bool
    """Whether all the known prices are fixed ones."""

    @property
    def price(self) -> Decimal | None:
        """The price of all; None if one is not known."""
        return None if self.unknown else self.credits

    def words(self) -> str:
        """Return the total as members read it."""
        if not self.credits and self.unknown:
            return str(texts.PRICE_NOT_KNOWN)
        known = self._known()
        return texts.and_unknown(known, self.unknown) if self.unknown else known

    def short(self) -> str:
        """Return the total in a few words."""
        if not self.credits and self.unknown:
            return str(texts.PRICE_NOT_KNOWN)
        return texts.above(credits_words(self.credits)) if self.unknown else self._known()

    def _known(self) -> str:
        amount = credits_words(self.credits)
        return amount if self.exact else texts.about(amount)


async def total_of(bot: CannonBot, guild_id: int, steps: Iterable[tuple[str, Mapping[str, Any]]]) -> Total:
    """Return what jobs of these operations and values cost on a server. Reads memory and the store; asks nobody."""
    credits_, unknown, exact = Decimal(0), 0, True
    for operation_id, values in steps:
        try:
            operation = bot.catalogue.resolve(operation_id)
        except InputError:
            unknown += 1  # the operation is gone
            continue
        found = (await bot.parts.price_books.of(guild_id, operation)).estimate(operation, values)
        if found is None:
            unknown += 1
        else:
            credits_ += found.credits
            exact = exact and found.basis == "fixed"
    return Total(credits=credits_, unknown=unknown, exact=exact)
