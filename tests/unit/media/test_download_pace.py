"""When a download is given up for its pace."""

from __future__ import annotations

import pytest

from bot.errors import MediaSlow
from bot.media.fetcher import FLOOR_BYTES_S, FLOOR_WINDOW_S, DownloadPace
from tests.support.rig import ManualClock


def seconds_until_given_up(clock: ManualClock, *paces: tuple[float, int]) -> float | None:
    """Return when a body is given up that comes at each of (seconds, bytes per second) in turn, None if never."""
    pace, begun = DownloadPace(clock), clock.monotonic()
    for seconds, bytes_s in paces:
        for _ in range(int(seconds * 4)):
            clock.advance(0.25)
            try:
                pace.add(bytes_s // 4)
            except MediaSlow:
                return clock.monotonic() - begun
    return None


@pytest.mark.parametrize(
    ("paces", "given_up"),
    [
        ([(300, FLOOR_BYTES_S + 400)], None),
        ([(300, FLOOR_BYTES_S - 400)], FLOOR_WINDOW_S),
        ([(300, 1)], FLOOR_WINDOW_S),
        ([(19, 0), (1, FLOOR_BYTES_S * 20)], None),
    ],
)
def test_it_is_given_up_after_twenty_seconds_below_the_floor(paces: list[tuple[float, int]], given_up: float | None):
    found = seconds_until_given_up(ManualClock(), *paces)
    assert found == given_up


def test_what_came_fast_before_does_not_excuse_a_host_that_drips_now():
    found = seconds_until_given_up(ManualClock(), (60, 1_000_000), (300, 4))
    assert found is not None
    assert 60 < found <= 60 + FLOOR_WINDOW_S + 1
