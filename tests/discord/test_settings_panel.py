"""`/studio settings`: every control as moderator, moderator by role, plain member, late, and after a restart."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from rig import Rig
from surface import private_sentence

from bot.rules import Payer, Rules

SETTINGS = "studio settings"
PAGES = {"access": 0, "limits": 1, "approval": 2, "results": 3, "words": 4}


def open_to_all(rig: Rig) -> None:
    """Let Discord show the commands to everyone, as an admin's override does."""
    for command in rig.env.backend.commands[None].values():
        command["default_member_permissions"] = None


async def rules(rig: Rig) -> Rules:
    return await rig.bot.parts.store.rules(rig.guild.id)


async def rule(rig: Rig, **changes: Any) -> None:
    await rig.bot.parts.store.change_rules(rig.guild.id, lambda old: replace(old, **changes))


async def decisions(rig: Rig, kind: str = "settings") -> list[Any]:
    return [each for each in await rig.bot.parts.store.decisions(rig.guild.id) if each.kind == kind]


async def opened(rig: Rig, page: str = "access", member: Any = None) -> Any:
    """Open the panel at a page; return its message."""
    who = member or rig.moderator
    shown = await who.slash(rig.channel, SETTINGS)
    assert shown.ephemeral
    if page != "access":
        shown = await who.select(shown.response, [page], custom_id="c1:set_page:panel")
    return shown.response


def fields(message: Any) -> dict[str, str]:
    return {field.name: field.value for field in message.embeds[0].fields}


def fresh(rig: Rig, message: Any, member: Any = None) -> Any:
    """Return the message as it is now."""
    return next(each for each in rig.channel.history(viewer=member or rig.moderator) if each.id == message.id)


async def fill(rig: Rig, shown: Any, *texts: str | None, member: Any = None) -> Any:
    """Send a form with texts in its inputs; None leaves one as it stands."""
    names = rig.form_fields(shown)
    inputs = [(row.get("component") or row["components"][0]) for row in shown.modal["components"]]
    values = {
        name: (given.get("value") or "") if text is None else text
        for name, given, text in zip(names, inputs, texts, strict=True)
    }
    return await (member or rig.moderator).submit_modal(shown, values)


def log_lines(channel: Any, rig: Rig) -> list[str]:
    return [each.content for each in channel.history() if each.author.id == rig.bot.user.id]


# ---------------------------------------------------------------------- what each control does


async def test_a_role_makes_its_members_moderators_and_none_takes_that_back(rig: Rig):
    open_to_all(rig)
    role = rig.guild.create_role("helpers")
    panel = await opened(rig)
    await rig.moderator.select(panel, [role], custom_id="c1:set_role:moderator_role")
    assert (await rules(rig)).moderator_role == role.id
    assert fields(fresh(rig, panel))["Moderator role"] == f"<@&{role.id}>"
    [line] = await decisions(rig)
    assert line.text == f"changed moderator role: none → <@&{role.id}>."
    assert line.about == {"moderator_role": [None, role.id]}

    refused = await rig.member.slash(rig.channel, SETTINGS)
    assert "Only moderators" in private_sentence(refused)
    rig.env.backend.add_member_role(rig.guild.id, rig.member.id, role.id)
    by_role = await opened(rig, member=rig.member)
    await rig.member.click(by_role, custom_id="c1:set_flip:unchecked_only_in_age_restricted")
    assert not (await rules(rig)).unchecked_only_in_age_restricted

    await rig.moderator.select(fresh(rig, panel), [], custom_id="c1:set_role:moderator_role")
    assert (await rules(rig)).moderator_role is None
