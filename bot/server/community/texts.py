"""What the record and refusals say about shoot-outs and schedules. Members' texts come in escaped."""

from __future__ import annotations

from collections.abc import Sequence

from bot.account.texts import actor
from bot.domain.models import credits_words
from bot.domain.server.schedules import When
from bot.language import Text

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
DAILY, WEEKLY, ONCE = Text("daily, {time}"), Text("weekly, {weekday}, {time}"), Text("once, {time}")


def when_words(when: When) -> str:
    """Return when a schedule runs, in the server's time zone."""
    if when.date is not None:
        return ONCE(time=when.typed)
    return DAILY(time=when.typed) if when.weekday is None else WEEKLY(weekday=WEEKDAYS[when.weekday], time=when.typed)


# ---------------------------------------------------------------------- what a moderator typed

NOT_A_TIME = Text(
    "“{typed}” is no time to come in {zone}: write 09:00 for a schedule that repeats, or a date and a time such as "
    "2027-12-24 18:00 for one that runs once.",
    why="schedule.form",
)
UNKNOWN_VARIABLE = Text("There is no variable {typed}. Those that exist: {known}.", why="schedule.form")
BEST_NOT_HERE = Text(
    "{variable} is an image, so it must be all of an input that takes a file, and “{input}” is no such input.",
    why="schedule.form",
)
NOT_AN_INPUT = Text("Write each input on a line as “name: value”, with these names: {names}.", why="schedule.form")

# ---------------------------------------------------------------------- why a run does not take place

MAKER_LEFT = Text("Its author has left the server.", why="schedule.paused")
MAKER_NO_MODERATOR = Text("Its author is no longer a moderator.", why="schedule.paused")
CHANNEL_GONE = Text("Its channel was deleted, or its author can't post there.", why="schedule.paused")
COSTS_MORE = Text("It needs about {price} now, but {agreed} were confirmed.", why="schedule.paused",
    price=credits_words, agreed=credits_words)  # fmt: skip
NOT_DONE = Text("It could not be posted in its channel.", why="schedule.paused")
NO_BEST = Text("No result of last week that everyone can see has a star.", why="schedule.paused")

# ---------------------------------------------------------------------- the record

CREATED = Text(
    "{who} scheduled “{title}”: {when}, in <#{channel}>, at most {limit} a month.", who=actor, limit=credits_words
)
PAUSED, RESUMED = (
    Text("{who} paused the schedule “{title}”.", who=actor),
    Text("{who} resumed the schedule “{title}” in their own name.", who=actor),
)
DELETED = Text("{who} deleted the schedule “{title}”.", who=actor)
WAS_PAUSED = Text("The schedule “{title}” was paused. {reason}")
SKIPPED = Text("The schedule “{title}” left out a run. {reason}")
