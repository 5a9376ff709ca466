"""Prices of usual jobs in `/help`: of a command, and of each kind of its jobs."""

from __future__ import annotations

from bot.catalogue import Operation, label_of
from bot.delivery.texts import BASES
from bot.domain.words.text import harmless
from bot.language import aside, listed
from bot.prices.book import KnownPrice, PriceBook
from bot.prices.factors import model_word
from cogs.member import texts
from cogs.ui.prices import from_to, usual_words
from cogs.ui.texts import AND_MORE, OPTION_IS, PRICE_NOT_KNOWN


def price_range(operation: Operation, book: PriceBook) -> str:
    known = book.known(operation)
    if not known:
        return str(PRICE_NOT_KNOWN)
    low, high = known[0].estimate.credits, known[-1].estimate.credits
    if low == high and len({(each.factors.size, each.estimate.basis) for each in known}) == 1:
        return _price(operation, known[0])
    return from_to(low, high)


def price_lines(operation: Operation, book: PriceBook, limit: int) -> list[str]:
    """Return a line per kind of job with a known price, cheapest first; none for a fixed price."""
    if operation.fixed_credits is not None:
        return []
    shown = book.known(operation)
    lines = [
        OPTION_IS(option=_kind(operation, each.factors.kind) or texts.WITHOUT_OPTIONS, value=_price(operation, each))
        for each in shown[:limit]
    ]
    more = [AND_MORE(count=len(shown) - limit)] if len(shown) > limit else []
    return [f"-# • {each}" for each in (*lines, *more)]


def _price(operation: Operation, known: KnownPrice) -> str:
    """Return a usual job's price and its basis."""
    basis = known.estimate.basis
    words = usual_words(operation, known)
    return words if basis == "fixed" else aside(words, BASES[basis])


def _kind(operation: Operation, kind: str) -> str:
    """Return a kind of job for members: `Seedance 2.0, 1080p`; '' for the usual one."""
    words: list[str] = []
    for name, _, value in (each.partition("=") for each in kind.split()):
        if name == "model":
            words.insert(0, _model(operation, value))
        elif name == "with":
            words.append(str(texts.WITH_FILE.get(value, texts.WITH_ANOTHER_FILE)))
        elif not value.startswith("~"):  # a member's own words, which are not stored
            words.append(_option(operation, name, value))
    return harmless(listed(words))


def _option(operation: Operation, name: str, value: str) -> str:
    label = label_of(name, operation)
    if value in texts.SWITCHES:
        return OPTION_IS(option=label, value=str(texts.SWITCHES[value]))
    return value if len(value) > 1 else OPTION_IS(option=label, value=value)


def _model(operation: Operation, word: str) -> str:
    names = (each.name for each in operation.models if model_word(operation, each.id or each.name) == word)
    return next(names, str(texts.ANOTHER_MODEL) if word.startswith("~") else word)
