from __future__ import annotations

import pytest

from bot.domain.models import JobState
from tests.support.rig import Rig
from tests.support.surface import (
    deny,
    nothing_happened,
    private_messages,
    private_sentence,
    sends,
    settled_exactly,
    state_text,
    watch,
)

GENERATE, EDIT = "image generate", "image edit"
TOKEN_GONE_S = 16 * 60.0


@pytest.mark.parametrize("count", [4])
async def test_several_pictures_stand_together_on_one_card(rig: Rig, count: int):
    await rig.member.slash(rig.channel, GENERATE, prompt="a heron", count=count)
    await rig.work()
    [message] = rig.messages()
    assert len({attachment.filename for attachment in message.attachments}) == count
    assert len(state_text(message).splitlines()) == 1, "the facts alone: no line for each of what is the same"
    assert " · took " in state_text(message)
    jobs = await rig.jobs()
    assert len(jobs) == count == len(rig.sandbox.requests)
    assert len({job.idempotency_key for job in jobs}) == count
    assert {job.message_id for job in jobs} == {message.id}
    await settled_exactly(rig)


async def test_one_card_tells_apart_what_was_made_what_failed_and_what_still_runs(rig: Rig):
    rig.sandbox.fault("submit", "status", status=400, body='{"error": {"message": "No herons today."}}')
    await rig.member.slash(rig.channel, GENERATE, prompt="a heron", count=3)
    await rig.step()
    jobs = sorted(await rig.jobs(), key=lambda job: job.position)
    [failed] = [job for job in jobs if job.state is JobState.FAILED]
    first = next(job for job in jobs if job.remote_id)
    rig.sandbox.finish(first.remote_id)
    rig.advance(4)
    await rig.step()
    await rig.step()
    rig.advance(2)  # it waits a moment for the other one
    await rig.step()

    [message] = rig.messages()
    lines = state_text(message).splitlines()
    assert "No herons today." in lines[failed.position]
    assert "✅ Done" in lines[first.position]
    assert len(message.attachments) == 1
    assert "refunded" in state_text(message)

    await rig.work()
    [message] = rig.messages()
    assert len(message.attachments) == 2
    assert state_text(message).count("✅") == 2
    await settled_exactly(rig)


async def test_a_private_card_is_seen_by_its_asker_only_and_gets_its_picture_in_place(rig: Rig):
    result = await rig.member.slash(rig.channel, GENERATE, prompt="a secret", private=True)
    assert result.ephemeral
    await rig.work()
    [message] = rig.messages(viewer=rig.member)
    assert len(message.attachments) == 1
    assert rig.messages(viewer=rig.moderator) == []
    assert private_messages(rig, rig.member) == []
    await settled_exactly(rig)


async def test_a_late_private_result_comes_as_one_direct_message_with_all_pictures(rig: Rig):
    await rig.member.slash(rig.channel, GENERATE, prompt="a secret", private=True, count=2)
    await rig.step()
    rig.advance(TOKEN_GONE_S)
    await rig.work()
    [message] = private_messages(rig, rig.member)
    assert len(message.attachments) == 2
    assert " · took " in state_text(message)
    assert rig.messages(viewer=rig.moderator) == []
    assert {job.state for job in await rig.jobs()} == {JobState.DELIVERED}
    await settled_exactly(rig)


async def test_a_late_public_result_still_edits_the_card(rig: Rig):
    await rig.member.slash(rig.channel, GENERATE, prompt="a heron")
    await rig.step()
    rig.advance(TOKEN_GONE_S)
    await rig.work()
    [message] = rig.messages()
    assert len(message.attachments) == 1
    assert "took" in state_text(message)


async def test_a_long_prompt_is_cut_on_the_card_and_is_whole_in_a_file_next_to_the_picture(rig: Rig):
    prompt = "a very long tale of a fox " * 100
    result = await rig.member.slash(rig.channel, GENERATE, prompt=prompt)
    card = result.response.embeds[0]
    words = card.description.splitlines()[0]
    assert words.endswith("…")
    assert len(words) < 400
    [text] = result.response.attachments
    assert text.filename == "prompt.txt"
    await rig.work()
    [message] = rig.messages()
    assert sorted(a.filename.rpartition(".")[2] for a in message.attachments) == ["png", "txt"]
    [text] = [a for a in message.attachments if a.filename == "prompt.txt"]
    assert rig.file(text).decode() == prompt.strip()
    assert rig.sandbox.requests[0].input["prompt"] == prompt.strip()


@pytest.mark.parametrize(
    "prompt",
    [
        "@everyone @here look",
        "right \u202eot left\u202c",
        "😀🏳️‍🌈 e\u0301",
    ],
)
async def test_a_prompt_never_pings_nor_formats(rig: Rig, prompt: str):
    prompt = prompt.format(member=rig.moderator.id, role=rig.moderators.id)
    result = await rig.member.slash(rig.channel, GENERATE, prompt=prompt)
    await rig.work()
    for message in (*rig.messages(), result.response.message):
        assert message.mentions == []
        assert message.role_mentions == []
        assert not message.mention_everyone
        shown = message.embeds[0].description
        mentions = ("@everyone", "@here", f"<@{rig.moderator.id}>", f"<@&{rig.moderators.id}>")
        for live in (*mentions, " [link](https", "\u0001"):
            assert live not in shown
        assert "**bold**" not in shown
        assert "||spoiler||" not in shown
        *words, facts = shown.splitlines() if message.attachments else shown.splitlines()[:-1]
        assert all(line.startswith("> ") for line in words)
        assert facts.startswith(("-# ", "⚙️ ", "⏳ "))
    made = [body for call, body in sends(rig) if call.startswith("POST")]
    assert made
    for body in made:
        assert body.get("allowed_mentions") == {"parse": []}
    [message] = rig.messages()
    for attachment in message.attachments:
        assert attachment.filename.isascii()
        assert attachment.filename.islower()


async def test_where_the_bot_may_not_attach_files_it_says_so_and_spends_nothing(rig: Rig):
    deny(rig, attach_files=False, embed_links=False)
    calls = watch(rig)
    result = await rig.member.slash(rig.channel, GENERATE, prompt="x")
    sentence = private_sentence(result)
    assert "Attach Files" in sentence
    assert "Embed Links" in sentence
    assert calls == []
    await nothing_happened(rig)
