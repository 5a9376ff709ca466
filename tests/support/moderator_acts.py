"""Acts of moderators, one of each kind, as Discord sends it, each on a subject of its own."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from bot.domain.models import Job, JobState
from bot.store import ReviewRule
from tests.support.jobs import on_job
from tests.support.prices import priced
from tests.support.rig import Rig
from tests.support.settings_pages import choose, opened, send
from tests.support.surface import REMOVE, fill, icon, inputs, post_log, until

FAST = "a fox #fast"
OTHER_KEYS = "cs_test_other_{:012}"
STEPS = "image.generate\nprompt: {prompt}"


class Stage:
    """A server where moderators act: with a log channel, and a number for each act."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.log = rig.guild.create_text_channel("log")
        self.desk = rig.guild.create_text_channel("desk")
        self._numbers = itertools.count(1)
        self.number = 0

    async def begin(self, **settings: Any) -> int:
        """Set the scene for another act: these settings, no review. Return the act's number."""
        self.number = next(self._numbers)
        room = {"running_per_member": 100, "running_per_server": 100, "queued_per_member": 1000}
        settings = {"log_channel": self.log.id, **room} | settings
        await self.store.settings.change(self.guild, lambda rules: replace(type(rules)(), **settings))
        await self.store.reviews.remove_rule(self.guild)
        return self.number

    @property
    def guild(self) -> int:
        return self.rig.guild.id

    @property
    def store(self) -> Any:
        return self.rig.bot.parts.store

    async def slash(self, command: str, **options: Any) -> Any:
        return await self.rig.moderator.slash(self.rig.channel, command, **options)

    async def click(self, message: Any, custom_id: str) -> Any:
        return await self.rig.moderator.click(message, custom_id=custom_id)

    async def send(self, shown: Any, **texts: str) -> None:
        """Send a form with texts by label, if it was shown at all."""
        if shown.modal is not None:
            await self.rig.moderator.submit_modal(
                shown, fill(shown, {k.replace("_", " "): v for k, v in texts.items()})
            )

    async def press(self, shown: Any, label: str) -> Any:
        """Press a button of an answer, and return its outcome; an error's answer has none, and is returned."""
        if shown.response is not None and f"'label': '{label}'" in str(shown.response.components):
            return await self.rig.moderator.click(shown.response, label=label)
        return shown

    def newest(self, channel: Any) -> Any:
        return max((m for m in channel.history() if m.author.id == self.rig.bot.user.id), key=lambda each: each.id)

    async def job(self) -> Job:
        """Return the newest job."""
        return (await self.rig.jobs())[0]

    async def ask(self, prompt: str = FAST, **options: Any) -> Any:
        """Let the member request an image; return its card's message."""
        return (await self.rig.member.slash(self.rig.channel, "image generate", prompt=prompt, **options)).response


Prepare = Callable[[Stage], Awaitable[Any]]
Do = Callable[[Stage, Any], Awaitable[None]]


@dataclass(frozen=True)
class Act:
    """`prepare` makes what the act is on, `do` is the act as a moderator does it."""

    prepare: Prepare
    do: Do
    kind: str
    """Of its line in the record."""


async def nothing(stage: Stage) -> int:
    return await stage.begin()


def command(name: str, kind: str, prepare: Prepare = nothing, **options: Any) -> Act:
    """Return the act of a command; options that can be called are given the stage and what was prepared."""

    async def do(stage: Stage, subject: Any) -> None:
        await stage.slash(
            name, **{name: value(stage, subject) if callable(value) else value for name, value in options.items()}
        )

    return Act(prepare, do, kind)


# ---------------------------------------------------------------------- what acts are on


async def a_price(stage: Stage) -> None:
    await stage.begin()
    await stage.store.prices.set(stage.guild, "image.generate", "", Decimal(5))


async def remove_a_price(stage: Stage, panel: Any) -> None:
    await send(stage.rig, await choose(stage.rig, panel, "price_choose", "image.generate"), Credits="")


async def a_key(stage: Stage) -> str:
    secret = OTHER_KEYS.format(await stage.begin())
    stage.rig.sandbox.add_key(secret, credits=500)
    return secret


async def no_practice(stage: Stage) -> None:
    await stage.begin()
    await stage.store.keys.remove(stage.guild)
    await stage.store.keys.end_practice(stage.guild)


async def a_refund_to_grant(stage: Stage) -> Any:
    await stage.begin(approval_channel=stage.desk.id)
    card = await stage.ask("a fox #fast #gone")
    await stage.rig.work()
    await stage.rig.member.click(card, label="Request refund")
    await post_log(stage.rig)
    return stage.newest(stage.desk)


async def a_review_rule(stage: Stage) -> None:
    await stage.begin()
    await stage.store.reviews.set_rule(stage.guild, ReviewRule(channel_id=0, review_channel=stage.desk.id))


async def a_result_in_review(stage: Stage) -> Any:
    await a_review_rule(stage)
    await stage.ask()
    await until(stage.rig, JobState.READY)
    for _ in range(2):
        await stage.rig.step()
    return stage.newest(stage.desk)


async def a_job_to_approve(stage: Stage) -> Any:
    await stage.begin(approve_above=Decimal(1), approval_channel=stage.desk.id)
    await priced(stage.rig)
    await stage.ask()
    await stage.rig.step()
    return stage.newest(stage.desk)


async def a_recipe(stage: Stage) -> str:
    name = f"film {await stage.begin()}"
    shown = await stage.press(await stage.slash("studio recipes"), "New recipe…")
    await stage.send(shown, Name=name, About="", Inputs="prompt: what", Steps=STEPS)
    return name


async def an_open_batch(stage: Stage) -> Any:
    await stage.begin(running_per_member=1)
    asked = await stage.rig.member.slash(
        stage.rig.channel, "batch", operation="image.generate", prompts=f"{FAST} | an owl #fast"
    )
    return asked.response


async def a_sent_job(stage: Stage) -> Job:
    await stage.begin()
    await stage.ask("a fox #slow")
    return await until(stage.rig, JobState.QUEUED, JobState.PROCESSING)


async def a_result(stage: Stage) -> Any:
    await stage.begin()
    await stage.ask()
    await stage.rig.work()
    return stage.newest(stage.rig.channel)


# ---------------------------------------------------------------------- acts of several steps


def at(page: str, prepare: Prepare) -> Prepare:
    """Return what prepares an act and opens a page of the settings, for acts that need no other subject."""

    async def opens(stage: Stage) -> Any:
        await prepare(stage)
        return await opened(stage.rig, page)

    return opens


def chosen(action: str, value: str) -> Do:
    """Return what chooses a value in a select of a page."""

    async def do(stage: Stage, panel: Any) -> None:
        await choose(stage.rig, panel, action, value)

    return do


async def set_key(stage: Stage, secret: str) -> None:
    shown = await stage.slash("studio key")
    if shown.modal is not None:
        [field] = stage.rig.form_fields(shown)
        await stage.rig.moderator.submit_modal(shown, {field: secret})


def pressed(label: str) -> Do:
    async def do(stage: Stage, message: Any) -> None:
        await stage.rig.moderator.click(message, label=label)

    return do


async def delete_recipe(stage: Stage, name: str) -> None:
    page = await stage.slash("studio recipes", recipe=name)
    await stage.press(page, "Delete…")
    if page.response is not None:
        there = stage.rig.channel.history(viewer=stage.rig.moderator)
        [asked] = [each for each in there if each.id == page.response.id]
        if "recipe_delete" in str(asked.components):
            await stage.rig.moderator.click(asked, label="Delete")


async def drop_job(stage: Stage, job: Job) -> None:
    await on_job(stage.rig, stage.rig.moderator, "cancel", job.id, drop=True)


def removed(label: str) -> Do:
    async def do(stage: Stage, message: Any) -> None:
        await stage.press(await stage.rig.moderator.click(message, custom_id=icon(message, REMOVE)), label)

    return do


async def react_to_remove(stage: Stage, message: Any) -> None:
    await stage.rig.moderator.react(message, "❌")


def setting(page: str, custom_id: str, values: Callable[[Stage], list[Any]] | None = None, *texts: str) -> Act:
    """Return the act of a control of the settings, with what is chosen in it or typed in its form."""

    async def prepare(stage: Stage) -> Any:
        await stage.begin()
        shown = await stage.slash("studio settings")
        shown = await stage.rig.moderator.select(shown.response, [page], custom_id="c1:set_page:access")
        return shown.response

    async def do(stage: Stage, panel: Any) -> None:
        who = stage.rig.moderator
        if values is None:
            shown = await who.click(panel, custom_id=custom_id)
        else:
            shown = await who.select(panel, values(stage), custom_id=custom_id)
        if texts and shown.modal is not None:
            given = {item["custom_id"]: item.get("value") or "" for item in inputs(shown).values()}
            await who.submit_modal(shown, given | dict(zip(given, texts, strict=False)))

    return Act(prepare, do, "settings")


# ---------------------------------------------------------------------- all of them


async def an_event(stage: Stage) -> str:
    await stage.begin()
    return await _announced(stage)


async def _announced(stage: Stage) -> str:
    """Announce an event in a channel of its own, and return its id."""
    room = stage.rig.guild.create_text_channel(f"contest-{stage.number}")
    await stage.slash("event", theme=f"Cats {stage.number}", ends="2h", purse=50.0, channel=room)
    found = await stage.store.events.open(stage.guild)
    return next((each.id for each in found if each.channel_id == room.id), "")


async def cancel_event(stage: Stage, event_id: str) -> None:
    """Choose an event in the list, and confirm."""
    page = await stage.slash("event")
    if page.response is None or event_id not in str(page.response.components):
        return
    await stage.rig.moderator.select(page.response, values=[event_id], custom_id="c1:event_choose:events")
    if "event_cancel:" in str(page.response.components):
        await stage.click(page.response, f"c1:event_cancel:{event_id}")


ACTS: dict[str, Act] = {
    "quota grant": command("quota grant", "grant", member=lambda stage, _: stage.rig.member, credits=5.0),
    "key set": Act(a_key, set_key, "key"),
    "price remove": Act(at("prices", a_price), remove_a_price, "price"),
    "publish": Act(a_result_in_review, pressed("Publish"), "review"),
    "approve": Act(a_job_to_approve, pressed("Approve"), "approval"),
    "recipe: delete": Act(a_recipe, delete_recipe, "recipe"),
    "event: cancel": Act(an_event, cancel_event, "event"),
    "drop a job": Act(a_sent_job, drop_job, "cancel"),
    "cancel a card": Act(an_open_batch, pressed("Cancel"), "cancel"),
    "setting: limits": setting("limits", "c1:set_form:limits", None, "7"),
    "practice on": command("studio practice", "practice", no_practice),
    "refund": Act(a_refund_to_grant, pressed("Refund"), "grant"),
}
"""By command, form, panel, and press; that no other is without its line: tests/contract/test_writes.py."""
REMOVALS: dict[str, Act] = {
    "remove a result": Act(a_result, removed("Remove the result"), "removal"),
    "remove a result and its record": Act(a_result, removed("Remove the record too"), "removal"),
    "remove by reaction": Act(a_result, react_to_remove, "removal"),
}
"""Acts whose change is in Discord: they are recorded before it is tried."""
