"""The recipes of a server."""

from __future__ import annotations

from bot.guild.texts import actor
from bot.language import Text, ntr, tr

RECIPE_DELETED = Text("This recipe was deleted while you were editing it. Save it again to create a new one.")


def recipe_exists(name: str) -> str:
    """Refuse a name that another recipe has."""
    return tr("There is already a recipe named “{name}”. Choose another name, or edit that recipe.", name=name)


def too_many_recipes(most: int) -> str:
    """Refuse one recipe more."""
    return ntr(
        "A server can have {count} recipe. Delete one first.",
        "A server can have {count} recipes. Delete one first.",
        most,
    )


def recipe_written(by_id: int, name: str) -> str:
    """Return the line of a new recipe."""
    return tr("{who} created the recipe “{name}”.", who=actor(by_id), name=name)


def recipe_changed(by_id: int, name: str, before: str) -> str:
    """Return the line of a changed recipe; `before` is its former name, '' if it is the same."""
    if before:
        return tr(
            "{who} edited the recipe “{before}” and renamed it “{name}”.", who=actor(by_id), before=before, name=name
        )
    return tr("{who} edited the recipe “{name}”.", who=actor(by_id), name=name)


def recipe_deleted(by_id: int, name: str) -> str:
    """Return the line of a deleted recipe."""
    return tr("{who} deleted the recipe “{name}”.", who=actor(by_id), name=name)
