from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.server.schedules import DATE, WEEKDAY, filled, unknown_variable

VALUES = {DATE: "2026-11-30", WEEKDAY: "Monday"}


@pytest.mark.parametrize(
    ("text", "done"),
    [
        ("a fox on {weekday}, {date}", "a fox on Monday, 2026-11-30"),
        ("{Weekday} { DATE }", "Monday 2026-11-30"),
        ("{random: a fox | a bear |}", "a bear"),
        ("{random:a}", "a"),
        ("nothing", "nothing"),
    ],
)
def test_variables_are_filled_in(text: str, done: str):
    assert unknown_variable(text) is None
    assert filled(text, VALUES, lambda each: each[-1]) == done


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("{day}", "{day}"),
        ("{random}", "{random}"),
        ("{random: | }", "{random: | }"),
        ("{}", "{}"),
        ("a { fox", "{"),
        ("a } fox", "}"),
        ("{random: {date} | b}", "{"),
        ("{1.image_url}", "{1.image_url}"),
    ],
)
def test_what_is_no_variable_is_named(text: str, unknown: str):
    assert unknown_variable(text) == unknown


@given(st.text())
def test_what_is_accepted_can_be_filled_in(text: str):
    if unknown_variable(text) is None:
        assert "{" not in filled(text, VALUES, lambda each: each[0])
