"""`/studio settings`: every control as moderator, moderator by role, plain member, late, and after a restart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.domain.server.guild_rules import Payer, ReviewPrivate, Rules
from tests.support.rig import Rig, running
from tests.support.settings_pages import page_facts
from tests.support.surface import panel_text, parts, post_log, private_sentence, walked

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


async def test_a_channel_for_lines_must_be_one_where_the_bot_can_post(rig: Rig):
    from simcord.backend.models import Overwrite
    from simcord.enums import OverwriteType

    desk = rig.guild.create_text_channel("desk")
    silent = Overwrite(rig.guild.default_role.id, OverwriteType.ROLE, 0, 2048)  # Send Messages
    rig.env.backend.set_overwrite(desk.id, silent)
    await rig.env.settle()
    panel = await opened(rig, "channels")
    for name in ("approval_channel", "log_channel"):
        refused = await rig.moderator.select(fresh(rig, panel), [desk], custom_id=f"c1:set_channels:{name}")
        assert "A moderator can give me Send Messages and Embed Links there." in private_sentence(refused)
        await rig.moderator.select(fresh(rig, panel), [rig.channel], custom_id=f"c1:set_channels:{name}")
        assert getattr(await rules(rig), name) == rig.channel.id
        await rig.moderator.select(fresh(rig, panel), [], custom_id=f"c1:set_channels:{name}")
        assert getattr(await rules(rig), name) is None


FLIPS = {
    "unchecked_only_in_age_restricted": "access",
    "approve_own": "approval",
    "ping": "results",
    "answer_words": "results",
    "ai_label": "results",
    "estimate_tool": "limits",
}


AMOUNT = "enter credits as a number from 0 to 999,999,999, such as 12 or 1.5."


async def test_switches_and_choices_show_at_once_and_the_same_again_writes_nothing(rig: Rig):
    words = {True: "on", False: "off"}
    for name, page in FLIPS.items():
        panel = await opened(rig, page)
        before = getattr(await rules(rig), name)
        await rig.moderator.click(panel, custom_id=f"c1:set_flip:{name}")
        assert getattr(await rules(rig), name) is not before
        assert words[not before] in fields(fresh(rig, panel)).values()
        assert (await decisions(rig))[0].text.endswith(f"{words[before]} → {words[not before]}.")
    panel = await opened(rig, "results")
    for _ in range(2):
        await rig.moderator.select(fresh(rig, panel), ["author"], custom_id="c1:set_choice:rerun_payer")
    assert (await rules(rig)).rerun_payer is Payer.AUTHOR
    assert len(await decisions(rig)) == len(FLIPS) + 1
    await rig.moderator.select(await opened(rig, "approval"), ["off"], custom_id="c1:set_choice:review_private")
    assert (await rules(rig)).review_private is ReviewPrivate.OFF
    assert "reviewed if the whole server is → not reviewed" in (await decisions(rig))[0].text


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


async def test_limits_are_typed_checked_and_taken_away(rig: Rig):
    panel = await opened(rig, "limits")
    for place, typed, said in BAD:
        form = await rig.moderator.click(fresh(rig, panel), custom_id="c1:set_form:limits")
        texts: list[str | None] = [None] * 5
        texts[place] = typed
        assert said in private_sentence(await fill(rig, form, *texts))
    assert await decisions(rig) == []

    form = await rig.moderator.click(fresh(rig, panel), custom_id="c1:set_form:limits")
    await fill(rig, form, "5", "30", "40", "50", "12,5")
    now = await rules(rig)
    assert (now.running_per_member, now.queued_per_member, now.running_per_server) == (5, 30, 40)
    assert (now.job_ceiling, now.confirm_above) == (Decimal(50), Decimal("12.5"))
    assert fields(fresh(rig, panel))["Ask for confirmation above"] == "12.5 credits"
    [line] = await decisions(rig)
    assert "Running jobs per member: 3 → 5; Waiting jobs per member: 20 → 30" in line.text

    form = await rig.moderator.click(fresh(rig, panel), custom_id="c1:set_form:limits")
    await rule(rig, running_per_member=7)  # another moderator, meanwhile
    await fill(rig, form, None, "4", None, "", None)
    now = await rules(rig)
    assert (now.running_per_member, now.queued_per_member) == (7, 4)
    assert (now.job_ceiling, now.confirm_above) == (None, Decimal("12.5"))


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


FORMS = [
    ("limits", "c1:set_form:limits", ["9", None, None, None, None]),
    ("approval", "c1:set_form:approval", ["9"]),
    ("results", "c1:set_form:timezone", ["Europe/Berlin"]),
    ("words", "c1:set_form:words", ["stoat"]),
]


async def test_no_control_changes_anything_once_its_moderator_is_none(rig: Rig):
    pages = {page: await opened(rig, page) for page in PAGES}
    for panel in pages.values():
        ids = [item["custom_id"] for item in parts(panel) if "custom_id" in item]
        assert len(ids) == len(set(ids))
        assert sum(1 for _ in walked(panel)) <= 40
        assert len(panel_text(panel)) <= 4000
    there = {(page, each) for page, panel in pages.items() for each in controls_on(panel) if LEADING not in each}
    assert there == {*BUTTONS, *((page, each) for page, each, _ in SELECTS if LEADING not in each)}
    forms = [(await rig.moderator.click(pages[page], custom_id=control), filled) for page, control, filled in FORMS]
    chosen = await rig.moderator.select(pages["words"], ["image.generate"], custom_id="c1:set_model:panel")
    forms.append((chosen, ["gptimage2"]))

    rig.env.backend.remove_member_role(rig.guild.id, rig.moderator.id, rig.moderators.id)
    results = [await rig.moderator.click(pages[page], custom_id=control) for page, control in BUTTONS]
    for page, control, value in SELECTS:
        values: list[Any] = [rig.moderators] if value is None else [rig.channel] if value == "channel" else [value]
        results.append(await rig.moderator.select(pages[page], values, custom_id=control))
    results += [await fill(rig, form, *filled) for form, filled in forms]
    for result in results:
        assert result.modal is None
        assert "Only moderators can do this" in private_sentence(result)
    assert await rules(rig) == Rules()
    assert await rig.bot.parts.store.decisions.all(rig.guild.id) == []


async def test_the_panel_works_on_after_a_restart(rig: Rig):
    panel = await opened(rig, "results")
    await rig.restart()
    await rig.moderator.click(panel, custom_id="c1:set_flip:ping")
    assert not (await rules(rig)).ping
    await rig.moderator.select(fresh(rig, panel), ["channels"], custom_id="c1:set_page:results")
    await rig.moderator.select(fresh(rig, panel), [rig.channel], custom_id="c1:set_channels:allowed_channels")
    assert (await rules(rig)).allowed_channels == {rig.channel.id}
