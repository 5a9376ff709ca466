"""Numbers, shares, dates and spans of time are written as each language writes them, and what is read back is read."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.models import credits_text, credits_words
from bot.domain.words.text import with_decimal_point
from bot.language import LANGUAGES, ago, amount, month_day, percent, plain_amount, short_day, speaking, weekday
from bot.language.messages import counted_as
from cogs.ui.prices import pressed, priced

MARCH = dt.date(2024, 3, 1)
LABELLED = "Re-run · "


def shown_on(label: str) -> Decimal | None:
    """Return the price that a button with this label tells."""
    button = discord.Button(cast("Any", {"type": 2, "style": 1, "custom_id": "one", "label": label}))
    message = SimpleNamespace(components=[SimpleNamespace(children=[button])])
    return pressed(cast("Any", SimpleNamespace(data={"custom_id": "one"}, message=message))).labelled


@pytest.mark.parametrize(
    ("language", "credits_", "dates", "past"),
    [
        ("en", "1,234.5", ("Friday", "March 1", "Mar 1"), "5 minutes ago"),
        ("de", "1.234,5", ("Freitag", "1. März", "1. März"), "vor 5 Minuten"),
        ("pt-BR", "1.234,5", ("sexta-feira", "1 de março", "1 de mar."), "há 5 minutos"),
        ("ja", "1,234.5", ("金曜日", "3月1日", "3月1日"), "5 分前"),
    ],
)
def test_each_language_has_its_own_separators_and_dates(
    language: str, credits_: str, dates: tuple[str, str, str], past: str
):
    with speaking(language):
        assert credits_text(Decimal("1234.5")) == amount(Decimal("1234.5")) == credits_
        assert (weekday(MARCH), month_day(MARCH), short_day(MARCH)) == dates
        assert ago(299.6) == past
        assert percent(0.63).replace("\xa0", "") == "63%"


def test_one_credit_is_singular_and_a_fraction_is_not():
    assert [credits_words(Decimal(each)) for each in ("0", "1", "1.5", "2", "1000.25")] == [
        "0 credits",
        "1 credit",
        "1.5 credits",
        "2 credits",
        "1,000.25 credits",
    ]


def test_a_fraction_takes_the_form_that_it_has_in_the_language():
    with speaking("fr"):
        assert [counted_as(each) for each in (Decimal("0.5"), Decimal("1.5"), Decimal("2.5"))] == [1, 1, 2]
    with speaking("de"):
        assert [counted_as(each) for each in (Decimal("0.5"), Decimal(1), Decimal("1.5"))] == [2, 1, 2]


@given(st.decimals(min_value=0, max_value=10**8, places=3), st.sampled_from(sorted(LANGUAGES)))
def test_the_price_of_a_label_is_read_as_it_was_written_in_any_language(price: Decimal, language: str):
    with speaking(language):
        label = priced("Re-run", price)
    shown = shown_on(label)
    assert shown is not None
    assert 0 <= shown - price < Decimal("0.01")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("12,5", "12.5"),
        ("0,125", "0.125"),
        ("12.5", "12.5"),
        ("1,200", "1,200"),  # 1200 or 1.2: nobody knows
        ("1,2,3", "1,2,3"),
        ("12,", "12,"),
    ],
)
def test_a_decimal_comma_is_read_where_it_can_mean_nothing_else(typed: str, read: str):
    assert with_decimal_point(typed) == read


def test_a_price_without_separators_has_at_most_two_decimals_and_is_never_too_low():
    with speaking("de"):
        assert [plain_amount(Decimal(each)) for each in ("1234", "1234.121", "0.004")] == ["1234", "1234,13", "0,01"]
