"""A server's reactions and gallery."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bot.domain.server.reaction_rules import REACTIONS, ReactionAction, ReactionRules, Seeding
from bot.server import texts
from bot.store import Record
from bot.store.acts import ModeratorActs


def gallery_text(settings: ReactionRules) -> str:
    if settings.gallery_channel is None:
        return str(texts.GALLERY_OFF)
    if not settings.gallery_stars:
        return texts.GALLERY_OF_ALL(channel=settings.gallery_channel)
    return texts.GALLERY_AT(channel=settings.gallery_channel, stars=settings.gallery_stars)


class ReactionChanges(ModeratorActs):
    """Turns emojis on and off, and moves the gallery. Each method returns the record's text."""

    async def choose(self, guild_id: int, actions: Collection[ReactionAction], *, by_id: int) -> str:
        """Let these actions' emojis act, and no others."""
        shown = " ".join(each.shown for each in REACTIONS.values() if each.action in actions)
        said = texts.reactions_chosen(by_id, shown)
        off = frozenset(ReactionAction) - frozenset(actions)
        await self._store.reactions.change(
            guild_id,
            lambda now: replace(now, off=off),
            record=lambda _: _line(by_id, said, reactions=" ".join(sorted(actions))),
        )
        return said

    async def seed(self, guild_id: int, seeds: Seeding, *, by_id: int) -> str:
        """Choose which emojis the bot adds to results."""
        said = texts.seeds_switched(by_id, seeds)
        await self._store.reactions.change(
            guild_id, lambda now: replace(now, seeds=seeds), record=lambda _: _line(by_id, said, seeds=seeds.value)
        )
        return said

    async def set_gallery(
        self, guild_id: int, *, channel_id: int | None, stars: int | None, off: bool, by_id: int
    ) -> str:
        """Move the gallery, or switch it `off`; None leaves a value."""

        def moved(now: ReactionRules) -> ReactionRules:
            place = now.gallery_channel if channel_id is None else channel_id
            count = now.gallery_stars if stars is None else stars
            return replace(now, gallery_channel=None if off else place, gallery_stars=count)

        def record(after: ReactionRules) -> Record:
            return _line(by_id, _moved(by_id, after), channel=after.gallery_channel, stars=after.gallery_stars)

        after = await self._store.reactions.change(guild_id, moved, record=record)
        return _moved(by_id, after)

    async def set_weekly(self, guild_id: int, channel_id: int | None, *, by_id: int) -> str:
        """Have the best of each week posted in a channel; None turns it off."""

        def line() -> Record:
            return _line(by_id, texts.weekly_moved(by_id, channel_id), week_channel=channel_id)

        await self._store.weekly.set_channel(guild_id, channel_id, record=lambda _: line())
        return line().text


def _line(by_id: int, text: str, **about: str | int | None) -> Record:
    return Record(kind="settings", text=text, by_id=by_id, about=about)


def _moved(by_id: int, after: ReactionRules) -> str:
    return texts.gallery_moved(by_id, after.gallery_channel, after.gallery_stars)
