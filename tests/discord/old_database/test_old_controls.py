"""The controls of cards and panels that an earlier commit has posted work."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.app.client import CannonBot
from bot.domain.custom_ids import unsigned
from bot.settings import Settings
from cogs.jobs.gallery import PAGE_JOBS
from tests.support.jobs import on_job
from tests.support.me import confirm
from tests.support.old_database import PICTURE, TRIO, OldRig, as_drawn, custom_ids, new_jobs, said, send_form
from tests.support.prices import all_priced
from tests.support.surface import agreed, inputs, panel_text

BUTTON = 2
"""Discord's number for this kind of component."""


def rules(rig: OldRig) -> dict[str, Any]:
    """Return the settings of the first server."""
    return json.loads(rig.value("SELECT data FROM rules WHERE guild_id = ?", rig.guild.id))


@pytest.mark.long
async def test_the_controls_of_a_result_make_more_of_it(rig: OldRig):
    await all_priced(rig, rig.guild.id)
    otto, sue = rig.members["otto"], rig.members["sue"]
    picture, prompt = rig.job(PICTURE), rig.job("old prompt #fast")
    made: list[tuple[str, int, str]] = []

    async def makes(member: Any, custom_id: str, *operations: str, form: str | None = None) -> None:
        """Press a control, fill in its form if it has one, and fail unless just these jobs come of it."""
        job_id = custom_id.rpartition(":")[2]
        values = ["image.edit"] if custom_id.startswith("c1:next") else []
        answer = await rig.press(member, custom_id, *values)
        if form is not None:
            assert answer.modal is not None, custom_id
            answer = await send_form(member, answer, form)
        answer = await agreed(member, answer)  # an old label tells no price
        assert not answer.ephemeral, (custom_id, said(answer))
        parent = job_id if job_id != "image" else None
        made.extend((operation, member.id, parent) for operation in operations)
        assert new_jobs(rig) == made, custom_id
        rig.advance(5)  # past the guard against a double press

    await makes(sue, f"c1:again:{picture}", "image.generate")
    await makes(sue, f"c1:edit:{picture}", "image.generate", form="a fox in the snow #fast")
    await makes(otto, f"c1:vary_subtle:{picture}", "image.edit")
    await makes(otto, f"c1:vary_strong:{picture}", "image.edit")
    await makes(otto, f"c1:next:{picture}", "image.edit", form="at night #fast")
    await makes(otto, "c1:next_of:image", "image.edit", form="as a drawing #fast")
    await makes(rig.member, f"c1:again_all:{rig.job(TRIO)}", *["image.generate"] * 3)
    await makes(rig.member, f"c1:again:{rig.job(TRIO, 1)}", "image.generate")
    await makes(sue, f"c1:prompt_image:{prompt}", "image.generate")
    await makes(sue, f"c1:prompt_video:{prompt}", "video.generate")
    await makes(sue, f"c1:prompt_again:{prompt}", "prompt.enhance.image")
    await makes(sue, f"c1:prompt_edit:{prompt}", "image.generate", form="an edited prompt #fast")
    await makes(sue, f"c1:retry:{rig.job('old failed #fail')}", "image.generate")
    await makes(sue, f"c1:retry:{rig.job('it breaks #fail #fast')}", "video.generate")

    known = {job_id for ids in rig.jobs_at_start.values() for job_id in ids}
    new = [job_id for (job_id,) in rig.rows("SELECT id FROM jobs") if job_id not in known]
    await rig.until_ended(*new)
    # The two that were tried again fail again, as their prompts ask for.
    assert Counter(map(rig.state, new)) == {"delivered": len(made) - 2, "failed": 2}


@pytest.mark.long
async def test_the_controls_that_ask_first_still_ask(rig: OldRig):
    await all_priced(rig, rig.guild.id)
    sue, ada = rig.members["sue"], rig.member
    picture, trio = rig.job(PICTURE), rig.job(TRIO)

    def offers(answer: Any) -> list[str]:
        assert answer.ephemeral
        return [each["custom_id"] for row in answer.response.components for each in row["components"]]

    vary = await rig.press(sue, f"c1:vary:{picture}")
    assert len(offers(vary)) == 2
    await agreed(sue, await sue.click(vary.response, custom_id=offers(vary)[0]))
    assert [each[0] for each in new_jobs(rig)] == ["image.edit"]

    asked = [unsigned(each) for each in offers(await rig.press(sue, f"c1:next:{picture}"))]
    actions = ("next", "to_dms", "to_gallery", "zoom_out", "enlarge", "cast_result", "preset_save", "report")
    assert asked == [f"c1:{action}:{picture}" for action in actions]
    pick = offers(await rig.press(ada, f"c1:pick:{trio}", rig.job(TRIO, 2)))
    assert pick
    assert all(each.endswith(rig.job(TRIO, 2)) for each in pick)

    link = await rig.press(sue, f"c1:link:{rig.job('old link #fast')}")
    [[shown]] = [row["components"] for row in link.response.components]
    assert rig.sandbox.studio.files.get(shown["url"].removeprefix(f"{rig.sandbox.url}/media/")) is not None

    assert len(offers(await rig.press(ada, f"c1:remove:{picture}"))) == 2
    assert offers(await rig.press(sue, f"c1:remove:{picture}")) == []  # neither hers, nor is she a moderator


@pytest.mark.long
async def test_results_are_taken_down_with_their_copies_or_posted_after_all(rig: OldRig):
    morgan, ada = rig.moderator, rig.member
    trio, edit = rig.job(TRIO), rig.job("old edit #fast")
    cards = {rig.card(trio).id, rig.card(edit).id}
    await rig.press(ada, f"c1:recover:{rig.job('old unwanted')}")
    assert rig.state(rig.job("old unwanted")) == "delivered"
    assert rig.card(rig.job("old unwanted")).attachments
    held = rig.job("old held #fast")  # it found no place, so it has no card
    await on_job(rig, rig.members["ivy"], "recover", held)
    assert rig.state(held) == "delivered"

    await rig.press(morgan, f"c1:remove_record:{trio}")
    await rig.press(morgan, f"c1:remove_result:{edit}")
    assert not cards & {message.id for message in rig.messages()}
    left = "SELECT input, media FROM jobs WHERE id = ?"
    assert [rig.rows(left, each) for each in rig.jobs_at_start[TRIO]] == [[("{}", "[]")]] * 3
    assert "old edit" in rig.rows(left, edit)[0][0]


@pytest.mark.long
async def test_old_prices_batches_lists_and_questions_are_answered(rig: OldRig):
    ivy, wes, gus, ada, morgan = (rig.members[each] for each in ("ivy", "wes", "gus", "ada", "morgan"))
    drafts = rig.rows("SELECT id, data FROM drafts")
    [priced] = [draft for draft, data in drafts if "old priced song" in data]
    [dear] = [draft for draft, data in drafts if "old dear song" in data]
    [text] = [draft for draft, data in drafts if "broken film" in data]

    await rig.press(ivy, f"c1:dismiss:{dear}")
    # A question of before does not know what price it has shown: the price is asked once more.
    asked = await rig.press(ivy, f"c1:confirm:{priced}")
    assert "250 credits" in said(asked)
    assert new_jobs(rig) == []
    await ivy.click(asked.response, label="Yes, ask a moderator")
    assert new_jobs(rig) == [("music.generate", ivy.id, None)]
    assert rig.rows("SELECT id FROM drafts") == [(text,)]
    form = await rig.press(morgan, f"c1:recipe_text:{text}")
    assert "broken film" in [item.get("value") for item in inputs(form).values()]
    await rig.press(morgan, "c1:recipe_delete:to.be.deleted")
    assert rig.rows("SELECT name FROM recipes") == [("night film",)]

    await rig.press(wes, f"c1:cancel_run:{rig.job('old line one #slow')}")
    states = {each: rig.state(rig.job(f"old line {each} #slow")) for each in ("one", "five", "six")}
    assert states == {"one": "processing", "five": "cancelled", "six": "cancelled"}

    def listed(answer: Any) -> set[str]:
        return set(re.findall(r"`([0-9A-Z]{10})`", panel_text(answer.response)))

    second = listed(await rig.press(ada, "c1:jobs_page:mine.any.1"))
    assert len(second) == PAGE_JOBS
    assert second <= {job_id for (job_id,) in rig.rows("SELECT id FROM jobs WHERE author_id = ?", ada.id)}
    assert not second & listed(await ada.slash(rig.channel, "jobs"))

    mine = "SELECT input FROM jobs WHERE id = ?"
    await rig.press(gus, f"c1:privacy_keep:{gus.id}")
    assert rig.value(mine, rig.job("old picture of gus #fast")) != "{}"
    await confirm(gus, await rig.press(gus, f"c1:privacy_delete:{gus.id}", number=1))
    assert rig.value(mine, rig.job("old picture of gus #fast")) == "{}"


@pytest.mark.long
async def test_an_open_panel_still_changes_the_settings(rig: OldRig):
    morgan, place = rig.moderator, rig.channels
    ping = rules(rig).pop("ping")
    await rig.press(morgan, "c1:set_role:moderator_role", rig.guild.roles["painters"])
    await rig.press(morgan, "c1:set_channels:forbidden_channels", place["general"], place["log"])
    await rig.press(morgan, "c1:set_channels:allowed_channels", place["art"])
    await rig.press(morgan, "c1:set_channels:approval_channel", place["log"])
    await rig.press(morgan, "c1:set_channels:log_channel", place["approvals"])
    for name in ("unchecked_only_in_age_restricted", "approve_own", "ping"):
        await rig.press(morgan, f"c1:set_flip:{name}")
    estimate = next(each for each in custom_ids() if each["custom_id"] == "c1:set_flip:estimate_tool")
    panel = rig.message(estimate["channel_id"], estimate["message_id"])
    await morgan.select(panel, ["limits"], custom_id=as_drawn(panel, "c1:set_page:panel"))  # its page by now
    await rig.press_stored(morgan, estimate)
    panel = rig.message(estimate["channel_id"], panel.id)
    await morgan.select(panel, ["results"], custom_id=as_drawn(panel, "c1:set_page:panel"))
    await send_form(morgan, await rig.press(morgan, "c1:set_form:limits"), "5", "6", "7", "80", "90")
    await send_form(morgan, await rig.press(morgan, "c1:set_form:approval"), "95.5")
    await send_form(morgan, await rig.press(morgan, "c1:set_form:timezone"), "America/New_York")
    await send_form(morgan, await rig.press(morgan, "c1:set_form:words"), "banshee")
    await send_form(morgan, await rig.press(morgan, "c1:set_model:panel", "image.edit"), "nanobanana2")
    await rig.press(morgan, "c1:set_payer:panel", "off")
    assert ping
    assert rules(rig) == {
        "moderator_role": rig.guild.roles["painters"].id,
        "forbidden_channels": sorted([place["general"].id, place["log"].id]),
        "allowed_channels": [place["art"].id],
        "approval_channel": place["log"].id,
        "log_channel": place["approvals"].id,
        "running_per_member": 5,
        "queued_per_member": 6,
        "running_per_server": 7,
        "job_ceiling": "80.000",
        "confirm_above": "90.000",
        "approve_above": "95.500",
        "approve_own": True,
        "ping": False,
        "estimate_tool": False,
        "rerun_payer": "off",
        "words": ["banshee"],
        "timezone": "America/New_York",
        "default_models": {"image.generate": "flux2pro", "image.edit": "nanobanana2"},
    }
    assert "/image generate" in said(await rig.press(morgan, "c1:set_operations:panel"))
    assert "80 " in said(await rig.press(morgan, "c1:set_page:panel", "limits"))


LAST = ("remove", "cancel_run", "privacy", "recipe_delete", "set_")
"""These take away results, rights or settings that the other controls need."""


@pytest.mark.long
async def test_every_control_that_was_on_a_message_has_its_action(rig: OldRig):
    """Press them all. What they do depends on what was pressed before; that they are known does not."""
    backend, by_id = rig.env.backend, {member.id: member for member in rig.members.values()}
    moderator = {rig.guild.id: rig.moderator, rig.channels["bench"].guild.id: rig.members["mona"]}
    standing = copy.deepcopy(backend.messages)
    unknown = await answer_to_an_unknown_control(rig)
    controls = sorted(custom_ids(), key=lambda each: each["custom_id"].split(":")[1].startswith(LAST))
    assert len({each["custom_id"].split(":")[1] for each in controls}) == 40
    for control in controls:
        channel_id, message_id = control["channel_id"], control["message_id"]
        # An earlier press may have taken the message or its controls away.
        backend.messages[channel_id][message_id] = message = copy.deepcopy(standing[channel_id][message_id])
        [shown] = [
            each
            for row in message.components
            for each in row["components"]
            if (each.get("custom_id"), each["type"] == BUTTON) == (control["custom_id"], control["kind"] == "button")
        ]
        values = [each["value"] for each in shown.get("options", ())][:1]
        guild_id = backend.channels[channel_id].guild_id
        member = by_id[control["only_for"]] if control["only_for"] else moderator.get(guild_id, rig.members["cleo"])
        answer = await rig.press_stored(member, control, *values)
        assert answer.acknowledged, control
        assert unknown not in said(answer), control
        for form in list(rig.bot._connection._view_store._modals.values()):
            form.stop()  # simcord looks at every open form after every press


async def answer_to_an_unknown_control(rig: OldRig) -> str:
    """Return the answer to a button that no version of the bot ever had."""
    button = {"type": BUTTON, "style": 2, "label": "?", "custom_id": "c1:never_heard_of:X"}
    row = {"type": 1, "components": [button]}
    made = rig.env.backend.create_message(rig.channel.id, rig.bot.user.id, "?", components=[row])
    answer = await rig.member.click(rig.message(rig.channel.id, made.id), custom_id=button["custom_id"])
    assert answer.ephemeral
    assert said(answer)
    return said(answer)


async def test_every_stored_custom_id_is_one_that_the_bot_listens_to(tmp_path: Path):
    async with CannonBot(Settings(database=tmp_path / "bot.db"), run_worker=False, serve_http=False) as bot:
        await bot.load_surface()
        listening = list(bot._connection._view_store._dynamic_items)
    assert listening
    unheard = {
        each["custom_id"]
        for each in custom_ids()
        if not any(pattern.fullmatch(each["custom_id"]) for pattern in listening)
    }
    assert unheard == set()
