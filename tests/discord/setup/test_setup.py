"""`/studio setup`: the first pages of the settings, each step done, left half way, and taken up by another."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import discord
import pytest

from bot.delivery.channels.facts import as_permissions
from bot.domain.server.first_contact import SetupStep
from bot.domain.server.guild_rules import Period, Scope
from bot.domain.server.setting import FIRST_PAGES, PAGES, SettingsPage
from cogs.moderate.setup import texts
from cogs.moderate.texts import KEY_STORED, PRACTICE_ON
from cogs.ui.controls import Control, view_of
from cogs.ui.texts import GONE, MANAGERS_ONLY, MODERATORS_ONLY, NEXT_PAGE, SETTINGS_TITLE
from tests.discord.moderate.test_settings_panel import fill
from tests.support.channels import let_in, open_to_all, rule
from tests.support.erased import send_key
from tests.support.joining import join
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig, running
from tests.support.surface import labels, panel_text, parts, private_sentence, unlinked

SETUP = "studio setup"
STEPS = {step: str(texts.NAMES[step]) for step in SetupStep}
TITLES = {page: str(PAGES[page][0]) for page in FIRST_PAGES}


@pytest.fixture
async def rig(tmp_path: Any) -> Any:
    async with running(tmp_path, estimate_tool=True, cannon_api_key=None, cannon_api_key_guilds="") as made:
        yield made


async def opened(rig: Rig, member: Any = None) -> Any:
    shown = await (member or rig.moderator).slash(rig.channel, SETUP)
    assert shown.ephemeral
    return now(rig, shown.response, member)


def now(rig: Rig, message: Any, member: Any = None) -> Any:
    """Return the panel as it is now."""
    found = rig.channel.history(viewer=member or rig.moderator)
    return next(each for each in found if each.id == message.id)


def done(message: Any) -> set[SetupStep]:
    """Return the steps that the page shows as done."""
    marks = {step: line(message, step).split(" ")[0] for step in SetupStep}
    assert set(marks.values()) <= {texts.DONE_MARK, texts.OPEN_MARK}
    return {step for step, mark in marks.items() if mark == texts.DONE_MARK}


def line(message: Any, step: SetupStep) -> str:
    return next(row for row in panel_text(message).splitlines() if row.endswith(f"**{STEPS[step]}**"))


async def click(rig: Rig, message: Any, control: str, member: Any = None) -> Any:
    return await (member or rig.moderator).click(now(rig, message, member), custom_id=f"c1:{control}")


async def status_fields(rig: Rig) -> dict[str, str]:
    shown = await rig.moderator.slash(rig.channel, "studio status")
    return {each.name: each.value for each in shown.response.embeds[0].fields}


async def test_all_is_open_at_first_and_the_first_step_is_highlighted(rig: Rig):
    panel = await opened(rig)
    assert done(panel) == set()
    said = unlinked(panel_text(panel))
    for words in (texts.WHAT_IT_COSTS, texts.PRIVACY, texts.ABOUT[SetupStep.KEY]):
        assert unlinked(str(words)) in said
    primary = [each["label"] for each in parts(panel) if each.get("style") == discord.ButtonStyle.primary.value]
    assert primary == [str(texts.BUTTONS[SetupStep.KEY])]
    assert str(texts.PRACTICE) in labels(panel)


async def test_next_leads_through_the_pages_of_the_setup_and_back(rig: Rig):
    panel, page = await opened(rig), FIRST_PAGES[0]
    for following in (*FIRST_PAGES[1:], FIRST_PAGES[0]):
        label = NEXT_PAGE(page=TITLES[following])
        assert panel_text(now(rig, panel)).startswith(f"### {SETTINGS_TITLE(page=TITLES[page])}")
        await rig.moderator.click(now(rig, panel), label=label)
        page = following
    assert done(now(rig, panel)) == set()


async def test_roles_and_channels_are_chosen_on_their_pages(rig: Rig):
    panel = await opened(rig)
    for step, page in ((SetupStep.ROLE, SettingsPage.ACCESS), (SetupStep.CHANNELS, SettingsPage.CHANNELS)):
        await rig.moderator.click(now(rig, panel), label=str(texts.BUTTONS[step]))
        assert panel_text(now(rig, panel)).startswith(f"### {SETTINGS_TITLE(page=TITLES[page])}")
        await rig.moderator.select(now(rig, panel), ["setup"], custom_id=f"c1:set_page:{page}")


async def test_the_key_is_set_by_the_form_of_its_command_and_leads_back(rig: Rig):
    panel = await opened(rig)
    assert "(https://www.cannonstudio.app/developers/docs/authentication)" in panel_text(panel)
    form = await click(rig, panel, "setup_key:panel")
    [name] = rig.form_fields(form)
    await rig.moderator.submit_modal(form, {name: GUILD_KEY})
    assert (await rig.bot.parts.store.keys.current(rig.guild.id)).secret == GUILD_KEY  # type: ignore[union-attr]  # it is there
    shown = panel_text(now(rig, panel))
    assert f"**{KEY_STORED}**" in shown
    assert f"`…{GUILD_KEY[-4:]}`" in shown
    assert GUILD_KEY not in shown
    assert done(now(rig, panel)) == {SetupStep.KEY}


async def test_a_wrong_key_leaves_the_step_open(rig: Rig):
    rig.sandbox.revoke_key(GUILD_KEY)
    form = await click(rig, await opened(rig), "setup_key:panel")
    [name] = rig.form_fields(form)
    await rig.moderator.submit_modal(form, {name: GUILD_KEY})
    assert done(await opened(rig)) == set()


async def test_a_key_that_is_removed_opens_its_step_again(rig: Rig):
    await send_key(rig, GUILD_KEY)
    assert done(await opened(rig)) == {SetupStep.KEY}
    await rig.moderator.slash(rig.channel, "studio key", action="remove")
    assert done(await opened(rig)) == set()


async def test_the_test_image_tells_its_price_first_and_is_for_the_moderator_alone(rig: Rig):
    await send_key(rig, GUILD_KEY)
    panel = await opened(rig)
    posts = rig.sandbox.posts
    asked = await click(rig, panel, "setup_test:panel")
    assert asked.ephemeral
    assert "credits" in asked.response.content
    assert (await rig.jobs(), rig.sandbox.posts) == ([], posts)
    await rig.moderator.click(asked.response, label="Yes, make it")
    await rig.work()
    [job] = await rig.jobs()
    assert job.state == "delivered"
    assert [each for each in rig.messages() if not each.flags.ephemeral] == []
    assert SetupStep.TEST in done(await opened(rig))


async def test_without_a_key_the_test_image_says_what_is_needed(rig: Rig):
    refused = await click(rig, await opened(rig), "setup_test:panel")
    assert "/studio key" in private_sentence(refused)
    assert await rig.jobs() == []


async def limits(rig: Rig) -> dict[tuple[Scope, Period], Decimal]:
    found = await rig.bot.parts.store.limits.all(rig.guild.id)
    return {(each.scope, each.period): each.credits for each in found}


async def test_limits_are_set_changed_and_removed(rig: Rig):
    panel = await opened(rig)
    await fill(rig, await click(rig, panel, "setup_limits:panel"), "50", "2000")
    assert await limits(rig) == {
        (Scope.EVERYONE, Period.DAY): Decimal(50),
        (Scope.SERVER, Period.MONTH): Decimal(2000),
    }
    assert done(now(rig, panel)) == {SetupStep.LIMITS}
    assert "• every member: 50 credits a day" in panel_text(now(rig, panel))
    await fill(rig, await click(rig, panel, "setup_limits:panel"), "", None)
    assert await limits(rig) == {(Scope.SERVER, Period.MONTH): Decimal(2000)}
    lines = [each for each in await rig.bot.parts.store.decisions.all(rig.guild.id) if each.kind == "limit"]
    assert len(lines) == 3


async def test_what_is_no_number_is_refused_and_changes_nothing(rig: Rig):
    refused = await fill(rig, await click(rig, await opened(rig), "setup_limits:panel"), "many", "")
    assert str(texts.PER_MEMBER) in private_sentence(refused)
    assert await limits(rig) == {}


async def test_a_role_that_is_deleted_opens_its_step_again(rig: Rig):
    helpers = rig.guild.create_role("helpers")
    await rule(rig, moderator_role=helpers.id)
    await rig.env.settle()
    assert done(await opened(rig)) == {SetupStep.ROLE}
    rig.env.backend.delete_role(rig.guild.id, helpers.id)
    await rig.env.settle()
    assert done(await opened(rig)) == set()


async def test_a_setup_left_half_way_is_taken_up_by_another_moderator_after_a_restart(rig: Rig):
    other = rig.guild.add_member(rig.env.create_user("noor"), roles=[rig.guild.roles["mods"]])
    await send_key(rig, GUILD_KEY)
    old = await opened(rig)
    await rig.restart(after_s=86_400)
    shown = await opened(rig, other)
    assert done(shown) == {SetupStep.KEY}
    await rule(rig, moderator_role=rig.moderators.id, log_channel=rig.channel.id)
    await fill(rig, await click(rig, shown, "setup_limits:panel", other), "5", None, member=other)
    assert done(now(rig, shown, other)) == set(SetupStep) - {SetupStep.TEST}
    await rig.moderator.select(now(rig, old), ["setup"], custom_id="c1:set_page:setup")
    assert done(now(rig, old)) == set(SetupStep) - {SetupStep.TEST}  # the first moderator's panel shows what is true


async def test_status_shows_the_list_until_there_is_a_key_and_a_result(rig: Rig):
    name = TITLES[SettingsPage.SETUP]
    assert f"{texts.OPEN_MARK} **API key**" in (await status_fields(rig))[name]
    await send_key(rig, GUILD_KEY)
    assert f"{texts.DONE_MARK} **API key**\n{texts.OPEN_MARK} **Test image**" in (await status_fields(rig))[name]
    await rig.member.slash(rig.channel, "image generate", prompt="x")
    await rig.work()
    assert name not in await status_fields(rig)


async def test_members_get_one_sentence_at_every_control_and_change_nothing(rig: Rig):
    open_to_all(rig)
    assert private_sentence(await rig.member.slash(rig.channel, SETUP)) == str(MODERATORS_ONLY)
    names = ["set_page:setup", "setup_key:panel", "setup_test:panel", "setup_limits:panel", "welcome:setup"]
    with rig.env.time_context():
        channel = rig.bot.get_channel(rig.channel.id)
        assert isinstance(channel, discord.TextChannel)
        buttons = [Control.button(*name.split(":"), label=name) for name in names]
        forged = await channel.send("Press", view=view_of(buttons))
    for name in names:
        assert private_sentence(await rig.member.click(forged, label=name)) == str(MODERATORS_ONLY)
    assert await rig.jobs() == []


async def test_the_moderator_role_sets_no_key(rig: Rig):
    role = rig.guild.create_role("helpers")
    await rule(rig, moderator_role=role.id)
    helper = rig.guild.add_member(rig.env.create_user("helga"), roles=[role])
    open_to_all(rig)
    panel = await opened(rig, helper)
    assert private_sentence(await click(rig, panel, "setup_key:panel", helper)) == str(MANAGERS_ONLY)


async def test_a_control_of_no_page_is_answered(rig: Rig):
    with rig.env.time_context():
        channel = rig.bot.get_channel(rig.channel.id)
        assert isinstance(channel, discord.TextChannel)
        forged = await channel.send("Press", view=view_of([Control.button("set_page", "nothing", label="x")]))
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
    said = panel_text((await joined.moderator.slash(joined.channel, SETUP)).response)
    assert "⚠️ I need **Add Reactions**" in said
    assert "Attach Files" not in said


async def test_a_channel_that_was_closed_later_is_named(rig: Rig):
    desk = rig.guild.create_text_channel("desk")
    await rule(rig, log_channel=desk.id)
    await rig.env.settle()
    assert "⚠️" not in panel_text(await opened(rig))
    let_in(rig, desk, rig.bot.user.id, attach_files=False)
    await rig.env.settle()
    assert f"⚠️ I need **Attach Files** in <#{desk.id}>." in panel_text(await opened(rig))


async def test_practice_is_offered_until_it_is_on_and_is_no_key(rig: Rig):
    panel = await opened(rig)
    started = await rig.moderator.click(panel, label=str(texts.PRACTICE))
    assert unlinked(started.response.content) == str(PRACTICE_ON)
    panel = await opened(rig)
    assert str(texts.PRACTICE) not in labels(panel)
    assert done(panel) == set()


async def test_in_practice_the_test_image_is_free_and_counts_until_a_key_is_set(rig: Rig):
    await rig.moderator.slash(rig.channel, "studio practice")
    panel, posts = await opened(rig), rig.sandbox.posts
    asked = await click(rig, panel, "setup_test:panel")
    if any(each.get("label") == "Yes, make it" for each in parts(asked.response)):
        await rig.moderator.click(asked.response, label="Yes, make it")
    await rig.work()
    [job] = await rig.jobs()
    assert (job.state, job.practice, rig.sandbox.posts) == ("delivered", True, posts)
    assert done(await opened(rig)) == {SetupStep.TEST}
    await send_key(rig, GUILD_KEY)
    assert done(await opened(rig)) == {SetupStep.KEY}


async def test_the_host_s_key_is_a_key(tmp_path: Any):
    async with running(tmp_path) as rig:
        assert rig.sandbox.spent(HOST_KEY) == 0
        assert done(await opened(rig)) == {SetupStep.KEY}
        assert str(texts.HOST_PAYS) in panel_text(await opened(rig))
        await send_key(rig, GUILD_KEY)
        assert str(texts.HOST_PAYS) not in panel_text(await opened(rig))
