"""A member's place outside servers through its life: no credits, a rejected key, erasure, a host's switch, a crash."""

from __future__ import annotations

from pathlib import Path

from bot.domain.models import JobState
from cogs.ui.texts import IN_SERVER_ONLY
from tests.support.channels import shown
from tests.support.elsewhere import OWN_KEY, Elsewhere, elsewhere
from tests.support.rig import HOST_KEY, Rig, running
from tests.support.surface import nothing_happened, private_sentence, watch


async def test_without_credits_nothing_is_made_and_no_moderator_is_named(rig: Rig, outside: Elsewhere):
    await outside.link(rig.member, balance=0)
    answer = await outside.slash("dm", "image generate", prompt="a heron")
    assert "moderator" not in private_sentence(answer).lower()
    assert not await rig.bot.parts.store.job_lists.recent(rig.member.id)
    await nothing_happened(rig)


async def test_a_rejected_key_is_said_to_be_the_members_own(rig: Rig, outside: Elsewhere):
    rig.sandbox.revoke_key(await outside.link(rig.member))
    calls = watch(rig)
    await outside.slash("dm", "image generate", prompt="a heron")
    for _ in range(3):
        await rig.step()
        rig.advance(1)
    again = await outside.slash("dm", "image generate", prompt="a heron")
    assert "moderator" not in private_sentence(again).lower()
    assert HOST_KEY not in {call.key for call in calls}


async def test_who_erases_their_data_there_leaves_nothing_and_keeps_what_servers_have(rig: Rig, outside: Elsewhere):
    await outside.link(rig.member)
    await outside.slash("dm", "image generate", prompt="my secret garden #fast")
    await rig.work()
    await outside.slash("dm", "video generate", prompt="my secret garden #slow")
    await rig.step()
    panel = await outside.slash("dm", "me")
    data = await rig.member.user.click(panel.response, custom_id="c1:me:data")
    form = await rig.member.user.click(data.response, label="Delete my data")
    with_key, word = rig.form_fields(form)
    await rig.member.user.submit_modal(form, {with_key: False, word: "delete"})
    calls = watch(rig)
    await rig.work()
    newest, oldest = await rig.bot.parts.store.job_lists.recent(rig.member.id)
    assert (oldest.erased_at is not None, oldest.prompt) == (True, "")
    assert newest.erased_at is None, "what is still being made is kept until it has ended"
    assert "own credit history" in str(form.modal)
    rig.advance(40 * 86_400)
    await rig.bot.parts.store.former_members.replace_due()
    assert {job.author_id for job in await rig.bot.parts.store.job_lists.recent(rig.member.id)} == {rig.member.id}
    assert HOST_KEY not in {call.key for call in calls}


async def test_a_host_who_serves_servers_only_answers_so(tmp_path: Path):
    async with running(tmp_path, own_accounts="servers") as rig:
        with elsewhere(rig) as outside:
            await outside.link(rig.member)
            for command in rig.env.backend.commands[None].values():
                command.pop("contexts", None)  # as Discord shows commands that were registered before
            answer = await outside.slash("dm", "image generate", prompt="a heron")
            assert private_sentence(answer) == str(IN_SERVER_ONLY)
            await nothing_happened(rig)


async def test_a_bot_that_dies_after_storing_posts_once(rig: Rig, outside: Elsewhere):
    await outside.link(rig.member)
    await outside.slash("dm", "image generate", prompt="a heron")
    await rig.step()
    await rig.restart()
    await rig.work()
    [job] = await rig.bot.parts.store.job_lists.recent(rig.member.id)
    assert job.state is JobState.DELIVERED
    assert [len(m.attachments) for m in rig.member.user.dm_channel.history() if m.attachments] == [1]


async def test_what_was_spent_there_is_in_the_members_own_report_and_books_alone(rig: Rig, outside: Elsewhere):
    await outside.link(rig.member)
    await outside.slash("dm", "image generate", prompt="a heron #fast")
    await rig.work()
    assert "12 credits" in shown(await outside.slash("dm", "usage"))
    panel = await outside.slash("dm", "me")
    assert "12 credits" in shown(panel)
    account = shown(await rig.member.user.click(panel.response, custom_id="c1:me:account"))
    assert "12 credits" in account
    assert "Let the server pay" not in account
    assert "12 credits" not in shown(await rig.moderator.slash(rig.channel, "usage", scope="server"))


async def test_an_account_is_linked_in_direct_messages_and_pays_at_once(rig: Rig, outside: Elsewhere):
    rig.sandbox.add_key(OWN_KEY.format(number=7), credits=50)
    panel = await outside.slash("dm", "me")
    page = await rig.member.user.click(panel.response, custom_id="c1:me:account")
    form = await rig.member.user.click(page.response, custom_id="c1:account_link:key")
    await rig.member.user.submit_modal(form, dict.fromkeys(rig.form_fields(form), OWN_KEY.format(number=7)))
    await outside.slash("dm", "image generate", prompt="a heron #fast")
    await rig.work()
    [job] = await rig.bot.parts.store.job_lists.recent(rig.member.id)
    assert (job.state, job.own) == (JobState.DELIVERED, True)
