"""`/event`: its options and panel, what does not fit, the record, and the messages in their channel."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.account.texts import actor
from bot.domain.models import credits_words
from bot.domain.server.events import EventState, ServerEvent, Starred
from bot.domain.texts import mention
from bot.domain.words.text import harmless, stamp
from bot.language import Text, both, sentences, tr

# ---------------------------------------------------------------------- commands and options

EVENT = "See this server's events; moderators: announce one with a purse and a vote"
THEME_OPTION = "What it is about, e.g. Cats in space"
ENDS_OPTION = "2h or 3d from now, 18:00, or 2026-12-24 18:00 in the server's time zone"
PURSE_OPTION = "Credits that pay first for those who take part, apart from their limits"
CAP_OPTION = "Credits that the purse pays for one member at most; a quarter of it if empty"
CHANNEL_OPTION = "Where it takes place, with its threads; here if empty"
PRIZES_OPTION = "Credits granted to the first, second, and third, e.g. 50 30 20"

# ---------------------------------------------------------------------- the panel

PANEL = Text("Events")
NO_EVENTS = Text("No event is announced or running here.")
HOW = Text("Moderators announce one with `theme`, `ends`, and `purse`.")
IN_CHANNEL = Text("**{theme}** in {channel}", channel="<#{}>".format)
CANCEL_ONE = Text("Cancel an event…")
SURE = Text("Cancel “{theme}”? There will be no prizes, and the purse pays no longer.")
YES = Text("Cancel the event")
KEEP = Text("Keep")
ABOVE_BALANCE = Text("⚠️ The purse is more than the {free} that your Cannon Studio account has left.")
ANNOUNCED = Text("The event is announced in {channel}.", channel="<#{}>".format)
IS_CANCELLED = Text("The event “{theme}” is canceled.")

# ---------------------------------------------------------------------- what does not fit

NOT_A_TIME = Text(
    "`ends` must be in the next {days} days: 2h or 3d from now, 18:00, or 2026-12-24 18:00 in the server's time zone.",
    why="event.input",
)
NO_TIME_AND_PURSE = Text("A new event needs a text channel, `theme`, `ends`, and `purse`.", why="event.input")
PRIZES = Text("`prizes` takes up to three amounts above 0, for the first places, e.g. 50 30 20.", why="event.input")
ONE_AT_A_TIME = Text(
    "{channel} has an event already. Wait for its end, cancel it, or choose another channel.", why="event.input",
    channel="<#{}>".format,
)  # fmt: skip
NO_STARS = Text(
    "Members vote with ⭐, which is turned off here. Turn it on in `/studio settings` under Reactions.",
    why="event.input",
)

# ---------------------------------------------------------------------- the record

MADE = Text(
    "{who} announced the event “{theme}” in {channel} until {end}, with a purse of {purse}.",
    who=actor,
    channel="<#{}>".format,
)
CANCELLED = Text("{who} canceled the event “{theme}” in {channel}. {spent}", who=actor, channel="<#{}>".format)
ENDED = Text("The event “{theme}” in {channel} has ended. {spent}", channel="<#{}>".format)
SPENT = Text("The purse paid {paid} of {purse}.")
PLACED = Text("Places: {places}.")
NO_ONE_PLACED = Text("No result was placed.")


def cancelled(event: ServerEvent, by_id: int, paid: Decimal) -> str:
    return CANCELLED(who=by_id, theme=harmless(event.theme), channel=event.channel_id, spent=_spent(event, paid))


def ended(event: ServerEvent, places: Sequence[Starred], paid: Decimal) -> str:
    """Return the moderators' report of an event."""
    lines = [placed_line(event, place, each) for place, each in enumerate(places, 1)]
    said = PLACED(places=both(lines)) if lines else str(NO_ONE_PLACED)
    return sentences(ENDED(theme=harmless(event.theme), channel=event.channel_id, spent=_spent(event, paid)), said)


def _spent(event: ServerEvent, paid: Decimal) -> str:
    return SPENT(paid=credits_words(paid), purse=credits_words(event.purse))


# ---------------------------------------------------------------------- the messages

TITLE = Text("Event: {theme}")
UNTIL = Text("Until {end}. Results that are posted by then count.")
PURSE_PAYS = Text("A purse of {purse} pays first for what you make here, up to {cap} for each member.")
STARS = Text("Vote with ⭐ on the results. An author's own star does not count.")
TIES = Text("Each member is placed once. Of two with as many stars, the earlier result wins.")
PRIZES_ARE = Text("Prizes: {prizes}.")
TAKE_PART = Text("Take part")
PLACES_TITLE = Text("Places: {theme}")
OVER = Text("The event has ended.", why="button.gone")
CALLED_OFF = Text("A moderator canceled the event. There are no prizes.")
OPEN_RESULT = Text("Result")
MEDALS = ("🥇", "🥈", "🥉", "4.", "5.")


def stars(count: int) -> str:
    return tr("{count} ⭐", count=count)


def rules(event: ServerEvent) -> list[str]:
    over = {EventState.ENDED: [f"{OVER}\n"], EventState.CANCELLED: [f"{CALLED_OFF}\n"]}
    lines = [
        *over.get(event.state, []),
        UNTIL(end=stamp(event.ends_at, "f")),
        PURSE_PAYS(purse=credits_words(event.purse), cap=credits_words(event.cap)),
        str(STARS),
        str(TIES),
    ]
    if event.prizes:
        prizes = " · ".join(f"{medal} {credits_words(each)}" for medal, each in zip(MEDALS, event.prizes, strict=False))
        lines.append(PRIZES_ARE(prizes=prizes))
    return lines


def placed_line(event: ServerEvent, place: int, each: Starred) -> str:
    """Return the line of a place from 1."""
    parts = [f"{MEDALS[place - 1]} {mention(each.member_id)}", stars(each.stars)]
    return " · ".join([*parts, *([credits_words(prize)] if (prize := event.prize(place)) else [])])


# ---------------------------------------------------------------------- what a member is answered

TAKING_PART = Text("You take part in “{theme}”.")
PAYS_NOW = Text("The purse pays up to {left} for what you make in {channel}; then your own limits apply.",
                channel="<#{}>".format)  # fmt: skip
PURSE_LEFT = Text("{left} of {purse} are left in the purse. Members who take part: {members}.")
