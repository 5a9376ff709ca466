"""No text in a long language is cut within Discord's limits, and none is glued together from messages by the code.

The language is a pseudo one: 40 percent longer than English where Discord allows it, with marks of those that are read
from the right, and each message in brackets. A bracket without its other one was cut; two messages next to each other
are a sentence made of parts, whose order and spaces no translator can change.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.delivery.answers.command_payload import Translator
from bot.language import speaking
from tests.contract.test_translations import length, payloads, texts
from tests.discord.test_no_english_in_another_language import Walk
from tests.support.card_states import drawn
from tests.support.locales import speaks
from tests.support.pseudo import CLOSE, OPEN, LongTranslations, speak_long
from tests.support.rig import Rig
from tests.support.shown_texts import Shown

LANGUAGE = "ja"
GLUE = re.compile(rf"{CLOSE}(?:[ \u00a0]*|[.:;,!?] ?| \(){OPEN}|\w{OPEN}|{CLOSE}\w|\d {OPEN}")
"""Between two messages: nothing, a space, or a sentence's own mark; a line, a dot or an arrow makes a list of them."""
DISCORD_SAYS = re.compile(r"length|characters|too long|Must be", re.IGNORECASE)
TYPED = "Text input"
"""How a complaint about what the test typed begins."""
COMMAND_CHARS, DESCRIPTION_CHARS = 8000, 100


def outermost(text: str) -> str:
    """Return a text with its messages empty: what is filled into one is the translator's to place."""
    made, depth = [], 0
    for letter in text:
        depth -= letter == CLOSE
        if depth == 0:
            made.append(letter)
        depth += letter == OPEN
    return "".join(made)


def is_cut(text: str) -> bool:
    return text.count(OPEN) != text.count(CLOSE)


def is_glued(text: str) -> bool:
    return GLUE.search(outermost(text)) is not None


@pytest.mark.parametrize(
    ("text", "cut", "glued"),
    [
        ("⟦One.⟧ ⟦Two.⟧", False, True),
        ("⟦One⟧: ⟦two⟧", False, True),
        ("⟦One⟧⟦two⟧", False, True),
        ("3 ⟦jobs⟧", False, True),
        ("⟦{a} {b}: ⟦x⟧ ⟦y⟧⟧", False, False),
        ("⟦One⟧ · ⟦two⟧\n⟦Three⟧ → ⟦four⟧", False, False),
        ("⟦One, and mo…", True, False),
    ],
)
def test_what_is_cut_or_glued_is_seen(text: str, *, cut: bool, glued: bool):
    assert (is_cut(text), is_glued(text)) == (cut, glued)


@pytest.fixture
async def walked(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Rig:
    speak_long(monkeypatch)
    for each in (rig.member, rig.moderator):
        speaks(each, LANGUAGE)
    await rig.bot.parts.store.settings.change(
        rig.guild.id, lambda rules: replace(rules, language=LANGUAGE, log_channel=rig.channel.id)
    )
    return rig


def judge(walk: Walk) -> None:
    assert len(walk.found) > 100
    assert sorted({f"{each.where}: {each.text}" for each in walk.found if is_cut(each.text)}) == []
    assert sorted({f"{each.where}: {each.text}" for each in walk.found if is_glued(each.text)}) == []
    assert [each for each in walk.rejected if DISCORD_SAYS.search(each) and not each.startswith(TYPED)] == []


@pytest.mark.long
async def test_what_a_member_reads_is_whole_and_not_glued(walked: Rig):
    walk = Walk(walked, "member")
    await walk.commands(work=True)
    for message in walked.messages():
        await walk.press_all(message)
    judge(walk)


@pytest.mark.long
async def test_what_a_moderator_reads_is_whole_and_not_glued(walked: Rig):
    walk = Walk(walked, "moderator")
    await walk.commands()
    judge(walk)


async def test_each_state_of_a_card_is_whole_and_not_glued(walked: Rig):
    with speaking(LANGUAGE):
        cards = list(drawn(walked.bot))
    said = [
        Shown(text, f"{kind}, {state}", None)  # type: ignore[arg-type]  # nobody's own
        for kind, state, embed, rows in cards
        for text in (
            *(embed.title or "", embed.description or "", embed.footer.text or ""),
            *(each for field in embed.fields for each in (field.name or "", field.value or "")),
            *(getattr(getattr(each, "item", each), "label", None) or "" for row in rows for each in row),
        )
    ]
    assert any(OPEN in each.text for each in said)
    assert [f"{each.where}: {each.text}" for each in said if is_cut(each.text) or is_glued(each.text)] == []
    assert max(len(embed) for _, _, embed, _ in cards) <= 6000


async def test_commands_in_a_long_language_are_within_discord_s_limits():
    found = await payloads(Translator(lambda language: LongTranslations()))
    descriptions = [
        said
        for payload in found
        for text in texts(payload)
        if text.kind in {"descriptions", "choices"}
        for said in text.translated.values()
    ]
    assert any(OPEN in each for each in descriptions)
    assert [each for each in descriptions if len(each) > DESCRIPTION_CHARS or is_cut(each)] == []
    assert max(map(length, found)) <= COMMAND_CHARS
