"""Every act of a moderator that changes something, as Discord sends it, each on a subject of its own."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from bot.domain.models import AccountStatus, Job, JobState
from bot.domain.server.first_contact import SetupStep, StepOutcome
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.domain.server.reaction_rules import ReactionRules
from bot.domain.server.schedules import Schedule
from bot.store import ReviewRule
from sandbox.demo.answers import control
from tests.support.cast import add
from tests.support.channels import press as pressed_on
from tests.support.jobs import on_job
from tests.support.prices import priced
from tests.support.rig import Rig
from tests.support.scheduling import schedule
from tests.support.settings_pages import choose, let_act, opened, press, send, send_review
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


async def a_limit(stage: Stage) -> str:
    number = await stage.begin()
    limit = Limit(scope=Scope.MEMBER, scope_id=number, period=Period.DAY, credits=Decimal(number))
    return str((await stage.store.limits.set(stage.guild, limit, by_id=1)).id)


async def a_newcomer(stage: Stage) -> Any:
    number = await stage.begin()
    return stage.rig.guild.add_member(stage.rig.env.create_user(f"eve{number}"))


async def a_blocked_member(stage: Stage) -> Any:
    eve = await a_newcomer(stage)
    await stage.store.blocks.add(stage.guild, eve.id, until=None, reason="", by_id=1)
    return eve


async def a_paused_server(stage: Stage) -> None:
    await stage.begin(paused=True)


async def review_on(stage: Stage, panel: Any) -> None:
    await send_review(stage.rig, await press(stage.rig, panel, "review_add"), stage.desk)


async def gallery_on(stage: Stage, panel: Any) -> None:
    await send(stage.rig, await press(stage.rig, panel, "gallery_set"), The_gallery_channel=[stage.desk])


async def gallery_off(stage: Stage, panel: Any) -> None:
    await press(stage.rig, panel, "gallery_off")


async def a_price(stage: Stage) -> None:
    await stage.begin()
    await stage.store.prices.set(stage.guild, "image.generate", "", Decimal(5))


async def set_a_price(stage: Stage, panel: Any) -> None:
    shown = await choose(stage.rig, panel, "price_choose", "image.generate")
    await send(stage.rig, shown, Credits=str(stage.number))


async def remove_a_price(stage: Stage, panel: Any) -> None:
    await send(stage.rig, await choose(stage.rig, panel, "price_choose", "image.generate"), Credits="")


async def upload_prices(stage: Stage, panel: Any) -> None:
    """Send a list in which the price is another than that of `a_price`."""
    shown = await press(stage.rig, panel, "price_upload")
    await send(stage.rig, shown, CSV_file=[("prices.csv", b"operation,credits\nimage.generate,7")])


async def an_operation_that_is_on(stage: Stage) -> None:
    await stage.begin()
    await stage.store.switched_off.set(stage.guild, ["image.generate"], on=True, by_id=1)
    await stage.rig.bot.parts.switches.load()


async def an_operation_that_is_off(stage: Stage) -> None:
    await stage.begin()
    await stage.store.switched_off.set(stage.guild, ["image.generate"], on=False, by_id=1)
    await stage.rig.bot.parts.switches.load()


async def a_key(stage: Stage) -> str:
    secret = OTHER_KEYS.format(await stage.begin())
    stage.rig.sandbox.add_key(secret, credits=500)
    return secret


async def a_key_that_is_set(stage: Stage) -> None:
    secret = await a_key(stage)
    status = AccountStatus(credits=Decimal(1), plan="Creator", scopes=())
    await stage.store.keys.set(stage.guild, secret, set_by=1, status=status)


async def no_practice(stage: Stage) -> None:
    await stage.begin()
    await stage.store.keys.remove(stage.guild)
    await stage.store.keys.end_practice(stage.guild)


async def a_practice(stage: Stage) -> None:
    await no_practice(stage)
    await stage.rig.bot.parts.practice.start(stage.guild, by_id=1)


async def an_open_step(stage: Stage) -> Any:
    await stage.begin()
    await stage.store.setup_steps.note(stage.guild, SetupStep.ROLE, StepOutcome.DONE, by_id=1)
    shown = await stage.slash("studio setup")
    await stage.click(shown.response, f"c1:setup:{SetupStep.ROLE}")
    return shown.response


async def skip_step(stage: Stage, panel: Any) -> None:
    await stage.click(panel, f"c1:setup_skip:{SetupStep.ROLE}")


async def a_refund_to_grant(stage: Stage) -> Any:
    await stage.begin(approval_channel=stage.desk.id)
    card = await stage.ask("a fox #fast #gone")
    await stage.rig.work()
    await stage.rig.member.click(card, label="Request refund")
    await post_log(stage.rig)
    return stage.newest(stage.desk)


async def a_report(stage: Stage) -> Any:
    """Return the line of a report in the log channel. Its author is not blocked, whatever was done before."""
    await stage.begin()
    await stage.store.blocks.remove(stage.guild, stage.rig.member.id)
    await stage.ask()
    await stage.rig.work()
    job = await stage.job()
    reports, sue = stage.rig.bot.parts.moderation.reports, await a_newcomer(stage)
    await reports.report(job, "a *person*", link="", by_id=sue.id)
    await post_log(stage.rig)
    return next(m for m in stage.log.history() if job.id in m.content)


async def block_author(stage: Stage, line: Any) -> None:
    await stage.press(await stage.rig.moderator.click(line, label="Block author"), "Block for 1 day")


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


async def a_kept_result(stage: Stage) -> str:
    """Return the job of a result that moderators have refused; its card is there."""
    question = await a_result_in_review(stage)
    await refused(stage, question)
    await stage.rig.step()
    job = await stage.job()
    assert job.state is JobState.HELD
    return str(job.id)


async def a_job_to_approve(stage: Stage) -> Any:
    await stage.begin(approve_above=Decimal(1), approval_channel=stage.desk.id)
    await priced(stage.rig)
    await stage.ask()
    await stage.rig.step()
    return stage.newest(stage.desk)


async def no_gallery(stage: Stage) -> None:
    await stage.begin()
    await stage.store.reactions.change(stage.guild, lambda _: ReactionRules())


async def a_gallery(stage: Stage) -> None:
    await stage.begin()
    await stage.store.reactions.change(stage.guild, lambda now: replace(now, gallery_channel=stage.desk.id))


async def a_recipe(stage: Stage) -> str:
    name = f"film {await stage.begin()}"
    shown = await stage.press(await stage.slash("studio recipes"), "New recipe…")
    await stage.send(shown, Name=name, About="", Inputs="prompt: what", Steps=STEPS)
    return name


async def a_shootout(stage: Stage) -> Job:
    """A member's, on which members vote."""
    await stage.begin()
    await stage.rig.member.slash(stage.rig.channel, "shootout", prompt=FAST, models="seedream5, gptimage2")
    await stage.rig.work()
    return await stage.job()


async def end_shootout(stage: Stage, job: Job) -> None:
    await pressed_on(stage.rig, stage.rig.moderator, "vote_end", job.id)


async def a_won_shootout(stage: Stage) -> Job:
    job = await a_shootout(stage)
    await stage.rig.bot.parts.shootouts.vote(job, stage.rig.member.id)
    await stage.rig.bot.parts.shootouts.end(job, by_id=stage.rig.member.id, is_moderator=False)
    return job


async def make_default(stage: Stage, job: Job) -> None:
    await pressed_on(stage.rig, stage.rig.moderator, "vote_default", job.id)


async def an_open_job(stage: Stage) -> Job:
    await stage.begin()
    await stage.ask()
    return await stage.job()


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


async def a_newcomer_to_block(stage: Stage) -> Any:
    return await a_newcomer(stage), await opened(stage.rig, "blocked")


async def a_member_to_unblock(stage: Stage) -> Any:
    return await a_blocked_member(stage), await opened(stage.rig, "blocked")


async def block(stage: Stage, subject: Any) -> None:
    eve, panel = subject
    await send(stage.rig, await choose(stage.rig, panel, "block_member", eve), Reason="*spam*")


async def unblock(stage: Stage, subject: Any) -> None:
    eve, panel = subject
    await choose(stage.rig, panel, "unblock_member", str(eve.id))


async def a_limit_to_remove(stage: Stage) -> Any:
    limit_id = await a_limit(stage)
    panel = (await stage.slash("quota show")).response
    return (await choose(stage.rig, panel, "limit_choose", limit_id)).response


async def remove_limit(stage: Stage, asked: Any) -> None:
    await press(stage.rig, asked, "limit_remove")


def chosen(action: str, value: str) -> Do:
    """Return what chooses a value in a select of a page."""

    async def do(stage: Stage, panel: Any) -> None:
        await choose(stage.rig, panel, action, value)

    return do


async def turn_reactions_off(stage: Stage, panel: Any) -> None:
    await let_act(stage.rig, page=panel)


async def set_key(stage: Stage, secret: str) -> None:
    shown = await stage.slash("studio key")
    if shown.modal is not None:
        [field] = stage.rig.form_fields(shown)
        await stage.rig.moderator.submit_modal(shown, {field: secret})


def pressed(label: str) -> Do:
    async def do(stage: Stage, message: Any) -> None:
        await stage.rig.moderator.click(message, label=label)

    return do


async def refused(stage: Stage, message: Any) -> None:
    shown = await stage.rig.moderator.click(message, label="Reject…")
    if shown.modal is not None:
        [field] = stage.rig.form_fields(shown)
        await stage.rig.moderator.submit_modal(shown, {field: "too *wild*"})


async def write_recipe(stage: Stage, number: int) -> None:
    shown = await stage.press(await stage.slash("studio recipes"), "New recipe…")
    await stage.send(shown, Name=f"film {number}", About="", Inputs="prompt: what", Steps=STEPS)


async def edit_recipe(stage: Stage, name: str) -> None:
    shown = await stage.press(await stage.slash("studio recipes", recipe=name), "Edit…")
    await stage.send(shown, Name=f"{name} again", About="", Inputs="prompt: what", Steps=STEPS)


async def delete_recipe(stage: Stage, name: str) -> None:
    page = await stage.slash("studio recipes", recipe=name)
    await stage.press(page, "Delete…")
    if page.response is not None:
        there = stage.rig.channel.history(viewer=stage.rig.moderator)
        [asked] = [each for each in there if each.id == page.response.id]
        if "recipe_delete" in str(asked.components):
            await stage.rig.moderator.click(asked, label="Delete")


async def cancel_job(stage: Stage, job: Job) -> None:
    await on_job(stage.rig, stage.rig.moderator, "cancel", job.id)


async def drop_job(stage: Stage, job: Job) -> None:
    await on_job(stage.rig, stage.rig.moderator, "cancel", job.id, drop=True)


async def recover_job(stage: Stage, job_id: str) -> None:
    await on_job(stage.rig, stage.rig.moderator, "recover", job_id)


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
        shown = await stage.rig.moderator.select(shown.response, [page], custom_id="c1:set_page:panel")
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


async def a_character(stage: Stage) -> str:
    number = await stage.begin()
    name = f"Aa {10**6 - number}"  # before the others on the page
    return (await add(stage.rig, name, pictures=0, look="a red fox")).id


async def press_of_character(stage: Stage, member_id: str, *actions: str) -> None:
    """Open a character, and press these buttons one after the other, as far as they are there."""
    page = await stage.slash("cast")
    if page.response is None or member_id not in str(page.response.components):
        return
    await stage.rig.moderator.select(page.response, values=[member_id], custom_id="c1:cast_open:cast")
    for action in actions:
        if f"cast_{action}:" in str(page.response.components):
            await stage.click(page.response, f"c1:cast_{action}:{member_id}")


async def a_schedule(stage: Stage) -> Schedule:
    await stage.begin()
    for each in await stage.store.schedules.all(stage.guild):
        await stage.store.schedules.delete(stage.guild, each.id)
    return await schedule(stage.rig)


def on_schedule(*actions: str) -> Do:
    """Open a schedule, and press these buttons one after the other, as far as they are there."""

    async def do(stage: Stage, made: Schedule) -> None:
        page = await stage.slash("studio recipes")
        if page.response is None or "schedules_list" not in str(page.response.components):
            return
        await stage.click(page.response, "c1:schedules_list:panel")
        if made.id not in str(page.response.components):
            return
        await stage.rig.moderator.select(page.response, [made.id], custom_id="c1:schedule_open:panel")
        for action in actions:
            name = f"c1:{action.format(made.id)}"
            if name in str(page.response.components):
                await stage.click(page.response, name)

    return do


async def lock_character(stage: Stage, member_id: str) -> None:
    await press_of_character(stage, member_id, "lock")


async def remove_character(stage: Stage, member_id: str) -> None:
    await press_of_character(stage, member_id, "ask", "remove")


async def an_event(stage: Stage) -> str:
    await stage.begin()
    return await _announced(stage)


async def _announced(stage: Stage) -> str:
    """Announce an event in a channel of its own, and return its id."""
    room = stage.rig.guild.create_text_channel(f"contest-{stage.number}")
    shown = await stage.slash("event", theme=f"Cats {stage.number}", ends="2h", purse=50.0, channel=room)
    if shown.response is not None and (name := control(shown.response.components, "c1:event_announce:")) is not None:
        await stage.click(shown.response, name)
    found = await stage.store.events.open(stage.guild)
    return next((each.id for each in found if each.channel_id == room.id), "")


async def announce_event(stage: Stage, _: Any) -> None:
    await _announced(stage)


async def cancel_event(stage: Stage, event_id: str) -> None:
    """Choose an event in the list, and confirm."""
    page = await stage.slash("event")
    if page.response is None or event_id not in str(page.response.components):
        return
    await stage.rig.moderator.select(page.response, values=[event_id], custom_id="c1:event_choose:events")
    if "event_cancel:" in str(page.response.components):
        await stage.click(page.response, f"c1:event_cancel:{event_id}")


ACTS: dict[str, Act] = {
    "quota set": command("quota set", "limit", credits=lambda _, number: float(number), period="day"),
    "quota set together": command(
        "quota set", "limit", credits=lambda _, number: float(number), period="day", scope="server"
    ),
    "quota remove": Act(a_limit_to_remove, remove_limit, "limit"),
    "quota grant": command("quota grant", "grant", member=lambda stage, _: stage.rig.member, credits=5.0),
    "block": Act(a_newcomer_to_block, block, "block"),
    "unblock": Act(a_member_to_unblock, unblock, "block"),
    "pause": command("studio pause", "pause", switch="on"),
    "end of a pause": command("studio pause", "pause", a_paused_server, switch="off"),
    "key set": Act(a_key, set_key, "key"),
    "key remove": command("studio key", "key", a_key_that_is_set, action="remove"),
    "price set": Act(at("prices", nothing), set_a_price, "price"),
    "prices from a file": Act(at("prices", a_price), upload_prices, "price"),
    "price remove": Act(at("prices", a_price), remove_a_price, "price"),
    "operation off": Act(
        at("operations", an_operation_that_is_on), chosen("operation_switch", "off image.generate"), "operation"
    ),
    "operation on": Act(
        at("operations", an_operation_that_is_off), chosen("operation_switch", "on image.generate"), "operation"
    ),
    "review on": Act(at("review", nothing), review_on, "settings"),
    "review off": Act(at("review", a_review_rule), chosen("review_end", "0"), "settings"),
    "publish": Act(a_result_in_review, pressed("Publish"), "review"),
    "refuse a result": Act(a_result_in_review, refused, "review"),
    "approve": Act(a_job_to_approve, pressed("Approve"), "approval"),
    "approve and grant": Act(a_job_to_approve, pressed("Approve + grant 12"), "approval"),
    "turn down": Act(a_job_to_approve, refused, "approval"),
    "reactions": Act(at("reactions", no_gallery), turn_reactions_off, "settings"),
    "gallery": Act(at("gallery", no_gallery), gallery_on, "settings"),
    "gallery off": Act(at("gallery", a_gallery), gallery_off, "settings"),
    "recipe: write": Act(nothing, write_recipe, "recipe"),
    "recipe: edit": Act(a_recipe, edit_recipe, "recipe"),
    "recipe: delete": Act(a_recipe, delete_recipe, "recipe"),
    "schedule: pause": Act(a_schedule, on_schedule("schedule_pause:{}"), "schedule"),
    "schedule: delete": Act(a_schedule, on_schedule("schedule_delete:{}"), "schedule"),
    "cast: lock": Act(a_character, lock_character, "cast"),
    "cast: remove": Act(a_character, remove_character, "cast"),
    "shoot-out: end": Act(a_shootout, end_shootout, "shootout"),
    "shoot-out: default": Act(a_won_shootout, make_default, "settings"),
    "event: announce": Act(nothing, announce_event, "event"),
    "event: cancel": Act(an_event, cancel_event, "event"),
    "cancel a job": Act(an_open_job, cancel_job, "cancel"),
    "drop a job": Act(a_sent_job, drop_job, "cancel"),
    "cancel a card": Act(an_open_batch, pressed("Cancel"), "cancel"),
    "setting: role": setting("access", "c1:set_role:moderator_role", lambda stage: [stage.rig.moderators]),
    "setting: channels": setting("access", "c1:set_channels:allowed_channels", lambda stage: [stage.rig.channel]),
    "setting: channel": setting("approval", "c1:set_channels:approval_channel", lambda stage: [stage.desk]),
    "setting: switch": setting("approval", "c1:set_flip:approve_own"),
    "setting: payer": setting("results", "c1:set_choice:rerun_payer", lambda _: ["author"]),
    "setting: limits": setting("limits", "c1:set_form:limits", None, "7"),
    "setting: approval": setting("approval", "c1:set_form:approval", None, "30"),
    "setting: time zone": setting("results", "c1:set_form:timezone", None, "Europe/Berlin"),
    "setting: words": setting("words", "c1:set_form:words", None, "badger"),
    "setting: model": setting("words", "c1:set_model:panel", lambda _: ["image.generate"], "gptimage2"),
    "skip a step of the setup": Act(an_open_step, skip_step, "setup"),
    "practice on": command("studio practice", "practice", no_practice),
    "practice off": command("studio practice", "practice", a_practice, switch="off"),
    "refund": Act(a_refund_to_grant, pressed("Refund"), "grant"),
    "dismiss a report": Act(a_report, pressed("Dismiss"), "dismissal"),
    "refund a reported result": Act(a_report, pressed("Refund"), "grant"),
    "block from a report": Act(a_report, block_author, "block"),
    "recover": Act(a_kept_result, recover_job, "recovery"),
}
REMOVALS: dict[str, Act] = {
    "remove a result": Act(a_result, removed("Remove the result"), "removal"),
    "remove a result and its record": Act(a_result, removed("Remove the record too"), "removal"),
    "remove by reaction": Act(a_result, react_to_remove, "removal"),
}
"""Acts whose change is in Discord: they are recorded before it is tried."""
