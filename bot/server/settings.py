"""Changes of a server's settings, in one transaction with their record line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from bot.domain.models import Card
from bot.domain.server.guild_rules import Rules
from bot.server import texts
from bot.store import Change, Record
from bot.store.acts import ModeratorActs


class SettingsChanges(ModeratorActs):
    """Changes and records settings."""

    async def change(self, guild_id: int, new: Callable[[Rules], Rules], *, by_id: int) -> Rules:
        """Change the guild's settings by a function; return the new ones.

        Errors of `new` propagate, with nothing changed. A change without effect is not recorded.
        """

        def record(rules: Change[Rules]) -> Record | None:
            text = change_text(rules.before, rules.after, by_id)
            about = change_as_json(rules.before, rules.after)
            return Record(kind="settings", text=text, by_id=by_id, about=about) if text else None

        done = await self._store.settings.change(guild_id, new, record=record)
        if done.before != done.after:
            self._worker.wake()  # more may run now
        return done.after


def change_text(old: Rules, new: Rules, by_id: int) -> str:
    """Return the change for the record; '' if none."""
    changed = new.changed_from(old).items()
    parts = [setting.change(getattr(old, name), getattr(new, name)) for name, setting in changed]
    return texts.SETTINGS_CHANGED(who=by_id, changes=parts) if parts else ""


def change_as_json(old: Rules, new: Rules) -> dict[str, Any]:
    """Return changed settings, old and new, by name; None is the default."""
    before, after = old.to_json(), new.to_json()
    return {name: [before.get(name), after.get(name)] for name in new.changed_from(old)}


class Languages(Protocol):
    """Looks up languages of `bot.language.LANGUAGES`."""

    async def of_guild(self, guild_id: int) -> str:
        """Return the server's language, for texts with several readers or moderators."""
        ...

    async def of_card(self, guild_id: int, card_id: str) -> str:
        """Return a card's language by its id; the server's if there is no such card."""
        ...

    async def of(self, card: Card) -> str: ...
