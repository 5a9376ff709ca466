"""Many fields in one input: what was written is read again, and no value goes astray."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InputError
from cogs.workflows.asked.lines import Line, distinct, read, written

SEED = Line(path="seed", label="Seed")
AVOID = Line(path="negative_prompt", label="What to avoid", is_long=True)
PAN = Line(path="camera_control.pan", label="Pan")
LINES = (SEED, AVOID, PAN)


@given(st.lists(st.text("abc :/\n", max_size=12).map(str.strip), min_size=3, max_size=3))
def test_what_is_written_is_read_again(values: list[str]):
    one_line = [" ".join(each.split()) for each in values]
    filled = [
        Line(path=line.path, label=line.label, text=text, is_long=line.is_long)
        for line, text in zip(LINES, one_line, strict=True)
    ]
    assert read(written(filled), LINES) == dict(zip([line.path for line in LINES], one_line, strict=True))


@pytest.mark.parametrize("typed", ["Seed: 4", "seed:4", "  SEED :  4 ", "Seed\uff1a4", "\nSeed: 4\n"])
def test_a_field_is_named_by_its_label_or_its_path(typed: str):
    assert read(typed, LINES) == {"seed": "4"}


def test_a_key_of_an_object_is_named_so_too():
    assert read("Pan: 3\n", LINES) == read("camera_control.pan: 3", LINES) == {"camera_control.pan": "3"}


def test_only_a_long_text_goes_on_over_several_lines():
    assert read("What to avoid: text\nand: logos\nSeed: 1", LINES) == {
        "negative_prompt": "text\nand: logos",
        "seed": "1",
    }


@pytest.mark.parametrize("typed", ["Sed: 4", "4", "Seed: 4\nsomething", "https://example.org"])
def test_a_line_of_no_field_is_an_error_that_names_the_fields(typed: str):
    with pytest.raises(InputError, match=r"Seed, What to avoid, Pan"):
        read(typed, LINES)


def test_a_label_that_two_fields_have_gives_way_to_their_paths():
    twins = distinct([Line(path="a", label="Title"), Line(path="b", label="title"), SEED])
    assert [line.label for line in twins] == ["a", "b", "Seed"]
