"""Prices in words: what a usual job costs here, and what one with given options would cost."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from bot.catalogue import Operation, labels_of
from bot.catalogue.price_factors import model_word, size_unit
from bot.domain.harmless_text import harmless
from bot.domain.models import Estimate, credits_text, credits_words
from bot.domain.texts import price_per
from bot.jobs.price_book import KnownPrice, PriceBook
from bot.language import tr
from cogs.ui import texts


def price_range(operation: Operation, book: PriceBook) -> str:
    """Return what usual jobs of an operation cost here, from the cheapest kind to the most expensive."""
    known = book.known(operation)
    if not known:
        seen = book.seen(operation)
        return str(texts.PRICE_NOT_KNOWN) if seen is None else texts.price_seen(*map(credits_text, seen))
    low, high = known[0].estimate.credits, known[-1].estimate.credits
    if low == high and len({(each.factors.size, each.estimate.basis) for each in known}) == 1:
        return price_words(operation, known[0])
    return _from_to(low, high)


def price_lines(operation: Operation, book: PriceBook, limit: int) -> list[str]:
    """Return a line for each kind of job whose price is known, the cheapest first; none for a fixed price."""
    if operation.fixed_credits is not None:
        return []
    shown = book.known(operation)
    lines = [texts.price_line(kind_words(operation, each.factors.kind), price_words(operation, each)) for each in shown]
    return [*lines[:limit], *([texts.more_prices(len(lines) - limit)] if len(lines) > limit else [])]


def price_words(operation: Operation, known: KnownPrice) -> str:
    """Return what a usual job of one kind costs, and how that is known."""
    basis = known.estimate.basis
    words = _words(operation, known)
    return words if basis == "fixed" else texts.with_basis(words, basis, known.jobs)


def _words(operation: Operation, known: KnownPrice) -> str:
    amount, size = credits_words(known.estimate.credits), known.factors.size
    if known.estimate.basis == "fixed":
        return amount
    if known.rate is not None:
        return texts.about(price_per(credits_words(known.rate), size_unit(operation)))
    if size is not None:
        by = texts.price_for_seconds if size_unit(operation) == "second" else texts.price_for_characters
        return by(amount, size)
    return texts.about(amount)


def kind_words(operation: Operation, kind: str) -> str:
    """Return a kind of job as members know it: `Seedance 2.0, 1080p`; '' for the usual one."""
    words: list[str] = []
    for name, _, value in (each.partition("=") for each in kind.split()):
        if name == "model":
            words.insert(0, _model(operation, value))
        elif name == "with":
            words.append(str(texts.WITH_FILE.get(value, texts.WITH_ANOTHER_FILE)))
        elif not value.startswith("~"):  # a member's own words: nobody knows them any more
            words.append(_option(operation, name, value))
    return harmless(", ".join(words))


def _option(operation: Operation, name: str, value: str) -> str:
    """Return the value of an option, with the option's name where the value alone says nothing."""
    label = labels_of(operation).get(name, name.replace("_", " "))
    if value in texts.SWITCHES:
        return texts.option_is(tr(label), str(texts.SWITCHES[value]))
    return value if len(value) > 1 else texts.option_is(tr(label), value)


def _model(operation: Operation, word: str) -> str:
    names = (each.name for each in operation.models if model_word(operation, each.id or each.name) == word)
    return next(names, str(texts.ANOTHER_MODEL) if word.startswith("~") else word)


def hint(operation: Operation, book: PriceBook, values: Mapping[str, Any], *, of_model: bool = False) -> str:
    """Return what a job with these values would cost, '' where nobody knows it.

    `of_model`: where the values do not say enough, what usual jobs of their model cost.
    """
    found = book.estimate(operation, values)
    if found is not None:
        return exact(found)
    model = values.get("model")
    if not of_model or not isinstance(model, str):
        return ""
    return _usual(operation, book.known(operation, model))


def exact(estimate: Estimate) -> str:
    """Return the price of a job: exactly where it is fixed, else about."""
    words = credits_words(estimate.credits)
    return words if estimate.basis == "fixed" else texts.about(words)


def _usual(operation: Operation, known: Sequence[KnownPrice]) -> str:
    if not known:
        return ""
    low, high = known[0], known[-1]
    if low.factors == high.factors:
        return _words(operation, low)
    return _from_to(low.estimate.credits, high.estimate.credits)


def _from_to(low: Decimal, high: Decimal) -> str:
    return texts.about(credits_words(low)) if low == high else texts.from_to(credits_text(low), credits_words(high))
