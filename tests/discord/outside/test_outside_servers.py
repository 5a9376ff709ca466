"""A member's own place outside servers: direct messages with the bot, groups, servers without the bot."""

from __future__ import annotations

from typing import Any

import pytest

from bot.delivery.files import downloads
from bot.domain.models import Job, JobState
from cogs.results.details import ICON
from cogs.ui.texts import NOT_OUTSIDE
from tests.support.elsewhere import Elsewhere
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import nothing_happened, parts, private_sentence, watch

WHERE = ["dm", "group", "install"]


async def own_jobs(rig: Rig, member: Any = None) -> list[Job]:
    return await rig.bot.parts.store.job_lists.recent((member or rig.member).id, limit=100)


@pytest.mark.parametrize("where", WHERE)
async def test_the_members_own_account_pays_and_the_answer_becomes_the_result(rig: Rig, outside: Elsewhere, where: str):
    own_key = await outside.link(rig.member)
    calls = watch(rig)
    answer = await outside.slash(where, "image generate", prompt="a heron")
    assert not answer.ephemeral
    await rig.work()
    [job] = await own_jobs(rig)
    assert (job.state, job.guild_id, job.author_id) == (JobState.DELIVERED, rig.member.id, rig.member.id)
    assert {call.key for call in calls if call.key} == {own_key}
    assert not await rig.jobs()
    assert answer.response.id == job.message_id
    assert len(answer.response.attachments) == 1
    assert (outside.refused, outside.follow_ups) == ([], 0)


@pytest.mark.parametrize("where", WHERE)
async def test_without_an_account_nothing_is_made_and_the_host_pays_for_no_one(
    rig: Rig, outside: Elsewhere, where: str
):
    calls = watch(rig)
    answer = await outside.slash(where, "image generate", prompt="a heron")
    assert "/me" in private_sentence(answer)
    assert HOST_KEY not in {call.key for call in calls}
    await nothing_happened(rig)
    assert not await own_jobs(rig)


@pytest.mark.parametrize("where", WHERE)
async def test_a_result_that_comes_after_fifteen_minutes_goes_by_direct_message_or_on_the_bots_own(
    rig: Rig, outside: Elsewhere, where: str
):
    await outside.link(rig.member)
    answer = await outside.slash(where, "video generate", prompt="a snail #slow")
    for _ in range(2):
        await rig.step()
    rig.advance(16 * 60)
    await rig.work()
    [job] = await own_jobs(rig)
    assert job.state is JobState.DELIVERED
    posted = [m for m in rig.member.user.dm_channel.history() if m.attachments]
    assert [m.id for m in posted] == [job.message_id]
    assert (job.message_id == answer.response.id) is (where == "dm")
    assert outside.refused == []


@pytest.mark.parametrize("where", WHERE)
async def test_a_result_has_the_buttons_that_work_there_and_they_work_after_a_restart(
    rig: Rig, outside: Elsewhere, where: str
):
    await outside.link(rig.member)
    answer = await outside.slash(where, "image generate", prompt="a heron")
    await rig.work()
    [message] = [m for m in outside.channel(where).history() if m.id == answer.response.id]
    presser = outside.actor(where)
    labels = [item.label or str(item.emoji) for row in message.components for item in row.children]
    assert labels == ["Vary", "Re-run · 12", "Edit and run", "Next step…", ICON, "🗑️"]
    await rig.restart()
    details = await presser.click(message, custom_id=f"c1:details:{(await own_jobs(rig))[0].id}")
    assert details.ephemeral
    assert "Post here again" not in str(details.response.components)
    again = await presser.click(message, label="Re-run · 12")
    await rig.work()
    assert [job.state for job in await own_jobs(rig)] == [JobState.DELIVERED] * 2
    assert len(again.response.attachments) == 1
    steps = await presser.click(message, label="Next step…")
    offered = str(steps.response.components)
    assert not any(each in offered for each in ("cast_result", "to_gallery", "report"))


@pytest.mark.parametrize("where", WHERE)
async def test_a_private_card_is_its_members_and_is_not_shared_from_there(rig: Rig, outside: Elsewhere, where: str):
    await outside.link(rig.member)
    answer = await outside.slash(where, "image generate", prompt="a heron", private=True)
    assert answer.ephemeral
    await rig.work()
    labels = [part.get("label") for part in parts(answer.response)]
    assert "Vary" in labels
    assert "Share in channel" not in labels
    [job] = await own_jobs(rig)
    details = await outside.actor(where).click(answer.response, custom_id=f"c1:details:{job.id}")
    assert "Share in channel" not in str(details.response.components)


@pytest.mark.parametrize("where", ["group", "install"])
async def test_another_member_there_can_do_nothing_with_it(rig: Rig, outside: Elsewhere, where: str):
    await outside.link(rig.member)
    await outside.link(rig.moderator, number=2)
    await outside.slash(where, "image generate", prompt="a heron")
    await rig.work()
    [message] = outside.channel(where).history()
    other = outside.actor(where, rig.moderator)
    for item in [item for row in message.components for item in row.children]:
        answer = await other.click(message, custom_id=item.custom_id)
        assert private_sentence(answer) == str(NOT_OUTSIDE), item.custom_id
    assert len(await own_jobs(rig)) == 1
    assert not await own_jobs(rig, rig.moderator)


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize(
    ("command", "options", "count"),
    [
        ("batch", {"operation": "image.generate", "prompts": "a fox | a hen"}, 2),
        ("image generate", {"prompt": "a fox", "count": 4}, 4),
        ("image generate", {"prompt": "a fox", "private": True}, 1),
        ("audio narration", {"text": "Good morning"}, 1),
    ],
)
async def test_each_way_of_a_command(
    rig: Rig, outside: Elsewhere, where: str, command: str, options: dict[str, Any], count: int
):
    await outside.link(rig.member)
    answer = await outside.slash(where, command, **options)
    await rig.work()
    jobs = await own_jobs(rig)
    assert [job.state for job in jobs] == [JobState.DELIVERED] * count
    assert {job.message_id for job in jobs} == {answer.response.id}
    assert outside.refused == []


@pytest.mark.parametrize("where", WHERE)
async def test_a_recipe_runs(rig: Rig, outside: Elsewhere, where: str):
    await outside.link(rig.member)
    names = [each["value"] for each in await outside.autocomplete(where, "recipe", "recipe", "")]
    form = await outside.slash(where, "recipe", recipe=names[0])
    presser = outside.actor(where)
    fields = rig.form_fields(form)
    await presser.submit_modal(form, dict.fromkeys(fields, "a quiet harbor"))
    await rig.work()
    assert {job.state for job in await own_jobs(rig)} == {JobState.DELIVERED}
    assert outside.refused == []


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("command", ["me", "jobs", "help", "usage", "audio voices"])
async def test_the_private_panels_answer(rig: Rig, outside: Elsewhere, where: str, command: str):
    await outside.link(rig.member)
    await outside.slash(where, "image generate", prompt="a heron")
    await rig.work()
    answer = await outside.slash(where, command)
    assert answer.ephemeral
    assert "⚠️" not in str(answer.response.content)


async def test_members_commands_are_offered_outside_and_moderators_are_not(rig: Rig, outside: Elsewhere):
    offered = {name.partition(" ")[0] for name in rig.member.user.available_commands()}
    assert {"image", "video", "audio", "batch", "recipe", "jobs", "me", "usage", "help"} <= offered
    assert not offered & {"studio", "quota", "cast"}


@pytest.mark.parametrize("where", WHERE)
async def test_a_file_that_does_not_fit_is_a_link_on_the_same_card(
    rig: Rig, outside: Elsewhere, where: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(downloads, "FILE_LIMIT_BYTES", 100)
    monkeypatch.setattr(downloads, "REQUEST_LIMIT_BYTES", 100)
    await outside.link(rig.member)
    answer = await outside.slash(where, "image generate", prompt="a heron")
    await rig.work()
    [job] = await own_jobs(rig)
    assert (job.message_id, len(answer.response.attachments)) == (answer.response.id, 0)
    assert job.media[0].url in {part.get("url") for part in parts(answer.response)}
