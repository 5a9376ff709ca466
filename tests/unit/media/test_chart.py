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
    DAY_COLOUR,
    DAYS_HEIGHT,
    GRID_LINES,
    HEAD_HEIGHT,
    MEMBER_COLOUR,
    OPERATION_COLOUR,
    ROWS_MAX,
    SCALE,
    TEXT_SIZE,
    WIDTH,
    Bar,
    Chart,
    ceiling,
    draw,
    gathered,
)
from tests.support.examples import examples

AMOUNTS = st.decimals(min_value=0, max_value=99_999_999, places=3)
COLOURS = {"days": DAY_COLOUR, "members": MEMBER_COLOUR, "operations": OPERATION_COLOUR}


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


def test_every_bar_is_as_long_as_its_number_says() -> None:
    chart = chart_of(bars(10, 40, 20), bars(50, 20), bars("60.5", "9.5"))
    seen = picture(chart)
    for panel, colour in COLOURS.items():
        for bar in (each for each in chart.bars if each.panel == panel):
            left, top, right, bottom = bar.box
            middle = (left + right) / 2, (top + bottom) / 2
            assert near(seen.getpixel((int(middle[0]), int(middle[1]))), colour)
            if panel == "days":
                column = [
                    near(seen.getpixel((int(middle[0]), y)), colour) for y in range(HEAD_HEIGHT, int(bottom) + 10)
                ]
                assert sum(column) == pytest.approx(bottom - top, abs=3)
            else:
                row = [near(seen.getpixel((x, int(middle[1]))), colour) for x in range(int(left), seen.width)]
                assert sum(row) == pytest.approx(right - left, abs=3)
    days = {bar.value: bar.box[3] - bar.box[1] for bar in chart.bars if bar.panel == "days"}
    assert days[Decimal(40)] == pytest.approx(4 * days[Decimal(10)])
    assert days[Decimal(20)] == pytest.approx(2 * days[Decimal(10)])


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


def test_in_a_week_every_day_has_its_number() -> None:
    chart = chart_of(bars("1234.5", 2000, "17.125", 3, 900, 1500, "0.5"))
    assert [bar.number for bar in chart.bars] == ["1,234.5", "2,000", "17.125", "3", "900", "1,500", "0.5"]


def test_a_small_amount_is_seen_beside_a_large_one() -> None:
    chart = chart_of(bars(1, 100_000))
    left, top, right, bottom = chart.bars[0].box
    assert near(picture(chart).getpixel((int((left + right) / 2), int((top + bottom) / 2))), DAY_COLOUR)


@pytest.mark.parametrize("rows", [0, 1, 3, 30])
def test_it_is_landscape_and_its_letters_are_readable_400_pixels_wide(rows: int) -> None:
    seen = picture(chart_of(bars(1, 2), bars(*range(rows)), bars(*range(rows))))
    assert seen.width == WIDTH
    assert 400 / WIDTH * seen.height <= 300  # Discord makes a higher one narrower
    assert 400 / WIDTH * TEXT_SIZE >= 11


def test_nothing_spent_is_drawn_too() -> None:
    chart = chart_of(bars(0, 0, 0))
    assert [bar.number for bar in chart.bars] == [None, None, None]
    assert near(picture(chart).getpixel((2, 2)), BACKGROUND)


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


@given(st.decimals(min_value=0, max_value=10**9, places=3))
def test_an_axis_ends_at_a_round_number_close_above(value: Decimal) -> None:
    top = ceiling(value)
    assert value <= top <= max(value * 3, Decimal("0.004"))
    step = (top / GRID_LINES).normalize()
    assert step.as_tuple().digits in {(1,), (2,), (2, 5), (5,)}


def test_pillow_is_loaded_with_the_first_picture_only() -> None:
    code = "import sys, bot.media.chart; assert 'PIL' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
