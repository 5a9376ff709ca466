"""Whatever the permissions are, each way to a result is open to those who see its card, and to nobody else."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import discord
import pytest
from simcord.backend.access import channel_accessible
from simcord.backend.models import Overwrite
from simcord.enums import ChannelType, OverwriteType

from bot.domain.models import Job
from bot.generation.texts import NO_JOB
from cogs.ui.texts import GONE
from tests.support.channels import POSTS, made_in, press, private_thread, rule, shown
from tests.support.examples import examples
from tests.support.jobs import on_job
from tests.support.reacting import event, in_channel, other
from tests.support.recipes import new_recipe
from tests.support.rig import Rig
from tests.support.surface import agreed, fill, newest

VIEW, THREADS = discord.Permissions.view_channel.flag, discord.Permissions.manage_threads.flag
NEVER_TAKEN = discord.Permissions(**{name: True for name in POSTS if name != "view_channel"}).value


class Places:
    """A server's channels, threads and roles, with one result in each place and one that is private."""

    def __init__(self, rig: Rig, eve: Any) -> None:
        self.rig = rig
        self.eve = eve
        self.role = rig.guild.create_role("red")
        category = rig.guild.create_category("rooms")
        self.text = [rig.guild.create_text_channel(f"room-{number}", category=category) for number in range(2)]
        made = rig.env.backend.create_thread(self.text[0].id, "talk", rig.member.id, broadcast=True)
        self.public_thread = next(each for each in self.text[0].threads if each.id == made.id)
        self.private_thread = private_thread(rig, rig.member, parent=self.text[1])
        self.jobs: list[tuple[Any, Job, bool]] = []
        self.root: Job

    async def fill(self) -> None:
        """Make a result that all see, one of it in each place, one of the member's own, and a private one."""
        self.root = await made_in(self.rig, self.rig.channel, self.rig.member, "a fox")
        self.jobs.append((self.rig.channel, self.root, False))
        for place in (*self.text, self.public_thread, self.private_thread):
            self.rig.advance(61)  # a second press right after the first does nothing
            member = self.rig.member
            await agreed(member, await press(self.rig, member, "again", self.root.id, place))
            await self.rig.work()
            self.jobs.append((place, await newest(self.rig), False))
        self.jobs.append((self.text[0], await made_in(self.rig, self.text[0], self.eve, "her own"), False))
        private = await made_in(self.rig, self.rig.channel, self.rig.member, "for one alone", private=True)
        self.jobs.append((self.rig.channel, private, True))

    def shuffle(self, chance: random.Random) -> None:
        """Give permissions by chance: to everyone, to the role, to the member; and membership of role and thread."""
        backend = self.rig.env.backend
        targets = [
            (self.rig.guild.default_role.id, OverwriteType.ROLE),
            (self.role.id, OverwriteType.ROLE),
            (self.eve.id, OverwriteType.MEMBER),
        ]
        for channel in self.text:
            for target, kind in targets:
                allow, deny = chance.choice([(VIEW, 0), (0, VIEW), (0, 0)])
                if chance.random() < 0.2:
                    allow |= THREADS
                backend.set_overwrite(channel.id, Overwrite(target, kind, allow | NEVER_TAKEN, deny))
            bot = Overwrite(self.rig.bot.user.id, OverwriteType.MEMBER, VIEW | NEVER_TAKEN | THREADS, 0)
            backend.set_overwrite(channel.id, bot)
        backend.edit_member(self.rig.guild.id, self.eve.id, {"role_ids": chance.choice([[], [self.role.id]])})
        change = backend.add_thread_member if chance.random() < 0.5 else backend.remove_thread_member
        change(self.private_thread.id, self.eve.id)
        self.rig.advance(300)

    def sees(self, place: Any, job: Job, *, private: bool) -> bool:
        """What Discord itself would show the member of the job's card."""
        if job.author_id == self.eve.id:
            return True
        return not private and channel_accessible(self.rig.env.backend, place.id, self.eve.id)

    def is_offered(self, place: Any, job: Job, *, private: bool) -> bool:
        """The same for a list of choices, which is made without asking Discord who is in a private thread."""
        if self.rig.env.backend.get_channel(place.id).type == ChannelType.PRIVATE_THREAD:
            permissions = self.rig.env.backend.compute_permissions(self.rig.guild.id, self.eve.id, place.id)
            if not permissions & THREADS:
                return job.author_id == self.eve.id
        return self.sees(place, job, private=private)


async def forms(rig: Rig) -> None:
    """Keep a recipe that takes a picture."""
    form = await new_recipe(rig)
    steps = "image.edit\nprompt: again\nimage_url: {picture}"
    texts = {"Name": "again", "About": "", "Inputs": "picture: which", "Steps": steps}
    await rig.moderator.submit_modal(form, fill(form, texts))


async def run_recipe(rig: Rig, eve: Any, job: Job) -> Any:
    asked = await eve.slash(rig.channel, "recipe", recipe="again")
    return await eve.submit_modal(asked, fill(asked, {"Picture": job.id}))


async def ways_to(rig: Rig, eve: Any, job: Job) -> dict[str, bool]:
    """Return which ways lead the member to the job."""
    ways = {
        "its panel": await on_job(rig, eve, "show", job.id),
        "a fresh link": await on_job(rig, eve, "link", job.id),
        "another try": await on_job(rig, eve, "retry", job.id),
        "a control": await press(rig, eve, "next", job.id),
        "a form": await press(rig, eve, "edit", job.id),
        "a press that spends": await press(rig, eve, "again", job.id),
        "an option": await eve.slash(rig.channel, "image edit", from_=job.id, prompt="brighter"),
        "a recipe": await run_recipe(rig, eve, job),
    }
    refusals = (str(GONE), NO_JOB(job=f"`{job.id}`"))
    return {way: not any(refusal in shown(result) for refusal in refusals) for way, result in ways.items()}


async def reacts(rig: Rig, eve: Any, place: Any, job: Job) -> bool:
    """Whether the member's star on the job's card counts."""
    [card] = [message for message in in_channel(rig, place) if message.id == job.message_id]
    rig.advance(61)  # so many reactions a minute are heard
    await event(rig, card, "⭐", eve.id)
    stars = await rig.bot.parts.store.reaction_acts.stars(rig.guild.id, job.card_id)
    await event(rig, card, "⭐", eve.id, removed=True)
    return stars > 0


async def compare(rig: Rig, places: Places, chance: random.Random) -> None:
    places.shuffle(chance)
    choices = await places.eve.autocomplete(rig.channel, "image edit", "from", "image")
    offered = {choice["value"] for choice in choices}
    family = shown(await on_job(rig, places.eve, "show", places.root.id))
    for place, job, private in places.jobs:
        expected = places.sees(place, job, private=private)
        found = await ways_to(rig, places.eve, job)
        assert found == dict.fromkeys(found, expected), (place.name, private)
        assert (job.id in offered) == places.is_offered(place, job, private=private), (place.name, private)
        if job.parent_id is not None:
            assert (job.id in family) == expected, place.name
        if not private and place is not places.private_thread:  # who reacts in a private thread is in it
            assert await reacts(rig, places.eve, place, job) == expected, place.name


async def compared(rig: Rig, seed: int, rounds: int) -> None:
    places = Places(rig, other(rig, "eve"))
    await places.fill()
    await forms(rig)
    await rule(rig, confirm_above=Decimal(0))  # a price is asked for, so that nothing is made
    chance = random.Random(seed)
    for _ in range(rounds):
        await compare(rig, places, chance)
    assert len(await rig.jobs()) == len(places.jobs)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
async def test_each_way_to_a_result_asks_the_same_question_whatever_the_permissions(rig: Rig, seed: int):
    await compared(rig, seed=seed, rounds=examples(quick=2, long=8))
