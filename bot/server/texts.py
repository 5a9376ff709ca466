"""Settings, refusals, alerts, and practice."""

from __future__ import annotations

from collections.abc import Sequence

from bot.account.texts import actor
from bot.catalogue.texts import echo
from bot.domain.server.reaction_rules import Seeding
from bot.language import Text, both, ntr, sentences, tr

# ---------------------------------------------------------------------- settings, refusals and alerts


SETTINGS_CHANGED = Text("{who} changed settings: {changes}.", who=actor, changes="; ".join)
WAS_REFUSED = Text("{member} could not run `{operation}`: {sentence}", member=actor)
ALERT = "⚠️ {text}".format


# ---------------------------------------------------------------------- practice

OWN_OFF_BY_HOST = Text("The host of this bot has turned off paying with an account of your own.", why="account.own")
OWN_OFF_HERE = Text(
    "On this server, members can't pay with accounts of their own. A moderator can allow it with `/studio settings`.",
    why="account.own",
)
OWN_NOT_IN_PRACTICE = Text(
    "This server is in practice mode, where everything is free and no account pays.", why="account.own"
)
PRACTICE_NOT_ALLOWED = Text("The host of this bot has turned off practice mode.", why="practice.unavailable")
PRACTICE_DOWN = Text("Practice mode can't start right now. Try again in a minute.", why="practice.unavailable")
PRACTICE_STARTED = Text("{who} started practice mode. Results are simulated and free.", who=actor)
PRACTICE_STOPPED = Text("{who} ended practice mode.", who=actor)
GALLERY_OFF = Text("off")
GALLERY_OF_ALL = Text("{channel}, every public result", channel="<#{}>".format)
GALLERY_AT = Text("{channel}, from {stars} ⭐", channel="<#{}>".format)


def reactions_chosen(by_id: int, shown: str) -> str:
    """Return the line of which emojis act; `shown` is '' for none."""
    if not shown:
        return tr("{who} turned off reactions.", who=actor(by_id))
    return tr("{who} let these reactions act: {emojis}.", who=actor(by_id), emojis=shown)


def seeds_switched(by_id: int, seeds: Seeding) -> str:
    """Return the line of which emojis the bot puts under results."""
    match seeds:
        case Seeding.OFF:
            return tr("{who} stopped the bot from adding emojis to results.", who=actor(by_id))
        case Seeding.ALL:
            return tr("{who} let the bot add every fitting emoji to results.", who=actor(by_id))
        case _:
            return tr("{who} let the bot add a few emojis to results.", who=actor(by_id))


def gallery_moved(by_id: int, channel_id: int | None, stars: int) -> str:
    """Return the line of a gallery that was moved, or switched off (None)."""
    if channel_id is None:
        return tr("{who} turned off the gallery.", who=actor(by_id))
    if not stars:
        place = f"<#{channel_id}>"
        return tr("{who} set the gallery to {channel}, for every public result.", who=actor(by_id), channel=place)
    return ntr(
        "{who} set the gallery to {channel}, for results with {count} ⭐ or more.",
        "{who} set the gallery to {channel}, for results with {count} ⭐ or more.",
        stars,
        who=actor(by_id),
        channel=f"<#{channel_id}>",
    )


def weekly_moved(by_id: int, channel_id: int | None) -> str:
    """Return the line of the best of the week, which is posted in a channel, or nowhere (None)."""
    if channel_id is None:
        return tr("{who} turned off the best of the week.", who=actor(by_id))
    return tr(
        "{who} set the best of the week to {channel}, every Monday.", who=actor(by_id), channel=f"<#{channel_id}>"
    )


RECIPE_EXISTS = Text(
    "There is already a recipe named “{name}”. Choose another name, or edit that recipe.", why="recipe.name"
)
RECIPE_WRITTEN = Text("{who} created the recipe “{name}”.", who=actor)


def recipe_changed(by_id: int, name: str, before: str) -> str:
    """Return the line of a changed recipe; `before` is its former name, '' if it is the same."""
    if before:
        return tr(
            "{who} edited the recipe “{before}” and renamed it “{name}”.", who=actor(by_id), before=before, name=name
        )
    return tr("{who} edited the recipe “{name}”.", who=actor(by_id), name=name)


def recipe_deleted(by_id: int, name: str) -> str:
    return tr("{who} deleted the recipe “{name}”.", who=actor(by_id), name=name)


PRESET_FITS = Text("A preset needs a name of 1 to {most} characters, and at least one option.", why="settings.value")
NO_PRESET = Text("You have no preset named {name}. Open `/me` to see your presets.", why="preset.none", name=echo)


def api_changed(changes: str, *, is_first: bool) -> str:
    """Return the line of what the description of the API shows; `changes` is made of sentences by `changed_so`."""
    if is_first:
        found = tr("The bot read Cannon Studio's API description for the first time. It differs from what it knew.")
    else:
        found = tr("Cannon Studio changed its API.")
    return sentences(found, changes)


def changed_so(kind: str, things: Sequence[str]) -> str:
    """Return a sentence about what `came`, is `gone` or `changed`."""
    named = both(things)
    match kind:
        case "came":
            return tr("New: {things}.", things=named)
        case "gone":
            return tr("Removed: {things}.", things=named)
        case _:
            return tr("Changed: {things}.", things=named)


def changed_thing(subject: str, operation: str, name: str) -> str:
    """Name an operation with its former id, if it has one; or a `model` or `field` of an operation."""
    if subject == "operation":
        return tr("{old}, now {operation}", old=name, operation=operation) if name else operation
    if subject == "model":
        return tr("the model {model} of {operation}", model=name, operation=operation)
    return tr("the field {field} of {operation}", field=name, operation=operation)


def counted(count: int, subject: str) -> str:
    """Return how many operations, models or fields there are."""
    match subject:
        case "operation":
            return ntr("{count} operation", "{count} operations", count)
        case "model":
            return ntr("{count} model", "{count} models", count)
        case _:
            return ntr("{count} field", "{count} fields", count)
