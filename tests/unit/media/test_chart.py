from __future__ import annotations

import io
import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageColor

from bot.domain.models import credits_text
from bot.media.chart import (
    BACKGROUND,
    DAYS_HEIGHT,
    HEAD_HEIGHT,
    ROWS_MAX,
    SCALE,
    Bar,
    Chart,
    draw,
    gathered,
)
from tests.support.examples import examples

AMOUNTS = st.decimals(min_value=0, max_value=99_999_999, places=3)


def bars(*values: str | int) -> list[Bar]:
    return [Bar(f"{number} Nov", Decimal(value)) for number, value in enumerate(values, 1)]


def chart_of(days: list[Bar], members: list[Bar] | None = None, operations: list[Bar] | None = None) -> Chart:
    return draw(
        "Credits spent",
        "1 to 9 Nov",
        days=days,
        members=members or [],
        operations=operations or [],
        headings=("By member", "By operation"),
    )


def numbers(chart: Chart, panel: str) -> list[Decimal]:
    return [bar.value for bar in chart.bars if bar.panel == panel]


def picture(chart: Chart) -> Image.Image:
    seen = Image.open(io.BytesIO(chart.png)).convert("RGB")
    return seen.resize((seen.width // SCALE, seen.height // SCALE), Image.Resampling.BOX)


def near(pixel: object, colour: str) -> bool:
    assert isinstance(pixel, tuple)
    return max(abs(a - b) for a, b in zip(pixel, ImageColor.getrgb(colour), strict=True)) <= 12


@pytest.mark.long
@settings(max_examples=examples(quick=5, long=15))
@given(
    days=st.lists(AMOUNTS, min_size=1, max_size=90),
    members=st.lists(AMOUNTS, max_size=30),
    operations=st.lists(AMOUNTS, max_size=22),
)
def test_what_is_drawn_is_what_was_given_and_nothing_touches(
    days: list[Decimal], members: list[Decimal], operations: list[Decimal]
) -> None:
    chart = chart_of(
        [Bar(f"{place % 28 + 1} Sep", value) for place, value in enumerate(days)],
        [Bar(f"member {place}", value) for place, value in enumerate(members)],
        [Bar(f"operation {place}", value) for place, value in enumerate(operations)],
    )
    assert numbers(chart, "days") == days
    for panel, given_ in (("members", members), ("operations", operations)):
        assert sum(numbers(chart, panel)) == sum(given_)
        assert len(numbers(chart, panel)) <= ROWS_MAX + 1
    width, height = picture(chart).size
    for bar in chart.bars:
        assert bar.number in {None, credits_text(bar.value)}
        assert bar.box[0] >= 0
        assert bar.box[1] >= HEAD_HEIGHT
        assert bar.box[2] <= width
        assert bar.box[3] <= height
    if max(days):  # the dearest day always has its number
        assert next(bar for bar in chart.bars if bar.value == max(days)).number == credits_text(max(days))


def test_many_rows_become_a_few_and_the_rest_together() -> None:
    made = gathered(bars(*range(20, 0, -1)))
    assert [bar.value for bar in made] == [20, 19, 18, 17, sum(range(1, 17))]
    assert made[-1].label == "16 others"
    assert gathered(bars(*range(5))) == bars(*range(5))  # one more is no "1 others"


@pytest.mark.parametrize("name", ["x" * 500, "", "漢", "\n\n", "W" * 60])
def test_any_name_is_drawn_and_leaves_room_for_its_number(name: str) -> None:
    chart = chart_of(bars(1), [Bar(name, Decimal("99999999.999"))])
    right = next(bar.box[2] for bar in chart.bars if bar.panel == "members")
    seen = picture(chart)
    # Between both lists, right of the number, there is nothing but background.
    assert all(
        near(seen.getpixel((int(right) + 20, y)), BACKGROUND)
        for y in range(HEAD_HEIGHT + DAYS_HEIGHT + 20, seen.height)
    )


def test_names_that_the_font_lacks_are_numbered_and_returned() -> None:
    names = ["Ada", "สมชาย", "田中", "🦊"]
    chart = chart_of(bars(1), [Bar(name, Decimal(1)) for name in names])
    assert chart.numbered == ("สมชาย", "🦊")
    as_numbers = chart_of(bars(1), [Bar(name, Decimal(1)) for name in ["Ada", "#1", "田中", "#2"]])
    assert chart.png == as_numbers.png
    assert as_numbers.numbered == ()


def test_pillow_is_loaded_with_the_first_picture_only() -> None:
    code = "import sys, bot.media.chart; assert 'PIL' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
