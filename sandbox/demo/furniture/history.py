"""The week before: the kinds of acts, and their player."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.domain.custom_ids import custom_id
from bot.domain.server.weeks import EndedWeek
from bot.language import Text
from sandbox.demo.simulation import ResponseMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import simcord
    from simcord.actors import MemberActor

    from bot.app.client import CannonBot
    from sandbox.demo.furniture.server import Furnished
    from sandbox.demo.simulation import DemoClock
from sandbox.demo import texts
from sandbox.demo.answers import answered, filled
from sandbox.demo.furniture.server import EVENTS, POSTCARD

HOUR_S, DAY_S = 3600.0, 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAct:
    """An act, this many seconds before the demo starts."""

    ago_s: float
    who: str
    room: str = "studio"


@dataclass(frozen=True, slots=True, kw_only=True)
class WroteMessage(DemoAct):
    """A message."""

    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RanCommand(DemoAct):
    """A command. `card` names its card for later acts; `from_card` is the option `from`."""

    command: str
    options: Mapping[str, object] = field(default_factory=dict)
    card: str = ""
    from_card: str = ""
    waits: bool = False
    """Whether its jobs stay open, waiting for a moderator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PressedButton(DemoAct):
    """A press below a card, by the action in its custom id. `made` names the resulting card."""

    card: str
    action: str
    made: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedReaction(DemoAct):
    """A reaction to a card."""

    card: str
    emoji: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TookPart(DemoAct):
    """A press below the announcement of the server's event."""


STEP_S, LONG_STEP_S, SOON_S = 1.0, 5.0, 20.0
"""Steps of the clock while a job runs: small ones first, for a card that shows its duration."""
PATIENCE_S = 1800.0
WRITTEN = "written"
"""Key of the text for a command that opens a form with one field."""


class History:
    """Plays acts on the demo's server. `keep_time` moves the simulated Discord's clock to the bot's."""

    def __init__(
        self,
        env: simcord.Env,
        bot: CannonBot,
        clock: DemoClock,
        furnished: Furnished,
        *,
        keep_time: Callable[[], None],
    ) -> None:
        self._env, self._bot, self._clock, self._made = env, bot, clock, furnished
        self._keep_time = keep_time
        self._cards: dict[str, ResponseMessage] = {}
        self._waiting = 0

    async def play(self, acts: Iterable[DemoAct]) -> None:
        """Do all acts, oldest first, and move the clock to the present."""
        await self._report()  # what was set up, at its own time
        for act in acts:
            self._clock.skip_to(act.ago_s)
            self._keep_time()
            await self._do(act)
            await self._report()
        self._clock.skip_to(0.0)
        self._keep_time()
        await self._post_best()

    async def _post_best(self) -> None:
        """Post the best of these days, whatever day of the week it is."""
        now, guild_id = self._clock.wall(), self._made.guild.id
        channel_id = await self._bot.parts.store.weekly.channel_of(guild_id)
        if channel_id is not None:
            week = EndedWeek(monday="", since=now - 7 * DAY_S, until=now)
            await self._bot.parts.weekly.post(guild_id, channel_id, week)

    async def _report(self) -> None:
        await self._bot.parts.maintenance.run_once()
        await self._bot.parts.alerts.run_once()
        await self._bot.parts.shootouts.run_once()

    async def _do(self, act: DemoAct) -> None:
        who, room = self._made.people[act.who], self._made.rooms[act.room]
        match act:
            case WroteMessage():
                await who.send(room, str(act.text))
            case RanCommand():
                await self._run(who, act)
            case PressedButton():
                await self._press(who, act)
            case AddedReaction():
                await who.react(self._cards[act.card], act.emoji)
                await self._work()
            case TookPart():
                [event] = await self._bot.parts.store.events.open(self._made.guild.id)
                await who.click(room.history()[0], custom_id=custom_id("event_join", event.id))
            case _:
                raise TypeError(act)

    async def _run(self, who: MemberActor, act: RanCommand) -> None:
        options = {name: self._value(given) for name, given in act.options.items()}
        written = options.pop(WRITTEN, None)
        if act.from_card:
            options["from"] = await self._job_of(act.from_card)
        shown = await who.slash(self._made.rooms[act.room], act.command, **options)
        if written is not None:
            shown = await filled(who, shown, written)
        self._name(act.card, await answered(who, shown))
        if act.waits:
            self._waiting = await self._bot.parts.store.job_lists.open_total()
        await self._work()

    def _value(self, given: Any) -> Any:
        """Return an option's value: a member for `@account`, else as given."""
        if isinstance(given, Text):
            return str(given)
        return self._made.people[given[1:]] if isinstance(given, str) and given.startswith("@") else given

    async def _press(self, who: MemberActor, act: PressedButton) -> None:
        card = self._cards[act.card]
        shown = await who.click(card, custom_id=custom_id(act.action, await self._job_of(act.card)))
        self._name(act.made, await answered(who, shown))
        await self._work()

    def _name(self, name: str, made: ResponseMessage | None) -> None:
        if name and made is not None:
            self._cards[name] = made

    async def _job_of(self, name: str) -> str:
        found = await self._bot.parts.store.cards.in_message(self._made.guild.id, self._cards[name].id)
        if found is None:
            raise LookupError(name)
        return found[1][-1].id

    async def _work(self) -> None:
        passed_s = 0.0
        while passed_s < PATIENCE_S:
            await self._bot.parts.worker.step()
            if await self._bot.parts.store.job_lists.open_total() <= self._waiting:
                return
            step_s = STEP_S if passed_s < SOON_S else LONG_STEP_S
            self._clock.skip(step_s)
            self._keep_time()
            passed_s += step_s


WIDE = "16:9"
CLIP = {"duration": 4}


def _picture(
    ago_s: float, who: str, prompt: Text, *, card: str = "", ratio: str = WIDE, room: str = "studio"
) -> RanCommand:
    options = {"prompt": prompt, "aspect_ratio": ratio}
    return RanCommand(ago_s=ago_s, who=who, command="image generate", options=options, card=card, room=room)


WEEK: tuple[DemoAct, ...] = (
    _picture(6.4 * DAY_S, "ada", texts.DOOR, card="door"),
    WroteMessage(ago_s=6.39 * DAY_S, who="ada", text=texts.SAID_DOOR),
    PressedButton(ago_s=6.3 * DAY_S, who="bo", card="door", action="again", made="other door"),
    WroteMessage(ago_s=6.29 * DAY_S, who="bo", text=texts.SAID_LOVELY),
    AddedReaction(ago_s=6.2 * DAY_S, who="cleo", card="door", emoji="⭐"),
    AddedReaction(ago_s=6.2 * DAY_S, who="dara", card="door", emoji="⭐"),
    _picture(5.5 * DAY_S, "cleo", texts.HARBOUR, card="harbour"),
    AddedReaction(ago_s=5.4 * DAY_S, who="ada", card="harbour", emoji="⭐"),
    AddedReaction(ago_s=5.4 * DAY_S, who="bo", card="harbour", emoji="⭐"),
    WroteMessage(ago_s=5.3 * DAY_S, who="morgan", text=texts.SAID_RATE),
    RanCommand(
        ago_s=4.6 * DAY_S, who="dara", command="video generate", from_card="harbour", card="harbour film",
        options={"prompt": texts.HARBOUR_FILM, **CLIP},
    ),
    WroteMessage(ago_s=4.59 * DAY_S, who="dara", text=texts.SAID_FILM),
    _picture(3.7 * DAY_S, "eli", texts.LAMP),
    WroteMessage(ago_s=3.69 * DAY_S, who="eli", text=texts.SAID_FAIL),
    WroteMessage(ago_s=3.68 * DAY_S, who="morgan", text=texts.SAID_FREE),
    _picture(3.6 * DAY_S, "cleo", texts.MARKET),
    RanCommand(
        ago_s=3.55 * DAY_S, who="morgan", command="quota grant",
        options={"member": "@eli", "credits": 50, "note": texts.GRANT_NOTE},
    ),
    _picture(3.52 * DAY_S, "eli", texts.POSTER, ratio="4:3"),
    _picture(3.5 * DAY_S, "eli", texts.FOX, card="fox"),
    RanCommand(ago_s=3.4 * DAY_S, who="ada", command="shootout", options={"prompt": texts.KITE}, card="duel"),
    PressedButton(ago_s=3.398 * DAY_S, who="bo", card="duel", action="vote"),
    PressedButton(ago_s=3.398 * DAY_S, who="cleo", card="duel", action="vote"),
    PressedButton(ago_s=3.397 * DAY_S, who="eli", card="duel", action="vote"),
    RanCommand(
        ago_s=2.6 * DAY_S, who="bo", command="audio narration",
        options={"text": texts.WELCOME_LINE},
    ),
    _picture(2.5 * DAY_S, "bo", texts.NEON, card="neon"),
    PressedButton(ago_s=1.6 * DAY_S, who="cleo", card="door", action="vary", made="door variant"),
    RanCommand(
        ago_s=1.4 * DAY_S, who="dara", command="recipe", card="postcard",
        options={"recipe": POSTCARD, WRITTEN: texts.PLACE},
    ),
    WroteMessage(ago_s=1.3 * DAY_S, who="dara", text=texts.SAID_POSTCARD),
    _picture(0.6 * DAY_S, "dara", texts.TOWER),
    _picture(4 * HOUR_S, "cleo", texts.DESERT, card="desert"),
    AddedReaction(ago_s=3 * HOUR_S, who="eli", card="desert", emoji="⭐"),
    _picture(2 * HOUR_S, "ada", texts.LAKE, card="lake"),
    AddedReaction(ago_s=1.8 * HOUR_S, who="bo", card="lake", emoji="⭐"),
    AddedReaction(ago_s=1.8 * HOUR_S, who="cleo", card="lake", emoji="⭐"),
    RanCommand(
        ago_s=0.4 * HOUR_S, who="bo", command="video generate", waits=True,
        options={"prompt": texts.SERIES, "duration": 20},
    ),
    WroteMessage(ago_s=0.38 * HOUR_S, who="bo", text=texts.SAID_WAITS),
    RanCommand(
        ago_s=0.2 * HOUR_S, who="cleo", command="image generate", card="four",
        options={"prompt": texts.FOUR, "count": 4, "aspect_ratio": WIDE},
    ),
    AddedReaction(ago_s=0.1 * HOUR_S, who="bo", card="four", emoji="⭐"),
    RanCommand(
        ago_s=0.09 * HOUR_S, who="morgan", command="event", room=EVENTS,
        options={"theme": texts.FLIGHTS, "ends": "3h", "purse": 300.0, "cap": 60.0, "prizes": "50 30 20"},
    ),
    TookPart(ago_s=0.08 * HOUR_S, who="bo", room=EVENTS),
    TookPart(ago_s=0.08 * HOUR_S, who="cleo", room=EVENTS),
    _picture(0.07 * HOUR_S, "cleo", texts.OWL, card="owl", room=EVENTS),
    _picture(0.06 * HOUR_S, "bo", texts.BALLOON, card="balloon", room=EVENTS),
    AddedReaction(ago_s=0.05 * HOUR_S, who="dara", card="owl", emoji="⭐"),
    AddedReaction(ago_s=0.04 * HOUR_S, who="eli", card="balloon", emoji="⭐"),
)  # fmt: skip
