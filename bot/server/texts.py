"""Settings, refusals, alerts, and practice."""

from __future__ import annotations

from collections.abc import Sequence

from bot.account.texts import actor
from bot.catalogue.texts import echo
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
