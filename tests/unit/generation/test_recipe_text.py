"""Recipes as text: read, written, checked and turned into steps."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import Catalogue
from bot.errors import InputError
from bot.generation.recipes.recipes import (
    BUILT_IN,
    Parameter,
    Recipe,
    RecipeStep,
    parameters_text,
    parse_parameters,
    parse_steps,
    steps_text,
)
from bot.generation.recipes.run import steps_of
from bot.generation.recipes.typed import check

CATALOGUE = Catalogue()
STEPS = """
image.generate
prompt: {prompt}, cinematic

video.generate
prompt: {prompt}
image_url: {1.image_url}
"""
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True)
WORDS = st.text(max_size=80).map(lambda text: " ".join(text.split())).filter(lambda t: len(t.splitlines()) <= 1)
FIELDS = st.from_regex(r"[A-Za-z][A-Za-z0-9_.]{0,20}", fullmatch=True)


def recipe(steps: str = STEPS, parameters: str = "prompt: what it is about", name: str = "film") -> Recipe:
    return Recipe(name=name, about="", parameters=parse_parameters(parameters), steps=parse_steps(steps))


# ---------------------------------------------------------------------- text


@given(
    st.lists(
        st.builds(
            RecipeStep,
            operation=st.sampled_from(["image.generate", "x.y"]),
            values=st.dictionaries(FIELDS, WORDS, max_size=5),
        ),
        min_size=1,
        max_size=10,
    ),
    st.lists(
        st.builds(
            Parameter,
            name=NAMES,
            about=WORDS.map(lambda t: t[:100].strip()),
            default=WORDS.map(lambda t: t.replace(":", "").replace("=", "").strip()),
        ),
        max_size=5,
        unique_by=lambda p: p.name,
    ),
)
def test_what_is_written_is_read_again_as_it_was(steps, parameters):
    made = Recipe(name="x", about="", parameters=tuple(parameters), steps=tuple(steps))
    assert parse_steps(steps_text(made)) == made.steps
    assert parse_parameters(parameters_text(made)) == made.parameters
    assert Recipe.from_json(json.loads(json.dumps(made.to_json()))) == made


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading_and_what_was_read_stays_as_it_is(text):
    for parse, write, name in (
        (parse_steps, steps_text, "steps"),
        (parse_parameters, parameters_text, "parameters"),
    ):
        try:
            made = replace(recipe(), **{name: parse(text)})
        except InputError:
            continue
        assert parse(write(made)) == getattr(made, name)


def test_numbers_before_operations_are_for_the_reader_only():
    assert parse_steps("1. image.generate\nprompt: a\n\n2) image.generate\nprompt: b") == (
        RecipeStep(operation="image.generate", values={"prompt": "a"}),
        RecipeStep(operation="image.generate", values={"prompt": "b"}),
    )


def test_a_parameter_may_have_a_default_and_words_about_it():
    assert parse_parameters("mood = calm: how it feels\n\nprompt") == (
        Parameter(name="mood", about="how it feels", default="calm"),
        Parameter(name="prompt"),
    )


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ("", "A recipe has 1 to 10 steps, and up to 5 inputs."),
        ("\n\n".join(["image.generate\nprompt: a"] * 11), "A recipe has 1 to 10 steps, and up to 5 inputs."),
        ("image.generate\nprompt a fox", "Line 2: write it as `field: value`, with each name once."),
        ("image.generate\nprompt: a\nprompt: b", "Line 3: write it as `field: value`, with each name once."),
    ],
)
def test_steps_that_cannot_be_read_are_told_by_their_line(steps, sentence):
    with pytest.raises(InputError) as error:
        parse_steps(steps)
    assert error.value.sentence == sentence


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("prompt: a\nMood: b", "Line 2: write it as `prompt: what it is about`"),
        ("a: 1\na: 2", "Line 2: write it as `prompt: what it is about`, with each name once."),
        ("a\nb\nc\nd\ne\nf", "A recipe has 1 to 10 steps, and up to 5 inputs."),
    ],
)
def test_parameters_that_cannot_be_read_are_told_by_their_line(parameters, words):
    with pytest.raises(InputError) as error:
        parse_parameters(parameters)
    assert words in error.value.sentence


# ---------------------------------------------------------------------- checking


@pytest.mark.parametrize("made", BUILT_IN, ids=lambda each: each.name)
def test_what_comes_with_the_bot_can_be_run(made):
    check(made, CATALOGUE)
    assert Recipe.from_json(made.to_json()) == replace(made, built_in=False)


CHECKED = [
    ({"name": "Film!"}, "A recipe's name has 1 to 40 lowercase letters, digits, spaces, - or _."),
    (
        {"steps": "image.generat\nprompt: {prompt}"},
        "Step 1: There is no operation image.generat. Choose one from the list. Nearest:",
    ),
    ({"steps": "image.generate\nprompt: {prompt}\nprmpt: a"}, "Step 1: Generate Image has no field prmpt."),
    ({"steps": "image.generate\nprompt: {promt}"}, "film has no field promt. Use: prompt."),
    (
        {"steps": "image.edit\nprompt: {prompt}\nimage_url: {1.image_url}"},
        "It can only use results of steps before it.",
    ),
    (
        {"steps": STEPS.replace("{1.image_url}", "{2.video_url}")},
        "Step 2 uses `{2.video_url}`. It can only use results of steps before it.",
    ),
    ({"steps": STEPS.replace("{1.image_url}", "{1.video_url}")}, "Step 2 uses `video_url`, but Generate Image returns"),
    (
        {"steps": "narration.generate\ntext: {prompt}\n\nimage.edit\nprompt: x\nimage_url: {1.audio_url}"},
        "Step 2: `audio_url` is not an image.",
    ),
    (
        {"steps": STEPS.replace("{1.image_url}", "see {1.image_url}")},
        "Step 2: `image_url` takes only a link, without other words.",
    ),
    ({"steps": "image.edit\nprompt: {prompt}"}, "Step 1: Edit Image needs: image_url."),
    ({"parameters": "prompt\nmood"}, "No step uses the input `mood`."),
    (
        {"steps": "image.generate\nprompt: {prompt}\nmodel: gptimage2\naspect_ratio: 1:1\nresolution: 4K"},
        "Step 1: For GPT Image 2 (1:1), resolution must be 1K or 2K; you gave 4K.",
    ),
]


@pytest.mark.parametrize(("changes", "words"), CHECKED)
def test_what_could_not_be_run_is_told_in_one_sentence_that_names_the_step(changes, words):
    with pytest.raises(InputError) as error:
        check(recipe(**changes), CATALOGUE)
    assert words in error.value.sentence
    assert "\n" not in error.value.sentence


# ---------------------------------------------------------------------- running


def test_parameters_and_outputs_are_filled_in():
    first, second = steps_of(recipe(), {"prompt": "a fox"}, CATALOGUE)
    assert first.input == {"prompt": "a fox, cinematic"}
    assert second.input == {"prompt": "a fox"}
    assert second.fill == {"image_url": "{0.image_url}"}
    assert (first.after, second.after) == ((), (0,))


def test_a_list_of_links_becomes_one():
    steps = "image.generate\nprompt: {prompt}\n\nimage.generate\nprompt: x\nreference_image_urls: {1.image_url}"
    assert steps_of(recipe(steps), {"prompt": "a"}, CATALOGUE)[1].fill == {"reference_image_urls": ["{0.image_url}"]}


@given(st.text(min_size=1).filter(str.strip))
def test_no_words_of_a_member_become_a_place_or_another_parameter(words):
    for hostile in (words, f"{{1.image_url}} {words}", f"{words}{{prompt}}", "{" + words + "}"):
        first, second = steps_of(recipe(), {"prompt": hostile}, CATALOGUE)
        assert first.fill == {}
        assert second.after == (0,)
        assert "{" not in first.input["prompt"]
        assert "{" not in second.input["prompt"]


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({}, "film needs: prompt: what it is about."),
        ({"prompt": " "}, "film needs: prompt"),
        ({"prompt": "a", "x": "b"}, "film has no field x. Use: prompt."),
    ],
)
def test_parameters_that_are_missing_or_not_known_are_named(given_, words):
    with pytest.raises(InputError) as error:
        steps_of(recipe(), given_, CATALOGUE)
    assert words in error.value.sentence


def test_a_default_stands_where_nothing_was_given():
    made = recipe("image.generate\nprompt: a {mood} fox", "mood = calm")
    assert steps_of(made, {}, CATALOGUE)[0].input == {"prompt": "a calm fox"}
    assert steps_of(made, {"mood": "wild"}, CATALOGUE)[0].input == {"prompt": "a wild fox"}


def test_the_example_in_the_documentation_can_be_saved():
    text = (Path(__file__).resolve().parents[3] / "docs" / "recipes.md").read_text(encoding="utf-8")
    parameters, steps = re.findall(r"```\n(.*?)```", text, re.DOTALL)
    check(recipe(steps, parameters), CATALOGUE)
