"""From what a member wants to the jobs of a card, without Discord."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from bot.catalogue import Catalogue
from bot.domain.jobs.card_spec import JobSpec, Origin, Place
from bot.domain.models import MediaKind
from bot.domain.money.spend_request import Consent, ShownPrice
from bot.errors import InputError
from bot.generation.again.next_steps import Medium, next_step
from bot.generation.generation import (
    Generation,
    SourceFile,
    batch,
    flattened,
    nested,
    operation_typed,
    split_prompts,
    unflagged,
)
from bot.generation.generations import card_spec, job_specs
from bot.generation.sources import SourceRef
from tests.support.viewers import seeing

CATALOGUE = Catalogue()
FOX = {"prompt": "a fox", "aspect_ratio": "16:9"}
SHOWN = ShownPrice(credits=Decimal("20.5"), known=False)
ORIGIN = Origin(place=Place(guild_id=1, channel_id=2), author_id=3, viewer=seeing(1, 3))


def test_a_count_makes_as_many_jobs_with_the_same_input():
    assert (
        job_specs(CATALOGUE, Generation(operation="image.generate", values=FOX, count=3))
        == [JobSpec(operation="image.generate", input=FOX)] * 3
    )


def test_a_rewritten_prompt_comes_first_and_the_others_wait_for_it():
    first, *rest = job_specs(CATALOGUE, Generation(operation="image.generate", values=FOX, count=2, enhance=True))
    assert first.operation == "prompt.enhance.image"
    assert first.input["prompt"] == "a fox"
    assert first.input["aspectRatio"] == "16:9"
    assert first.after == ()
    assert [job.after for job in rest] == [(0,), (0,)]
    assert rest[0].fill == {"prompt": "{0.enhancedPrompt}"}


def test_each_copy_of_a_rerun_has_a_seed_of_its_own_where_the_operation_takes_one():
    rerun = Generation(operation="video.generate", values={"prompt": "a fox", "seed": 5}, count=4, reseed=True)
    seeds = {job.input["seed"] for job in job_specs(CATALOGUE, rerun)}
    assert len(seeds) == 4
    assert 5 not in seeds
    still = Generation(operation="image.generate", values=FOX, reseed=True)
    assert "seed" not in job_specs(CATALOGUE, still)[0].input


def test_steps_before_stay_before_and_everything_else_goes_onto_the_card():
    before = JobSpec(operation="image.generate", input=FOX)
    generation = Generation(
        operation="video.generate",
        values={"prompt": "it runs"},
        before=[before],
        fill={"image_url": "{0.image_url}"},
        private=True,
        parent_id="A",
        label="film",
        consent=Consent(agreed=SHOWN),
    )
    spec = card_spec(CATALOGUE, generation, ORIGIN)
    assert spec.steps[0] == before
    assert spec.steps[1].after == (0,)
    assert (spec.private, spec.parent_id, spec.label, spec.consent.agreed) == (True, "A", "film", SHOWN)
    assert (spec.guild_id, spec.author_id) == (1, 3)


def test_a_draft_brings_everything_back_but_files_with_a_yes_to_the_price_that_was_shown():
    before = JobSpec(operation="image.generate", input=FOX, fill={"prompt": "{0.enhancedPrompt}"})
    generation = Generation(
        operation="video.generate",
        values={"prompt": "it runs"},
        count=2,
        private=True,
        parent_id="A",
        before=[before],
        fill={"image_url": "{0.image_url}"},
        reseed=True,
        label="film",
    )
    again = Generation.from_draft(json.loads(json.dumps(generation.to_draft(SHOWN))))
    assert again.consent.agreed == SHOWN
    assert Generation.from_draft(json.loads(json.dumps(generation.to_draft()))).consent.agreed is None
    assert again.to_draft() == generation.to_draft()
    assert again.before == [before]
    files = [
        SourceFile(ref=SourceRef(url="https://a.test/b"), label="picture", field="image_url", into_list=True),
        SourceFile(
            ref=SourceRef(attachment=("https://a.test/c", "c.png")),
            label="file",
            by_kind={MediaKind.IMAGE: "image_url"},
            kinds=frozenset({MediaKind.IMAGE}),
        ),
    ]
    kept = json.loads(json.dumps(Generation(operation="image.edit", values={}, files=files).to_draft()))
    assert Generation.from_draft(kept).files == files


@pytest.mark.parametrize(
    ("typed", "operation", "values", "left"),
    [
        ("a fox --ar 3:2", "image.generate", {"prompt": "a fox", "aspect_ratio": "3:2"}, ""),
        ("--ar 16x9 a fox in the snow", "image.generate", {"prompt": "a fox in the snow", "aspect_ratio": "16x9"}, ""),
        ("a fox --v 7 —ar 16:9, snow", "image.generate", {"prompt": "a fox snow", "aspect_ratio": "16:9"}, "--v 7"),
        ("a fox --style raw --s 250 --q .5", "image.generate", {"prompt": "a fox"}, "--style raw --s 250 --q .5"),
        ("a fox --no snow", "image.generate", {"prompt": "a fox"}, "--no snow"),
        (
            "a fox --no snow, trees --seed 7",
            "video.generate",
            {"prompt": "a fox", "negative_prompt": "snow, trees", "seed": "7"},
            "",
        ),
        ("a slow song --ar 16:9", "music.generate", {"prompt": "a slow song"}, "--ar 16:9"),
        *(
            (prompt, "image.generate", {"prompt": prompt}, "")
            for prompt in (
                "a shop sign --big letters-- with a red fox in the snow",
                "a terminal running git push --force, behind it a sleeping cat",
                "a  house —no windows -- git commit --no-verify --style",
            )
        ),
    ],
)
def test_flags_of_other_bots_are_options_or_left_out_and_other_words_stay(
    typed: str, operation: str, values: dict[str, str], left: str
):
    request = Generation(operation=operation, values={"prompt": typed}, typed=True)
    made = unflagged(request, CATALOGUE.resolve(operation))
    assert (made.values, made.consent.left_out) == (values, left)


# ---------------------------------------------------------------------- batches


def test_a_batch_is_one_generation_with_a_job_for_each_prompt():
    made = batch(
        CATALOGUE,
        operation_typed(CATALOGUE, " image.generate "),
        ["a", "b"],
        model=None,
        aspect_ratio="1:1",
        private=True,
    )
    jobs = job_specs(CATALOGUE, made)
    assert [job.input for job in jobs] == [{"aspect_ratio": "1:1", "prompt": prompt} for prompt in "ab"]
    assert made.private


def test_what_needs_more_than_a_prompt_is_no_batch():
    with pytest.raises(InputError, match="can't run as a batch"):
        operation_typed(CATALOGUE, "image.edit")


def test_bars_part_prompts_in_an_option_but_not_in_a_file():
    assert split_prompts("a | b\n\nc", in_file=False) == ["a", "b", "c"]
    assert split_prompts("a | b\n\nc", in_file=True) == ["a | b", "c"]
    with pytest.raises(InputError, match="1 to 20 prompts"):
        split_prompts(" | ", in_file=False)
    with pytest.raises(InputError, match="takes 1 to 20 prompts"):
        split_prompts("|".join("x" * 21), in_file=False)


# ---------------------------------------------------------------------- next steps and forms


def test_a_next_step_without_a_form_has_what_a_form_would_be_prefilled_with():
    video = Medium(kinds=(MediaKind.VIDEO,), ref=SourceRef(url="https://a.test/b.mp4"))
    step = next_step(CATALOGUE.get("subtitles.generate"), video)
    assert step.source is MediaKind.VIDEO
    assert [file.field for file in step.generation.files] == ["video_url"]
    assert step.generation.values == {}
    assert step.completed.values["subtitle_settings"]["fontSize"] == "48"
    with pytest.raises(InputError, match="does not take a video"):
        next_step(CATALOGUE.get("image.edit"), video)


def test_values_by_path_and_by_field_are_each_others_reverse():
    values = {"prompt": "a fox", "settings": {"font": "Arial", "bold": True}, "duration": 5, "urls": ["x"]}
    texts = flattened(values)
    assert texts == {"prompt": "a fox", "settings.font": "Arial", "settings.bold": "yes", "duration": "5"}
    assert nested(texts) == {"prompt": "a fox", "settings": {"font": "Arial", "bold": "yes"}, "duration": "5"}


@pytest.mark.parametrize(
    ("typed", "source"),
    [
        ("7ab2cd3ef4", SourceRef(job_id="7ab2cd3ef4")),
        ("7AB2CD3EF", SourceRef(url="7AB2CD3EF")),
        ("7AB2CD3EFU", SourceRef(url="7AB2CD3EFU")),
        ("https://a.test/b.png", SourceRef(url="https://a.test/b.png")),
    ],
)
def test_what_reads_like_an_id_is_an_earlier_job_and_all_else_a_link(typed: str, source: SourceRef):
    assert SourceRef.of_text(typed) == source
