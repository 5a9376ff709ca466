"""What a server's price book says of jobs: which price counts, and what a usual job of each kind costs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from bot.catalogue import Catalogue
from bot.domain.money.costs import ListedPrice, PriceFactors, PriceUnit
from bot.prices.book import PriceBook
from bot.prices.pricing import by_model
from bot.store import CostsByKind
from cogs.member.prices import price_lines, price_range
from cogs.ui.prices import hint

CATALOGUE = Catalogue()
VIDEO, IMAGE = CATALOGUE.get("video.generate"), CATALOGUE.get("image.generate")
PROMPT = CATALOGUE.get("prompt.enhance.image")

A_SECOND = ListedPrice(credits=Decimal(4), per=PriceUnit.SECOND)


def seen(kind: str = "", **costs: int) -> CostsByKind:
    """Return costs of one kind, by their size: `s5=24`, `any=24` without one."""
    return {
        PriceFactors(kind=kind, size=None if size == "any" else float(size[1:])): [Decimal(cost)]
        for size, cost in costs.items()
    }


def book(
    operation: Any = VIDEO,
    costs: CostsByKind | None = None,
    listed: Mapping[str, int | ListedPrice] | None = None,
    **more: Any,
) -> PriceBook:
    prices = {
        (operation.id, model): price if isinstance(price, ListedPrice) else ListedPrice(credits=Decimal(price))
        for model, price in (listed or {}).items()
    }
    return PriceBook(
        listed={operation.id: by_model(prices, operation)},
        costs={operation.id: costs or {}},
        **({"default_models": {}} | more),
    )


def test_a_price_is_what_such_jobs_cost_or_what_the_tool_or_the_list_says():
    costs, values = seen("model=seedance2", s5=24), {"model": "seedance2", "duration": 5}
    said = {"estimated": lambda _operation, _values: Decimal(30)}
    assert book(costs=costs).estimate(VIDEO, values).credits == 24  # type: ignore[union-attr]
    assert book(costs=costs).estimate(VIDEO, values | {"duration": 6}) is None
    assert book(costs=costs, **said).estimate(VIDEO, values).basis == "estimate tool"  # type: ignore[union-attr]
    assert book(costs=costs, listed={"seedance2": 31}).estimate(VIDEO, values).basis == "price list"  # type: ignore[union-attr]
    assert book(listed={"seedance2": 31}, trusts_list=False).estimate(VIDEO, values) is None
    assert book(PROMPT, listed={"": 31}).estimate(PROMPT, {}).credits == 1  # type: ignore[union-attr]
    assert book().estimate(VIDEO, values) is None


def test_the_servers_own_model_is_taken_where_none_is_named():
    made = book(listed={"wan27video": 20, "seedance2": 24}, default_models={"video.generate": "wan27video"})
    assert made.estimate(VIDEO, {}).credits == 20  # type: ignore[union-attr]
    assert made.estimate(VIDEO, {"model": "seedance2"}).credits == 24  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("made", "operation", "said"),
    [
        (book(), VIDEO, "price not known yet"),
        (book(PROMPT), PROMPT, "1 credit"),
        (book(costs=seen(s5=24)), VIDEO, "about 24 credits for 5 s (based on earlier jobs)"),
        (book(costs=seen(s5=24, s10=48)), VIDEO, "about 24 to 48 credits"),
        (book(listed={"": 31}), VIDEO, "about 31 credits (from this server's price list)"),
        (book(listed={"": 31, "seedance2": 40}), VIDEO, "about 31 to 40 credits"),
        (book(listed={"": A_SECOND}), VIDEO, "about 20 credits for 5 s (from this server's price list)"),
        (book(listed={"": A_SECOND, "seedance2": 40}), VIDEO, "about 20 to 40 credits"),
    ],
)
def test_an_operation_is_priced_in_a_few_words(made: PriceBook, operation: Any, said: str):
    assert price_range(operation, made) == said


def test_each_kind_has_a_line_with_the_names_that_members_know():
    costs = {
        **seen("model=gptimage2 resolution=4k", any=28),
        **seen("model=seedream5", any=12),
        **seen("model=~0123abcd quality=~89abcdef", any=50),
    }
    assert price_lines(IMAGE, book(IMAGE, costs), 8) == [
        "-# • Seedream 5.0 Lite: about 12 credits (based on earlier jobs)",
        "-# • GPT Image 2, 4k: about 28 credits (based on earlier jobs)",
        "-# • another model: about 50 credits (based on earlier jobs)",
    ]
    assert price_lines(IMAGE, book(IMAGE, costs), 1)[1:] == ["-# • … and 2 more"]
    assert price_lines(PROMPT, book(PROMPT), 8) == []


def test_a_hint_is_the_jobs_own_price_else_that_of_its_models_usual_jobs():
    made = book(costs={**seen("model=seedance2", s8=39), **seen("model=seedance2 resolution=1080p", s10=96)})
    assert hint(VIDEO, made, {"model": "seedance2", "duration": 8}) == "about 39 credits"
    assert hint(VIDEO, made, {"model": "Seedance 2.0", "duration": 8}) == "about 39 credits"
    assert hint(VIDEO, made, {"model": "seedance2"}) == ""
    assert hint(VIDEO, made, {"model": "seedance2"}, of_model=True) == "about 39 to 96 credits"
    assert hint(VIDEO, made, {"model": "wan27video"}, of_model=True) == ""
    assert hint(PROMPT, book(PROMPT), {}) == "1 credit"
