"""Draws a guild's spending: credits per day, per member, per operation, wider than high.

Blocking. Pillow is imported with the first image, and decodes no foreign file. The palette is Okabe and Ito's for the
colour-blind; no meaning depends on colour alone.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from bot.domain.models import credits_text
from bot.media import texts
from bot.media.lettering import Lettering, drawable

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

WIDTH, MARGIN, GAP = 800, 24, 36
"""Discord shows it at least 400 pixels wide: text then appears half as large."""
TITLE_SIZE, HEADING_SIZE, TEXT_SIZE = 30, 24, 22
HEAD_HEIGHT, DAYS_HEIGHT, DAYS_TOP, DAYS_FOOT = 64, 224, 34, 38
LIST_HEAD, ROW_HEIGHT, ROW_TEXT, ROW_BAR = 38, 44, 28, 8
ROWS_MAX = 4
"""Rows of a list; the rest become one more."""
BAR_SHARE = 0.72
BAR_WIDTH_MAX = 110.0
SMALLEST_BAR = 3.0
"""In pixels, so that small amounts are visible."""
SCALE = 2
"""Pixels of the image per unit of these sizes: dense screens show it sharp."""
GRID_LINES = 4

BACKGROUND, GRID, FAINT, TEXT = "#1E1F22", "#34363C", "#A9ACB4", "#F2F3F5"
DAY_COLOUR, MEMBER_COLOUR, OPERATION_COLOUR = "#56B4E9", "#E69F00", "#009E73"

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels."""


@dataclass(frozen=True, slots=True)
class Bar:
    """An amount in credits."""

    label: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """A drawn bar: its box and number, None if there was no room."""

    panel: str
    label: str
    value: Decimal
    box: Box
    number: str | None


@dataclass(frozen=True, slots=True)
class Chart:
    """An image, and its data."""

    png: bytes
    bars: tuple[DrawnBar, ...]

    def numbers(self, panel: str) -> list[Decimal]:
        """Return the drawn amounts of `days`, `members` or `operations`, in order."""
        return [bar.value for bar in self.bars if bar.panel == panel]


def draw(
    title: str,
    subtitle: str,
    *,
    days: Sequence[Bar],
    members: Sequence[Bar],
    operations: Sequence[Bar],
    members_heading: str | None = None,
) -> Chart:
    """Draw spending by days (oldest first), members and operations (highest first).

    With `members_heading`, the member list has other rows, under that heading.
    """
    from PIL import Image, ImageDraw  # noqa: PLC0415 - 20 ms and 10 MB that only a report needs

    lists = [gathered(members), gathered(operations)]
    rows = max(1, *(len(each) for each in lists))
    height = HEAD_HEIGHT + DAYS_HEIGHT + GAP // 2 + LIST_HEAD + rows * ROW_HEIGHT + MARGIN // 2
    picture = Image.new("RGB", (WIDTH * SCALE, height * SCALE), BACKGROUND)
    canvas = _Canvas(ImageDraw.Draw(picture))
    name = drawable(title)
    canvas.text((MARGIN, 16), name, TITLE_SIZE, room=WIDTH - 2 * MARGIN)
    room = WIDTH - 2 * MARGIN - GAP - canvas.width(name, TITLE_SIZE)
    canvas.text((WIDTH - MARGIN, 23), drawable(subtitle), TEXT_SIZE, FAINT, anchor="ra", room=room)
    drawn = _draw_days(canvas, days, (MARGIN, HEAD_HEIGHT, WIDTH - MARGIN, HEAD_HEIGHT + DAYS_HEIGHT))
    top = HEAD_HEIGHT + DAYS_HEIGHT + GAP // 2
    middle = WIDTH / 2
    places = [
        ("members", members_heading or str(texts.BY_MEMBER), MEMBER_COLOUR, MARGIN),
        ("operations", str(texts.BY_OPERATION), OPERATION_COLOUR, middle),
    ]
    for (panel, heading, colour, left), bars in zip(places, lists, strict=True):
        inset = left if panel == "members" else left + GAP / 2
        drawn += _draw_list(
            canvas, panel, heading, colour, bars, (inset, top, inset + middle - MARGIN - GAP / 2, height)
        )
    file = io.BytesIO()
    picture.save(file, "PNG")
    return Chart(png=file.getvalue(), bars=tuple(drawn))


def gathered(bars: Sequence[Bar]) -> list[Bar]:
    """Return the first rows, and the rest's sum as one row."""
    if len(bars) <= ROWS_MAX + 1:
        return list(bars)
    rest = bars[ROWS_MAX:]
    return [*bars[:ROWS_MAX], Bar(texts.OTHERS(count=len(rest)), sum((bar.value for bar in rest), Decimal(0)))]


def ceiling(value: Decimal) -> Decimal:
    """Return a round axis maximum, at least `value`, for GRID_LINES even steps."""
    step = max(value, Decimal("0.001")) / GRID_LINES
    unit = Decimal(10) ** math.floor(math.log10(step))
    for factor in (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10)):
        if unit * factor >= step:
            return unit * factor * GRID_LINES
    return unit * 10 * GRID_LINES


def _draw_days(canvas: _Canvas, days: Sequence[Bar], area: Box) -> list[DrawnBar]:
    left, top, right, bottom = area
    most = ceiling(max((day.value for day in days), default=Decimal(0)))
    roof, floor = top + DAYS_TOP, bottom - DAYS_FOOT
    marks = [credits_text(most * step / GRID_LINES) for step in range(GRID_LINES + 1)]
    left += max(canvas.width(mark, TEXT_SIZE) for mark in marks) + 18
    for step, mark in enumerate(marks):
        y = floor - (floor - roof) * step / GRID_LINES
        canvas.line((left, y, right, y), FAINT if step == 0 else GRID)
        canvas.text((left - 14, y), mark, TEXT_SIZE, FAINT, anchor="rm")
    slot = (right - left) / max(1, len(days))
    half = min(slot * BAR_SHARE, BAR_WIDTH_MAX) / 2
    boxes = []
    for place, day in enumerate(days):
        centre = left + slot * (place + 0.5)
        boxes.append((centre - half, floor - _length(day.value, most, floor - roof), centre + half, floor))
    for box in boxes:
        canvas.bar(box, DAY_COLOUR)
    numbers = _numbers_above(canvas, days, boxes, (left, right))
    _days_below(canvas, days, boxes, (left, floor + 8, right))
    return [
        DrawnBar("days", day.label, day.value, box, number)
        for day, box, number in zip(days, boxes, numbers, strict=True)
    ]


def _numbers_above(
    canvas: _Canvas, days: Sequence[Bar], boxes: Sequence[Box], sides: tuple[float, float]
) -> list[str | None]:
    """Write the numbers over their bars, the largest first, without overlaps."""
    written: list[str | None] = [None] * len(days)
    taken: list[Box] = list(boxes)
    for place in sorted(range(len(days)), key=lambda each: -days[each].value):
        if not days[place].value:
            continue
        number = credits_text(days[place].value)
        box, wide = boxes[place], canvas.width(number, TEXT_SIZE) / 2
        centre = min(max((box[0] + box[2]) / 2, sides[0] + wide), sides[1] - wide)
        room = (centre - wide - 3, box[1] - TEXT_SIZE - 6, centre + wide + 3, box[1] - 1)
        if any(_touch(room, other) for other in taken):
            continue
        taken.append(room)
        canvas.bar(room, BACKGROUND)  # no grid line through a number
        canvas.text((centre, box[1] - 6), number, TEXT_SIZE, anchor="ms")
        written[place] = number
    return written


def _days_below(canvas: _Canvas, days: Sequence[Bar], boxes: Sequence[Box], line: tuple[float, float, float]) -> None:
    """Label the days: all, or every nth, counted back from the last."""
    left, y, right = line
    labels = [drawable(day.label) for day in days]
    widest = max((canvas.width(each, TEXT_SIZE) for each in labels), default=0.0)
    slot = (right - left) / max(1, len(days))
    every = max(1, math.ceil((widest + 22) / slot))
    end = math.inf
    for place in range(len(days) - 1, -1, -every):
        wide = canvas.width(labels[place], TEXT_SIZE) / 2
        centre = min(max((boxes[place][0] + boxes[place][2]) / 2, left + wide), right - wide)
        if centre + wide > end:
            continue  # the last one was moved inwards
        canvas.text((centre, y), labels[place], TEXT_SIZE, FAINT, anchor="ma")
        end = centre - wide - 12


def _draw_list(
    canvas: _Canvas, panel: str, heading: str, colour: str, bars: Sequence[Bar], area: Box
) -> list[DrawnBar]:
    left, top, right, _ = area
    canvas.text((left, top), heading, HEADING_SIZE)
    most = max((bar.value for bar in bars), default=Decimal(0)) or Decimal(1)
    drawn = []
    for place, bar in enumerate(bars):
        y = top + LIST_HEAD + place * ROW_HEIGHT
        number = credits_text(bar.value)
        canvas.text((right, y), number, TEXT_SIZE, anchor="ra")
        room = right - left - canvas.width(number, TEXT_SIZE) - 20
        canvas.text((left, y), drawable(bar.label), TEXT_SIZE, FAINT, room=room)
        box = (left, y + ROW_TEXT, left + _length(bar.value, most, right - left), y + ROW_TEXT + ROW_BAR)
        canvas.bar((left, box[1], right, box[3]), GRID)
        canvas.bar(box, colour)
        drawn.append(DrawnBar(panel, bar.label, bar.value, box, number))
    return drawn


def _length(value: Decimal, most: Decimal, room: float) -> float:
    return max(SMALLEST_BAR, room * float(value / most)) if value else 0.0


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


class _Canvas:
    def __init__(self, draw_: ImageDraw) -> None:
        self._draw = draw_
        self._letters = Lettering(SCALE)

    def width(self, text: str, size: int) -> float:
        return self._letters.width(text, size)

    def text(
        self,
        at: tuple[float, float],
        text: str,
        size: int,
        colour: str = TEXT,
        *,
        anchor: str = "la",
        room: float | None = None,
    ) -> None:
        fitted = text if room is None else self._letters.fitted(text, size, room)
        self._letters.draw(self._draw, at, fitted, size, colour, anchor=anchor)

    def line(self, box: Box, colour: str) -> None:
        self._draw.line([each * SCALE for each in box], fill=colour, width=2 * SCALE)

    def bar(self, box: Box, colour: str) -> None:
        if box[2] - box[0] >= 0.5 and box[3] - box[1] >= 0.5:
            left, top, right, bottom = (each * SCALE for each in box)
            self._draw.rectangle((left, top, right - 1, bottom - 1), fill=colour)
