"""The cast: what it can't do, and what does not fit."""

from __future__ import annotations

from bot.account.texts import actor
from bot.domain.words.cast import Audience, CastKind
from bot.language import Plural, Text, amount, both

NO_SUCH_NAME = Text(
    "There's no “{name}” in the cast that you can use here. Choose one from the list of `cast`.", why="cast.none"
)
TOO_MANY_NAMES = Plural(
    "One job takes up to {count} from the cast. Name fewer.",
    "One job takes up to {count} from the cast. Name fewer.",
    why="cast.full",
)
# ---------------------------------------------------------------------- what a member has to accept first

GONE = Text("{name} is no longer in the cast. Without them, the result will look different.")
HIDDEN = Text("This was made with a character that you can't use. Without them, the result will look different.")
NOT_KNOWN = Text("“@{name}” isn't in the cast that you can use, so it stays plain text.")
DID_YOU_MEAN = Text("“@{name}” isn't in the cast that you can use, so it stays plain text. Did you mean @{near}?")
NO_IMAGES_TAKEN = Text("{operation} takes no images of {names}. Only their look in words is sent.", names=both)
NOTHING_TAKEN = Text("{operation} can't show {names}. It will be made without them.", names=both)
ONE_VOICE = Text("{operation} has one voice: {name}'s. {others} won't be heard.", others=both)
NO_VOICE = Text("{names} has no voice yet, so the usual voice is used.", names=both)
IMAGES_LOST = Text("The images of {names} were deleted in Discord: only their look in words is sent.", names=both)

# ---------------------------------------------------------------------- changes

NAME_FITS = Text(
    "A name can have up to {most} letters, digits, spaces, hyphens, and apostrophes, e.g. Mira-Lou.", why="cast.name"
)
NAME_TAKEN = Text("“{name}” is already in the cast, a command, or a mention. Choose another name.", why="cast.name")
NOTHING_GIVEN = Text(
    "Add an image or a look in words, so that the results have something to follow.", why="input.missing"
)
TOO_WIDE = Text(
    "An image of the cast can have up to {most} pixels on a side. This one has {size}.",
    why="file.format",
    most=amount,
    size=amount,
)
NO_CHANNEL = Text(
    "The cast needs a channel for its images first. A moderator can choose one in `/studio settings` under Results.",
    why="cast.channel",
)
CHANNEL_REFUSED = Text(
    "I can't post in the cast's channel, <#{channel}>. A moderator can allow me to post and attach files there.",
    why="place.permissions",
)
CHANNEL_OPEN = Text(
    "Everyone can read the cast's channel, <#{channel}>, so hidden characters would show there. "
    "A moderator can make it private or choose another one in `/studio settings`.",
    why="cast.channel",
)
NEXT_SHOT_BEGINS = Text("The next shot begins here. This message is deleted in two days.")

# ---------------------------------------------------------------------- the record

CHANGED = Text("{who} changed “{name}” in the cast.", who=actor)
RENAMED = Text("{who} renamed “{old}” in the cast to “{name}”.", who=actor)
REMOVED = Text("{who} removed “{name}” from the cast.", who=actor)

AUDIENCES = {
    Audience.EVERYONE: Text("Everyone"),
    Audience.ROLES: Text("Some roles"),
    Audience.MAKER: Text("Only me"),
}
KINDS = {CastKind.CHARACTER: Text("Character"), CastKind.STYLE: Text("Style")}
