"""A server's emoji actions and gallery."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.server.reaction_rules import PAID, RULES_MAX, Reaction, ReactionRules, Seeding, Who, read_emoji
from bot.errors import InputError
from bot.language import sentences
from bot.server import texts
from bot.store import Record
from bot.store.acts import ModeratorActs


def rule_text(rule: Reaction) -> str:
    parts = [
        str(texts.ACTIONS[rule.action]),
        f"<@&{rule.role_id}>" if rule.who is Who.ROLE else str(texts.WHO[rule.who]),
    ]
    if rule.needed > 1:
        parts.append(texts.NEEDED(count=rule.needed))
    if rule.action in PAID:
        parts.append(str(texts.PURSES[rule.payer]))
    return f"{rule.shown} {' · '.join(parts)}"


def gallery_text(settings: ReactionRules) -> str:
    if settings.gallery_channel is None:
        return str(texts.GALLERY_OFF)
    if not settings.gallery_stars:
        return texts.GALLERY_OF_ALL(channel=settings.gallery_channel)
    return texts.GALLERY_AT(channel=settings.gallery_channel, stars=settings.gallery_stars)


class ReactionChanges(ModeratorActs):
    """Maps emojis to actions, and moves the gallery. Each method returns the record's text."""

    async def set(self, guild_id: int, rule: Reaction, *, by_id: int) -> str:
        """Map an emoji. Raises InputError at the guild's maximum."""

        def allow(mapped: Mapping[str, Reaction]) -> None:
            if rule.emoji not in mapped and len(mapped) >= RULES_MAX:
                raise InputError(texts.TOO_MANY_REACTIONS(count=RULES_MAX), "emoji")

        def line() -> Record:
            return _line(
                by_id, texts.REACTION_SET(who=by_id, rule=rule_text(rule)), emoji=rule.emoji, action=rule.action
            )

        await self._store.reactions.set(guild_id, rule, allow=allow, record=lambda _: line())
        return line().text

    async def remove(self, guild_id: int, emoji: str, *, by_id: int) -> str:
        """Turn off an emoji, given as typed. Raises InputError if it does nothing."""
        key, shown = read_emoji(emoji)

        def record(rule: Reaction | None) -> Record | None:
            return (
                None
                if rule is None
                else _line(by_id, texts.REACTION_REMOVED(who=by_id, rule=rule_text(rule)), emoji=key, action=None)
            )

        rule = await self._store.reactions.remove(guild_id, key, record=record)
        if rule is None:
            raise InputError(texts.DOES_NOTHING(emoji=shown), "emoji")
        return texts.REACTION_REMOVED(who=by_id, rule=rule_text(rule))

    async def reset(self, guild_id: int, *, by_id: int) -> str:
        count = await self._store.reactions.reset(
            guild_id, record=lambda count: _line(by_id, texts.REACTIONS_RESET(who=by_id, count=count), reset=count)
        )
        return texts.REACTIONS_RESET(who=by_id, count=count)

    async def switch(self, guild_id: int, *, reactions: bool | None, seeds: Seeding | None, by_id: int) -> str:
        """Switch reactions, or which ones the bot adds; None leaves it. Raises InputError for neither."""
        words = {"reactions": _on_off(reactions), "seeds": None if seeds is None else seeds.value}
        if not any(words.values()):
            raise InputError(texts.NOTHING_TO_SWITCH)

        def line() -> Record:
            said = [
                *([] if reactions is None else [texts.reactions_switched(by_id, on=reactions)]),
                *([] if seeds is None else [texts.seeds_switched(by_id, seeds)]),
            ]
            return _line(by_id, sentences(*said), **words)

        await self._store.reactions.change_settings(guild_id, is_on=reactions, seeds=seeds, record=lambda _: line())
        return line().text

    async def set_gallery(
        self, guild_id: int, *, channel_id: int | None, stars: int | None, off: bool, by_id: int
    ) -> str:
        """Move the gallery, or switch it `off`; None leaves a value. Raises InputError without a channel."""

        def gallery(now: ReactionRules) -> tuple[int | None, int]:
            place = now.gallery_channel if channel_id is None else channel_id
            if place is None and not off:
                raise InputError(texts.NO_GALLERY_CHANNEL, "channel")
            return None if off else place, now.gallery_stars if stars is None else stars

        def record(after: ReactionRules) -> Record:
            return _line(by_id, _moved(by_id, after), channel=after.gallery_channel, stars=after.gallery_stars)

        after = await self._store.reactions.change_settings(guild_id, gallery=gallery, record=record)
        return _moved(by_id, after)

    async def set_weekly(self, guild_id: int, channel_id: int | None, *, by_id: int) -> str:
        """Have the best of each week posted in a channel; None turns it off."""

        def line() -> Record:
            return _line(by_id, texts.weekly_moved(by_id, channel_id), week_channel=channel_id)

        await self._store.weekly.set_channel(guild_id, channel_id, record=lambda _: line())
        return line().text


def _line(by_id: int, text: str, **about: str | int | None) -> Record:
    return Record(kind="settings", text=text, by_id=by_id, about=about)


def _on_off(value: bool | None) -> str | None:
    return None if value is None else "on" if value else "off"


def _moved(by_id: int, after: ReactionRules) -> str:
    return texts.gallery_moved(by_id, after.gallery_channel, after.gallery_stars)
