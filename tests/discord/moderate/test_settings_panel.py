"""`/studio settings`: every control as moderator, moderator by role, plain member, late, and after a restart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.domain.server.guild_rules import Payer, ReviewPrivate, Rules
from bot.domain.server.setting import SettingsPage
from cogs.ui.controls import Control, view_of
from cogs.ui.panels import PAGE_ACTION
from tests.support.rig import Rig, running
from tests.support.settings_pages import page_facts, page_text
from tests.support.surface import panel_text, parts, post_log, private_sentence, sends, walked

SETTINGS = "studio settings"
PAGES = ("access", "channels", "limits", "approval", "results", "words")


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running(tmp_path, estimate_tool=True) as made:  # as the settings are by default
        yield made


def open_to_all(rig: Rig) -> None:
    """Let Discord show the commands to everyone, as an admin's override does."""
    for command in rig.env.backend.commands[None].values():
        command["default_member_permissions"] = None


async def rules(rig: Rig) -> Rules:
    return await rig.bot.parts.store.settings.get(rig.guild.id)


async def rule(rig: Rig, **changes: Any) -> None:
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda old: replace(old, **changes))


async def decisions(rig: Rig, kind: str = "settings") -> list[Any]:
    return [each for each in await rig.bot.parts.store.decisions.all(rig.guild.id) if each.kind == kind]


async def opened(rig: Rig, page: str = "access", member: Any = None) -> Any:
    """Open the panel at a page; return its message."""
    who = member or rig.moderator
    shown = await who.slash(rig.channel, SETTINGS)
    assert shown.ephemeral
    if page != "access":
        shown = await who.select(shown.response, [page], custom_id="c1:set_page:access")
    return shown.response


fields = page_facts


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
    assert line.text == f"<@{rig.moderator.id}> changed settings: Moderator role: no role → <@&{role.id}>."
    assert line.about == {"moderator_role": [None, role.id]}

    refused = await rig.member.slash(rig.channel, SETTINGS)
    assert "Only moderators" in private_sentence(refused)
    rig.env.backend.add_member_role(rig.guild.id, rig.member.id, role.id)
    by_role = await opened(rig, member=rig.member)
    await rig.member.click(by_role, custom_id="c1:set_flip:unchecked_only_in_age_restricted")
    assert not (await rules(rig)).unchecked_only_in_age_restricted

    await rig.moderator.select(fresh(rig, panel), [], custom_id="c1:set_role:moderator_role")
    assert (await rules(rig)).moderator_role is None


async def test_the_role_everyone_cannot_be_the_moderator_role(rig: Rig):
    panel = await opened(rig)
    result = await rig.moderator.select(panel, [rig.guild.default_role], custom_id="c1:set_role:moderator_role")
    assert "every member a moderator" in private_sentence(result)
    assert (await rules(rig)).moderator_role is None


async def test_channels_are_allowed_and_forbidden_and_that_holds(rig: Rig):
    art = rig.guild.create_text_channel("art")
    panel = await opened(rig, "channels")
    await rig.moderator.select(panel, [art], custom_id="c1:set_channels:allowed_channels")
    refused = await rig.member.slash(rig.channel, "image generate", prompt="x")
    assert private_sentence(refused) == f"You can't use the bot in this channel. Try <#{art.id}>."
    await rig.moderator.select(fresh(rig, panel), [], custom_id="c1:set_channels:allowed_channels")
    await rig.moderator.select(fresh(rig, panel), [art, rig.channel], custom_id="c1:set_channels:forbidden_channels")
    shown = fields(fresh(rig, panel))
    assert shown["Allowed channels"] == "All channels"
    assert set(shown["Forbidden channels"].split(", ")) == {f"<#{art.id}>", f"<#{rig.channel.id}>"}
    assert "You can't use the bot" in private_sentence(await rig.member.slash(art, "image generate", prompt="x"))
    assert len(await decisions(rig)) == 3


@pytest.mark.parametrize("name", ["approval_channel", "log_channel"])
async def test_a_channel_for_lines_must_be_one_where_the_bot_can_post(rig: Rig, name: str):
    from simcord.backend.models import Overwrite
    from simcord.enums import OverwriteType

    desk = rig.guild.create_text_channel("desk")
    silent = Overwrite(rig.guild.default_role.id, OverwriteType.ROLE, 0, 2048)  # Send Messages
    rig.env.backend.set_overwrite(desk.id, silent)
    await rig.env.settle()
    panel = await opened(rig, "channels")
    refused = await rig.moderator.select(panel, [desk], custom_id=f"c1:set_channels:{name}")
    assert "A moderator can give me Send Messages and Embed Links there." in private_sentence(refused)
    assert await decisions(rig) == []
    await rig.moderator.select(panel, [rig.channel], custom_id=f"c1:set_channels:{name}")
    assert getattr(await rules(rig), name) == rig.channel.id
    await rig.moderator.select(fresh(rig, panel), [], custom_id=f"c1:set_channels:{name}")
    assert getattr(await rules(rig), name) is None


async def test_each_change_is_one_line_in_the_log_channel_that_pings_nobody(rig: Rig):
    desk = rig.guild.create_text_channel("log")
    panel = await opened(rig, "channels")
    await rig.moderator.select(panel, [desk], custom_id="c1:set_channels:log_channel")
    await rig.moderator.click(await opened(rig, "approval"), custom_id="c1:set_flip:approve_own")
    await post_log(rig)
    lines = log_lines(desk, rig)
    assert len(lines) == 2
    by = f"<@{rig.moderator.id}>"
    assert any("Moderators approve their own jobs: off → on" in line and by in line for line in lines)
    sent = [body for call, body in sends(rig) if call == f"POST /channels/{desk.id}/messages"]
    assert [body["allowed_mentions"] for body in sent] == [{"parse": []}] * 2


@pytest.mark.parametrize(
    ("page", "control", "text"), [("results", "c1:set_flip:ping", None), ("approval", "c1:set_form:approval", "30")]
)
async def test_a_change_is_recorded_though_discord_takes_no_answer(rig: Rig, page: str, control: str, text: str | None):
    panel = await opened(rig, page)
    shown = await rig.moderator.click(panel, custom_id=control) if text is not None else None
    rig.env.inject_error("POST", "/interactions/*/*/callback", status=503, times=None)
    rig.env.inject_error("PATCH", "/webhooks/*/*/messages/*", status=503, times=None)
    rig.forgiven = (discord.HTTPException,)
    if text is None:
        await rig.moderator.click(panel, custom_id=control)
    else:
        await fill(rig, shown, text)
    [line] = await decisions(rig)
    assert set(line.about) == {"ping" if text is None else "approve_above"}
    assert (await rules(rig)).to_json() == {name: new for name, (_, new) in line.about.items()}


FLIPS = {
    "unchecked_only_in_age_restricted": "access",
    "approve_own": "approval",
    "ping": "results",
    "answer_words": "results",
    "ai_label": "results",
    "estimate_tool": "limits",
}


@pytest.mark.parametrize(
    ("name", "page"),
    [
        each if each[0] in {"approve_own", "ping"} else pytest.param(*each, marks=pytest.mark.long)
        for each in FLIPS.items()
    ],
)
async def test_a_switch_is_switched_and_switched_back_and_shows_it_at_once(rig: Rig, name: str, page: str):
    panel = await opened(rig, page)
    before = getattr(await rules(rig), name)
    await rig.moderator.click(panel, custom_id=f"c1:set_flip:{name}")
    assert getattr(await rules(rig), name) is not before
    words = {True: "on", False: "off"}
    assert words[not before] in fields(fresh(rig, panel)).values()
    await rig.moderator.click(fresh(rig, panel), custom_id=f"c1:set_flip:{name}")
    assert getattr(await rules(rig), name) is before
    newer, older = await decisions(rig)
    assert older.text.endswith(f"{words[before]} → {words[not before]}.")
    assert newer.text.endswith(f"{words[not before]} → {words[before]}.")


async def test_whether_private_results_are_reviewed_is_chosen(rig: Rig):
    panel = await opened(rig, "approval")
    await rig.moderator.select(panel, ["off"], custom_id="c1:set_choice:review_private")
    assert (await rules(rig)).review_private is ReviewPrivate.OFF
    [line] = await decisions(rig)
    assert "reviewed if the whole server is → not reviewed" in line.text


async def test_who_pays_for_a_re_run_is_chosen_and_the_same_choice_again_writes_nothing(rig: Rig):
    panel = await opened(rig, "results")
    for _ in range(2):
        await rig.moderator.select(fresh(rig, panel), ["author"], custom_id="c1:set_choice:rerun_payer")
    assert (await rules(rig)).rerun_payer is Payer.AUTHOR
    [line] = await decisions(rig)
    assert "everyone may, and pays for it → only the author may, and pays for it" in line.text


async def test_limits_are_typed_and_empty_takes_a_threshold_away(rig: Rig):
    panel = await opened(rig, "limits")
    form = await rig.moderator.click(panel, custom_id="c1:set_form:limits")
    await fill(rig, form, "5", "30", "40", "50", "12,5")
    now = await rules(rig)
    assert (now.running_per_member, now.queued_per_member, now.running_per_server) == (5, 30, 40)
    assert (now.job_ceiling, now.confirm_above) == (Decimal(50), Decimal("12.5"))
    assert fields(fresh(rig, panel))["Ask for confirmation above"] == "12.5 credits"
    [line] = await decisions(rig)
    assert "Running jobs per member: 3 → 5; Waiting jobs per member: 20 → 30" in line.text

    form = await rig.moderator.click(fresh(rig, panel), custom_id="c1:set_form:limits")
    await fill(rig, form, None, None, None, "", None)
    assert (await rules(rig)).job_ceiling is None
    assert (await rules(rig)).confirm_above == Decimal("12.5")


AMOUNT = "enter credits as a number from 0 to 999,999,999, such as 12 or 1.5."
BAD = [
    (0, "0", "a whole number from 1 to 1,000"),
    (0, "1001", "a whole number from 1 to 1,000"),
    (1, "2.5", "a whole number from 1 to 1,000"),
    (1, "", "a whole number from 1 to 1,000"),
    (2, "٣", "a whole number from 1 to 1,000"),
    (3, "1,200", f"Maximum price of a job: {AMOUNT}"),
    (3, "-1", f"Maximum price of a job: {AMOUNT}"),
    (4, "NaN", f"Ask for confirmation above: {AMOUNT}"),
    (4, "1e9", f"Ask for confirmation above: {AMOUNT}"),
]


@pytest.mark.parametrize(
    ("place", "typed", "said"),
    [each if each in BAD[::4] else pytest.param(*each, marks=pytest.mark.long) for each in BAD],
)
async def test_what_is_no_limit_changes_nothing_and_says_what_would_work(rig: Rig, place: int, typed: str, said: str):
    panel = await opened(rig, "limits")
    form = await rig.moderator.click(panel, custom_id="c1:set_form:limits")
    texts: list[str | None] = [None] * 5
    texts[place] = typed
    assert said in private_sentence(await fill(rig, form, *texts))
    assert await rules(rig) == Rules()
    assert await decisions(rig) == []


async def test_a_form_leaves_alone_what_another_moderator_changed_meanwhile(rig: Rig):
    panel = await opened(rig, "limits")
    form = await rig.moderator.click(panel, custom_id="c1:set_form:limits")
    await rule(rig, running_per_member=7)
    await fill(rig, form, None, "4", None, None, None)
    now = await rules(rig)
    assert (now.running_per_member, now.queued_per_member) == (7, 4)


async def test_the_approval_threshold_is_typed(rig: Rig):
    panel = await opened(rig, "approval")
    form = await rig.moderator.click(panel, custom_id="c1:set_form:approval")
    await fill(rig, form, "30")
    assert (await rules(rig)).approve_above == 30
    assert fields(fresh(rig, panel))["Ask a moderator for approval above"] == "30 credits"


async def test_a_time_zone_is_checked_and_the_nearest_names_are_told(rig: Rig):
    panel = await opened(rig, "results")
    form = await rig.moderator.click(panel, custom_id="c1:set_form:timezone")
    assert "`Europe/Berlin`" in private_sentence(await fill(rig, form, "berlin"))
    assert (await rules(rig)).timezone == "UTC"
    form = await rig.moderator.click(panel, custom_id="c1:set_form:timezone")
    await fill(rig, form, "europe/berlin")
    assert (await rules(rig)).timezone == "Europe/Berlin"
    assert fields(fresh(rig, panel))["Time zone"].startswith("`Europe/Berlin` (your own time now: <t:")


async def test_words_are_listed_for_moderators_only_and_no_prompt_may_have_them(rig: Rig):
    desk = rig.guild.create_text_channel("log")
    await rule(rig, log_channel=desk.id)
    panel = await opened(rig, "words")
    form = await rig.moderator.click(panel, custom_id="c1:set_form:words")
    await fill(rig, form, "Badger, WEASEL;badger\n\nold  stoat")
    assert (await rules(rig)).words == ("badger", "weasel", "old stoat")
    assert "||badger, weasel, old stoat||" in fields(fresh(rig, panel))["Forbidden words"]
    await post_log(rig)
    [line] = log_lines(desk, rig)
    assert "Forbidden words: no words → 3 words (3 added, 0 removed)" in line
    assert "badger" not in line
    refused = await rig.member.slash(rig.channel, "image generate", prompt="a BÂDGER at dusk")
    assert "a word that this server does not allow" in private_sentence(refused)
    form = await rig.moderator.click(fresh(rig, panel), custom_id="c1:set_form:words")
    assert "with a letter or a digit" in private_sentence(await fill(rig, form, "fine\n***"))
    form = await rig.moderator.click(fresh(rig, panel), custom_id="c1:set_form:words")
    await fill(rig, form, "")
    assert (await rules(rig)).words == ()


async def test_a_default_model_is_used_where_the_member_names_none_and_can_be_taken_away(rig: Rig):
    panel = await opened(rig, "words")
    form = await rig.moderator.select(panel, ["image.generate"], custom_id="c1:set_model:panel")
    await fill(rig, form, "gpt image 2")
    assert dict((await rules(rig)).default_models) == {"image.generate": "gptimage2"}
    await rig.member.slash(rig.channel, "image generate", prompt="x")
    [job] = await rig.jobs()
    assert job.input["model"] == "gptimage2"
    form = await rig.moderator.select(fresh(rig, panel), ["image.generate"], custom_id="c1:set_model:panel")
    await fill(rig, form, "")
    assert dict((await rules(rig)).default_models) == {}
    newer, older = await decisions(rig)
    assert "Default models: no models → `image.generate` gptimage2" in older.text
    assert newer.text.endswith("→ no models.")
    await rig.work()


async def test_the_operations_are_shown_from_the_panel(rig: Rig):
    panel = await opened(rig)
    shown = await rig.moderator.click(panel, custom_id="c1:set_page:operations")
    assert shown.response.ephemeral
    assert "</image generate:" in page_text(shown.response)


# ---------------------------------------------------------------------- who may, and when

BUTTONS = [
    ("access", "c1:set_flip:unchecked_only_in_age_restricted"),
    ("access", "c1:set_flip:own_accounts"),
    ("limits", "c1:set_form:limits"),
    ("approval", "c1:set_form:approval"),
    ("approval", "c1:set_flip:approve_own"),
    ("results", "c1:set_flip:ping"),
    ("results", "c1:set_flip:answer_words"),
    ("results", "c1:set_flip:ai_label"),
    ("results", "c1:set_flip:starter_styles"),
    ("limits", "c1:set_flip:estimate_tool"),
    ("results", "c1:set_form:timezone"),
    ("results", "c1:set_form:retention"),
    ("words", "c1:set_form:words"),
    ("words", "c1:set_form:voice"),
]
SELECTS = [
    ("access", "c1:set_page:access", "limits"),
    ("access", "c1:set_role:moderator_role", None),
    ("channels", "c1:set_channels:allowed_channels", "channel"),
    ("channels", "c1:set_channels:forbidden_channels", "channel"),
    ("channels", "c1:set_channels:approval_channel", "channel"),
    ("channels", "c1:set_channels:log_channel", "channel"),
    ("channels", "c1:set_channels:cast_channel", "channel"),
    ("approval", "c1:set_choice:review_private", "off"),
    ("results", "c1:set_choice:rerun_payer", "off"),
    ("results", "c1:set_choice:language", "ja"),
    ("results", "c1:set_choice:spoilers", "always"),
    ("words", "c1:set_model:panel", "image.generate"),
    ("words", "c1:set_choice:pictures", "4"),
    ("words", "c1:set_choice:vary_strength", "subtle"),
]


LEADING = "c1:set_page:"
"""Of controls that lead to other pages."""


def controls_on(message: Any) -> set[str]:
    return {item["custom_id"] for item in parts(message)}


async def test_every_control_of_every_page_is_among_those_tried_here(rig: Rig):
    there = set()
    for page in PAGES:
        there |= {(page, each) for each in controls_on(await opened(rig, page)) if not each.startswith(LEADING)}
    tried = {*BUTTONS, *((page, each) for page, each, _ in SELECTS if not each.startswith(LEADING))}
    assert there == tried


@pytest.mark.parametrize("page", [each.value for each in SettingsPage])
async def test_each_page_fits_into_a_message_and_has_each_control_once(rig: Rig, page: str):
    panel = await opened(rig, page)
    ids = [item["custom_id"] for item in parts(panel) if "custom_id" in item]
    assert len(ids) == len(set(ids))
    assert sum(1 for _ in walked(panel)) <= 40
    assert len(panel_text(panel)) <= 4000


async def test_a_press_on_a_panel_of_an_earlier_version_opens_the_new_one(rig: Rig):
    with rig.env.time_context():
        channel = rig.bot.get_channel(rig.channel.id)
        option = discord.SelectOption(label="Limits", value="limits")
        pages = Control.select(PAGE_ACTION, "access", placeholder="Pages", options=[option])
        old = discord.Embed(title="Settings · Access", description="as it was")
        panel = await channel.send("A notice", embed=old, view=view_of([pages]))
    await rig.moderator.select(panel, ["limits"], custom_id="c1:set_page:access")
    new = next(each for each in rig.channel.history() if each.id == panel.id)
    assert (new.content, new.embeds) == ("", [])
    assert panel_text(new).startswith("### Settings · Limits")


async def test_a_plain_member_gets_one_sentence_and_no_panel(rig: Rig):
    open_to_all(rig)
    result = await rig.member.slash(rig.channel, SETTINGS)
    assert "Only moderators can do this" in private_sentence(result)


def no_longer_moderator(rig: Rig) -> None:
    rig.env.backend.remove_member_role(rig.guild.id, rig.moderator.id, rig.moderators.id)


async def nothing_changed(rig: Rig) -> None:
    assert await rules(rig) == Rules()
    assert await rig.bot.parts.store.decisions.all(rig.guild.id) == []


@pytest.mark.parametrize(
    ("page", "control"),
    [each if each in BUTTONS[::6] else pytest.param(*each, marks=pytest.mark.long) for each in BUTTONS],
)
async def test_a_button_pressed_after_the_role_was_taken_away_does_nothing(rig: Rig, page: str, control: str):
    panel = await opened(rig, page)
    no_longer_moderator(rig)
    result = await rig.moderator.click(panel, custom_id=control)
    assert result.modal is None
    assert "Only moderators can do this" in private_sentence(result)
    await nothing_changed(rig)


@pytest.mark.parametrize(
    ("page", "control", "value"),
    [each if each in SELECTS[::6] else pytest.param(*each, marks=pytest.mark.long) for each in SELECTS],
)
async def test_a_choice_made_after_the_role_was_taken_away_does_nothing(
    rig: Rig, page: str, control: str, value: str | None
):
    panel = await opened(rig, page)
    no_longer_moderator(rig)
    chosen: list[Any] = [rig.moderators] if value is None else [rig.channel] if value == "channel" else [value]
    result = await rig.moderator.select(panel, chosen, custom_id=control)
    assert result.modal is None
    assert "Only moderators can do this" in private_sentence(result)
    await nothing_changed(rig)


FORMS = [
    ("limits", "c1:set_form:limits", ["9", None, None, None, None]),
    ("approval", "c1:set_form:approval", ["9"]),
    ("results", "c1:set_form:timezone", ["Europe/Berlin"]),
    ("words", "c1:set_form:words", ["stoat"]),
]


@pytest.mark.parametrize(
    ("page", "control", "texts"),
    [each if each in FORMS[::3] else pytest.param(*each, marks=pytest.mark.long) for each in FORMS],
)
async def test_a_form_sent_after_the_role_was_taken_away_changes_nothing(
    rig: Rig, page: str, control: str, texts: list[str | None]
):
    form = await rig.moderator.click(await opened(rig, page), custom_id=control)
    no_longer_moderator(rig)
    assert "Only moderators can do this" in private_sentence(await fill(rig, form, *texts))
    await nothing_changed(rig)


async def test_the_form_for_a_model_is_checked_too_when_it_is_sent(rig: Rig):
    panel = await opened(rig, "words")
    form = await rig.moderator.select(panel, ["image.generate"], custom_id="c1:set_model:panel")
    no_longer_moderator(rig)
    assert "Only moderators can do this" in private_sentence(await fill(rig, form, "gptimage2"))
    await nothing_changed(rig)


async def test_the_panel_works_on_after_a_restart(rig: Rig):
    panel = await opened(rig, "results")
    await rig.restart()
    await rig.moderator.click(panel, custom_id="c1:set_flip:ping")
    assert not (await rules(rig)).ping
    await rig.moderator.select(fresh(rig, panel), ["channels"], custom_id="c1:set_page:results")
    await rig.moderator.select(fresh(rig, panel), [rig.channel], custom_id="c1:set_channels:allowed_channels")
    assert (await rules(rig)).allowed_channels == {rig.channel.id}


async def test_a_channel_and_a_role_that_are_gone_do_not_break_the_panel(rig: Rig):
    await rule(rig, moderator_role=123, allowed_channels=frozenset({456}), log_channel=789)
    assert fields(await opened(rig))["Moderator role"] == "<@&123>"
    assert fields(await opened(rig, "channels"))["Log channel"] == "<#789>"
