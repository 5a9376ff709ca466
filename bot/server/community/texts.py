"""What the record and refusals say about shoot-outs and schedules. Members' texts come in escaped."""

from __future__ import annotations

from collections.abc import Sequence

from bot.account.texts import actor
from bot.domain.models import credits_words
from bot.domain.server.schedules import DAILY, ONCE, Schedule
from bot.language import Text, tr

SHOOTOUT_ENDED = Text("{who} ended a member's shoot-out before its time.", who=actor)
MODELS_COUNT = Text("A shoot-out needs 2 to 4 different models, separated by commas.", why="input.model")
VOTE_ENDED = Text("This vote has ended. The card says who won, if anyone.", why="vote.ended")
NOT_COMPLETE = Text(
    "Not all results are there yet. The vote can end once they are, or press **Cancel** on the card.",
    why="vote.open",
)

# ---------------------------------------------------------------------- when schedules run

WEEKDAYS: Sequence[Text] = (
    Text("Monday"), Text("Tuesday"), Text("Wednesday"), Text("Thursday"), Text("Friday"), Text("Saturday"),
    Text("Sunday"),
)  # fmt: skip
RUNS_DAILY, RUNS_WEEKLY, RUNS_ONCE = Text("daily, {time}"), Text("weekly, {weekday}, {time}"), Text("once, {time}")


def when_words(schedule: Schedule) -> str:
    """Return when a schedule runs, in the server's time zone."""
    if schedule.repeat in {DAILY, ONCE}:
        return (RUNS_ONCE if schedule.repeat == ONCE else RUNS_DAILY)(time=schedule.time)
    return RUNS_WEEKLY(weekday=WEEKDAYS[int(schedule.repeat)], time=schedule.time)


# ---------------------------------------------------------------------- what a moderator typed

NOT_A_TIME = Text(
    "“{typed}” is no time to come in {zone}: write 09:00 for a schedule that repeats, or a date and a time such as "
    "2027-12-24 18:00 for one that runs once.",
    why="schedule.form",
)
UNKNOWN_VARIABLE = Text("There is no variable {typed}. Those that exist: {known}.", why="schedule.form")

# ---------------------------------------------------------------------- why a run does not take place

MAKER_GONE = Text("Its author has left the server, or is no longer a moderator.", why="schedule.off")
CHANNEL_GONE = Text("Its channel was deleted, or its author can't post there.", why="schedule.off")
COSTS_MORE = Text("It needs about {price} now, but {agreed} were confirmed.", why="schedule.off",
    price=credits_words, agreed=credits_words)  # fmt: skip
NOT_DONE = Text("It could not be posted in its channel.", why="schedule.off")

# ---------------------------------------------------------------------- the record

TURNED_ON = Text(
    "{who} scheduled “{title}”: {when}, in <#{channel}>, at most {limit} a month.", who=actor, limit=credits_words
)
RUN_NOW = Text("{who} started a run of the schedule “{title}”.", who=actor)
TURNED_OFF = Text("{who} turned off the schedule “{title}”.", who=actor)
DELETED = Text("{who} deleted the schedule “{title}”.", who=actor)
WAS_TURNED_OFF = Text("The schedule “{title}” was turned off. {reason}")


def week_moved(by_id: int, channel_id: int | None) -> str:
    """Return the line of the best of the week, which is posted in a channel, or nowhere (None)."""
    if channel_id is None:
        return tr("{who} turned off the best of the week.", who=actor(by_id))
    return tr(
        "{who} set the best of the week to {channel}, every Monday.", who=actor(by_id), channel=f"<#{channel_id}>"
    )
