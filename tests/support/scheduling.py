"""Schedules as moderators make them, and rounds that run them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.domain.server.schedules import Schedule
from tests.support.rig import Rig

HOUR_S, DAY_S = 3600.0, 86_400.0


def named(message: Any, part: str) -> str:
    """Return the custom id of the message's control with this action."""
    found = [each["custom_id"] for row in message.components for each in row["components"]]
    return next(each for each in found if f":{part}:" in each)


async def round_of_schedules(rig: Rig) -> None:
    with rig.env.time_context():
        await rig.bot.parts.rounds.run_once("schedules")


async def run_at(rig: Rig, at: float) -> None:
    """Let it be that time, run what is due twice, and finish its jobs."""
    rig.advance(at - rig.clock.wall())
    await round_of_schedules(rig)
    await round_of_schedules(rig)
    await rig.work()


async def form_of(rig: Rig, *, recipe: str = "", kind: str = "image.generate", who: Any = None) -> Any:
    """Open the form of a schedule from the moderators' panel."""
    who = who or rig.moderator
    if recipe:
        panel = await who.slash(rig.channel, "studio recipes", recipe=recipe)
        return await who.click(panel.response, custom_id=named(panel.response, "schedule_new"))
    panel = await who.slash(rig.channel, "studio recipes")
    await who.click(panel.response, custom_id="c1:schedules_list:panel")
    return await who.select(panel.response, [kind], custom_id="c1:schedule_kind:panel")


async def offered(
    rig: Rig,
    inputs: str | None = "a fox",
    *,
    repeat: str = "daily",
    time: str = "09:00",
    limit: str = "100",
    channel: Any = None,
    who: Any = None,
    **form: Any,
) -> Any:
    """Fill the form in, and return the answer."""
    who = who or rig.moderator
    shown = await form_of(rig, who=who, **form)
    ids = [row["component"]["custom_id"] for row in shown.modal["components"]]
    given = [*([] if inputs is None else [inputs]), [repeat], time, [channel or rig.channel], limit]
    return await who.submit_modal(shown, dict(zip(ids, given, strict=True)))


async def schedule(rig: Rig, inputs: str | None = "a fox", **values: Any) -> Schedule:
    """Make a schedule of the moderator, by their presses."""
    known = {each.id for each in await rig.bot.parts.store.schedules.all(rig.guild.id)}
    answer = await offered(rig, inputs, **values)
    who = values.get("who") or rig.moderator
    await who.click(answer.response, custom_id=named(answer.response, "schedule_resume"))
    [made] = [each for each in await rig.bot.parts.store.schedules.all(rig.guild.id) if each.id not in known]
    return made


async def press(rig: Rig, made: Schedule, *actions: str) -> Any:
    """Open a schedule in the panel, press these of its buttons, and return the page."""
    panel = await rig.moderator.slash(rig.channel, "studio recipes")
    await rig.moderator.click(panel.response, custom_id="c1:schedules_list:panel")
    await rig.moderator.select(panel.response, [made.id], custom_id="c1:schedule_open:panel")
    for action in actions:
        await rig.moderator.click(panel.response, custom_id=named(panel.response, action))
    return panel.response


async def kept(rig: Rig, made: Schedule) -> Schedule:
    """Return the schedule as it is now."""
    found = await rig.bot.parts.store.schedules.get(rig.guild.id, made.id)
    assert found is not None
    return found


async def lines(rig: Rig) -> list[str]:
    """Return the record's lines about schedules, oldest first."""
    found = await rig.bot.parts.store.decisions.all(rig.guild.id)
    return [each.text for each in reversed(found) if each.kind == "schedule"]


async def in_zone(rig: Rig, zone: str) -> None:
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, timezone=zone))
