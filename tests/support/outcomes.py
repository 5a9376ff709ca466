"""What a press, a reaction or a reply came to, as one word: measured, not read from one answer."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field, replace
from typing import Any

import discord

from bot.domain.custom_ids import custom_id
from bot.domain.models import Job, JobState
from cogs.ui.controls import Control, view_of
from tests.support.channels import let_in, rule
from tests.support.prices import all_priced
from tests.support.reacting import event, in_channel, other
from tests.support.results import block
from tests.support.rig import Rig
from tests.support.surface import delete, is_started, labels, panel_text, parts, private_messages, private_sentence

MAKES, PRICE, ASKS, FORM, SHOWS, DOES, OFFERS, REFUSED, SILENT = (
    "a job of theirs",
    "asks about the price",
    "asks privately",
    "opens a form",
    "shows privately",
    "does it",
    "offers in words",
    "refuses in one sentence",
    "nothing",
)
ROLES = ("author", "other", "moderator", "blocked", "stranger", "bot")
PAUSE_S = 61
"""Between two acts: members who hurry are refused for that reason alone."""


@dataclass(frozen=True)
class Seen:
    """What an act may change."""

    jobs: tuple[tuple[str, JobState], ...]
    there: frozenset[int]
    """The bot's messages in the room and in the gallery."""
    marks: int
    """Stars, and results that stay unposted."""
    private: tuple[str, ...]


@dataclass
class Scene:
    """A room that the stranger does not see, in it results of the author, and everybody who acts on them."""

    rig: Rig
    room: Any
    gallery: Any
    actors: dict[str, Any]
    cards: dict[str, tuple[discord.Message, list[Job]]] = field(default_factory=dict)
    has_answered_there: bool = False
    """The answer to the last press took the place of the question."""

    async def make(
        self, name: str, prompt: str = "a fox #fast", until: JobState | None = None, *, count: int = 1
    ) -> None:
        """Let the author have pictures made; stop once the job is in `until`."""
        known = {job.id for job in await self.rig.jobs()}
        await self.actors["author"].slash(self.room, "image generate", prompt=prompt, count=count)
        await self._work({job.id for job in await self.rig.jobs()} - known, until)
        jobs = sorted([job for job in await self.rig.jobs() if job.id not in known], key=lambda job: job.position)
        card = max(in_channel(self.rig, self.room), key=lambda message: message.id)
        self.cards[name] = card, jobs

    async def _work(self, ids: Collection[str], until: JobState | None = None) -> None:
        """Let these jobs come to a state, or to their ends."""
        for _ in range(3000):
            jobs = [job for job in await self.rig.jobs() if job.id in ids]
            if all(self._has_come_to(job, until) for job in jobs):
                return
            await self.rig.step()
            self.rig.advance(0.5)
        raise AssertionError(f"these are not {until or 'at an end'}: {jobs}")

    def _has_come_to(self, job: Job, until: JobState | None) -> bool:
        if until is None:
            return job.state.ended
        return job.state is until or (until is JobState.PROCESSING and is_started(self.rig, job.id))

    async def drop(self, name: str) -> None:
        """Let the author not want the result that is being made: it is kept, and not posted."""
        _, jobs = self.cards[name]
        await self.rig.bot.parts.jobs.cancel(jobs[0], by_id=jobs[0].author_id, drop=True)
        await self._work({jobs[0].id})

    async def age(self, age: str) -> None:
        """Let the bot have restarted since, or the cards be deleted."""
        if age == "restarted":
            await self.rig.restart(after_s=3600)
        if age == "deleted":
            for card, _ in self.cards.values():
                delete(self.rig, card)
            await self.rig.env.settle()

    async def press(self, role: str, action: str, name: str, number: int = 0) -> str:
        """Return the outcome of a press on the control of a card, or of an answer to one.

        Where the message with the control is not there or not theirs, the same control is pressed elsewhere, as
        the gallery has it, and as anyone can forge it from its custom id.
        """
        card, jobs = self.cards[name]
        action, dot, ending = action.partition(".")
        subject, before = f"{jobs[number].id}{dot}{ending}", await self._seen(role)
        found = [each for each in in_channel(self.rig, self.room) if each.id == card.id and role != "stranger"]
        on_card = [item["custom_id"] for each in found for item in parts(each) if "custom_id" in item]
        if (there := custom_id(action, subject)) in on_card:
            result = await self.actors[role].click(card, custom_id=there)
        else:
            async with self._elsewhere(role, Control.button(action, subject, label="Press")) as message:
                result = await self.actors[role].click(message, label="Press")
        return await self._came_to(role, before, result)

    async def choose(self, role: str, operation: str, name: str) -> str:
        """Return the outcome of a choice in the select of a card's *Next step*."""
        option, before = [discord.SelectOption(label="x", value=operation)], await self._seen(role)
        select = Control.select("next", self.cards[name][1][0].id, placeholder="x", options=option)
        async with self._elsewhere(role, select) as message:
            result = await self.actors[role].select(message, [operation])
        return await self._came_to(role, before, result)

    @contextlib.asynccontextmanager
    async def _elsewhere(self, role: str, control: Control) -> AsyncIterator[discord.Message]:
        """Give a message with the control alone, where this one sees it; it is gone afterwards."""
        place = self.rig.bot.get_channel((self.rig.channel if role == "stranger" else self.room).id)
        assert isinstance(place, discord.abc.Messageable)
        with self.rig.env.time_context():
            message = await place.send("there", view=view_of([control]))
        yield message
        for left in (each for place in self._places for each in in_channel(self.rig, place) if each.id == message.id):
            self.has_answered_there = left.content != "there"
            delete(self.rig, message)

    async def react(self, role: str, emoji: str, name: str) -> str:
        """Return the outcome of a reaction to a card."""
        before = await self._seen(role)
        await event(self.rig, self.cards[name][0], emoji, self.actors[role].id)
        return await self._came_to(role, before, None)

    async def reply(self, role: str, words: str, name: str) -> str:
        """Return the outcome of a reply to a card that mentions the bot; who does not see it can only mention it."""
        before, card = await self._seen(role), self.cards[name][0]
        words = f"<@{self.rig.bot.user.id}> {words}"
        if card.id in before.there and role != "stranger":
            await self.actors[role].send(self.room, words, reply_to=card)
        elif role == "stranger":
            await self.actors[role].send(self.rig.channel, words)
        else:
            await self.actors[role].send(self.room, words)
        return await self._came_to(role, before, None)

    @property
    def _places(self) -> tuple[Any, ...]:
        return self.room, self.gallery, self.rig.channel

    async def _seen(self, role: str) -> Seen:
        self.rig.advance(PAUSE_S)
        store, actor = self.rig.bot.parts.store, self.actors[role]
        jobs = await self.rig.jobs()
        there = [m.id for place in self._places for m in in_channel(self.rig, place)]
        marks = sum(job.dropped_by is not None for job in jobs)
        for _, (first, *_) in self.cards.values():
            marks += await store.reaction_acts.stars(self.rig.guild.id, first.card_id)
        private = () if role == "bot" else tuple(m.content or "a file" for m in private_messages(self.rig, actor))
        states = tuple(sorted((job.id, job.state) for job in jobs))
        return Seen(states, frozenset(there), marks, private)

    async def _came_to(self, role: str, before: Seen, result: Any) -> str:
        """Return the outcome; fail if anyone but the actor was answered, or a refusal moved something."""
        rig, actor = self.rig, self.actors[role]
        now = await self._seen(role)
        news = {id_ for id_, _ in now.jobs} - {id_ for id_, _ in before.jobs}
        mine = [job for job in await rig.jobs() if job.id in news]
        assert {job.author_id for job in mine} <= {actor.id}, "nobody spends for another"
        if mine:
            await self._work(news)
            return MAKES
        if result is not None and result.modal is not None:
            return FORM
        said = [] if result is None else [m for m in (result.response, *result.followups) if m is not None]
        private = [line for line in now.private[len(before.private) :] if line.startswith("⚠️ ")]
        if private or any((m.content or "").startswith("⚠️ ") for m in said):
            assert (now.jobs, now.there, now.marks) == (before.jobs, before.there, before.marks)
            assert len(private) == 1 or private_sentence(result)
            return REFUSED
        if (now.jobs, now.there, now.marks, now.private) != (before.jobs, before.there, before.marks, before.private):
            return self._changed(before)
        if self.has_answered_there:
            self.has_answered_there = False
            return DOES
        return _answered(said)

    def _changed(self, before: Seen) -> str:
        new = [m for place in self._places for m in in_channel(self.rig, place) if m.id not in before.there]
        if not any("words" in actions_of(message) for message in new):
            return DOES
        for message in new:
            delete(self.rig, message)  # as it would be later, in the middle of another act
        return OFFERS


def _answered(said: list[Any]) -> str:
    """Return what an answer is that changed nothing; only who acted may see it."""
    assert all(message.ephemeral for message in said)
    if not said:
        return SILENT
    if panel_text(said[-1]):
        return SHOWS
    if "Yes, make it" in labels(said[-1]):
        return PRICE
    return ASKS if actions_of(said[-1]) else SHOWS


def actions_of(message: Any) -> set[str]:
    """Return what the controls of a message do: the actions in their custom ids."""
    return {item["custom_id"].split(":")[1] for item in parts(message) if "custom_id" in item}


async def scene(rig: Rig) -> Scene:
    """Return a scene whose prices are known; the bot posts to the gallery, and pays from one full purse."""
    hidden = {rig.guild.default_role: discord.PermissionOverwrite(view_channel=False)}
    room = rig.guild.create_text_channel("room", overwrites=hidden)
    gallery = rig.guild.create_text_channel("gallery", overwrites=hidden)
    actors = {
        "author": rig.member,
        "other": other(rig, "otto"),
        "moderator": rig.moderator,
        "blocked": other(rig, "carl"),
        "stranger": other(rig, "eve"),
        "bot": rig.guild.add_member(rig.env.create_user("robot", bot=True)),
    }
    for each in (rig.bot.user, *(actor for role, actor in actors.items() if role != "stranger")):
        let_in(rig, room, each.id)
        let_in(rig, gallery, each.id)
    await all_priced(rig, rig.guild.id)
    log = rig.guild.create_text_channel("log", overwrites=hidden)
    let_in(rig, log, rig.bot.user.id)
    await rule(rig, running_per_member=20, log_channel=log.id)
    await rig.bot.parts.store.settings.change(
        rig.guild.id, lambda now: replace(now, gallery_channel=gallery.id, gallery_stars=1)
    )
    made = Scene(rig, room, gallery, actors)
    await block(rig, actors["blocked"])
    return made
