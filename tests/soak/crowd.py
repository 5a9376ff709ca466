"""What members and moderators do in a storm: whatever the bot offers, as far as it is there, from a seed.

An act may have several steps, each an answer to what the bot has said. The death of the bot ends it wherever it is.
"""

from __future__ import annotations

import contextlib
import random
from typing import Any

from simcord.actors import MemberActor
from simcord.backend.errors import BackendError, SetupError
from simcord.builders import ChannelHandle
from simcord.components import walk_components

from cogs.member.panel import texts as me
from cogs.moderate.decisions import texts as decisions
from cogs.moderate.reports import texts as reports
from cogs.results import texts as results
from cogs.words import texts as words
from tests.soak.plan import drawn
from tests.soak.town import LIMITED, WITH_APPROVAL, Server, Town
from tests.support.surface import fill
from tests.support.wire.world import Posted, Reply

STARRED, REKEYED, REVIEWED, PRACTISING = 0, 1, 2, 4
"""The servers with a gallery, with keys that are replaced, with review, and with practice and erasure."""
SERVERS = 1 + max(STARRED, REKEYED, REVIEWED, LIMITED, PRACTISING, WITH_APPROVAL)
RECIPE = "two films"
STEPS = """
image.generate
prompt: {prompt}

video.generate
prompt: {prompt}
image_url: {1.image_url}

video.generate
prompt: {prompt} at night
image_url: {1.image_url}
"""
PRESETS = ("wide", "tall")
ENDLESS = "#forever"
"""Of a request that Cannon Studio denies for an hour, until the job is given up; then it succeeds after all."""
ANSWER_S = 5.0
NEWEST = 12
"""Of so many messages of a channel one is pressed or reacted to."""

_WORDS = {"#fast": 60, "": 20, "#billed": 10, "#fail": 2, "#down": 3, "#crash": 3, "#drop": 3, "#none": 1, ENDLESS: 4}
_ACTS = {
    "picture": 24, "four": 8, "film": 3, "batch": 3, "recipe": 4, "mention": 6, "press": 34, "decide": 16, "react": 12,
    "save_preset": 5, "use_preset": 5, "delete_preset": 3, "practise": 3, "erase": 3, "replace_key": 2,
}  # fmt: skip
_LABELS = {
    str(results.ASK_REFUND): 8, str(results.RERUN): 3, str(results.RERUN_ALL): 2, str(results.RETRY_ALL): 4,
    str(results.DO_NOT_POST): 2, str(results.POST_AFTER_ALL): 2,
    str(results.CANCEL): 2, str(results.SHARE): 2, str(results.POST_IT): 2, str(results.VARY): 2,
    str(results.SUBTLE): 3, results.ALONE(number=1): 2, results.ALONE(number=3): 2,
    results.VARY_ONE(number=2): 2, results.VARY_ONE(number=4): 2,
    str(words.CONTINUE): 8, "Yes, make it": 8, "Yes, ask a moderator": 8, "Continue anyway": 3,
}  # fmt: skip
"""What members press, with how often they want to; a press that finds no such button looks for the next."""
DECISIONS = (str(decisions.APPROVE), str(decisions.PUBLISH), str(reports.REFUND))
"""What moderators press."""


class Crowd:
    """The members and moderators of a town of `SERVERS` servers."""

    def __init__(self, town: Town, seed: int) -> None:
        self._town = town
        self._discord = town.discord
        self._dice = random.Random(f"crowd {seed}")
        self._number = 0
        self.asked = self.answered = 0
        """Interactions, and those of them that the bot has answered."""
        self.presses = 0
        """Of them, the buttons."""

    async def act(self) -> None:
        """Do one thing, chosen at random."""
        server = self._town.servers[self._dice.randrange(SERVERS)]
        kind = drawn(self._dice, _ACTS)
        member = self._dice.choice(server.members)
        with contextlib.suppress(BackendError, SetupError, TimeoutError):  # what they press may be gone by then
            await getattr(self, f"_{kind}")(server, member)

    # ------------------------------------------------------------------ requests

    async def _picture(self, server: Server, member: MemberActor) -> None:
        private = self._dice.random() < 0.25
        await self._slash(server, member, "image generate", prompt=self._prompt(server), private=private)

    async def _four(self, server: Server, member: MemberActor) -> None:
        await self._slash(server, member, "image generate", prompt=self._prompt(server), count=4)

    async def _film(self, server: Server, member: MemberActor) -> None:
        await self._slash(server, member, "video generate", prompt=self._prompt(server))

    async def _batch(self, server: Server, member: MemberActor) -> None:
        prompts = "\n".join(self._prompt(server) for _ in range(self._dice.choice([2, 3, 3, 20])))
        await self._slash(server, member, "batch", operation="image.generate", prompts=prompts.replace("\n", " | "))

    async def _recipe(self, server: Server, member: MemberActor) -> None:
        form = await self._slash(server, member, "recipe", recipe=RECIPE)
        await self._send(member, form, [self._prompt(server)])

    async def _mention(self, server: Server, member: MemberActor) -> None:
        prompt = self._prompt(server)
        self._discord.post(member, server.channel, f"<@{self._discord.backend.bot_user.id}> {prompt}, 16:9")

    async def _react(self, server: Server, member: MemberActor) -> None:
        found = [each for each in self._messages(server.channel)[-NEWEST:] if each._message.attachments]
        public = [each for each in found if not each.ephemeral]
        if public:
            await self._discord.react(member, self._dice.choice(public), self._dice.choice(["🔁", "⭐", "⭐"]))

    # ------------------------------------------------------------------ buttons

    async def _press(self, server: Server, _member: MemberActor) -> None:
        """Press a button of a message in the channel: who requested it does, where somebody did."""
        messages = self._messages(server.channel)[-NEWEST:]
        for label in self._shuffled(_LABELS):
            found = [each for each in messages if control(each, label)]
            if found:
                message = self._dice.choice(found)
                await self._click(self._reader(server, message), message, label)
                return

    async def _decide(self, server: Server, _member: MemberActor) -> None:
        questions = [(each, label) for label in DECISIONS for each in self.questions(server) if control(each, label)]
        if questions:
            message, label = self._dice.choice(questions)
            await self._click(server.moderator, message, label)

    async def decide_all(self) -> None:
        """Let the moderators answer every question."""
        for server in self._town.servers:
            for label in DECISIONS:
                for message in self.questions(server):
                    if control(message, label):
                        with contextlib.suppress(BackendError, SetupError, TimeoutError):
                            await self._click(server.moderator, message, label)

    def questions(self, server: Server) -> list[Posted]:
        """Return what the bot has asked the moderators, oldest first."""
        return self._messages(server.questions)

    def _reader(self, server: Server, message: Posted) -> MemberActor:
        user = (message._message.interaction_metadata or {}).get("user") or {}
        ids = {str(each.id): each for each in server.members}
        return ids.get(str(user.get("id"))) or self._dice.choice(server.members)

    # ------------------------------------------------------------------ presets and erasure

    async def _save_preset(self, server: Server, member: MemberActor) -> None:
        page = await self._page(server, member, "presets")
        form = await self._choose(member, page, str(me.NEW_PRESET), "image.generate")
        ratio = self._dice.choice(["16:9", "9:16"])
        await self._send(member, form, {str(me.PRESET_NAME): self._dice.choice(PRESETS), "Aspect ratio": ratio})

    async def _use_preset(self, server: Server, member: MemberActor) -> None:
        preset = self._dice.choice(PRESETS)
        await self._slash(server, member, "image generate", prompt=self._prompt(server), preset=preset)

    async def _delete_preset(self, server: Server, member: MemberActor) -> None:
        page = await self._page(server, member, "presets")
        options = [one for part in walk_components(page.components) for one in part.get("options") or ()]
        named = [one["value"] for one in options if one["label"] in PRESETS]
        if named:
            await self._choose(member, page, str(me.CHOOSE_PRESET), self._dice.choice(named))
            await self._click(member, page, str(me.DELETE_PRESET))

    async def _erase(self, _server: Server, _member: MemberActor) -> None:
        server = self._town.servers[PRACTISING]
        member = self._dice.choice(server.members)
        page = await self._page(server, member, "data")
        form = await self._click(member, page, str(me.DELETE_DATA))
        await self._send(member, form, [str(me.DELETE_WORD)])

    async def _page(self, server: Server, member: MemberActor, page: str) -> Posted:
        panel = (await self._slash(server, member, "me")).message
        await self._click(member, panel, str(me.PAGES[page]))
        return panel

    # ------------------------------------------------------------------ moderators

    async def _practise(self, _server: Server, _member: MemberActor) -> None:
        await self.switch_practice(self._dice.choice(["on", "on", "off"]))

    async def switch_practice(self, switch: str) -> None:
        """Switch practice on or off where there is any."""
        server = self._town.servers[PRACTISING]
        await self._slash(server, server.moderator, "studio practice", switch=switch)

    async def _replace_key(self, _server: Server, _member: MemberActor) -> None:
        """Replace a server's key by one of another account, whatever is under way."""
        server = self._town.servers[REKEYED]
        form = await self._slash(server, server.moderator, "studio key")
        await self._send(server.moderator, form, [self._dice.choice(server.keys)])

    # ------------------------------------------------------------------ plumbing

    def _prompt(self, server: Server) -> str:
        """Return another prompt; those who may be erased ask for nothing that is looked for long after."""
        self._number += 1
        word = drawn(self._dice, _WORDS)
        return f"fox {self._number} {'' if word == ENDLESS and server.number == PRACTISING else word}".strip()

    def _shuffled(self, weights: dict[str, int]) -> list[str]:
        return sorted(weights, key=lambda each: self._dice.random() ** (1 / weights[each]), reverse=True)

    async def _slash(self, server: Server, member: MemberActor, command: str, **options: Any) -> Reply:
        return await self._said(await self._discord.slash(member, server.channel, command, wait_s=0, **options))

    async def _click(self, member: MemberActor, message: Posted, name: str) -> Reply:
        self.presses += 1
        return await self._said(await self._discord.click(member, message, control(message, name), wait_s=0))

    async def _choose(self, member: MemberActor, message: Posted, name: str, value: str) -> Reply:
        return await self._said(await self._discord.select(member, message, [value], control(message, name), wait_s=0))

    async def _send(self, member: MemberActor, form: Reply, values: list[str] | dict[str, str]) -> None:
        """Send a form, if one was shown; values by label, or in order."""
        if form.modal is None:
            return
        if isinstance(values, dict):
            filled = fill(form, values)
        else:
            ids = [str(part["custom_id"]) for part in walk_components(form.modal["components"]) if "custom_id" in part]
            filled = dict(zip(ids, values, strict=False))
        await self._said(await self._discord.submit_modal(member, form, filled, wait_s=0))

    async def _said(self, reply: Reply) -> Reply:
        """Wait for the bot's answer, which is complete once it is more than a deferral."""
        self.asked += 1
        await self._discord.until(lambda: reply.acknowledged, ANSWER_S)
        self.answered += 1
        await self._discord.until(lambda: not reply.loading, ANSWER_S)
        return reply

    def _messages(self, channel: ChannelHandle) -> list[Posted]:
        bot_id = self._discord.backend.bot_user.id
        return [each for each in self._discord.messages(channel, ephemeral=True) if each.author_id == bot_id]


def control(message: Posted, name: str) -> str:
    """Return the custom id of the button or select that is called so, whatever price is behind it; '' for none."""
    for part in walk_components(message.components):
        called = str(part.get("label") or part.get("placeholder") or "").partition(" · ")[0]
        if called == name and part.get("custom_id") and not part.get("disabled"):
            return str(part["custom_id"])
    return ""
