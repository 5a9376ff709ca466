"""The server in front of simcord's page: whom it answers, and that every press gets its answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import AsyncMock
from urllib.parse import urlsplit

import aiohttp
import discord
import pytest
from simcord.actors import MemberActor

from sandbox.demo.demo import Demo
from sandbox.demo.furniture.server import CAST, LOG, REVIEW
from sandbox.demo.page import front
from sandbox.demo.page.acts import PageActs
from sandbox.demo.page.frame import Frame
from sandbox.demo.page.preview import SCRIPTS, patched
from sandbox.demo.page.words import WORDS, worded
from sandbox.demo.simulation import SetupError


class Browser:
    """What simcord's page does in a browser, without one: it opens a page and presses in order."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        parts = urlsplit(url)
        self.session, self.address, self.key = session, f"{parts.scheme}://{parts.netloc}", parts.fragment
        self.sequence = 0
        self.page: dict[str, Any] = {}

    async def ask(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        method = "GET" if body is None else "POST"
        context = self.page.get("context", {}).get("id", "")
        sent = {"X-Simcord-Capability": self.key, "X-Simcord-Context": context, **headers}
        async with self.session.request(method, self.address + path, json=body, headers=sent) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await answer.json() if is_json else await answer.text()

    async def open(self) -> None:
        _, self.page = await self.ask("/api/pages", {})

    async def press(self, kind: str, **details: Any) -> tuple[int, Any]:
        self.sequence += 1
        return await self.ask(
            "/api/action",
            {
                "protocol_version": 3,
                "sequence": self.sequence,
                "request_id": f"press-{self.sequence}",
                "generation": self.page["context"]["generation"],
                "bot_generation": self.page["botGeneration"],
                "published_revision": self.page["publishedRevision"],
                "kind": kind,
                **details,
            },
        )


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[tuple[Demo, Browser]]:
    async with Demo(speed=20.0, lived_in=False) as demo, aiohttp.ClientSession() as session:
        browser = Browser(session, demo.url)
        await browser.open()
        yield demo, browser


@pytest.mark.long
async def test_a_press_that_meets_something_else_on_the_simulated_discord_is_answered_too():
    async with opened() as (demo, browser):
        member = demo.preview.viewers[0]

        async def act() -> None:
            async with demo.turn:
                await member.slash(demo.preview.channel, "me")

        for _ in range(10):
            _, (status, receipt) = await asyncio.gather(act(), browser.press("refresh"))
            assert (status, receipt["rejected"], receipt["settlement"]) == (200, False, "settled")


async def test_a_press_on_a_page_that_has_just_been_published_again_counts():
    async with opened() as (demo, browser):
        async with demo.turn:
            await demo.preview.refresh()
        status, receipt = await browser.press("send_message", content="hello", reply_to=None)
        assert (status, receipt["rejected"], receipt["settlement"]) == (200, False, "settled")
        sent = [message.content for message in demo.env.backend.messages[demo.preview.channel.id].values()]
        assert sent.count("hello") == 1


@pytest.mark.long
async def test_a_bot_that_works_on_keeps_no_press_waiting():
    async with opened() as (demo, browser):
        stopped = asyncio.Event()

        async def works_on(_message: Any) -> None:
            await stopped.wait()

        demo.bot.add_listener(works_on, "on_message")
        async with asyncio.timeout(60):
            status, receipt = await browser.press("send_message", content="hello", reply_to=None)
        stopped.set()
        assert (status, receipt.get("settlement"), receipt.get("uncertain")) == (200, "settled", False), receipt


async def test_a_press_that_failed_half_way_leaves_a_page_that_takes_the_next(monkeypatch: pytest.MonkeyPatch):
    async with opened() as (demo, browser):

        async def refused(*_given: Any, **_details: Any) -> None:
            raise SetupError("gone meanwhile")

        with monkeypatch.context() as patched:
            patched.setattr(type(demo.preview.viewers[0]), "send", refused)
            _, receipt = await browser.press("send_message", content="hello", reply_to=None)
        assert (receipt["settlement"], receipt["presentation"]) == ("failed", "stale"), receipt
        _, state = await browser.ask("/api/state")
        assert state["status"] == "current"
        _, receipt = await browser.press("send_message", content="hello", reply_to=None)
        assert (receipt["rejected"], receipt["settlement"]) == (False, "settled"), receipt


async def test_the_page_shows_names_and_the_time_of_now():
    async with opened() as (demo, browser):
        async with demo.turn:
            member, moderator = demo.preview.viewers[:2]
            await member.send(demo.preview.channel, f"hello {moderator.mention}, see <#{demo.preview.channel.id}>")
            await demo.preview.refresh()
        _, state = await browser.ask("/api/state")
        newest = state["messages"][max(state["messages"], key=int)]
        labels = [token["label"] for token in _flat(newest["content_tokens"]) if token["type"] == "mention"]
        assert labels == [f"@{demo.env.backend.users[moderator.id].global_name}", "#studio"]
        assert state["profile"]["presentationTime"] > newest["timestamp"]


def _flat(tokens: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for token in tokens for each in (token, *_flat(token.get("children", [])))]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {"Host": "evil.example"}, 403),
        pytest.param("/demo/offered", {"Origin": "https://evil.example"}, 403, marks=pytest.mark.long),
        ("/demo/offered", {"X-Simcord-Capability": "guessed"}, 401),
        pytest.param("/api/state", {"X-Simcord-Capability": "guessed"}, 401, marks=pytest.mark.long),
        pytest.param("/demo/..%2ffront.py", {}, 404, marks=pytest.mark.long),
        pytest.param("/demo/demo.js", {}, 200, marks=pytest.mark.long),
    ],
)
async def test_nobody_but_the_page_is_answered(path: str, headers: dict[str, str], status: int):
    async with opened() as (_, browser):
        assert (await browser.ask(path, **headers))[0] == status


async def test_a_viewer_reacts_to_a_message_and_only_to_one_that_is_there():
    async with opened() as (demo, browser):
        async with demo.turn:
            await demo.preview.viewers[1].send(demo.preview.channel, "hello")
        messages = demo.env.backend.messages[demo.preview.channel.id]
        async with demo.turn:
            await demo.preview.viewers[1].send(demo.preview.channel, "hello")
            await demo.preview.refresh()
        viewer, newest = str(demo.preview.viewers[0].id), max(messages)
        asked = {"viewer": viewer, "message": str(newest), "emoji": "⭐"}
        assert (await browser.ask("/demo/react", asked))[0] == 200
        assert [each.emoji for each in messages[newest].reactions] == ["⭐"]
        assert (await browser.ask("/demo/react", {**asked, "message": "1"}))[0] == 409
        assert (await browser.ask("/demo/react", {**asked, "viewer": "1"}))[0] == 409
        assert (await browser.ask("/demo/react", {**asked, "message": "x"}))[0] == 409
        assert (await browser.ask("/demo/react", {"emoji": "⭐"}))[0] == 400


async def test_a_channel_is_opened_by_those_who_see_it():
    async with opened() as (demo, browser):
        member, moderator = demo.preview.viewers[:2]
        studio = demo.preview.channel
        async with demo.turn:
            hidden, shown = (discord.PermissionOverwrite(view_channel=seen) for seen in (False, True))
            staff = studio.guild.create_text_channel(
                "staff-log", overwrites={studio.guild.default_role: hidden, moderator: shown}
            )
            await moderator.send(staff, "only for us")
        viewers = [member, moderator]
        frame = Frame(demo.env, studio.guild, channels=[studio, staff], viewers=viewers)
        acts = PageActs(demo.env, demo.preview, frame=frame, viewers=viewers, translate=AsyncMock())
        context, bot = browser.page["context"]["id"], demo.env.backend.bot_user
        assert [each["name"] for each in acts.offered(context, str(member.id))["channels"]] == ["studio", bot.name]
        refused = acts.look(context, str(member.id), str(staff.id))
        assert [(each["name"], each["here"]) for each in refused["channels"]] == [("studio", True), (bot.name, False)]
        shown = acts.look(context, str(moderator.id), str(staff.id))
        rooms = [(each["name"], each["here"]) for each in shown["channels"] if not each["face"]]
        assert rooms == [("studio", False), ("staff-log", True)]
        _, page = await browser.ask("/api/state")
        assert (page["viewerId"], page["channel"]["name"]) == (str(moderator.id), "staff-log")
        assert [message["content"] for message in page["messages"].values()] == ["only for us"]
        assert page["context"] == {"id": context, "generation": shown["generation"]}
        with pytest.raises(SetupError):
            acts.look(context, str(moderator.id), "1")


async def test_a_press_goes_to_the_channel_of_its_page():
    """Two pages may show two channels."""
    async with opened() as (demo, browser):
        other = Browser(browser.session, demo.url)
        await other.open()
        viewer, channels = browser.page["viewerId"], demo.env.backend.messages
        offered = (await browser.ask(f"/demo/offered?viewer={viewer}"))[1]["channels"]
        gallery = next(each["id"] for each in offered if not each["here"])
        status, shown = await browser.ask("/demo/look", {"viewer": viewer, "channel": gallery})
        assert (status, [each["id"] for each in shown["channels"] if each["here"]]) == (200, [gallery])
        assert (await browser.ask("/demo/look", {"viewer": viewer, "channel": "1"}))[0] == 409
        for page, text in ((browser, "in the gallery"), (other, "in the studio")):
            _, page.page = await page.ask("/api/state")
            _, receipt = await page.press("send_message", content=text, reply_to=None)
            assert receipt["settlement"] == "settled", receipt
        assert [each.content for each in channels[int(gallery)].values()][-1:] == ["in the gallery"]
        assert [each.content for each in channels[int(other.page["channelId"])].values()][-1:] == ["in the studio"]


async def test_the_state_of_a_page_that_has_it_is_given_when_it_has_changed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(front, "HOLD_S", 3600.0)
    async with opened() as (demo, browser), asyncio.timeout(60):
        _, state = await browser.ask("/api/state")
        begun = state["publishedRevision"]
        while "news" not in [each["content"] for each in state["messages"].values()]:
            held = asyncio.create_task(browser.ask(f"/api/state?have={state['publishedRevision']}"))
            async with demo.turn:
                await demo.preview.viewers[1].send(demo.preview.channel, "news")
            _, state = await held
        assert state["publishedRevision"] > begun


@pytest.mark.parametrize("path", SCRIPTS)
async def test_the_page_gets_simcords_scripts_with_our_changes(path: str):
    async with opened() as (_, browser):
        _, script = await browser.ask(path)
        for theirs, ours in SCRIPTS[path]:
            assert ours in script
            with pytest.raises(ValueError, match="simcord's"):
                patched(path, script.replace(theirs, ""))


async def test_a_page_that_is_loaded_again_belongs_to_whoever_looked_last():
    async with opened() as (demo, browser):
        moderator = demo.preview.viewers[1]
        assert browser.page["viewerId"] != str(moderator.id)
        await browser.ask(f"/demo/offered?viewer={moderator.id}")
        await browser.open()
        assert browser.page["viewerId"] == str(moderator.id)


async def _dm(demo: Demo, text: str) -> MemberActor:
    """Have the bot write to the page's first viewer."""
    member: MemberActor = demo.preview.viewers[0]
    async with demo.turn:
        account = await demo.bot.fetch_user(member.id)
        await account.send(text)
        await demo.preview.refresh()
    return member


async def test_a_direct_message_is_a_conversation_in_the_list_until_it_is_read_and_takes_an_answer():
    async with opened() as (demo, browser):
        member = await _dm(demo, "Your film is ready.")
        offer = (await browser.ask(f"/demo/offered?viewer={member.id}"))[1]
        direct = offer["channels"][-1]
        assert (direct["name"], direct["unread"], direct["here"]) == (demo.env.backend.bot_user.name, 1, False)
        moderator = demo.preview.viewers[1]
        theirs = (await browser.ask(f"/demo/offered?viewer={moderator.id}"))[1]["channels"]
        assert direct["id"] not in [each["id"] for each in theirs]
        _, offer = await browser.ask("/demo/look", {"viewer": str(member.id), "channel": direct["id"]})
        said = max(demo.env.backend.messages[int(direct["id"])])
        asked = {"viewer": str(member.id), "message": str(said), "emoji": "👍"}
        assert (await browser.ask("/demo/react", asked))[0] == 200
        (mark,) = demo.env.backend.messages[int(direct["id"])][said].reactions
        assert (mark.emoji, mark.user_ids) == ("👍", [member.id])
        assert [(each["here"], each["unread"]) for each in offer["channels"][-1:]] == [(True, 0)]
        assert len([person for group in offer["members"] for person in group["people"]]) == 2
        _, browser.page = await browser.ask("/api/state")
        assert [each["content"] for each in browser.page["messages"].values()] == ["Your film is ready."]
        _, receipt = await browser.press("send_message", content="thank you", reply_to=None)
        assert receipt["settlement"] == "settled", receipt
        _, offer = await browser.ask("/demo/look", {"viewer": str(moderator.id), "channel": direct["id"]})
        assert [each["name"] for each in offer["channels"] if each["here"]] == ["studio"]


async def test_the_frame_has_what_its_viewer_sees():
    async with opened() as (demo, browser):
        member, moderator = (str(each.id) for each in demo.preview.viewers[:2])
        seen = {}
        for viewer in (member, moderator):
            offer = (await browser.ask(f"/demo/offered?viewer={viewer}"))[1]
            seen[viewer] = [(each["group"], each["name"]) for each in offer["channels"] if not each["face"]]
        staff = [("Staff only", name) for name in (REVIEW, LOG, CAST)]
        assert [each for each in seen[moderator] if each not in seen[member]] == staff
        assert offer["me"]["name"].startswith("Morgan")
        groups = {each["name"]: [person["name"] for person in each["people"]] for each in offer["members"]}
        assert groups["Directors"] == ["Bo", "Dara"]
        assert [person["bot"] for person in offer["members"][-1]["people"]] == [True]
        async with browser.session.get(demo.url.split("#")[0] + offer["me"]["face"][1:]) as picture:
            assert (picture.status, (await picture.read())[:4]) == (200, b"\x89PNG")


async def test_the_language_is_the_same_for_everyone():
    async with opened() as (demo, browser):
        member, moderator = (str(each.id) for each in demo.preview.viewers[:2])
        assert (await browser.ask("/demo/language", {"language": "xx"}))[0] == 409
        assert (await browser.ask("/demo/language", {"language": "ja"}))[0] == 200
        for viewer in (member, moderator):
            offer = (await browser.ask(f"/demo/offered?viewer={viewer}"))[1]
            assert [each["id"] for each in offer["languages"] if each["here"]] == ["ja"]
            assert "ディレクター" in [each["name"] for each in offer["members"]]
        async with demo.turn:
            await demo.preview.viewers[1].slash(demo.preview.channel, "me")
        messages = demo.env.backend.messages[demo.preview.channel.id]
        assert "クレジット" in str(messages[max(messages)])


async def test_the_page_says_its_words_in_its_language():
    async with opened() as (_, browser):
        await browser.ask("/demo/language", {"language": "ja"})
        for path, words in WORDS.items():
            _, source = await browser.ask(path)
            assert [word.theirs for word in words if word.theirs in source] == [], path
            with pytest.raises(ValueError, match="simcord's"):
                worded(path, source)
        _, source = await browser.ask("/messages.js")
        assert "あなただけに表示されています" in source


@pytest.mark.parametrize(
    ("language", "browsers", "locale"),
    [
        ("en", "en-GB+en", "en-GB"),
        ("en", "de-DE+en-US", "en-US"),
        ("ja", "en-GB", "ja"),
        ("en", "en-<b>", "en-US"),
        ("fr", "", "fr"),
    ],
)
def test_times_are_in_the_browsers_form_of_the_language(language: str, browsers: str, locale: str):
    assert front._locale(language, browsers) == locale
