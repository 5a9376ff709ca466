from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cannon.outputs import media_of
from bot.catalogue import Catalogue
from bot.delivery.card import CardContext, card_embed, state_word
from bot.delivery.formatting import alt_text, file_stem
from bot.delivery.texts import FIRST_FILES
from bot.domain.harmless_text import harmless
from bot.domain.models import ID_ALPHABET, Card, Job, JobState, WaitsFor
from bot.domain.text import shortened, slug

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
    return card_embed(card(), jobs, CardContext(catalogue=CATALOGUE, now=NOW, eta=look.pop("eta", {}), **look))


def value(embed: discord.Embed, name: str) -> str:
    return next(field.value for field in embed.fields if field.name == name)


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


@given(any_jobs(), st.booleans())
def test_a_card_is_always_within_discords_limits(jobs: list[Job], blocked: bool):
    embed = drawn(*jobs, blocked=blocked, eta={each.id: NOW + 5 for each in jobs})
    assert len(embed) <= 6000
    assert 1 <= len(embed.title) <= 256
    assert len(embed.description or "") <= 4096
    assert len(embed.fields) <= 25
    assert len(embed.footer.text) <= 2048
    for field in embed.fields:
        assert 1 <= len(field.name) <= 256
        assert 1 <= len(field.value.strip()) <= len(field.value) <= 1024


@given(any_jobs())
def test_a_card_never_holds_a_live_mention_but_its_askers(jobs: list[Job]):
    embed = drawn(*jobs)
    text = "\n".join([embed.title, re.sub(r"```.*?```", "", embed.description or "", flags=re.DOTALL)])
    text += "\n".join(field.value for field in embed.fields if field.name != "Asked by")
    assert not re.search(r"@(everyone|here)|<@[!&]?\d+>", text)
    assert value(embed, "Asked by") == f"<@{2**63}>"


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
    shown = value(drawn(job(state=state)), "State")
    assert shown.startswith(state_word(state))
    assert ("asked <t:" in shown) is not state.ended


def test_an_end_without_a_result_says_why():
    shown = value(drawn(job(state=JobState.FAILED, error="No herons **today**.")), "State")
    assert shown == f"{state_word(JobState.FAILED)}: No herons \\*\\*today\\*\\*."


@pytest.mark.parametrize(("count", "is_told"), [(20, False), (21, True), (3000, True)])
def test_a_card_says_that_there_are_more_files_than_were_taken(count: int, is_told: bool):
    links = [f"https://storage.googleapis.com/bucket/{number}.png" for number in range(count)]
    output = {"image_urls": links}
    media = media_of(CATALOGUE.resolve("image.generate"), output)
    shown = drawn(job(state=JobState.DELIVERED, output=output, media=media))
    assert (FIRST_FILES in value(shown, "State")) is is_told


def test_the_estimate_is_told_until_the_true_cost_is_known():
    assert value(drawn(job()), "Cost") == "about 20 credits (price not known yet)"
    assert value(drawn(job(basis="earlier jobs")), "Cost") == "about 20 credits (from earlier jobs)"
    assert value(drawn(job(basis="fixed", held=Decimal(1))), "Cost") == "1 credit"
    assert value(drawn(job(state=JobState.DELIVERED, cost=Decimal("12.5"))), "Cost") == "12.5 credits"
    assert value(drawn(job(state=JobState.FAILED)), "Cost") == "nothing"


def test_the_costs_of_several_jobs_are_added_by_how_sure_they_are():
    jobs = [
        job(id="A" * 10, state=JobState.DELIVERED, cost=Decimal(12)),
        job(id="B" * 10, position=1, state=JobState.HELD, cost=Decimal(30)),
        job(id="C" * 10, position=2, state=JobState.PROCESSING),
        job(id="D" * 10, position=3, state=JobState.EXPIRED),
    ]
    assert value(drawn(*jobs), "Cost") == "42 credits + about 20 credits (price not known yet) + 1 refunded"


@pytest.mark.parametrize("state", [JobState.PROCESSING, JobState.DELIVERED])
def test_a_cost_above_what_was_held_is_told_with_what_was_expected(state: JobState):
    raised = {"state": state, "raised": Decimal(28), "cost": Decimal(48)}
    estimated = drawn(job(basis="price list", **raised))
    assert value(estimated, "Cost") == "48 credits, more than the 20 estimated"
    guessed = drawn(job(**raised))
    assert value(guessed, "Cost") == "48 credits, more than the 20 held at first"


def test_what_several_jobs_cost_by_now_counts_what_was_raised():
    dear = job(basis="price list", state=JobState.PROCESSING, raised=Decimal(28), cost=Decimal(48))
    other = job(basis="price list", position=1, id="1123456789")
    assert value(drawn(dear, other), "Cost") == "68 credits, more than the 40 estimated"


def test_what_is_left_is_shown_where_there_is_something_to_tell():
    assert value(drawn(job(), left="80 of 100 credits a day"), "Left") == "80 of 100 credits a day"
    assert "Left" not in {field.name for field in drawn(job()).fields}


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


def test_a_finished_picture_shows_its_seed_and_who_made_it():
    embed = drawn(job(state=JobState.DELIVERED, output={"seed": 7, "model": "inner-model"}, input={"prompt": "x"}))
    assert value(embed, "Seed") == "7"
    assert value(embed, "Made by") == "inner\\-model" or value(embed, "Made by") == "inner-model"


def test_a_blocked_card_says_what_it_waits_for():
    assert "waiting for a working key" in value(drawn(job(), blocked=True), "State")
    assert "waiting for a working key" not in value(drawn(job(state=JobState.DELIVERED), blocked=True), "State")


@pytest.mark.parametrize(
    ("waits_for", "said"),
    [
        (None, "📦 made, being posted"),
        (WaitsFor.FILE, f"📦 made, being posted; the file host does not answer, next try <t:{int(NOW)}:R>"),
        (WaitsFor.DISCORD, f"📦 made, being posted; Discord does not take it, next try <t:{int(NOW)}:R>"),
    ],
)
def test_a_result_that_waits_says_for_what_and_until_when(waits_for: WaitsFor | None, said: str):
    waiting = job(state=JobState.READY, waits_for=waits_for, next_at=NOW)
    embed = card_embed(card(), [waiting], CardContext(catalogue=CATALOGUE, now=NOW, eta={}))
    assert (embed.fields[0].value or "").splitlines()[0] == said


def test_a_result_that_waits_for_its_review_says_only_that():
    waiting = job(state=JobState.READY, waits_for=WaitsFor.DISCORD, next_at=NOW)
    context = CardContext(catalogue=CATALOGUE, now=NOW, eta={}, withheld=frozenset({waiting.id}))
    assert "made, waiting for review" in (card_embed(card(), [waiting], context).fields[0].value or "")


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
    look = CardContext(catalogue=CATALOGUE, now=NOW, eta={}, made_from=f"[`x`](https://discord.com/{'1' * 60})")
    embed = card_embed(of, jobs, look)
    assert len(embed) <= 6000
    assert 1 <= len(embed.title) <= 256
    assert len(embed.description or "") <= 4096
    assert all(1 <= len(field.value.strip()) <= len(field.value) <= 1024 for field in embed.fields)
    assert len(embed.fields) <= 25
