from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import discord
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cannon.outputs import media_of
from bot.catalogue import Catalogue
from bot.delivery.card.card import card_embed
from bot.delivery.card.context import CardContext
from bot.delivery.card.states import state_word
from bot.delivery.channels.view import alt_text, file_stem
from bot.delivery.texts import FIRST_FILES, PRACTICE_MARK, WAITING_TO_CONTINUE
from bot.domain.jobs.poll_schedule import Expected, JobProgress
from bot.domain.models import ID_ALPHABET, Books, Card, Job, JobState, Media, MediaKind, WaitsFor
from bot.domain.words.text import harmless, shortened, slug
from tests.support.surface import below_prompt

CATALOGUE = Catalogue()
NOW = 1_767_225_600.0
IDS = st.text(alphabet=ID_ALPHABET, min_size=10, max_size=10)
WORDS = st.text(max_size=6000)
SOME_WORDS = st.one_of(st.none(), st.text(max_size=400))
AMOUNTS = st.decimals(min_value=0, max_value=999_999_999, places=3)
OPERATIONS = st.sampled_from([*CATALOGUE.operations, "gone.operation"])


def card() -> Card:
    return Card(id="c", guild_id=1, channel_id=2, author_id=2**63, interaction_id=4, created_at=NOW)


def job(**changes: Any) -> Job:
    values: dict[str, Any] = {
        "id": "0123456789",
        "card_id": "c",
        "guild_id": 1,
        "position": 0,
        "author_id": 2,
        "operation": "image.generate",
        "input": {"prompt": "a fox"},
        "state": JobState.QUEUED,
        "idempotency_key": "k",
        "key_id": None,
        "held": Decimal(20),
        "basis": "unknown",
        "created_at": NOW,
    }
    return Job(**values | changes)


def drawn(*jobs: Job, **look: Any) -> discord.Embed:
    return card_embed(card(), jobs, CardContext(catalogue=CATALOGUE, now=NOW, **look))


def told(embed: discord.Embed) -> list[str]:
    return below_prompt(embed)


def states(embed: discord.Embed) -> str:
    return "\n".join(told(embed)[:-1])


def facts(embed: discord.Embed) -> list[str]:
    return told(embed)[-1].split(" · ")


@st.composite
def any_jobs(draw: st.DrawFn) -> list[Job]:
    operation = draw(OPERATIONS)
    return [
        job(
            id=draw(IDS),
            position=position,
            operation=operation,
            state=draw(st.sampled_from(JobState)),
            input={
                "prompt": draw(WORDS),
                "model": draw(st.text(max_size=500)),
                "seed": draw(st.integers(0, 2**64)),
            },
            output={
                "model": draw(st.text(max_size=500)),
                "seed": draw(st.integers(0, 2**64)),
                "enhancedPrompt": draw(st.one_of(st.none(), WORDS)),
            },
            held=draw(AMOUNTS),
            cost=draw(st.one_of(st.none(), AMOUNTS)),
            error=draw(SOME_WORDS),
            started_at=draw(st.one_of(st.none(), st.just(NOW))),
            submitted_at=NOW,
            finished_at=draw(st.one_of(st.none(), st.just(NOW + 9))),
        )
        for position in range(draw(st.integers(1, 20)))
    ]


ON_A_BUSY_MACHINE = settings(suppress_health_check=[HealthCheck.too_slow])
"""Whole cards are drawn from many values: a second for eight of them is no fault of the test."""


@ON_A_BUSY_MACHINE
@given(any_jobs())
def test_a_card_is_always_within_discords_limits(jobs: list[Job]):
    embed = drawn(
        *jobs,
        author_name="x" * 400,
        progress={each.id: JobProgress(expected=Expected(NOW + 50, is_late=True), share=0.5) for each in jobs},
    )
    assert len(embed) <= 6000
    assert len(embed.title or "x") <= 256
    assert len(embed.author.name) <= 256
    assert len(embed.description or "") <= 4096
    assert len(embed.fields) <= 25
    for field in embed.fields:
        assert 1 <= len(field.name) <= 256
        assert 1 <= len(field.value.strip()) <= len(field.value) <= 1024


@ON_A_BUSY_MACHINE
@given(any_jobs())
def test_a_card_never_holds_a_live_mention_and_names_its_author(jobs: list[Job]):
    embed = drawn(*jobs, author_name="Ada", author_icon_url="https://cdn.discordapp.com/a.png")
    text = "\n".join(
        [embed.title or "", re.sub(r"```.*?```", "", embed.description or "", flags=re.DOTALL), *told(embed)]
    )
    assert not re.search(r"@(everyone|here)|<@[!&]?\d+>", text)
    assert (embed.author.name, embed.author.icon_url) == ("Ada", "https://cdn.discordapp.com/a.png")


@given(WORDS)
def test_drawing_is_pure(prompt: str):
    one = job(input={"prompt": prompt})
    assert drawn(one).to_dict() == drawn(one).to_dict()


@given(st.text())
def test_plain_text_has_no_control_characters_and_no_halves(text: str):
    shown = harmless(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)
    shown.encode()


@pytest.mark.parametrize("text", ["*a*", "_a_", "~~a~~", "`a`", "||a||", "> a", "# a", "[a](https://b.example)", "- a"])
def test_markdown_is_shown_as_it_is_typed(text: str):
    assert harmless(text).replace("\\", "") == text
    assert "\\" in harmless(text)


@given(st.text(max_size=400), st.integers(2, 300))
def test_a_cut_text_fits_and_says_that_it_was_cut(text: str, limit: int):
    cut = shortened(text, limit)
    assert len(cut) <= limit
    if len(text) <= limit:
        assert cut == text
    else:
        assert cut.endswith("…")


@given(st.text(max_size=300), IDS, st.integers(0, 9))
def test_file_names_are_safe_and_tell_the_job(prompt: str, id_: str, number: int):
    stem = file_stem(job(id=id_, input={"prompt": prompt}), number)
    assert re.fullmatch(r"[a-z0-9-]{1,60}", stem)
    assert id_[:4].lower() in stem
    assert file_stem(job(id=id_, input={"prompt": prompt}), number) == stem
    assert file_stem(job(id=id_, input={"prompt": prompt}), number + 1) != stem


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A Fox, in FOG!", "a-fox-in-fog"),
        ("../../etc/passwd", "etc-passwd"),
        ("Größe café", "groe-cafe"),
        ("狐", "image-generate"),
        ("x" * 300, "image-generate"),
        ("\u202egnp.exe\r\n", "gnp-exe"),
    ],
)
def test_a_file_name_starts_with_the_prompts_words(prompt: str, name: str):
    assert slug(prompt, "image-generate") == name


@given(WORDS)
def test_alt_texts_fit_and_are_never_empty(prompt: str):
    assert 1 <= len(alt_text(job(input={"prompt": prompt}))) <= 1024


def test_every_state_has_words_of_its_own():
    assert len({state_word(state) for state in JobState}) == len(JobState)


@pytest.mark.parametrize("state", list(JobState))
def test_a_card_shows_the_state_of_its_job(state: JobState):
    shown = states(drawn(job(state=state)))
    assert shown.startswith("" if state is JobState.DELIVERED else state_word(state))


def test_an_end_without_a_result_says_why():
    shown = states(drawn(job(state=JobState.FAILED, error="No herons until <t:5:R>.")))
    assert shown == f"{state_word(JobState.FAILED)}: No herons until <t:5:R>."


@pytest.mark.parametrize(("count", "is_told"), [(20, False), (21, True), (3000, True)])
def test_a_card_says_that_there_are_more_files_than_were_taken(count: int, is_told: bool):
    links = [f"https://storage.googleapis.com/bucket/{number}.png" for number in range(count)]
    output = {"image_urls": links}
    media = media_of(CATALOGUE.resolve("image.generate"), output)
    shown = drawn(job(state=JobState.DELIVERED, output=output, media=media))
    assert (str(FIRST_FILES) in states(shown)) is is_told


def test_the_estimate_is_told_until_the_true_cost_is_known():
    assert facts(drawn(job())) == ["perhaps 20 credits, it can be more (you pay the actual cost)"]
    assert facts(drawn(job(basis="earlier jobs"))) == ["about 20 credits (based on earlier jobs)"]
    assert facts(drawn(job(basis="fixed", held=Decimal(1)))) == ["1 credit"]
    assert facts(drawn(job(state=JobState.DELIVERED, cost=Decimal("12.5")))) == ["12.5 credits"]
    assert facts(drawn(job(state=JobState.FAILED))) == ["no charge"]


def test_the_costs_of_several_jobs_are_added_by_how_sure_they_are():
    jobs = [
        job(id="A" * 10, state=JobState.DELIVERED, cost=Decimal(12)),
        job(id="B" * 10, position=1, state=JobState.HELD, cost=Decimal(30)),
        job(id="C" * 10, position=2, state=JobState.PROCESSING),
        job(id="D" * 10, position=3, state=JobState.EXPIRED),
    ]
    assert facts(drawn(*jobs)) == [
        "42 credits + perhaps 20 credits, it can be more (you pay the actual cost) + 1 refunded"
    ]


@pytest.mark.parametrize("state", [JobState.PROCESSING, JobState.DELIVERED])
def test_a_cost_above_what_was_held_is_told_with_what_was_expected(state: JobState):
    raised = {"state": state, "raised": Decimal(28), "cost": Decimal(48)}
    estimated = drawn(job(basis="price list", **raised))
    assert facts(estimated) == ["48 credits, more than the 20 estimated"]
    guessed = drawn(job(**raised))
    assert facts(guessed) == ["48 credits, more than the 20 held at first"]


def test_what_several_jobs_cost_by_now_counts_what_was_raised():
    dear = job(basis="price list", state=JobState.PROCESSING, raised=Decimal(28), cost=Decimal(48))
    other = job(basis="price list", position=1, id="1123456789")
    assert facts(drawn(dear, other)) == ["68 credits, more than the 40 estimated"]


def test_what_is_left_is_shown_where_there_is_something_to_tell():
    assert "You have 80 of 100 credits a day left." in states(
        drawn(job(), left="You have 80 of 100 credits a day left.")
    )
    assert "You have" not in states(drawn(job()))


def test_colours_tell_open_good_and_bad_apart():
    colours = {
        name: drawn(*jobs).colour.value
        for name, jobs in {
            "open": [job(state=JobState.FAILED), job(position=1)],
            "good": [job(state=JobState.DELIVERED)],
            "bad": [job(state=JobState.DELIVERED), job(position=1, state=JobState.FAILED)],
            "held": [job(state=JobState.FAILED), job(position=1, state=JobState.HELD)],
        }.items()
    }
    assert len(set(colours.values())) == 4


def test_a_finished_picture_has_one_line_of_facts_and_nothing_technical():
    medium = Media(url="https://e.example/a.png", kind=MediaKind.IMAGE, key="image_url")
    given = {"prompt": "x", "model": "seedream5", "resolution": "2K", "aspect_ratio": "16:9"}
    embed = drawn(
        job(
            state=JobState.DELIVERED,
            input=given,
            output={"seed": 7, "model": "inner-model"},
            media=(medium,),
            cost=Decimal(12),
            submitted_at=NOW,
            finished_at=NOW + 88,
        ),
        author_name="Ada",
    )
    assert embed.description == "> x\n-# Seedream 5.0 Lite · 2K · 16:9 · 12 credits · seed 7 · took 1 min 28 s"
    assert embed.fields == []
    assert (embed.title, embed.footer.text) == (None, None)
    assert "0123456789" not in str(embed.to_dict())


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("sandbox/seedream5-text-to-image", ["Seedream 5.0 Lite"]),
        ("seedream/5-lite-text-to-image", ["Seedream 5.0 Lite"]),
        ("inner-model", []),
        (None, []),
        (7, []),
    ],
)
def test_a_result_names_its_model_where_none_was_requested_and_the_catalogue_knows_it(told: Any, shown: list[str]):
    embed = drawn(job(state=JobState.DELIVERED, output={"model": told}, cost=Decimal(12)))
    assert facts(embed) == [*shown, "12 credits"]


def test_a_card_of_practice_says_so_at_its_foot():
    embed = drawn(job(books=Books.PRACTICE))
    assert embed.footer.text == str(PRACTICE_MARK)
    assert any(each.endswith("(in practice only)") for each in facts(embed))


def test_a_card_without_a_working_key_says_that_it_waits_and_not_whose_key_it_is():
    assert str(WAITING_TO_CONTINUE) in states(drawn(job(blocked_s=1.0)))
    assert str(WAITING_TO_CONTINUE) not in states(drawn(job(state=JobState.DELIVERED, blocked_s=1.0)))


@pytest.mark.parametrize(
    ("waits_for", "said"),
    [
        (None, "📦 Made, posting it…"),
        (WaitsFor.FILE, f"📦 Made, but the file's host is not responding. I'll try again at <t:{int(NOW) + 9}:t>."),
        (
            WaitsFor.DISCORD,
            f"📦 Made, but Discord is not accepting it right now. I'll try again at <t:{int(NOW) + 9}:t>.",
        ),
    ],
)
def test_a_result_that_waits_says_for_what_and_until_when(waits_for: WaitsFor | None, said: str):
    waiting = job(state=JobState.READY, waits_for=waits_for, next_at=NOW + 9)
    embed = card_embed(card(), [waiting], CardContext(catalogue=CATALOGUE, now=NOW))
    assert told(embed)[0] == said


def test_a_result_that_waits_for_its_review_says_only_that():
    waiting = job(state=JobState.READY, waits_for=WaitsFor.DISCORD, next_at=NOW)
    context = CardContext(catalogue=CATALOGUE, now=NOW, withheld=frozenset({waiting.id}))
    assert "Made, waiting for review" in states(card_embed(card(), [waiting], context))


SPREADING = ["[", "\n", "[\n", "1.\n", "`", "@everyone", "<@1>", "](https://e.x)"]
"""What becomes longer when it is shown."""


@pytest.mark.parametrize("piece", SPREADING)
@pytest.mark.parametrize("kind", ["one", "several", "batch", "recipe"])
def test_a_card_of_nothing_but_signs_is_within_discords_limits(piece: str, kind: str):
    text = piece * 2000
    count = 1 if kind == "one" else 20
    jobs = [
        job(
            id=f"{position:010}",
            position=position,
            operation="prompt.enhance.image" if kind == "recipe" and position < 10 else "image.generate",
            input={"prompt": text if kind != "batch" else f"{position}{text}", "model": text, "seed": 2**64},
            output={"model": f"x{text}", "seed": 2**64, "enhancedPrompt": text, "character_id": text},
            state=JobState.DELIVERED if kind != "several" else JobState.FAILED,
            cost=Decimal("999999999.999"),
            error=text,
            after_ids=(f"{position - 1:010}",) if kind == "recipe" and position else (),
            submitted_at=NOW,
            finished_at=NOW + 9,
        )
        for position in range(count)
    ]
    of = replace(card(), label=text if kind == "recipe" else "")
    look = CardContext(catalogue=CATALOGUE, now=NOW, made_from=f"https://discord.com/{'1' * 60}")
    embed = card_embed(of, jobs, look)
    assert len(embed) <= 6000
    assert len(embed.title or "x") <= 256
    assert len(embed.description or "") <= 4096
    assert all(1 <= len(field.value.strip()) <= len(field.value) <= 1024 for field in embed.fields)
    assert len(embed.fields) <= 25
