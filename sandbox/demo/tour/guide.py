"""The tour: shows its card, tries a step for the visitor, and moves on when it sees that a step was done.

There is one card. It moves to the end of the channel, below what was tried last.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import discord
import structlog

from bot.domain.models import Job
from bot.language import current, from_discord, speaking
from sandbox.demo import texts
from sandbox.demo.furniture.server import STUDIO
from sandbox.demo.simulation import BackendError, SetupError
from sandbox.demo.tour.card import FIRST, LAST, StepView, step_embed
from sandbox.demo.tour.steps import STEPS, Hands, NotThereYet, Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import simcord

    from bot.app.client import CannonBot
    from sandbox.demo.furniture.server import Furnished

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 0.4
JOBS_SEEN = 40
TRIES = 8
"""Times that an attempt is repeated until what it presses is there, a look apart."""

Interaction = discord.Interaction[Any]


class Tour:
    """The tour of one server, in its first channel."""

    def __init__(self, env: simcord.Env, bot: CannonBot, made: Furnished) -> None:
        self._env, self._bot, self._made = env, bot, made
        self._card: discord.PartialMessage | None = None
        self._number = FIRST
        self._language = current()
        self._since = 0.0
        self._acts: set[str] = set()
        self._visitors: asyncio.Queue[int] = asyncio.Queue()
        """Who has pressed *Try it*."""
        self._is_trying = False
        bot.add_listener(self._heard, "on_interaction")

    async def show(self, number: int | None = None, *, praised: bool = False) -> None:
        """Send a step, by default the current one, to the end of the channel, in the current language."""
        channel = self._bot.get_channel(self._made.rooms[STUDIO].id)
        if not isinstance(channel, discord.TextChannel):
            return
        before = self._card
        self._begin(self._number if number is None else number)
        embed = step_embed(self._number, channel.guild, praised=praised)
        sent = await channel.send(embed=embed, view=self._view())
        self._card = channel.get_partial_message(sent.id)
        await _delete(before)

    async def run(self, acting: Callable[[], contextlib.AbstractAsyncContextManager[None]]) -> None:
        """Try what is requested, and see what was done, until canceled; `acting` holds the simulated Discord."""
        while True:
            with contextlib.suppress(TimeoutError):
                who = await asyncio.wait_for(self._visitors.get(), LOOK_EVERY_S)
                for _ in range(TRIES):
                    async with acting():
                        if await self._try(who):
                            break
                    await asyncio.sleep(LOOK_EVERY_S)
            number = self._number
            if self._card is None or number == LAST:
                continue
            seen = await self._seen()
            if not STEPS[number].is_done(seen) and (seen.is_busy or not self._is_trying):
                continue
            async with acting():
                if number == self._number:  # not turned meanwhile
                    await self._go_on(is_done=STEPS[number].is_done(seen))

    async def _go_on(self, *, is_done: bool) -> None:
        with speaking(self._language):
            if is_done:
                await self.show(self._number + 1, praised=True)
            elif self._card is not None:  # nothing came of the attempt
                self._is_trying = False
                await self._card.edit(content=str(texts.NOT_TRIED), view=self._view())

    async def _try(self, who: int) -> bool:
        """Try the step once; return False if what it presses is not there yet."""
        visitor = next((each for each in self._made.viewers if each.id == who), None)
        if visitor is None or self._number == LAST:
            return True
        try:
            with speaking(self._language):
                await STEPS[self._number].attempt(Hands(self._env, self._bot, self._made, visitor))
        except NotThereYet:
            return False
        except (SetupError, BackendError, LookupError) as error:
            log.warning("tour.not_tried", step=self._number + 1, error=str(error))
        return True

    async def _seen(self) -> Seen:
        jobs = await self._since_begun(self._made.guild.id)
        outside = [job for viewer in self._made.viewers for job in await self._since_begun(viewer.id)]
        return Seen(jobs=jobs, outside=outside, acts=frozenset(self._acts))

    async def _since_begun(self, guild_id: int) -> list[Job]:
        """Return the place's jobs since the step was shown."""
        jobs = await self._bot.parts.store.job_lists.recent(guild_id, limit=JOBS_SEEN)
        return [job for job in jobs if job.created_at >= self._since]

    def _begin(self, number: int) -> None:
        self._number, self._language, self._is_trying = number, current(), False
        self._since = self._bot.clock.wall()
        self._acts.clear()

    def _view(self) -> StepView:
        return StepView(self._number, turn=self._turn, attempt=self._requested, busy=self._is_trying)

    async def _turn(self, interaction: Interaction, number: int) -> None:
        """Show a step: in place if the card is the last message, else in a new card at the end."""
        message, guild = interaction.message, interaction.guild
        if message is None or guild is None:
            return
        with speaking(from_discord(str(interaction.locale))):
            self._begin(number)
            shown: dict[str, Any] = {"embed": step_embed(number, guild), "view": self._view()}
            if getattr(interaction.channel, "last_message_id", None) == message.id:
                await interaction.response.edit_message(**shown)
                return
            await interaction.response.defer()
            await self.show(number)

    async def _requested(self, interaction: Interaction) -> None:
        """Begin to try the step as the member who pressed."""
        with speaking(from_discord(str(interaction.locale))):
            self._language, self._is_trying = current(), True
            await interaction.response.edit_message(view=self._view())
        self._visitors.put_nowait(interaction.user.id)

    async def _heard(self, interaction: Interaction) -> None:
        if isinstance(interaction.command, discord.app_commands.Command):
            self._acts.add(interaction.command.qualified_name)
        elif interaction.type is discord.InteractionType.component:
            data: Mapping[str, object] = interaction.data or {}
            self._acts.update(str(data.get("custom_id")).split(":")[1:2])


async def _delete(card: discord.PartialMessage | None) -> None:
    if card is not None:
        with contextlib.suppress(discord.NotFound):
            await card.delete()
