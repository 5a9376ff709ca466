from __future__ import annotations

import datetime as dt
import json
import zoneinfo
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.server.guild_rules import (
    Payer,
    Period,
    PictureCount,
    ReviewPrivate,
    Rules,
    Spoilers,
    Strength,
)
from bot.domain.server.reaction_rules import ReactionAction, Seeding
from bot.domain.server.setting import WORDS_MAX

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
# Clocks change at midnight itself in Cairo, Havana and Santiago, by half an hour on Lord Howe, never in Kathmandu.
ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "Africa/Cairo", "America/Havana", "America/Santiago",
    "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Niue", "Asia/Beirut",
]  # fmt: skip
FROM, TO = 1_600_000_000.0, 2_100_000_000.0


def at(text: str, zone: str = "UTC") -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zoneinfo.ZoneInfo(zone)).timestamp()


# ---------------------------------------------------------------------- periods


@given(st.floats(FROM, TO), st.sampled_from([Period.DAY, Period.WEEK, Period.MONTH]), st.sampled_from(ZONES))
def test_every_moment_lies_in_one_period_and_periods_follow_each_other(now: float, period: Period, name: str) -> None:
    zone = zoneinfo.ZoneInfo(name)
    start, end = period.start(now, zone), period.end(now, zone)
    assert end is not None
    assert start <= now < end
    assert (period.start(start, zone), period.end(start, zone)) == (start, end)
    assert period.start(end, zone) == end
    assert period.start(end - 1, zone) == start


@pytest.mark.parametrize(
    ("period", "moment", "start", "end"),
    [
        (Period.DAY, "2026-01-31 23:59:59.999", "2026-01-31", "2026-02-01"),
        (Period.DAY, "2026-02-01 00:00:00", "2026-02-01", "2026-02-02"),
        (Period.WEEK, "2026-03-01 23:59:59", "2026-02-23", "2026-03-02"),  # a Sunday
        (Period.WEEK, "2026-03-02 00:00:00", "2026-03-02", "2026-03-09"),  # a Monday
        (Period.WEEK, "2025-12-31 12:00:00", "2025-12-29", "2026-01-05"),
        (Period.MONTH, "2024-02-29 12:00:00", "2024-02-01", "2024-03-01"),
        (Period.MONTH, "2026-01-31 12:00:00", "2026-01-01", "2026-02-01"),
        (Period.MONTH, "2026-12-31 23:59:59", "2026-12-01", "2027-01-01"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_a_period_begins_and_ends_at_the_guilds_own_midnight(
    period: Period, moment: str, start: str, end: str, zone: str
) -> None:
    now, tz = at(moment, zone), zoneinfo.ZoneInfo(zone)
    assert (period.start(now, tz), period.end(now, tz)) == (at(start, zone), at(end, zone))


def test_the_same_moment_may_be_another_day_in_another_zone() -> None:
    now = at("2026-06-01 00:30:00")
    assert Period.MONTH.start(now, dt.UTC) == now - 1800
    assert Period.MONTH.start(now, zoneinfo.ZoneInfo("America/New_York")) == at("2026-05-01", "America/New_York")
    assert Period.DAY.end(now, zoneinfo.ZoneInfo("Asia/Kathmandu")) == at("2026-06-02", "Asia/Kathmandu")


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(day: str, hours: int) -> None:
    noon = at(f"{day} 12:00", "Europe/Berlin")
    end = Period.DAY.end(noon, BERLIN)
    assert end is not None
    assert end - Period.DAY.start(noon, BERLIN) == hours * 3600


def test_where_midnight_is_skipped_the_day_begins_when_the_clocks_have_changed() -> None:
    cairo = zoneinfo.ZoneInfo("Africa/Cairo")  # 24 April 2026: 00:00 becomes 01:00
    start = Period.DAY.start(at("2026-04-24 12:00", "Africa/Cairo"), cairo)
    assert dt.datetime.fromtimestamp(start, cairo).isoformat() == "2026-04-24T01:00:00+03:00"
    assert Period.DAY.end(start - 1, cairo) == start


def test_a_total_never_begins_again() -> None:
    assert Period.TOTAL.start(FROM, BERLIN) == 0
    assert Period.TOTAL.end(FROM, BERLIN) is None


# ---------------------------------------------------------------------- settings


@pytest.mark.parametrize("name", ["", "Nowhere/Land", "../../etc/passwd", "Europe", "nul\x00", "/etc/localtime"])
def test_an_unknown_zone_is_utc(name: str) -> None:
    assert Rules(timezone=name).zone is dt.UTC


EVERYTHING = Rules(
    retention_days=36_500,
    moderator_role=2**63,
    allowed_channels=frozenset({3, 1, 2}),
    forbidden_channels=frozenset({9}),
    unchecked_only_in_age_restricted=False,
    own_accounts=False,
    running_per_member=1,
    queued_per_member=2,
    running_per_server=3,
    job_ceiling=Decimal("0.001"),
    confirm_above=Decimal(0),
    approve_above=Decimal("12.5"),
    approval_channel=4,
    approve_own=True,
    log_channel=5,
    cast_channel=6,
    starter_styles=False,
    rerun_payer=Payer.OFF,
    review_private=ReviewPrivate.ON,
    spoilers=Spoilers.ALWAYS,
    words=("zebra", "ape"),
    ping=False,
    answer_words=False,
    default_models=MappingProxyType({"image.generate": "flux"}),
    pictures=PictureCount.FOUR,
    vary_strength=Strength.SUBTLE,
    language="pt-BR",
    default_voice="v_ada",
    voice_labels=MappingProxyType({"v_ada": "Ada"}),
    timezone="Europe/Berlin",
    paused=True,
    estimate_tool=False,
    ai_label=False,
    gallery_channel=11,
    gallery_stars=0,
    reactions=frozenset({ReactionAction.RERUN}),
    seeds=Seeding.OFF,
)


def test_settings_survive_being_written_and_read() -> None:
    default = Rules()
    assert all(getattr(EVERYTHING, name) != getattr(default, name) for name in Rules.__slots__)
    assert Rules.from_json(json.loads(json.dumps(EVERYTHING.to_json()))) == EVERYTHING


def test_only_what_differs_from_the_defaults_is_written() -> None:
    assert Rules().to_json() == {}
    assert Rules(ping=False, approve_above=Decimal(5)).to_json() == {"ping": False, "approve_above": "5"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("running_per_member", 0),
        ("running_per_member", 1001),
        ("running_per_server", float("inf")),
        ("queued_per_member", "many"),
        ("job_ceiling", "NaN"),
        ("job_ceiling", -1),
        ("approve_above", True),
        ("moderator_role", [1]),
        ("allowed_channels", 7),
        ("allowed_channels", ["x"]),
        ("rerun_payer", "nobody"),
        ("default_models", 5),
        ("voice_labels", ["x"]),
        ("words", None),
    ],
)
def test_a_value_that_makes_no_sense_leaves_the_default_and_the_rest(name: str, value: Any) -> None:
    rules = Rules.from_json({name: value, "ping": False, "unheard of": 1})
    assert rules == Rules(ping=False)


def test_the_word_list_has_an_end() -> None:
    assert len(Rules.from_json({"words": ["w"] * (WORDS_MAX + 1)}).words) == WORDS_MAX
