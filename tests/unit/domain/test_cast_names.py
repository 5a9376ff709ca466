"""Names behind an `@`: what is written is found, in any script, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.words.cast import (
    NAME_CHARS,
    PLAYERS_MAX,
    CastKind,
    CastMember,
    cleaned_name,
    marked_in,
    name_fault,
    name_key,
    names_in_option,
    players_in,
    shared_out,
)

LETTERS: Final = "abzéßñØİŁωЖя中村雪女東京あいうえおアイウエオー한국عربไทยक\u093e\u0301\u0e390129"
TYPED: Final = st.text(alphabet=LETTERS + " .'’-_", min_size=1, max_size=NAME_CHARS).map(cleaned_name)
NAMES: Final = TYPED.filter(lambda name: name_fault(name) is None)
JAPANESE: Final = st.text(alphabet="雪女村あいうアイウー々", min_size=1, max_size=12).filter(
    lambda name: name_fault(name) is None
)
AROUND: Final = st.sampled_from(["", " ", "! ", "。", "、", "「", "\n", ", ", " 🦊 ", "(", ")", ": ", "…"])


def known(*names: str) -> dict[str, CastMember]:
    made = (
        CastMember(id=name, guild_id=1, kind=CastKind.CHARACTER, name=name, look="x", made_by=1, made_at=0.0)
        for name in names
    )
    return {name_key(each.name): each for each in made}


def found(prompt: str, *names: str) -> list[str]:
    return [each.name for each in players_in(marked_in(prompt), known(*names))]


@settings(max_examples=400, deadline=None)
@given(NAMES, AROUND, AROUND, st.sampled_from([str, str.upper, str.lower, str.title]))
def test_what_is_written_as_a_name_is_found(name: str, before: str, after: str, written: object):
    assert callable(written)
    typed = written(name)
    if name_key(typed) == name_key(name) and len(typed) <= NAME_CHARS:
        assert found(f"{before}@{typed}{after}", name) == [name]


@settings(max_examples=300, deadline=None)
@given(JAPANESE, st.sampled_from(["が走る", "は猫", "と", "の家", "。", "さんへ"]))
def test_a_japanese_name_is_found_with_its_particle_right_behind(name: str, particle: str):
    assert found(f"海辺で@{name}{particle}", name) == [name]


@settings(max_examples=200, deadline=None)
@given(NAMES, NAMES)
def test_of_two_names_the_longer_one_that_fits_is_meant(first: str, second: str):
    longer = f"{first} {second}"
    if name_fault(longer) is None and name_key(longer) != name_key(first):
        assert found(f"@{longer}", first, longer) == [longer]


@settings(max_examples=200, deadline=None)
@given(st.lists(NAMES, max_size=PLAYERS_MAX))
def test_names_in_an_option_are_those_that_were_typed(names: list[str]):
    assert [name_key(each) for each in names_in_option(" , ".join(names))] == [name_key(each) for each in names]


@settings(max_examples=200, deadline=None)
@given(NAMES)
def test_addresses_and_discords_mentions_name_no_one(name: str):
    for text in (f"me@{name}", f"<@{name}>", f"<@&{name}>", name):
        assert found(text, name) == [], text


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=4000))
def test_any_text_is_read_and_every_piece_of_it_is_short(text: str):
    for starts in marked_in(text):
        assert starts == sorted(starts, key=len)
        assert all(len(each) <= NAME_CHARS for each in starts)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.integers(0, 12))
def test_images_are_shared_out_in_turns(counts: list[int], room: int):
    players = [
        replace(next(iter(known("x").values())), id=str(number), pictures=count) for number, count in enumerate(counts)
    ]
    share = shared_out(players, room)
    assert sum(share.values()) == min(room, sum(counts))
    assert all(share[each.id] <= each.pictures for each in players)
    wanting = [share[each.id] for each in players if share[each.id] < each.pictures]
    assert max(share.values()) <= min(wanting, default=4) + 1


@pytest.mark.parametrize("name", ["मीरा", "José", "Jose\u0301", "น้ำ", "מִרְיָם", "Mira-Lou", "D'Arcy", "O’Neil"])
def test_letters_of_several_signs_are_names(name: str):
    assert name_fault(name) is None
    assert found(f"@{name} walks", name) == [name]


def test_a_hundred_marks_are_read_and_no_more():
    assert len(marked_in("@a " * 1000)) == 100


@pytest.mark.parametrize(
    "typed",
    [
        "Mira\ufe00",
        "Mi\u034fra",
        "\u115fMira",
        "Mi\u200bra",
        "Mira\U000e0041",
        "\u041c\u0456r\u0430",
        "MIRA",
        "M\u0131ra",
        "\u13b7\u13a5\ua4e3\ua4ee",  # Cherokee and Lisu
        "\uff2d\uff49\uff52\uff41",  # full width
        "\U0001d5e0\U0001d5f6\U0001d5ff\U0001d5ee",  # mathematical
        "Mi\u1d26\u0251",  # a small Greek gamma, and Latin alpha
    ],
)
def test_what_looks_like_a_name_is_that_name(typed: str):
    assert name_key(typed) == name_key("Mira")
    assert cleaned_name(typed).isprintable()
    assert len(cleaned_name(typed)) == 4


def test_a_name_in_armenian_letters_is_that_of_latin_ones():
    assert name_key("N\u0578\u0585\u057d") == name_key("Nnou")


def test_letters_that_look_like_another_one_together_are_alike_and_other_ascii_letters_are_not():
    assert name_key("Arnie") == name_key("Amie")
    assert name_key("Avva") == name_key("Awa")
    assert len({name_key(each) for each in ("Amie", "Al", "A1", "AI")}) == 4


@pytest.mark.parametrize("name", ["\u041d\u0438\u043d\u0430", "\u039d\u0399\u039a\u0397", "Köln", "みら"])
def test_names_of_other_scripts_are_found_in_either_case(name: str):
    assert name_key(name.lower()) == name_key(name.upper()) == name_key(name)
