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
from bot.media.lettering import Lettering

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
    numbered: tuple[str, ...]
    """Labels that the font cannot write; in the image they are #1, #2 and so on."""


def draw(
    title: str,
    subtitle: str,
    *,
    days: Sequence[Bar],
    members: Sequence[Bar],
    operations: Sequence[Bar],
    headings: tuple[str, str],
) -> Chart:
    """Draw spending by days (oldest first), and by members and operations (highest first) under their headings."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - 20 ms and 10 MB that only a report needs

    lists = [gathered(members), gathered(operations)]
    rows = max(1, *(len(each) for each in lists))
    height = HEAD_HEIGHT + DAYS_HEIGHT + GAP // 2 + LIST_HEAD + rows * ROW_HEIGHT + MARGIN // 2
    picture = Image.new("RGB", (WIDTH * SCALE, height * SCALE), BACKGROUND)
    canvas = _Canvas(ImageDraw.Draw(picture))
    canvas.text((MARGIN, 16), title, TITLE_SIZE, room=WIDTH - 2 * MARGIN)
    room = WIDTH - 2 * MARGIN - GAP - canvas.width(title, TITLE_SIZE)
    canvas.text((WIDTH - MARGIN, 23), subtitle, TEXT_SIZE, FAINT, anchor="ra", room=room)
    drawn = _draw_days(canvas, days, (MARGIN, HEAD_HEIGHT, WIDTH - MARGIN, HEAD_HEIGHT + DAYS_HEIGHT))
    top = HEAD_HEIGHT + DAYS_HEIGHT + GAP // 2
    inner = WIDTH / 2 - GAP / 2
    drawn += _draw_list(canvas, "members", headings[0], MEMBER_COLOUR, lists[0], (MARGIN, top, inner))
    place = (inner + GAP, top, WIDTH - MARGIN)
    drawn += _draw_list(canvas, "operations", headings[1], OPERATION_COLOUR, lists[1], place)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return Chart(png=file.getvalue(), bars=tuple(drawn), numbered=tuple(canvas.numbered))


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
    factors = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
    return next(unit * factor for factor in factors if unit * factor >= step) * GRID_LINES


def _draw_days(canvas: _Canvas, days: Sequence[Bar], area: Box) -> list[DrawnBar]:
    left, top, right, bottom = area
    most = ceiling(max((day.value for day in days), default=Decimal(0)))
    roof, floor = top + DAYS_TOP, bottom - DAYS_FOOT
    marks = [credits_text(most * step / GRID_LINES) for step in range(GRID_LINES + 1)]
    left += max(canvas.width(mark, TEXT_SIZE) for mark in marks) + 18
    for step, mark in enumerate(marks):
        y = floor - (floor - roof) * step / GRID_LINES
        canvas.bar((left, y - 1, right, y + 1), FAINT if step == 0 else GRID)
        canvas.text((left - 14, y), mark, TEXT_SIZE, FAINT, anchor="rm")
    slot = (right - left) / max(1, len(days))
    half = min(slot * BAR_SHARE, BAR_WIDTH_MAX) / 2
    boxes = []
    for place, day in enumerate(days):
        centre = left + slot * (place + 0.5)
        boxes.append((centre - half, floor - _length(day.value, most, floor - roof), centre + half, floor))
        canvas.bar(boxes[-1], DAY_COLOUR)
    numbers = _numbers_above(canvas, days, boxes, (left, right))
    _days_below(canvas, days, boxes, slot, floor + 8)
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


def _days_below(canvas: _Canvas, days: Sequence[Bar], boxes: Sequence[Box], slot: float, y: float) -> None:
    """Label the days: all, or every nth, counted back from the last."""
    widest = max((canvas.width(day.label, TEXT_SIZE) for day in days), default=0.0)
    for place in range(len(days) - 1, -1, -max(1, math.ceil((widest + 22) / slot))):
        centre = (boxes[place][0] + boxes[place][2]) / 2
        canvas.text((centre, y), days[place].label, TEXT_SIZE, FAINT, anchor="ma")


def _draw_list(
    canvas: _Canvas, panel: str, heading: str, colour: str, bars: Sequence[Bar], place: tuple[float, float, float]
) -> list[DrawnBar]:
    left, top, right = place
    canvas.text((left, top), heading, HEADING_SIZE)
    most = max((bar.value for bar in bars), default=Decimal(0)) or Decimal(1)
    drawn = []
    for row, bar in enumerate(bars):
        y = top + LIST_HEAD + row * ROW_HEIGHT
        number = credits_text(bar.value)
        canvas.text((right, y), number, TEXT_SIZE, anchor="ra")
        room = right - left - canvas.width(number, TEXT_SIZE) - 20
        canvas.text((left, y), canvas.label(bar.label), TEXT_SIZE, FAINT, room=room)
        box = (left, y + ROW_TEXT, left + _length(bar.value, most, right - left), y + ROW_TEXT + ROW_BAR)
        canvas.bar((left, box[1], right, box[3]), GRID)
        canvas.bar(box, colour)
        drawn.append(DrawnBar(panel, bar.label, bar.value, box, number))
    return drawn


def _length(value: Decimal, most: Decimal, room: float) -> float:
    return max(SMALLEST_BAR, room * float(value / most)) if value else 0.0


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


class _Canvas(Lettering):
    def __init__(self, pen: ImageDraw) -> None:
        super().__init__(SCALE)
        self._pen = pen
        self.numbered: list[str] = []

    def label(self, name: str) -> str:
        """Return a name as it can be written, else its number."""
        if self.is_readable(name):
            return name
        self.numbered.append(name)
        return f"#{len(self.numbered)}"

    def text(
        self, at: tuple[float, float], text: str, size: int, colour: str = TEXT, anchor: str = "la", room: float = WIDTH
    ) -> None:
        self.draw(self._pen, at, self.fitted(self.drawable(text), size, room), size, colour, anchor=anchor)

    def bar(self, box: Box, colour: str) -> None:
        if box[2] - box[0] >= 0.5 and box[3] - box[1] >= 0.5:
            left, top, right, bottom = (each * SCALE for each in box)
            self._pen.rectangle((left, top, right - 1, bottom - 1), fill=colour)
