"""`/studio setup`: each step done, skipped, left half way, taken up by another, and after a restart."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import discord
import pytest

from bot.delivery.channels.facts import as_permissions
from bot.domain.server.first_contact import SetupStep
from bot.domain.server.guild_rules import Period, Scope
from cogs.moderate.setup import texts
from cogs.moderate.texts import KEY_STORED, PRACTICE_ON
from cogs.ui.controls import Control, view_of
from cogs.ui.texts import GONE, MANAGERS_ONLY, MODERATORS_ONLY
from tests.discord.moderate.test_settings_panel import fill
from tests.support.channels import let_in, open_to_all, rule
from tests.support.erased import send_key
from tests.support.joining import join
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig, running
from tests.support.surface import labels, links, parts, private_sentence, unlinked

SETUP = "studio setup"
STEPS = {step: str(texts.NAMES[step]) for step in SetupStep}


@pytest.fixture
async def rig(tmp_path: Any) -> Any:
    async with running(tmp_path, estimate_tool=True, cannon_api_key=None, cannon_api_key_guilds="") as made:
        yield made


async def opened(rig: Rig, step: str | None = None, member: Any = None) -> Any:
    """Open the panel, at a step."""
    who = member or rig.moderator
    shown = await who.slash(rig.channel, SETUP)
    assert shown.ephemeral
    if step is not None:
        await who.click(shown.response, custom_id=f"c1:setup:{step}")
    return now(rig, shown.response, who)


def now(rig: Rig, message: Any, member: Any = None) -> Any:
    """Return the panel as it is now."""
    found = rig.channel.history(viewer=member or rig.moderator)
    return next(each for each in found if each.id == message.id)


def embed(message: Any) -> Any:
    return message.embeds[0]


def marks(message: Any) -> dict[str, str]:
    """Return each step's mark on the overview."""
    rows = embed(message).description.splitlines()
    found = {name: next(row for row in rows if f"**{name}**" in row) for name in STEPS.values()}
    return {name: row.split(" ")[0] for name, row in found.items()}


def line(message: Any, step: SetupStep) -> str:
    return next(row for row in embed(message).description.splitlines() if f"**{STEPS[step]}**" in row)


async def click(rig: Rig, message: Any, control: str, member: Any = None) -> Any:
    return await (member or rig.moderator).click(now(rig, message, member), custom_id=f"c1:{control}")


async def status_fields(rig: Rig) -> dict[str, str]:
    shown = await rig.moderator.slash(rig.channel, "studio status")
    return {each.name: each.value for each in shown.response.embeds[0].fields}


async def test_all_is_open_at_first_and_the_first_step_is_highlighted(rig: Rig):
    panel = await opened(rig)
    assert set(marks(panel).values()) == {texts.OPEN_MARK}
    said = unlinked(embed(panel).description)
    assert str(texts.WHAT_IT_COSTS) in said
    assert str(texts.PRIVACY) in said
    primary = [each["label"] for each in parts(panel) if each["style"] == discord.ButtonStyle.primary.value]
    assert primary == [f"{texts.OPEN_MARK} {texts.NAMES[SetupStep.KEY]}"]
    assert str(texts.PRACTICE) in labels(panel)


async def test_the_key_is_set_by_the_form_of_its_command_and_leads_back(rig: Rig):
    panel = await opened(rig, "key")
    assert links(panel) == [next(each for each in links(panel) if "cannonstudio" in each)]
    form = await click(rig, panel, "setup_key:open")
    [name] = rig.form_fields(form)
    done = await rig.moderator.submit_modal(form, {name: GUILD_KEY})
    assert (await rig.bot.parts.store.keys.current(rig.guild.id)).secret == GUILD_KEY  # type: ignore[union-attr]  # it is there
    assert "**API key** · done by" in now(rig, panel).embeds[0].description
    [answer] = done.followups
    assert answer.embeds[0].title == str(KEY_STORED)
    assert labels(answer) == [str(texts.CONTINUE)]
    await rig.moderator.click(answer, label=str(texts.CONTINUE))
    shown = now(rig, answer)
    assert marks(shown)[STEPS[SetupStep.KEY]] == texts.DONE_MARK
    assert f"<@{rig.moderator.id}>" in line(shown, SetupStep.KEY)


async def test_the_last_step_offers_the_best_of_the_week_once_there_is_a_gallery(rig: Rig):
    panel = await opened(rig, "channels")
    assert str(texts.TURN_ON_WEEK) not in labels(panel)
    gallery = rig.guild.create_text_channel("gallery")
    await rig.moderator.select(now(rig, panel), [gallery], custom_id="c1:setup_channel:gallery")
    await click(rig, panel, "setup_week:on")
    assert await rig.bot.parts.store.weekly.channel_of(rig.guild.id) == gallery.id
    assert str(texts.TURN_ON_WEEK) not in labels(now(rig, panel))


async def test_a_wrong_key_leaves_the_step_open(rig: Rig):
    rig.sandbox.revoke_key(GUILD_KEY)
    form = await click(rig, await opened(rig, "key"), "setup_key:open")
    [name] = rig.form_fields(form)
    await rig.moderator.submit_modal(form, {name: GUILD_KEY})
    assert marks(await opened(rig))[STEPS[SetupStep.KEY]] == texts.OPEN_MARK


async def test_a_key_that_is_removed_opens_its_step_again(rig: Rig):
    await send_key(rig, GUILD_KEY)
    assert marks(await opened(rig))[STEPS[SetupStep.KEY]] == texts.DONE_MARK
    await rig.moderator.slash(rig.channel, "studio key", action="remove")
    assert marks(await opened(rig))[STEPS[SetupStep.KEY]] == texts.OPEN_MARK


async def test_the_test_image_tells_its_price_first_and_is_for_the_moderator_alone(rig: Rig):
    await send_key(rig, GUILD_KEY)
    panel = await opened(rig, "test")
    posts = rig.sandbox.posts
    asked = await click(rig, panel, "setup_test:open")
    assert asked.ephemeral
    assert "credits" in asked.response.content
    assert (await rig.jobs(), rig.sandbox.posts) == ([], posts)
    await rig.moderator.click(asked.response, label="Yes, make it")
    await rig.work()
    [job] = await rig.jobs()
    assert job.state == "delivered"
    assert [each for each in rig.messages() if not each.flags.ephemeral] == []
    await click(rig, panel, "setup:overview")
    assert marks(now(rig, panel))[STEPS[SetupStep.TEST]] == texts.DONE_MARK


async def test_without_a_key_the_test_image_says_what_is_needed(rig: Rig):
    refused = await click(rig, await opened(rig, "test"), "setup_test:open")
    assert "/studio key" in private_sentence(refused)
    assert await rig.jobs() == []


async def limits(rig: Rig) -> dict[tuple[Scope, Period], Decimal]:
    found = await rig.bot.parts.store.limits.all(rig.guild.id)
    return {(each.scope, each.period): each.credits for each in found}


async def test_limits_are_set_changed_and_removed(rig: Rig):
    panel = await opened(rig, "limits")
    await fill(rig, await click(rig, panel, "setup_limits:open"), "50", "2000")
    assert await limits(rig) == {
        (Scope.EVERYONE, Period.DAY): Decimal(50),
        (Scope.SERVER, Period.MONTH): Decimal(2000),
    }
    assert f"{texts.DONE_MARK} **{STEPS[SetupStep.LIMITS]}**" in embed(now(rig, panel)).description
    assert "• every member: 50 credits a day" in embed(now(rig, panel)).description
    await fill(rig, await click(rig, panel, "setup_limits:open"), "", None)
    assert await limits(rig) == {(Scope.SERVER, Period.MONTH): Decimal(2000)}
    lines = [each for each in await rig.bot.parts.store.decisions.all(rig.guild.id) if each.kind == "limit"]
    assert len(lines) == 3


async def test_what_is_no_number_is_refused_and_changes_nothing(rig: Rig):
    refused = await fill(rig, await click(rig, await opened(rig, "limits"), "setup_limits:open"), "many", "")
    assert str(texts.PER_MEMBER) in private_sentence(refused)
    assert await limits(rig) == {}


async def test_the_moderator_role_is_chosen_and_everyone_is_not(rig: Rig):
    helpers = rig.guild.create_role("helpers")
    await rig.env.settle()
    panel = await opened(rig, "role")
    await rig.moderator.select(now(rig, panel), [rig.guild.default_role], custom_id="c1:setup_role:role")
    assert (await rig.bot.parts.store.settings.get(rig.guild.id)).moderator_role is None
    await rig.moderator.select(now(rig, panel), [helpers], custom_id="c1:setup_role:role")
    assert (await rig.bot.parts.store.settings.get(rig.guild.id)).moderator_role == helpers.id
    assert f"{texts.DONE_MARK} **{STEPS[SetupStep.ROLE]}** · done by <@{rig.moderator.id}>" in line(
        now(rig, panel), SetupStep.ROLE
    )


async def test_a_role_that_is_deleted_opens_its_step_again(rig: Rig):
    helpers = rig.guild.create_role("helpers")
    await rule(rig, moderator_role=helpers.id)
    await rig.env.settle()
    assert marks(await opened(rig))[STEPS[SetupStep.ROLE]] == texts.DONE_MARK
    rig.env.backend.delete_role(rig.guild.id, helpers.id)
    await rig.env.settle()
    assert marks(await opened(rig))[STEPS[SetupStep.ROLE]] == texts.OPEN_MARK


async def test_the_four_kinds_of_channels_are_set_and_unset(rig: Rig):
    desk = rig.guild.create_text_channel("desk")
    await rig.env.settle()
    panel, store = await opened(rig, "channels"), rig.bot.parts.store

    async def choose(subject: str, *chosen: Any) -> None:
        await rig.moderator.select(now(rig, panel), list(chosen), custom_id=f"c1:setup_channel:{subject}")

    for subject in ("results", "review", "log", "gallery"):
        await choose(subject, desk)
    rules = await store.settings.get(rig.guild.id)
    assert (rules.allowed_channels, rules.log_channel) == (frozenset({desk.id}), desk.id)
    assert (await store.reactions.get(rig.guild.id)).gallery_channel == desk.id
    assert [each.review_channel for each in await store.reviews.rules(rig.guild.id)] == [desk.id]
    assert line(now(rig, panel), SetupStep.CHANNELS).startswith(texts.DONE_MARK)
    for subject in ("results", "review", "log", "gallery"):
        await choose(subject)
    assert (await store.settings.get(rig.guild.id)).changed_from(replace(rules)) != {}
    assert (await store.reactions.get(rig.guild.id)).gallery_channel is None
    assert await store.reviews.rules(rig.guild.id) == ()
    assert line(now(rig, panel), SetupStep.CHANNELS).startswith(texts.OPEN_MARK)


async def test_a_setup_left_half_way_is_taken_up_by_another_moderator_after_a_restart(rig: Rig):
    mods = rig.guild.roles["mods"]
    other = rig.guild.add_member(rig.env.create_user("noor"), roles=[mods])
    await send_key(rig, GUILD_KEY)
    old = await opened(rig, "test")
    await click(rig, old, "setup_skip:test")
    await rig.restart(after_s=86_400)
    shown = await opened(rig, member=other)
    assert marks(shown) == dict(
        zip(STEPS.values(), [texts.DONE_MARK, texts.SKIPPED_MARK, *[texts.OPEN_MARK] * 3], strict=True)
    )
    assert f"skipped by <@{rig.moderator.id}>" in line(shown, SetupStep.TEST)
    await click(rig, shown, "setup:limits", other)
    for step in ("limits", "role", "channels"):
        await click(rig, shown, f"setup_skip:{step}", other)
    assert str(texts.ALL_DONE) in embed(now(rig, shown, other)).description
    assert f"skipped by <@{other.id}>" in line(now(rig, shown, other), SetupStep.ROLE)
    await click(rig, old, "setup:overview")  # the first moderator's panel is old, and shows what is true
    assert str(texts.ALL_DONE) in embed(now(rig, old)).description


async def test_a_skipped_step_can_still_be_done(rig: Rig):
    panel = await opened(rig, "limits")
    await click(rig, panel, "setup_skip:limits")
    assert str(texts.NAMES[SetupStep.ROLE]) in embed(now(rig, panel)).title
    await rig.moderator.slash(rig.channel, "quota set", credits=5, period="day")
    assert marks(await opened(rig))[STEPS[SetupStep.LIMITS]] == texts.DONE_MARK


async def test_a_step_that_is_skipped_is_one_line_of_the_record(rig: Rig):
    panel = await opened(rig, "role")
    await click(rig, panel, "setup_skip:role")
    with rig.env.time_context():
        await rig.bot.parts.first_setup.skip(rig.guild.id, SetupStep.ROLE, by_id=rig.moderator.id)
    [found] = [each for each in await rig.bot.parts.store.decisions.all(rig.guild.id) if each.kind == "setup"]
    assert (found.by_id, found.text) == (
        rig.moderator.id,
        f"<@{rig.moderator.id}> skipped the moderator role in the setup.",
    )
    assert found.about == {"step": "role"}


async def test_status_shows_the_list_until_all_is_done_or_skipped(rig: Rig):
    assert f"{texts.OPEN_MARK} **API key**" in (await status_fields(rig))[str(texts.CHECKLIST)]
    panel = await opened(rig)
    await click(rig, panel, "setup:key")
    for step in SetupStep:  # skipping one leads to the next
        await click(rig, panel, f"setup_skip:{step.value}")
    assert str(texts.CHECKLIST) not in await status_fields(rig)


async def test_members_get_one_sentence_at_every_control_and_change_nothing(rig: Rig):
    open_to_all(rig)
    assert private_sentence(await rig.member.slash(rig.channel, SETUP)) == str(MODERATORS_ONLY)
    names = ["setup:key", "setup_skip:key", "setup_key:open", "setup_test:open", "setup_limits:open", "welcome:setup"]
    with rig.env.time_context():
        channel = rig.bot.get_channel(rig.channel.id)
        assert isinstance(channel, discord.TextChannel)
        buttons = [Control.button(*name.split(":"), label=name) for name in names]
        forged = await channel.send("Press", view=view_of(buttons))
    for name in names:
        assert private_sentence(await rig.member.click(forged, label=name)) == str(MODERATORS_ONLY)
    assert await rig.bot.parts.store.setup_steps.of(rig.guild.id) == {}
    assert await rig.jobs() == []


async def test_the_moderator_role_sets_neither_key_nor_role(rig: Rig):
    role = rig.guild.create_role("helpers")
    await rule(rig, moderator_role=role.id)
    helper = rig.guild.add_member(rig.env.create_user("helga"), roles=[role])
    open_to_all(rig)
    panel = await opened(rig, "key", helper)
    assert private_sentence(await click(rig, panel, "setup_key:open", helper)) == str(MANAGERS_ONLY)
    panel = await opened(rig, "role", helper)
    refused = await helper.select(now(rig, panel, helper), [], custom_id="c1:setup_role:role")
    assert private_sentence(refused) == str(MANAGERS_ONLY)
    assert (await rig.bot.parts.store.settings.get(rig.guild.id)).moderator_role == role.id


async def test_a_control_of_no_step_is_answered(rig: Rig):
    with rig.env.time_context():
        channel = rig.bot.get_channel(rig.channel.id)
        assert isinstance(channel, discord.TextChannel)
        forged = await channel.send("Press", view=view_of([Control.button("setup", "nothing", label="x")]))
    assert private_sentence(await rig.moderator.click(forged, label="x")) == str(GONE)


async def test_missing_permissions_are_named_for_the_server_and_for_channels(rig: Rig):
    joined = await join(rig)
    allowed = as_permissions()
    allowed.update(add_reactions=False)
    joined.permit(allowed)
    backend = rig.env.backend
    backend.edit_role(
        joined.id,
        joined.id,
        {"permissions": discord.Permissions(use_application_commands=True, view_channel=True).value},
    )
    await rig.env.settle()
    shown = await joined.moderator.slash(joined.channel, SETUP)
    [problems] = [each.value for each in embed(shown.response).fields if each.name == str(texts.MISSING)]
    assert "**Add Reactions**" in problems
    assert "Attach Files" not in problems


async def test_a_channel_in_which_the_bot_may_not_post_is_refused_and_one_that_was_closed_later_is_named(rig: Rig):
    desk = rig.guild.create_text_channel("desk")
    await rig.env.settle()
    panel = await opened(rig, "channels")
    let_in(rig, desk, rig.bot.user.id, attach_files=False)
    await rig.env.settle()
    refused = await rig.moderator.select(now(rig, panel), [desk], custom_id="c1:setup_channel:gallery")
    assert "Attach Files" in private_sentence(refused)
    assert (await rig.bot.parts.store.reactions.get(rig.guild.id)).gallery_channel is None
    await rig.moderator.select(now(rig, panel), [desk], custom_id="c1:setup_channel:results")
    [problems] = [each.value for each in embed(now(rig, panel)).fields if each.name == str(texts.MISSING)]
    assert problems == f"⚠️ I need **Attach Files** in <#{desk.id}>."


async def test_reviews_are_not_where_everybody_works(rig: Rig):
    await send_key(rig, GUILD_KEY)
    await rig.member.slash(rig.channel, "image generate", prompt="x")
    panel = await opened(rig, "channels")
    refused = await rig.moderator.select(now(rig, panel), [rig.channel], custom_id="c1:setup_channel:review")
    assert "Members use the bot in" in private_sentence(refused)
    assert await rig.bot.parts.store.reviews.rules(rig.guild.id) == ()


async def test_with_all_permissions_nothing_is_said_of_them(rig: Rig):
    assert embed(await opened(rig)).fields == []


async def test_practice_is_offered_until_it_is_on_and_is_no_key(rig: Rig):
    panel = await opened(rig)
    started = await rig.moderator.click(panel, label=str(texts.PRACTICE))
    assert unlinked(started.response.content) == str(PRACTICE_ON)
    panel = await opened(rig)
    assert str(texts.PRACTICE) not in labels(panel)
    assert marks(panel)[STEPS[SetupStep.KEY]] == texts.OPEN_MARK


async def test_in_practice_the_test_image_is_free_and_counts_until_a_key_is_set(rig: Rig):
    await rig.moderator.slash(rig.channel, "studio practice")
    panel, posts = await opened(rig, "test"), rig.sandbox.posts
    asked = await click(rig, panel, "setup_test:open")
    if any(each.get("label") == "Yes, make it" for each in parts(asked.response)):
        await rig.moderator.click(asked.response, label="Yes, make it")
    await rig.work()
    [job] = await rig.jobs()
    assert (job.state, job.practice, rig.sandbox.posts) == ("delivered", True, posts)
    assert marks(await opened(rig))[STEPS[SetupStep.TEST]] == texts.DONE_MARK
    await send_key(rig, GUILD_KEY)
    shown = marks(await opened(rig))
    assert (shown[STEPS[SetupStep.KEY]], shown[STEPS[SetupStep.TEST]]) == (texts.DONE_MARK, texts.OPEN_MARK)


async def test_the_host_s_key_is_a_key(tmp_path: Any):
    async with running(tmp_path) as rig:
        assert rig.sandbox.spent(HOST_KEY) == 0
        assert marks(await opened(rig))[STEPS[SetupStep.KEY]] == texts.DONE_MARK
        assert str(texts.HOST_PAYS) in embed(await opened(rig, "key")).description
        await send_key(rig, GUILD_KEY)
        assert str(texts.HOST_PAYS) not in embed(await opened(rig, "key")).description
