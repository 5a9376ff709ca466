"""Weeks of a server: each is posted once, in every time zone, over a year with its changes of the clock."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.server.weeks import POSTED_AFTER_S, last_week, posted_next

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia")
HOUR_S, DAY_S = 3600.0, 86_400.0
BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC).timestamp()


@pytest.mark.parametrize("name", ZONES)
def test_in_a_year_each_week_is_due_once_on_monday_morning_and_none_is_left_out(name: str):
    zone = zoneinfo.ZoneInfo(name)
    now, mondays = BEGIN, list[str]()
    while now < BEGIN + 366 * DAY_S:
        now = posted_next(now, zone)
        local = dt.datetime.fromtimestamp(now, zone)
        assert (local.weekday(), local.hour) == (0, 9)
        mondays.append(last_week(now, zone).monday)
    first = dt.date.fromisoformat(mondays[0])
    assert mondays == [(first + dt.timedelta(weeks=number)).isoformat() for number in range(len(mondays))]
    assert len(mondays) in {52, 53}


@given(st.sampled_from(ZONES), st.floats(BEGIN, BEGIN + 800 * DAY_S))
def test_weeks_follow_each_other_without_a_gap(name: str, now: float):
    zone = zoneinfo.ZoneInfo(name)
    week = last_week(now, zone)
    assert week.until <= now < posted_next(now, zone) - POSTED_AFTER_S
    assert 7 * DAY_S - 2 * HOUR_S <= week.until - week.since <= 7 * DAY_S + 2 * HOUR_S
    before = last_week(week.until - 1, zone)
    assert before.until == week.since
    assert before.monday < week.monday
