"""One table: what every control, reaction and reply comes to, for everybody, before and after a restart, and deleted.

Discord lets no bot press a control. What becomes of a job once it is made is for the tests of each control.
"""

from __future__ import annotations

import pytest

from bot.domain.models import JobState
from tests.support.outcomes import (
    ASKS,
    DOES,
    FORM,
    MAKES,
    OFFERS,
    PRICE,
    REFUSED,
    ROLES,
    SHOWS,
    SILENT,
    Scene,
    actions_of,
    scene,
)
from tests.support.reacting import in_channel
from tests.support.rig import Rig
from tests.support.surface import DETAILS, REMOVE, icon, parts

AGES = ("deleted", "restarted")
PEOPLE = ROLES[:-1]
EVERYONES = (MAKES, MAKES, MAKES, REFUSED, REFUSED)
WITH_PRICE = (PRICE, PRICE, PRICE, REFUSED, REFUSED)
WITH_QUESTION = (ASKS, ASKS, ASKS, REFUSED, REFUSED)
WITH_FORM = (FORM, FORM, FORM, REFUSED, REFUSED)
TO_READ = (SHOWS, SHOWS, SHOWS, SHOWS, REFUSED)
FREE = (DOES, DOES, DOES, REFUSED, REFUSED)
NOBODYS = (REFUSED,) * 5
OWNERS = (ASKS, REFUSED, ASKS, REFUSED, REFUSED)
OWNERS_TELL = (DOES, REFUSED, SHOWS, REFUSED, REFUSED)
OWNERS_DO = (DOES, REFUSED, DOES, REFUSED, REFUSED)

PRESSES: dict[tuple[str, str], tuple[str, ...]] = {
    # (card, action): author, other, moderator, blocked, stranger
    ("one", "again"): EVERYONES,
    ("one", "vary"): WITH_QUESTION,
    ("one", "vary_subtle"): WITH_PRICE,
    ("one", "vary_strong"): WITH_PRICE,
    ("one", "edit"): WITH_FORM,
    ("one", "next"): WITH_QUESTION,
    ("one", "zoom_out"): WITH_PRICE,
    ("one", "enlarge"): WITH_PRICE,
    ("one", "cast_result"): WITH_FORM,
    ("one", "to_gallery"): FREE,
    ("one", "details"): TO_READ,
    ("one", "post_again"): FREE,
    ("one", "link"): TO_READ,
    ("one", "report"): (REFUSED, FORM, FORM, REFUSED, REFUSED),  # nobody reports their own
    ("one", "remove"): OWNERS,
    ("one", "share"): NOBODYS,  # it is not private
    ("one", "vary_look"): NOBODYS,  # it shows no character
    ("one", "recover"): NOBODYS,  # it is posted
    ("one", "cancel_run.alone"): NOBODYS,  # it is done
    ("four", "again_all"): WITH_PRICE,
    ("four", "alone"): (DOES, SHOWS, SHOWS, REFUSED, REFUSED),  # once in a channel, then where it stands
    ("four", "vary"): WITH_QUESTION,
    ("four", "edit"): WITH_FORM,
    ("four", "details"): TO_READ,
    ("four", "remove"): OWNERS,
    ("four", "pick"): (ASKS, ASKS, ASKS, ASKS, REFUSED),
    ("failed", "retry"): EVERYONES,
    ("failed", "edit"): WITH_FORM,
    ("failed", "details"): TO_READ,
    ("failed", "remove"): OWNERS,
    ("charged", "ask_refund"): (SHOWS, REFUSED, REFUSED, REFUSED, REFUSED),
    ("charged", "edit"): WITH_FORM,
    ("charged", "details"): TO_READ,
    ("charged", "remove"): OWNERS,
    ("running", "cancel_run"): OWNERS,
    ("running", "drop_run"): OWNERS_TELL,
    ("running", "keep_run"): OWNERS_TELL,
    ("running", "details"): TO_READ,
}
UNLABELLED = {("one", "again"), ("failed", "retry")}
"""What tells its price on its label: elsewhere, where it has none, it asks first."""
ENDS: dict[str, tuple[str, ...]] = {
    "remove_result": OWNERS_DO,
    "remove_record": OWNERS_DO,
    "❌": (DOES, REFUSED, DOES, REFUSED, SILENT, SILENT),
    "cancel_drop": OWNERS_DO,
    "cancel_drop.alone": OWNERS_DO,
    "recover": OWNERS_DO,
    "cancel_run.alone": OWNERS_DO,
    "cancel_run": OWNERS_DO,
}
"""What ends something, each time for another card."""
NOTHING_LEFT = (SILENT, REFUSED, SILENT, REFUSED, SILENT, SILENT)
"""What ❌ comes to where the message is gone already."""
MADE_FOR = {
    "cancel_drop": ("a fox #forever", JobState.PROCESSING),
    "cancel_drop.alone": ("a fox #forever", JobState.PROCESSING),
    "cancel_run.alone": ("a fox", JobState.SUBMITTING),
    "recover": ("a fox", JobState.PROCESSING),
    "cancel_run": ("a fox", JobState.SUBMITTING),  # the last: nothing moves it on before the press
}
REACTIONS: dict[str, tuple[str, ...]] = {
    # ... and bot
    "🔁": (MAKES, MAKES, MAKES, REFUSED, SILENT, SILENT),
    "🎲": (MAKES, MAKES, MAKES, REFUSED, SILENT, SILENT),
    "🎬": (MAKES, MAKES, MAKES, REFUSED, SILENT, SILENT),
    "⭐": (DOES, DOES, DOES, REFUSED, SILENT, SILENT),
    "🤷": (SILENT,) * 6,
}
REPLIES: dict[str, tuple[str, ...]] = {
    # A stranger can only mention the bot elsewhere: nothing of the result goes there.
    "make it night": (OFFERS, OFFERS, OFFERS, SILENT, OFFERS, SILENT),
    "again": (OFFERS, OFFERS, OFFERS, SILENT, OFFERS, SILENT),
    "thanks!": (SILENT,) * 6,
}


async def played(rig: Rig, age: str) -> Scene:
    """Return the scene of a finished, a four-fold, a failed and a running card of that age."""
    made = await scene(rig)
    await made.make("one")
    await made.make("four", count=4)
    await made.make("failed", "a fox #fail")
    await made.make("charged", "a fox #wrongtype")
    await made.make("running", "a fox #forever", until=JobState.PROCESSING)
    await made.age(age)
    return made


@pytest.mark.long
@pytest.mark.parametrize("age", AGES)
async def test_each_press_of_everybody_comes_to_what_the_table_says(rig: Rig, age: str):
    made = await played(rig, age)
    found = {
        (card, action): tuple([await made.press(role, action, card) for role in PEOPLE]) for card, action in PRESSES
    }
    assert found == {
        press: WITH_PRICE if age == "deleted" and press in UNLABELLED else expected
        for press, expected in PRESSES.items()
    }


@pytest.mark.long
async def test_each_reaction_and_reply_of_everybody_comes_to_what_the_table_says(rig: Rig):
    made = await scene(rig)
    await made.make("one")
    reacted = {emoji: tuple([await made.react(role, emoji, "one") for role in ROLES]) for emoji in REACTIONS}
    replied = {words: tuple([await made.reply(role, words, "one") for role in ROLES]) for words in REPLIES}
    assert reacted == REACTIONS
    assert replied == REPLIES


@pytest.mark.long
@pytest.mark.parametrize("age", AGES)
async def test_whoever_ends_a_result_or_a_job_is_its_author_or_a_moderator(rig: Rig, age: str):
    made = await scene(rig)
    cards = {(end, role): f"{end} {role}" for end, row in ENDS.items() for role in ROLES[: len(row)]}
    for (end, _), name in cards.items():
        await made.make(name, *MADE_FOR.get(end, ()))
        if end == "recover":
            await made.drop(name)
    await made.age(age)
    found = {
        end: tuple(
            [
                await (made.react if end == "❌" else made.press)(role, end, cards[end, role])
                for role in ROLES[: len(row)]
            ]
        )
        for end, row in ENDS.items()
    }
    assert found == (ENDS | {"❌": NOTHING_LEFT} if age == "deleted" else ENDS)


@pytest.mark.long
async def test_each_entry_of_next_step_opens_its_form_for_those_who_may_make(rig: Rig):
    made = await scene(rig)
    await made.make("one")
    asked = await rig.member.click(made.cards["one"][0], label="Next step…")
    [select] = [item for item in parts(asked.response) if "options" in item]
    entries = [option["value"] for option in select["options"]]
    found = {entry: tuple([await made.choose(role, entry, "one") for role in PEOPLE]) for entry in entries}
    assert found == dict.fromkeys(entries, WITH_FORM)


@pytest.mark.long
async def test_the_table_has_every_control_of_these_cards_and_of_the_answers_to_them(rig: Rig):
    made = await played(rig, "fresh")
    for name, (card, _) in made.cards.items():
        [shown] = [m for m in in_channel(rig, made.room) if m.id == card.id]
        listed = {action for place, action in PRESSES if place == name}
        assert actions_of(shown) - listed == set()
    one = made.cards["one"][0]
    for name in ("Vary", "Next step…", DETAILS, REMOVE):
        answer = await rig.member.click(one, custom_id=icon(one, name))
        assert actions_of(answer.response) - {action for _, action in PRESSES} - set(ENDS) == set()
