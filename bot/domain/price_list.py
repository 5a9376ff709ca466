"""A server's own price list: what its moderators expect jobs to cost, by job, by result or by second. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from bot.domain import texts
from bot.domain.models import CREDIT_STEP, credits_words
from bot.domain.price_model import PriceFactors

MOST = Decimal(999_999_999)


class PriceUnit(StrEnum):
    """What a listed price is for."""

    JOB = "job"
    """The whole job, however long it is and however many results it has."""
    OUTPUT = "output"
    """Each result."""
    SECOND = "second"
    """Each second of each result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPrice:
    """A line of the list: credits for each unit."""

    credits: Decimal
    per: PriceUnit = PriceUnit.JOB

    def of_job(self, factors: PriceFactors) -> Decimal | None:
        """Return what the job costs by this line, in credits; None by the second where its length is not given."""
        match self.per:
            case PriceUnit.JOB:
                return self.credits
            case PriceUnit.OUTPUT:
                return min(self.credits * factors.outputs, MOST)
        if factors.size is None:
            return None
        exact = self.credits * Decimal(str(factors.size)) * factors.outputs
        return min(exact.quantize(CREDIT_STEP, rounding=ROUND_CEILING), MOST)

    @property
    def words(self) -> str:
        """The price with its unit: `12 credits`, `1.5 credits per second`."""
        return texts.price_per(credits_words(self.credits), "" if self.per is PriceUnit.JOB else self.per.value)


PriceList = Mapping[tuple[str, str], ListedPrice]
"""Prices by operation and model; model '' is for all models without a price of their own."""
