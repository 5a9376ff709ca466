"""What moderators type, and how settings read."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.guild_rules import WORDS_MAX, Payer, Rules
from bot.domain.text import full_stop, one_line
from bot.domain.time_zones import nearest_zones, zone_named, zone_names
from bot.domain.word_filter import forbidden_word
from bot.errors import InputError
from cogs.moderate.settings.forms import credits_as_typed, credits_typed, words_typed
from cogs.moderate.settings.labels import about, label, sentence, value
from cogs.moderate.settings.panel import PAGE_OF

CHANGED = Rules(
    moderator_role=1,
    allowed_channels=frozenset({2, 3}),
    forbidden_channels=frozenset({4}),
    unchecked_only_in_age_restricted=False,
    running_per_member=4,
    queued_per_member=11,
    running_per_server=21,
    job_ceiling=Decimal(5),
    confirm_above=Decimal(6),
    approve_above=Decimal("7.5"),
    approval_channel=8,
    approve_own=True,
    log_channel=9,
    rerun_payer=Payer.OFF,
    words=("stoat",),
    ping=True,
    default_models=MappingProxyType({"image.generate": "gptimage2"}),
    timezone="Europe/Berlin",
    paused=True,
    estimate_tool=True,
)


def test_every_setting_has_words_and_all_but_the_pause_stand_on_a_page():
    names = {each.name for each in fields(Rules)}
    assert PAGE_OF.keys() == names - {"paused"}
    assert all(value(CHANGED, name) != value(Rules(), name) for name in names)
    assert len({label(name) for name in names}) == len(names)


def test_a_change_names_each_setting_with_its_old_and_its_new_value():
    text = sentence(Rules(), CHANGED)
    assert text.count(" → ") == len(fields(Rules))
    assert "approval needed above: none → 7.5 credits" in text
    assert "stoat" not in text
    assert about(Rules(), CHANGED)["words"] == [None, ["stoat"]]
    assert about(CHANGED, Rules())["approve_above"] == ["7.5", None]


def test_no_change_has_no_words():
    assert sentence(CHANGED, CHANGED) == ""
    assert about(CHANGED, CHANGED) == {}


@pytest.mark.parametrize(
    ("typed", "name"),
    [("utc", "UTC"), ("europe/berlin", "Europe/Berlin"), ("America/New York", "America/New_York")],
)
def test_a_zone_is_found_in_any_case(typed, name):
    assert zone_named(typed) == name


@pytest.mark.parametrize(
    ("typed", "near"),
    [("Berlin", "Europe/Berlin"), ("Europe/Berln", "Europe/Berlin"), ("new york", "America/New_York")],
)
def test_a_zone_that_is_none_gets_the_nearest(typed, near):
    with pytest.raises(InputError, match=near):
        zone_named(typed)


@given(st.text(max_size=60))
def test_nothing_that_is_typed_as_a_zone_breaks(typed):
    assert len(nearest_zones(typed)) <= 3
    if "_".join(typed.split()).lower() in zone_names():
        assert str(Rules(timezone=zone_named(typed)).zone) == zone_named(typed)
    else:
        with pytest.raises(InputError, match="no such time zone"):
            zone_named(typed)


@given(st.text(max_size=80))
def test_a_sentence_ends_with_exactly_one_stop(text):
    ended = full_stop(one_line(text))
    assert ended == "" or ended[-1] in ".!?…"
    assert not ended.endswith("..")


@pytest.mark.parametrize(
    ("text", "ended"),
    [("a", "a."), ("a.", "a."), ("a...", "a."), ("a. .", "a."), ("a!", "a!"), ("a?", "a?"), ("a…", "a…"), ("...", "")],
)
def test_how_a_reason_ends(text, ended):
    assert full_stop(text) == ended


def test_words_are_kept_once_in_lower_case_and_each_is_found():
    words = words_typed(" Stoat,\n BADGER ; stoat\n\nold\tmole")
    assert words == ("stoat", "badger", "old mole")
    assert all(forbidden_word(f"an {word.upper()} here", words) for word in words)


@pytest.mark.parametrize(
    "typed", ["!?", "a" * 61, "\n".join(f"w{number}" for number in range(WORDS_MAX + 1)), "ok,\u3164"]
)
def test_a_list_that_cannot_work_is_refused(typed):
    with pytest.raises(InputError):
        words_typed(typed)


@given(st.decimals(min_value=0, max_value=999_999_999, places=3))
def test_a_threshold_can_be_typed_as_it_is_shown(amount):
    assert credits_typed(credits_as_typed(amount), "job_ceiling") == amount


def test_no_threshold_is_shown_and_typed_as_nothing():
    assert credits_as_typed(None) == ""
    assert credits_typed("", "job_ceiling") is None
