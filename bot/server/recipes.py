"""A server's recipes, edited by its moderators. Their content is JSON here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.plain import to_plain
from bot.domain.texts import EXPIRED, GONE, LIST_FULL
from bot.domain.words.text import harmless
from bot.errors import InputError
from bot.runtime.clock import Clock
from bot.server import texts
from bot.store import Record, Saved, Store, StoredRecipe
from bot.store.acts import ModeratorActs
from bot.store.guild.community.recipes import RECIPES_MAX

TEXT_LIFE_S = 24 * 3600.0


@dataclass(frozen=True, kw_only=True)
class FormTexts:
    """Keeps the texts of a recipe's or schedule's form that could not be saved, for their author and a day."""

    store: Store
    clock: Clock

    async def keep(self, guild_id: int, member_id: int, typed: object) -> str:
        """Keep a dataclass of texts, and return its id."""
        draft, expires_at = {"form": to_plain(typed)}, self.clock.wall() + TEXT_LIFE_S
        return await self.store.drafts.keep(guild_id, member_id, draft, expires_at=expires_at)

    async def get(self, guild_id: int, member_id: int, draft_id: str) -> Mapping[str, Any]:
        """Return what was kept, which stays. Raises InputError if it has expired."""
        draft = await self.store.drafts.get(guild_id, member_id, draft_id)
        if draft is None or "form" not in draft:
            raise InputError(EXPIRED)
        texts_kept: Mapping[str, Any] = draft["form"]
        return texts_kept


class RecipeChanges(ModeratorActs):
    """Saves and deletes recipes."""

    async def save(
        self, guild_id: int, name: str, data: Mapping[str, Any], *, replaces: str | None, by_id: int
    ) -> None:
        """Save a new recipe, or replace the one named `replaces`. Raises InputError, with nothing changed."""

        def record(saved: Saved) -> Record | None:
            if saved is not Saved.DONE:
                return None
            text = _saved(by_id, harmless(name), None if replaces is None else harmless(replaces))
            return Record(kind="recipe", text=text, by_id=by_id, about={"recipe": data})

        saved = await self._store.recipes.save(guild_id, name, data, by_id=by_id, replaces=replaces, record=record)
        if saved is not Saved.DONE:
            raise InputError(_why_not(saved, name), "name")

    async def delete(self, guild_id: int, name: str, *, by_id: int) -> bool:
        """Delete a recipe; False if there is none of that name."""

        def record(gone: StoredRecipe) -> Record:
            text = texts.recipe_deleted(by_id, harmless(name))
            return Record(kind="recipe", text=text, by_id=by_id, about={"recipe": gone.data})

        return await self._store.recipes.delete(guild_id, name, record=record) is not None


def _saved(by_id: int, name: str, replaces: str | None) -> str:
    if replaces is None:
        return texts.RECIPE_WRITTEN(who=by_id, name=name)
    return texts.recipe_changed(by_id, name, "" if replaces == name else replaces)


def _why_not(saved: Saved, name: str) -> str:
    if saved is Saved.NAME_TAKEN:
        return texts.RECIPE_EXISTS(name=name)
    if saved is Saved.TOO_MANY:
        return LIST_FULL(most=RECIPES_MAX)
    return str(GONE)
