"""The one grammar of placeholders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.models import new_id
from bot.domain.words.templates import (
    OutputRef,
    is_parameter_name,
    output_of_step,
    outputs_in,
    parameters_in,
    steps_in,
    text_output,
    with_outputs,
    with_parameters,
    without_braces,
)

JOB = "7AB2CD3EF4"
KEYS = st.from_regex(r"[A-Za-z0-9_]{1,64}", fullmatch=True)
SOURCES = st.integers(0, 99).map(str) | st.builds(new_id)
REFS = st.builds(OutputRef, SOURCES, KEYS)
PLAIN = st.text().map(without_braces)


@given(st.lists(st.tuples(PLAIN, REFS)), PLAIN)
def test_what_is_written_is_read_again_and_put_in_in_its_place(pieces: list[tuple[str, OutputRef]], end: str):
    template = "".join(f"{text}{ref}" for text, ref in pieces) + end
    assert outputs_in(template) == [ref for _, ref in pieces]
    values = {ref: f"<{number}>" for number, (_, ref) in enumerate(pieces)}
    assert with_outputs(template, values) == "".join(f"{text}{values[ref]}" for text, ref in pieces) + end


def test_a_list_gives_a_list_and_a_text_a_text():
    ref = OutputRef(JOB, "image_url")
    assert with_outputs(f"see {ref}", {ref: "x"}) == "see x"
    assert with_outputs([str(ref), "y"], {ref: "x"}) == ["x", "y"]
    assert with_outputs((str(ref),), {ref: "x"}) == ["x"]
    assert outputs_in([f"{ref} {ref}", "y", str(ref)]) == [ref, ref, ref]


def test_a_number_of_one_or_two_digits_is_a_step_and_all_else_a_job():
    assert steps_in("{0.a} {12.b} {" + JOB + ".c} {0123456789.d}") == [
        (0, output_of_step(0, "a")),
        (12, output_of_step(12, "b")),
    ]
    assert OutputRef("0123456789", "d").step is None


@pytest.mark.parametrize("text", ["{}", "{a}", "{0}", "{0.}", "{.a}", "{0.a b}", "{abc.d}", "0.a", "{0.a", "{ 0.a}"])
def test_what_only_resembles_an_output_is_none(text: str):
    assert outputs_in(text) == []
    assert with_outputs(text, {output_of_step(0, "a"): "x"}) == text


def test_what_is_put_in_is_not_searched_and_what_is_missing_stays():
    first, second = output_of_step(0, "a"), output_of_step(1, "a")
    assert with_outputs("{0.a}{2.a}", {first: "{1.a}", second: "x"}) == "{1.a}{2.a}"


def test_parameters_are_put_in_and_unknown_ones_stay():
    text = "{prompt}, {mood}, {1.image_url}, {Prompt}"
    assert parameters_in(text) == ["prompt", "mood"]
    assert with_parameters(text, {"prompt": "a fox {mood}"}) == "a fox {mood}, {mood}, {1.image_url}, {Prompt}"


@given(st.text(), st.text())
def test_a_members_words_never_read_as_a_placeholder(before: str, after: str):
    words = without_braces(f"{before}{{0.a}}{{prompt}}{after}")
    assert outputs_in(words) == []
    assert parameters_in(words) == []


def test_names_of_parameters():
    assert is_parameter_name("a_1")
    assert not any(is_parameter_name(name) for name in ("", "1a", "A", "a b", "a" * 33, "a\n"))


@pytest.mark.parametrize(
    ("output", "text"),
    [({"a": "x"}, "x"), ({"a": ["x", "y"]}, "x"), ({"a": []}, None), ({"a": 1}, None), ({"a": [1]}, None), ({}, None)],
)
def test_the_text_of_an_output(output: dict[str, object], text: str | None):
    assert text_output(output, "a") == text
