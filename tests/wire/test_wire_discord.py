from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import aiohttp
import discord as dpy
import pytest

from tests.support.wire.bot import BotProcess
from tests.support.wire.server import WireDiscord


@pytest.fixture
async def wire():
    async with WireDiscord() as running:
        yield running


@pytest.fixture
def stage(wire):
    guild = wire.create_guild()
    channel = wire.create_text_channel(guild, "art")
    member = wire.add_member(guild, "ada", permissions=dpy.Permissions(manage_guild=True))
    return guild, channel, member


@pytest.fixture
def life(wire, tmp_path: Path):
    """One more life of the sample bot, with the note of the lives before."""
    env = {"DISCORD_TOKEN": wire.token, "WIRE_NOTE": str(tmp_path / "note.json")}

    def start(**more: str) -> BotProcess:
        return BotProcess(wire, [], tmp_path / "bot.log", env=env | more, module="tests.support.wire.sample_bot")

    return start


@pytest.mark.long
async def test_a_killed_bot_comes_back_and_edits_its_old_message_both_ways(wire, stage, life):
    _guild, channel, ada = stage
    async with life() as bot:
        await bot.online()
        assert set(wire.commands()) == {"make", "say", "refuse", "ask", "digest"}
        reply = await wire.slash(ada, channel, "make", name="sun")
        assert reply.deferred or reply.message.attachments
        message = await wire.until(lambda: reply.message.attachments and reply.message)
        assert (message.content, message.attachments[0]["filename"]) == ("made sun", "sun.bin")
        assert message.attachments[0]["description"] == "zeros"
        assert wire.attachment_bytes(message.attachments[0]) == bytes(3)
        await bot.kill()
    assert not wire.gateway.live
    edits = len(wire.calls("PATCH"))
    async with life() as bot:
        await bot.online()
        await wire.until(lambda: message.content == "edited by bot token")
        by_token, by_bot = wire.calls("PATCH")[edits:]
        assert by_token.path.startswith("/webhooks/")
        assert by_bot.path == f"/channels/{channel.id}/messages/{message.id}"
        assert len(message.attachments) == 1
        again = await wire.click(ada, message, "again:sun")
        assert again.message.content == "again sun"
        assert again.message.ephemeral
    assert wire.gateway.identifies == 2
    assert len(wire.messages(channel)) == 1


async def test_the_bot_meets_every_kind_of_interaction_and_message(wire, stage, life):
    guild, channel, ada = stage
    wire.set_upload_limit(guild, 6_000_000)
    async with life() as bot:
        await bot.online()
        said = await wire.slash(ada, channel, "say", words="hello")
        await wire.until(lambda: not said.loading)
        (post,) = wire.messages(channel)
        assert said.message.content == f"{post.id} {post.id}"
        assert wire.attachment_bytes(post.attachments[0]) == b"words"

        refused = await wire.slash(ada, channel, "refuse")
        await wire.until(lambda: refused.followups)
        assert (refused.response, refused.followups[0].content) == (None, "no")
        assert refused.followups[0].ephemeral

        shown = await wire.slash(ada, channel, "ask")
        answer = await wire.submit_modal(ada, shown, {"words": "why"})
        assert answer.message.content == "asked: why"

        choices = await wire.autocomplete(ada, channel, "digest", "hint", "co")
        assert [(one["name"], one["value"]) for one in choices] == [("co!", "co")]
        data = b"\x89PNG and more"
        read = await wire.slash(ada, channel, "digest", file=("ünï 1.png", data))
        assert read.message.content == f"{hashlib.sha256(data).hexdigest()} 6000000 True"

        await wire.react(ada, post, "🔁")
        await wire.until(lambda: post.reactions == {"🔁": 2})


async def test_a_file_of_five_megabytes_arrives_and_one_over_the_limit_is_refused(wire, stage, life):
    guild, channel, ada = stage
    size = 5 * 1024 * 1024
    async with life() as bot:
        await bot.online()
        reply = await wire.slash(ada, channel, "make", name="big", size=size)
        await wire.until(lambda: reply.message.attachments)
        (file,) = reply.message.attachments
        assert file["size"] == size
        async with aiohttp.ClientSession() as session, session.get(file["url"]) as response:
            assert await response.read() == bytes(size)
        wire.set_upload_limit(guild, size - 1)
        second = await wire.slash(ada, channel, "make", name="big", size=size)
        await wire.until(lambda: [call for call in wire.calls("PATCH") if call.status == 413])
        assert second.loading


async def test_a_bot_whose_socket_is_closed_resumes_and_misses_nothing(wire, stage, life):
    _guild, channel, ada = stage
    async with life() as bot:
        await bot.online()
        await wire.disconnect()
        reply = await wire.slash(ada, channel, "ask", wait_s=0)
        await wire.until(lambda: reply.modal)
    assert (wire.gateway.identifies, wire.gateway.resumes) == (1, 1)


async def test_a_request_is_held_at_the_moment_at_which_the_bot_is_to_die(wire, stage, life):
    _guild, channel, ada = stage
    before = wire.fault("PATCH", "/webhooks/*/messages/@original", status=None, hold=True)
    async with life() as bot:
        await bot.online()
        reply = await wire.slash(ada, channel, "make", name="sun")
        await wire.until(before.reached.is_set)
        await bot.kill()
    before.release()
    await wire.until(lambda: wire.calls("PATCH"))
    assert reply.loading
    assert reply.message.attachments == []


async def test_the_bot_meets_rate_limits_and_server_errors_as_on_discord(wire, stage, life):
    _guild, channel, ada = stage
    original = "/webhooks/*/messages/@original"
    wire.fault("PATCH", original, status=429)
    async with life() as bot:
        await bot.online()
        reply = await wire.slash(ada, channel, "make", name="sun")
        await wire.until(lambda: reply.message.attachments)
        assert [call.status for call in wire.calls("PATCH")] == [429, 200]
        wire.fault("PATCH", original, status=403, code=50013)
        refused = await wire.slash(ada, channel, "make", name="moon")
        await wire.until(lambda: [call for call in wire.calls("PATCH") if call.status == 403])
        assert refused.loading


@pytest.mark.long
async def test_several_bots_hear_the_same_and_a_burst_of_clicks_is_answered(wire, stage, life):
    _guild, channel, ada = stage
    async with life() as bot:
        await bot.online()
        reply = await wire.slash(ada, channel, "make", name="sun")
        await wire.until(lambda: reply.message.attachments)
        clicks = [wire.click(ada, reply.message, "again:sun") for _ in range(100)]
        assert {answer.message.content for answer in await asyncio.gather(*clicks)} == {"again sun"}
        async with life() as second:
            await second.online()
            assert len(wire.gateway.live) == 2
            twice = await wire.click(ada, reply.message, "again:sun")
            await wire.until(lambda: [call for call in wire.calls("POST") if call.status == 400])
            assert twice.message.content == "again sun"


class TestWithoutABot:
    @pytest.fixture
    async def rest(self, wire):
        headers = {"Authorization": f"Bot {wire.token}"}
        async with aiohttp.ClientSession(f"{wire.url}/api/v10/", headers=headers) as session:
            yield session

    async def test_the_same_nonce_gives_the_same_message_for_some_minutes(self, wire, stage, rest):
        _guild, channel, _ada = stage
        path, body = f"channels/{channel.id}/messages", {"content": "x", "nonce": "n", "enforce_nonce": True}

        async def send(**change: object) -> str:
            async with rest.post(path, json=body | change) as answer:
                assert answer.headers["Content-Type"] == "application/json"
                return (await answer.json())["id"]

        first = await send()
        assert await send() == first
        assert await send(nonce="other") != first
        assert await send(enforce_nonce=False) != first
        wire.clock.advance(301)
        assert await send() != first
        assert len(wire.messages(channel)) == 4

    async def test_a_lost_reply_has_taken_effect_and_a_lost_request_has_not(self, wire, stage, rest):
        _guild, channel, _ada = stage
        path = f"channels/{channel.id}/messages"
        wire.fault("POST", "/channels/*/messages", status=None, commit=True)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await rest.post(path, json={"content": "there"})
        wire.fault("POST", "/channels/*/messages", status=None)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await rest.post(path, json={"content": "gone"})
        wire.fault("POST", "/channels/*/messages", status=502, commit=True)
        async with rest.post(path, json={"content": "too"}) as answer:
            assert answer.status == 502
        assert [message.content for message in wire.messages(channel)] == ["there", "too"]
        assert [call.status for call in wire.calls("POST")] == [0, 0, 502]

    async def test_a_rate_limit_is_told_and_enforced_for_each_channel(self, wire, stage, rest):
        guild, channel, _ada = stage
        other = wire.create_text_channel(guild, "other")
        wire.pace("POST", "/channels/*/messages", limit=1, per_s=60)
        statuses = []
        for target in (channel, channel, other):
            async with rest.post(f"channels/{target.id}/messages", json={"content": "x"}) as answer:
                statuses.append((answer.status, answer.headers["X-RateLimit-Remaining"], "Via" in answer.headers))
        assert statuses == [(200, "0", True), (429, "0", True), (200, "0", True)]

    async def test_strangers_and_oversized_lists_are_refused(self, wire, stage, rest):
        guild, channel, _ada = stage
        path = f"channels/{channel.id}/messages"
        async with rest.get(path, headers={"Authorization": "Bot wrong"}) as answer:
            assert answer.status == 401
        many = [{"id": index} for index in range(11)]
        async with rest.post(path, json={"content": "x", "attachments": many}) as answer:
            assert (await answer.json())["code"] == 50035
        wire.set_bot_permissions(guild, dpy.Permissions(send_messages=True, view_channel=True))
        wire.backend.edit_role(guild.id, guild.id, {"permissions": 0})
        form = aiohttp.FormData({"payload_json": '{"content": "x"}'})
        form.add_field("files[0]", b"data", filename="a.txt")
        async with rest.post(path, data=form) as answer:
            assert (await answer.json())["code"] == 50013

    async def test_a_link_to_a_file_dies_after_a_day_and_is_fresh_when_the_message_is_read_again(
        self, wire, stage, rest
    ):
        _guild, channel, ada = stage
        post = wire.post(ada, channel, files=[("a b.txt", b"data")])
        url = post.attachments[0]["url"]
        wire.clock.advance(86_401)
        async with rest.get(url) as answer:
            assert answer.status == 404
        async with rest.get(post.attachments[0]["url"]) as answer:
            assert await answer.read() == b"data"
            assert answer.headers["Content-Type"] == "text/plain"
        async with rest.get(post.attachments[0]["url"], headers={"Range": "bytes=-3"}) as answer:
            assert (answer.status, answer.headers["Content-Range"]) == (206, "bytes 1-3/4")
            assert await answer.read() == b"ata"
        async with rest.get(post.attachments[0]["url"], headers={"Range": "bytes=4-9"}) as answer:
            assert answer.status == 416
        async with rest.get(url.partition("?")[0]) as answer:
            assert answer.status == 404


async def test_what_this_discord_cannot_do_fails_the_test():
    wire = await WireDiscord().__aenter__()
    url, headers = f"{wire.url}/api/v10/no/such/route", {"Authorization": f"Bot {wire.token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as answer:
        assert answer.status == 501
    with pytest.raises(AssertionError, match="cannot do"):
        await wire.__aexit__(None, None, None)


async def test_an_interaction_without_a_bot_is_an_error_unless_the_test_means_it(wire, stage):
    _guild, channel, ada = stage
    wire.backend.register_commands(None, [{"name": "ask", "description": "x"}])
    with pytest.raises(RuntimeError, match="no bot"):
        await wire.slash(ada, channel, "ask")
    reply = await wire.slash(ada, channel, "ask", wait_s=0)
    assert not reply.acknowledged
