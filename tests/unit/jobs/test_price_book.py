"""What a server's price book says of jobs: which price counts, and what a usual job of each kind costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from bot.catalogue import Catalogue
from bot.domain.money.costs import CostSeen, ListedPrice, PriceUnit
from bot.prices.book import PriceBook
from bot.prices.factors import price_factors
from bot.prices.pricing import by_model
from bot.prices.samples import ToolPrice, price_samples
from cogs.ui.prices import hint, price_lines, price_range

CATALOGUE = Catalogue()
VIDEO, IMAGE = CATALOGUE.get("video.generate"), CATALOGUE.get("image.generate")
SPEECH, PROMPT = CATALOGUE.get("narration.generate"), CATALOGUE.get("prompt.enhance.image")

A_SECOND = ListedPrice(credits=Decimal(4), per=PriceUnit.SECOND)


def by_second(rate: str, *sizes: float) -> list[CostSeen]:
    return [CostSeen(credits=Decimal(rate) * Decimal(str(size)), size=size) for size in sizes]


def estimated(operation: Any, **prices: int) -> list[ToolPrice]:
    """Return the tool's prices by model; `usual` is without one."""
    return [
        ToolPrice(
            sample=each, factors=price_factors(operation, each.input), credits=Decimal(prices[each.model or "usual"])
        )
        for each in price_samples(operation)
        if (each.model or "usual") in prices
    ]


def book(
    operation: Any = VIDEO,
    costs: Mapping[str, Sequence[CostSeen]] | None = None,
    listed: Mapping[str, int | ListedPrice] | None = None,
    tool: Sequence[ToolPrice] = (),
    **more: Any,
) -> PriceBook:
    prices = {
        (operation.id, model): price if isinstance(price, ListedPrice) else ListedPrice(credits=Decimal(price))
        for model, price in (listed or {}).items()
    }
    return PriceBook(
        listed={operation.id: by_model(prices, operation)},
        costs={operation.id: costs or {}},
        estimated={operation.id: tool},
        default_models=more.get("default_models", {}),
    )


def test_the_highest_of_the_known_prices_counts_and_a_fixed_one_before_all():
    seen = {"model=seedance2": by_second("4.8", 5, 10, 15)}
    values = {"model": "seedance2", "duration": 5}
    assert book(costs=seen, tool=estimated(VIDEO, seedance2=20)).estimate(VIDEO, values).credits == 24  # type: ignore[union-attr]
    assert book(costs=seen, tool=estimated(VIDEO, seedance2=30)).estimate(VIDEO, values).basis == "estimate tool"  # type: ignore[union-attr]
    assert book(costs=seen, listed={"seedance2": 31}).estimate(VIDEO, values).basis == "price list"  # type: ignore[union-attr]
    assert book(PROMPT, listed={"": 31}).estimate(PROMPT, {}).credits == 1  # type: ignore[union-attr]
    assert book().estimate(VIDEO, values) is None


def test_a_grade_between_two_is_about_what_the_higher_costs():
    seen = {
        "model=gptimage2 resolution=1k": [CostSeen(credits=Decimal(12))],
        "model=gptimage2 resolution=4k": [CostSeen(credits=Decimal(28))],
        "model=seedream5 resolution=4k": [CostSeen(credits=Decimal(20))],
    }
    made = book(IMAGE, seen)
    assert made.estimate(IMAGE, {"model": "gptimage2", "resolution": "2K"}).credits == 28  # type: ignore[union-attr]
    assert made.estimate(IMAGE, {"model": "gptimage2", "resolution": "2K", "quality": "high"}) is None
    assert made.estimate(IMAGE, {"model": "gptimage2"}) is None
    assert made.estimate(IMAGE, {"model": "seedream5", "resolution": "2K"}) is None  # nothing below


def test_what_the_tool_said_of_a_sample_is_said_of_no_other_job():
    made = book(tool=estimated(VIDEO, seedance2=24))
    assert made.estimate(VIDEO, {"model": "seedance2", "duration": 5}) is not None
    assert made.estimate(VIDEO, {"model": "seedance2", "duration": 10}) is None
    assert made.estimate(VIDEO, {"model": "seedance2", "duration": 5, "resolution": "1080p"}) is None
    assert made.estimate(VIDEO, {"model": "wan27video", "duration": 5}) is None


def test_the_servers_own_model_is_taken_where_none_is_named():
    made = book(listed={"wan27video": 20, "seedance2": 24}, default_models={"video.generate": "wan27video"})
    assert made.estimate(VIDEO, {}).credits == 20  # type: ignore[union-attr]
    assert made.estimate(VIDEO, {"model": "seedance2"}).credits == 24  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("made", "operation", "said"),
    [
        (book(), VIDEO, "price not known yet"),
        (book(PROMPT), PROMPT, "1 credit"),
        (book(costs={"": by_second("4.8", 5)}), VIDEO, "about 24 credits for 5 s (from 1 job)"),
        (book(costs={"": by_second("4.8", 5, 10)}), VIDEO, "about 24 credits for 5 s (from 2 jobs)"),
        (book(costs={"": by_second("4.8", 5, 10, 15)}), VIDEO, "about 4.8 credits per second (from 3 jobs)"),
        (book(costs={"": by_second("4.8", 5, 5, 5)}), VIDEO, "about 24 credits for 5 s (from 3 jobs)"),
        (book(listed={"": 31}), VIDEO, "about 31 credits (this server's price list)"),
        (book(listed={"": 31, "seedance2": 40}), VIDEO, "about 31 to 40 credits"),
        (book(listed={"": A_SECOND}), VIDEO, "about 4 credits per second (this server's price list)"),
        (book(listed={"": A_SECOND, "seedance2": 40}), VIDEO, "about 20 to 40 credits"),
        (book(tool=estimated(VIDEO, wan27video=20)), VIDEO, "about 20 credits for 5 s (Cannon Studio's estimate)"),
        (book(tool=estimated(VIDEO, wan27video=20, seedance2=24)), VIDEO, "about 20 to 24 credits"),
        (
            book(SPEECH, tool=estimated(SPEECH, usual=2)),
            SPEECH,
            "about 2 credits for 100 characters (Cannon Studio's estimate)",
        ),
    ],
)
def test_an_operation_is_priced_in_a_few_words(made: PriceBook, operation: Any, said: str):
    assert price_range(operation, made) == said


def test_each_kind_has_a_line_with_the_names_that_members_know():
    seen = {
        "model=gptimage2 resolution=4k": [CostSeen(credits=Decimal(28))] * 3,
        "model=seedream5": [CostSeen(credits=Decimal(12))] * 4,
        "model=~0123abcd quality=~89abcdef": [CostSeen(credits=Decimal(50))] * 3,
        "model=nanobanana": [CostSeen(credits=Decimal(99))] * 2,
    }
    assert price_lines(IMAGE, book(IMAGE, seen), 8) == [
        "-# • Seedream 5.0 Lite: about 12 credits (from 4 jobs)",
        "-# • GPT Image 2, 4k: about 28 credits (from 3 jobs)",
        "-# • another model: about 50 credits (from 3 jobs)",
        "-# • Nano Banana: about 99 credits (from 2 jobs)",
    ]
    assert price_lines(IMAGE, book(IMAGE, seen), 1)[1:] == ["-# • … and 3 more"]
    assert price_lines(PROMPT, book(PROMPT), 8) == []


def test_a_hint_is_the_jobs_own_price_else_that_of_its_models_usual_jobs():
    seen = {
        "model=seedance2": by_second("4.8", 5, 10, 15),
        "model=seedance2 resolution=1080p": by_second("9.6", 10, 10, 10),
    }
    made = book(costs=seen)
    assert hint(VIDEO, made, {"model": "seedance2", "duration": 8}) == "about 39 credits"
    assert hint(VIDEO, made, {"model": "Seedance 2.0", "duration": 8}) == "about 39 credits"
    assert hint(VIDEO, made, {"model": "seedance2"}) == ""
    assert hint(VIDEO, made, {"model": "seedance2"}, of_model=True) == "about 48 to 96 credits"
    assert hint(VIDEO, made, {"model": "wan27video"}, of_model=True) == ""
    assert hint(PROMPT, book(PROMPT), {}) == "1 credit"
