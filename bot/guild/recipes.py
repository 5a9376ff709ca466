"""The recipes of a server: written, changed and deleted by its moderators. What is in one is JSON here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.errors import InputError
from bot.guild.changes import ModeratorActs
from bot.store import KeptRecipe, Record, Saved
from bot.store.guild.recipes import RECIPES_MAX


class RecipeChanges(ModeratorActs):
    """Keeps and deletes recipes."""

    async def save(
        self, guild_id: int, name: str, data: Mapping[str, Any], *, replaces: str | None, by_id: int
    ) -> None:
        """Keep a new recipe, or one in place of that named `replaces`. Raises InputError, with nothing changed."""

        def record(saved: Saved) -> Record | None:
            if saved is not Saved.DONE:
                return None
            done = "wrote the recipe" if replaces is None else "changed the recipe"
            was = f", which was “{self._plain(replaces)}”" if replaces not in {None, name} else ""
            text = f"{done} “{self._plain(name)}”{was}."
            return Record(kind="recipe", text=text, by_id=by_id, about={"recipe": data})

        saved = await self._store.recipes.save(guild_id, name, data, by_id=by_id, replaces=replaces, record=record)
        if saved is not Saved.DONE:
            raise InputError(_why_not(saved, name), "name")

    async def delete(self, guild_id: int, name: str, *, by_id: int) -> bool:
        """Delete a recipe; False if the guild has none of that name."""

        def record(gone: KeptRecipe | None) -> Record | None:
            if gone is None:
                return None
            text = f"deleted the recipe “{self._plain(name)}”."
            return Record(kind="recipe", text=text, by_id=by_id, about={"recipe": gone.data})

        return await self._store.recipes.delete(guild_id, name, record=record) is not None


def _why_not(saved: Saved, name: str) -> str:
    if saved is Saved.NAME_TAKEN:
        return f"There is a recipe “{name}” here already; give this one another name, or edit that one."
    if saved is Saved.TOO_MANY:
        return f"This server has {RECIPES_MAX} recipes, which is the most; delete one first."
    return "The recipe was deleted while you edited it; save it again to make it anew."
