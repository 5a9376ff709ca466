"""Every command and every form it opens, for each kind of member: it works, or it says why not and what to do."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest
from simcord.backend.errors import SetupError

from bot.domain.texts import PAUSED, allowed_elsewhere, blocked
from tests.support.every_command import commands, filled, needed
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import parts
from tests.support.workflows import AUDIO, COMMANDS, IMAGE, VIDEO, sample


class Who(StrEnum):
    """Who uses a command."""

    MEMBER = "member"
    MODERATOR = "moderator"
    STRANGER = "stranger"
    """A member without a role, where the bot may not be used."""
    BLOCKED = "blocked"


WORKS, HIDDEN = "works", "hidden by Discord"
SPENDING = frozenset({*(name.partition(" for:")[0] for name in COMMANDS), "batch", "recipe", "shootout"})
MODERATORS = ("studio ", "quota ")
REFUSED = {Who.STRANGER: allowed_elsewhere([]), Who.BLOCKED: blocked(None, "")}
"""The one refusal of each who may not spend: a reason, and what to do."""
FILES = {
    "image edit": {"image": IMAGE},
    "finish lipsync": {"video": VIDEO, "audio": AUDIO},
    "finish subtitles": {"video": VIDEO},
    "finish motion": {"file": IMAGE},
    "finish upscale": {"video": VIDEO},
}
TYPED: dict[str, dict[str, Any]] = {
    "recipe": {"recipe": "trailer"},
    "shootout": {"prompt": "a fox"},
}
FORM_WORDS = {"studio key": HOST_KEY}
LAST = ("quota ", "studio pause", "studio practice", "studio key")
"""What changes whether later commands work, in this order: with a key there is no practice."""


def expected(who: Who, name: str) -> str:
    """Return what comes of a command."""
    if name.startswith(MODERATORS):
        return WORKS if who is Who.MODERATOR else HIDDEN
    return REFUSED.get(who, WORKS) if name in SPENDING else WORKS


async def outcome(rig: Rig, actor: Any, name: str, command: dict[str, Any]) -> str:
    """Use a command, and the form that it opens; return WORKS, HIDDEN, or the sentence that refuses it."""
    files = {option: sample(kind) for option, kind in FILES.get(name, {}).items()}
    try:
        result = await actor.slash(rig.channel, name, **{**needed(rig, command), **files, **TYPED.get(name, {})})
    except SetupError as error:
        return HIDDEN if "is not visible to this user" in str(error) else str(error)
    if result.modal:
        typed = filled(result.modal)
        word = FORM_WORDS.get(name)
        result = await actor.submit_modal(result, dict.fromkeys(typed, word) if word else typed)
    said = [message for message in (result.response, *result.followups) if message is not None]
    assert said, name
    refusals = [each.content.partition("\n-# ")[0] for each in said if each.content.startswith("⚠️") and not parts(each)]
    return " ".join(refusals).removeprefix("⚠️ ") or WORKS


async def actor_of(rig: Rig, who: Who) -> Any:
    if who is Who.MODERATOR:
        return rig.moderator
    if who is Who.BLOCKED:
        await rig.bot.parts.store.blocks.add(rig.guild.id, rig.member.id, until=None, reason="", by_id=rig.moderator.id)
    if who is Who.STRANGER:
        await rig.bot.parts.store.settings.change(
            rig.guild.id, lambda rules: replace(rules, forbidden_channels=frozenset({rig.channel.id}))
        )
        return rig.guild.add_member(rig.env.create_user("eve"))
    return rig.member


@pytest.mark.parametrize(
    "who", [each if each in {Who.MEMBER, Who.BLOCKED} else pytest.param(each, marks=pytest.mark.long) for each in Who]
)
async def test_every_command_works_or_says_why_not_and_what_to_do(rig: Rig, who: Who):
    actor = await actor_of(rig, who)
    found = {}
    for name, command in sorted(commands(rig), key=lambda each: [each[0].startswith(last) for last in reversed(LAST)]):
        found[name] = await outcome(rig, actor, name, command)
        await rig.work()
    assert found == {name: expected(who, name) for name in found}
    assert found.keys() >= SPENDING
    assert bool(await rig.jobs()) is (who not in REFUSED)


async def test_while_new_jobs_are_paused_every_command_that_spends_says_so(rig: Rig):
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, paused=True))
    found = {name: await outcome(rig, rig.member, name, command) for name, command in commands(rig) if name in SPENDING}
    assert found == dict.fromkeys(SPENDING, str(PAUSED))
