"""The tour's steps: what each says, how *Try it* does it, and what shows that it was done.

*Try it* acts as the visitor, by the same commands, replies, reactions and buttons that a person uses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.domain.custom_ids import custom_id
from bot.domain.models import Job, JobState, MediaKind
from bot.language import Text
from sandbox.demo import texts
from sandbox.demo.answers import answered, control, filled
from sandbox.demo.furniture.server import REVIEW, STUDIO
from sandbox.demo.simulation import ResponseMessage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    import simcord
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle

    from bot.app.client import CannonBot
    from sandbox.demo.furniture.server import Furnished

TRAILER = "trailer"
LONG_S = 20
"""Length of a video that needs an approval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What has happened since a step was shown."""

    jobs: Sequence[Job] = ()
    """Created since, newest first."""
    outside: Sequence[Job] = ()
    """Those in the visitors' direct messages."""
    acts: frozenset[str] = frozenset()
    """Names of commands that were used, and of controls that were pressed."""

    @property
    def is_busy(self) -> bool:
        """Whether something is being made; what waits for a moderator waits until one acts."""
        jobs = (*self.jobs, *self.outside)
        return any(not job.state.ended and job.state is not JobState.AWAITING_APPROVAL for job in jobs)

    def made_outside(self) -> bool:
        return any(job.state is JobState.DELIVERED for job in self.outside)

    def made(self, kind: MediaKind, how: Callable[[Job], bool]) -> bool:
        """Whether there is a result of the kind that was made so, on a card that is finished."""
        return any(how(job) and any(medium.kind is kind for medium in job.media) for job in self._finished())

    def made_in_steps(self) -> bool:
        """Whether a recipe has finished."""
        return any(job.after_ids for job in self._finished())

    def shot_out(self) -> bool:
        """Whether the results of a shoot-out are there."""
        return any(job.shootout for job in self._finished())

    def paid_by_member(self) -> bool:
        return any(job.own for job in self._finished())

    def failed(self) -> bool:
        return any(job.state is JobState.FAILED for job in self.jobs)

    def _finished(self) -> list[Job]:
        """The results on cards without an open job."""
        running = {job.card_id for job in self.jobs if not job.state.ended}
        return [job for job in self.jobs if job.state is JobState.DELIVERED and job.card_id not in running]


def _is_new(job: Job) -> bool:
    return job.parent_id is None


def _is_edited(job: Job) -> bool:
    return job.parent_id is not None and job.variation is None


def _is_varied(job: Job) -> bool:
    return job.variation is not None


class NotThereYet(LookupError):
    """What is to be pressed comes within seconds; the attempt can be repeated as a whole."""


class Hands:
    """Acts on the demo's server as its visitor. Raises LookupError where nothing is there to act on."""

    def __init__(self, env: simcord.Env, bot: CannonBot, made: Furnished, who: MemberActor) -> None:
        self._env, self._bot, self._made, self._who = env, bot, made, who
        self._room = made.rooms[STUDIO]

    async def image(self) -> None:
        await self._run("image generate", prompt=str(texts.LIGHTHOUSE))

    async def failure(self) -> None:
        await self._run("image generate", prompt=str(texts.FAILING))

    async def setup(self) -> None:
        self._who = self._made.moderator
        await self._run("studio setup")

    async def event(self) -> None:
        self._who = self._made.moderator
        await self._run("event", theme=str(texts.EVENT_THEME), ends="2h", purse=200.0, cap=50.0, prizes="50 30 20")

    async def recipe(self) -> None:
        form = await self._who.slash(self._room, "recipe", recipe=TRAILER)
        await answered(self._who, await filled(self._who, form, str(texts.PAPER_BOAT)))

    async def shootout(self) -> None:
        await self._run("shootout", prompt=str(texts.LIGHTHOUSE))

    async def reply(self) -> None:
        """Reply to the newest image, and press the button of the bot's offer."""
        _, image = await self._newest_image()
        words = f"<@{self._env.backend.bot_user.id}> {texts.NIGHT_WORDS}"
        said = await self._who.send(self._room, words, reply_to=image)
        await self._press(self._room, "c1:words:", after=said.id)

    async def variation(self) -> None:
        job, image = await self._newest_image()
        await answered(self._who, await self._who.click(image, custom_id=custom_id("vary", job.id)))

    async def film(self) -> None:
        await self._who.react((await self._newest_image())[1], texts.FILM_EMOJI)

    async def approval(self) -> None:
        """Approve the job that waits, as the moderator; without one, Bo requests it first."""
        guild_id, waiting = self._made.guild.id, {JobState.AWAITING_APPROVAL}
        if not await self._bot.parts.store.job_lists.recent(guild_id, states=waiting, limit=1):
            bo = self._made.people["bo"]
            asked = await bo.slash(self._room, "video generate", prompt=str(texts.SERIES), duration=LONG_S)
            await answered(bo, asked)
        self._who = self._made.moderator
        try:
            await self._press(self._made.rooms[REVIEW], "c1:approve:")
        except LookupError as error:
            raise NotThereYet from error

    async def account(self) -> None:
        """Link an account by the panel, and make an image on it."""
        await self._link()
        await self._run("image generate", prompt=str(texts.HARBOR), pay="mine")

    async def outside(self) -> None:
        """Make an image in direct messages, on an account that is linked first."""
        await self._link()
        user = self._who.user
        await answered(user, await user.slash("image generate", prompt=str(texts.HARBOR)))

    async def _link(self) -> None:
        shown = (await self._who.slash(self._room, "me")).response
        for action in ("c1:me:account", "c1:account_link:"):
            if shown is None or (name := control(shown.components, action)) is None:
                raise LookupError(action)
            pressed = await self._who.click(shown, custom_id=name)
            shown = pressed.response or shown
        await filled(self._who, pressed, texts.OWN_KEY)

    async def _run(self, command: str, **options: object) -> None:
        await answered(self._who, await self._who.slash(self._room, command, **options))

    async def _press(self, room: ChannelHandle, action: str, *, after: int = 0) -> None:
        """Press the newest button with this action, in a message after the given one."""
        for number in sorted(self._env.backend.messages.get(room.id, ()), reverse=True):
            if number <= after:
                break
            message = self._message(room.id, number)
            if (name := control(message.components, action)) is not None:
                await answered(self._who, await self._who.click(message, custom_id=name))
                return
        raise LookupError(action)

    async def _newest_image(self) -> tuple[Job, ResponseMessage]:
        """Return the room's newest image that everybody sees, and its card."""
        store, guild_id = self._bot.parts.store, self._made.guild.id
        for job in await store.job_lists.recent(guild_id, states={JobState.DELIVERED}):
            card = await store.cards.get(guild_id, job.card_id)
            is_image = any(medium.kind is MediaKind.IMAGE for medium in job.media)
            if (
                is_image
                and card is not None
                and card.message_id
                and card.place_id == self._room.id
                and not card.private
            ):
                return job, self._message(self._room.id, card.message_id)
        raise LookupError(MediaKind.IMAGE)

    def _message(self, channel_id: int, message_id: int) -> ResponseMessage:
        return ResponseMessage(self._env, self._env.backend.get_message(channel_id, message_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class TourStep:
    """A step. Its text has places for `values`, and for channels such as `{staff_log}`."""

    emoji: str
    heading: Text
    text: Text
    values: Mapping[str, object] = field(default_factory=dict)
    attempt: Callable[[Hands], Awaitable[None]]
    is_done: Callable[[Seen], bool]
    praise: Text = texts.SEEN
    """What is said once it is done."""

    def filled(self, channels: Mapping[str, str]) -> str:
        """Return the text; `channels` are mentions by name."""
        return self.text(**self.values, **{name.replace("-", "_"): channel for name, channel in channels.items()})


STEPS = (
    TourStep(
        emoji="🖼️",
        heading=texts.IMAGE,
        text=texts.IMAGE_TRY,
        values={"prompt": texts.LIGHTHOUSE},
        attempt=Hands.image,
        is_done=lambda seen: seen.made(MediaKind.IMAGE, _is_new),
    ),
    TourStep(
        emoji="🌙",
        heading=texts.NIGHT,
        text=texts.NIGHT_TRY,
        values={"words": texts.NIGHT_WORDS},
        attempt=Hands.reply,
        is_done=lambda seen: seen.made(MediaKind.IMAGE, _is_edited),
    ),
    TourStep(
        emoji="🎲",
        heading=texts.VARY,
        text=texts.VARY_TRY,
        attempt=Hands.variation,
        is_done=lambda seen: seen.made(MediaKind.IMAGE, _is_varied),
    ),
    TourStep(
        emoji=texts.FILM_EMOJI,
        heading=texts.FILM,
        text=texts.FILM_TRY,
        values={"emoji": texts.FILM_EMOJI},
        attempt=Hands.film,
        is_done=lambda seen: seen.made(MediaKind.VIDEO, _is_edited),
    ),
    TourStep(
        emoji="📜",
        heading=texts.RECIPE,
        text=texts.RECIPE_TRY,
        values={"recipe": TRAILER, "prompt": texts.PAPER_BOAT},
        attempt=Hands.recipe,
        is_done=Seen.made_in_steps,
    ),
    TourStep(
        emoji="🗳️",
        heading=texts.SHOOTOUT,
        text=texts.SHOOTOUT_TRY,
        values={"prompt": texts.LIGHTHOUSE},
        attempt=Hands.shootout,
        is_done=Seen.shot_out,
        praise=texts.VOTING,
    ),
    TourStep(
        emoji="🔑",
        heading=texts.ACCOUNT,
        text=texts.ACCOUNT_TRY,
        values={"key": texts.OWN_KEY},
        attempt=Hands.account,
        is_done=Seen.paid_by_member,
    ),
    TourStep(
        emoji="✉️",
        heading=texts.OUTSIDE,
        text=texts.OUTSIDE_TRY,
        attempt=Hands.outside,
        is_done=Seen.made_outside,
    ),
    TourStep(
        emoji="💥",
        heading=texts.FAULTS,
        text=texts.FAULTS_TRY,
        values={"prompt": texts.FAILING},
        attempt=Hands.failure,
        is_done=Seen.failed,
    ),
    TourStep(
        emoji="🛡️",
        heading=texts.MODERATE,
        text=texts.MODERATE_TRY,
        attempt=Hands.approval,
        is_done=lambda seen: bool(seen.acts & {"approve", "approve_grant", "turn_down"}),
        praise=texts.MODERATED,
    ),
    TourStep(
        emoji="🧭",
        heading=texts.SET_UP,
        text=texts.SET_UP_TRY,
        attempt=Hands.setup,
        is_done=lambda seen: "studio setup" in seen.acts,
        praise=texts.DONE_AS_MORGAN,
    ),
    TourStep(
        emoji="🎉",
        heading=texts.EVENT,
        text=texts.EVENT_TRY,
        attempt=Hands.event,
        is_done=lambda seen: "event" in seen.acts,
    ),
)
