"""The server in front of simcord's page: whom it answers, and that every press gets its answer."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import AsyncMock
from urllib.parse import urlsplit

import aiohttp
import discord
import pytest

from sandbox.demo.demo import Demo
from sandbox.demo.page.acts import PageActs
from sandbox.demo.page.frame import Frame
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
