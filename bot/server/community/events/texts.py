"""Events: what does not fit, the record, and the messages in their channel."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.account.texts import actor
from bot.domain.models import credits_words
from bot.domain.server.events import ServerEvent
from bot.domain.texts import mention
from bot.domain.words.text import harmless, stamp
from bot.language import Text, both, sentences, tr

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
CHANNEL_GONE = Text("The event “{theme}” was canceled because its channel was deleted. {spent}")
ENDED = Text("The event “{theme}” in {channel} has ended. {spent} {results}", channel="<#{}>".format)
SPENT = Text("The purse paid {paid} of {purse}.")
RESULTS = Text("Members who took part: {members}. Results: {results}.")
PLACED = Text("Places: {places}.")
NO_ONE_PLACED = Text("No result was placed.")


def ended(event: ServerEvent, paid: Decimal, members: int, results: int, places: Sequence[str]) -> str:
    """Return the moderators' report of an event; `places` are as `placed_line` without links."""
    counted = RESULTS(members=members, results=results)
    said = PLACED(places=both(places)) if places else str(NO_ONE_PLACED)
    return sentences(
        ENDED(theme=harmless(event.theme), channel=event.channel_id, spent=spent(event, paid), results=counted), said
    )


def spent(event: ServerEvent, paid: Decimal) -> str:
    return SPENT(paid=credits_words(paid), purse=credits_words(event.purse))


# ---------------------------------------------------------------------- the messages

TITLE = Text("Event: {theme}")
UNTIL = Text("Until {end}. What you request before then also counts if it is posted within 5 minutes after it.")
PURSE_PAYS = Text("A purse of {purse} pays first for what you make here, up to {cap} for each member.")
STARS = Text("Vote with ⭐ on the results. An author's own star does not count.")
TIES = Text("Each member is placed once. Of two with as many stars, the earlier result wins.")
PRIZES_ARE = Text("Prizes: {prizes}.")
TAKE_PART = Text("Take part")
EMPTY = Text("The purse of this event is empty. You can continue with your own limits: {link}")
PLACES_TITLE = Text("Places: {theme}")
ALL_OVER = Text("The event has ended. No result was placed.")
CALLED_OFF = Text("A moderator canceled the event. There are no prizes.")
OPEN_RESULT = Text("Result")
NOT_POSTED = Text("I can't post about the event “{theme}” in {channel}. Allow me to send messages there.",
                  channel="<#{}>".format)  # fmt: skip
MEDALS = ("🥇", "🥈", "🥉", "4.", "5.")


def stars(count: int) -> str:
    return tr("{count} ⭐", count=count)


def rules(event: ServerEvent) -> list[str]:
    lines = [
        UNTIL(end=stamp(event.ends_at, "f")),
        PURSE_PAYS(purse=credits_words(event.purse), cap=credits_words(event.cap)),
        str(STARS),
        str(TIES),
    ]
    if event.prizes:
        prizes = " · ".join(f"{medal} {credits_words(each)}" for medal, each in zip(MEDALS, event.prizes, strict=False))
        lines.append(PRIZES_ARE(prizes=prizes))
    return lines


def placed_line(place: int, member_id: int, count: int, prize: Decimal) -> str:
    parts = [f"{MEDALS[place - 1]} {mention(member_id)}", stars(count), *([credits_words(prize)] if prize else [])]
    return " · ".join(parts)


# ---------------------------------------------------------------------- what a member is answered

TAKING_PART = Text("You take part in “{theme}”.")
PAYS_NOW = Text("The purse pays up to {left} for what you make in {channel}; then your own limits apply.",
                channel="<#{}>".format)  # fmt: skip
PURSE_LEFT = Text("{left} of {purse} are left in the purse. Members who take part: {members}.")
