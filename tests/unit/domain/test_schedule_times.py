"""When schedules run: a year in each of several zones, with what clocks do there."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.server.schedules import DAILY, ONCE, next_run

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Africa/Casablanca", "Asia/Kathmandu"]
YEAR = [dt.date(2026, 1, 1) + dt.timedelta(days=each) for each in range(365)]
HOUR_S = 3600.0
TIMES = st.times().map(lambda each: each.replace(second=0, microsecond=0))


def at(zone: str, *moment: int) -> float:
    return dt.datetime(*moment, tzinfo=ZoneInfo(zone)).timestamp()  # type: ignore[arg-type]  # numbers of a date


def runs_of_a_year(repeat: str, time: str, zone: ZoneInfo) -> list[float]:
    """Follow a schedule through a year as the rounds do."""
    end = dt.datetime(2027, 1, 1, tzinfo=zone).timestamp()
    now, found = dt.datetime(2026, 1, 1, tzinfo=zone).timestamp() - 1, []
    while (run := next_run(repeat, time, now, zone)) is not None and run < end:
        found.append(run)
        now = run
    return found


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("time", ["00:00", "01:59", "02:00", "02:15", "02:30", "03:00", "12:00", "23:59"])
def test_each_day_of_a_year_has_one_run(zone: str, time: str):
    runs = runs_of_a_year(DAILY, time, ZoneInfo(zone))
    local = [dt.datetime.fromtimestamp(each, ZoneInfo(zone)) for each in runs]
    assert [each.date() for each in local] == YEAR
    late = Counter(each.strftime("%H:%M") for each in local if f"{each:%H:%M}" != time)
    assert sum(late.values()) <= 1, "clocks skip an hour once a year"


@pytest.mark.parametrize("zone", ZONES)
def test_each_week_of_a_year_has_one_run(zone: str):
    for weekday in range(7):
        runs = runs_of_a_year(str(weekday), "02:30", ZoneInfo(zone))
        local = [dt.datetime.fromtimestamp(each, ZoneInfo(zone)) for each in runs]
        assert [each.date() for each in local] == [each for each in YEAR if each.weekday() == weekday]


@pytest.mark.parametrize(
    ("zone", "day", "time", "runs_at"),
    [
        ("Europe/Berlin", dt.date(2026, 3, 29), dt.time(2, 30), at("UTC", 2026, 3, 29, 1, 30)),  # skipped: 03:30
        ("Europe/Berlin", dt.date(2026, 10, 25), dt.time(2, 30), at("UTC", 2026, 10, 25, 0, 30)),  # the first of two
        ("America/New_York", dt.date(2026, 3, 8), dt.time(2, 59), at("UTC", 2026, 3, 8, 7, 59)),
        ("America/New_York", dt.date(2026, 11, 1), dt.time(1, 30), at("UTC", 2026, 11, 1, 5, 30)),
        ("Australia/Lord_Howe", dt.date(2026, 10, 4), dt.time(2, 15), at("UTC", 2026, 10, 3, 15, 45)),  # half an hour
        ("Africa/Casablanca", dt.date(2026, 3, 22), dt.time(2, 30), at("UTC", 2026, 3, 22, 2, 30)),  # after Ramadan
        ("Pacific/Apia", dt.date(2011, 12, 30), dt.time(9, 0), at("UTC", 2011, 12, 30, 19, 0)),  # a day without a date
    ],
)
def test_a_skipped_time_is_as_much_later_as_the_clock_skips_and_of_two_the_first_counts(
    zone: str, day: dt.date, time: dt.time, runs_at: float
):
    assert next_run(ONCE, f"{day} {time:%H:%M}", 0.0, ZoneInfo(zone)) == runs_at
    assert next_run(DAILY, f"{time:%H:%M}", runs_at - 1, ZoneInfo(zone)) == runs_at
    after = next_run(DAILY, f"{time:%H:%M}", runs_at, ZoneInfo(zone))
    assert after is not None
    assert after > runs_at + 8 * HOUR_S, "what comes twice is read once"


@given(st.sampled_from(ZONES), TIMES, st.integers(0, 7), st.floats(1.6e9, 1.9e9), st.floats(-9e6, 9e6))
def test_the_next_run_is_later_and_no_run_lies_between(zone: str, time: dt.time, day: int, now: float, step: float):
    repeat, typed, where = DAILY if day == 7 else str(day), f"{time:%H:%M}", ZoneInfo(zone)
    found = next_run(repeat, typed, now, where)
    assert found is not None
    assert now < found <= now + (1 if day == 7 else 7) * 24 * HOUR_S + HOUR_S
    between = next_run(repeat, typed, (now + found) / 2, where)
    assert between == found or (now + found) / 2 >= found
    # However the clock is set, what comes after a run is another one.
    assert (next_run(repeat, typed, max(found, found + step), where) or 0) > found


@given(st.sampled_from(ZONES), st.dates(dt.date(2000, 1, 1), dt.date(2999, 12, 31)), TIMES)
def test_once_runs_once(zone: str, date: dt.date, time: dt.time):
    typed = f"{date.isoformat()} {time:%H:%M}"
    run = next_run(ONCE, typed, 0, ZoneInfo(zone))
    assert run is not None
    local = dt.datetime.fromtimestamp(run, ZoneInfo(zone))
    assert local.replace(tzinfo=None) >= dt.datetime.combine(date, time)
    assert next_run(ONCE, typed, run, ZoneInfo(zone)) is None


@pytest.mark.parametrize(
    ("repeat", "typed"),
    [
        (DAILY, "24:00"), (DAILY, "9"), (DAILY, "9:5"), (DAILY, "noon"), (DAILY, ""), (DAILY, "2027-01-01 09:00"),
        (ONCE, "09:00"), (ONCE, "2027-02-30 09:00"), (ONCE, "0001-01-01 09:00"), ("7", "09:00"), ("-1", "09:00"),
        ("x", "09:00"),
    ],
)  # fmt: skip
def test_what_is_no_time_is_none(repeat: str, typed: str):
    assert next_run(repeat, typed, 0.0, dt.UTC) is None
