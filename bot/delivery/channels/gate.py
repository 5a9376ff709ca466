"""The one gate for every posting: a result appears only where it could have been requested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import discord

from bot.delivery import texts
from bot.delivery.channels.channel_sight import ChannelSights, Found, everybody_sees
from bot.delivery.channels.guilds import Guilds
from bot.domain.models import Card, Job, WaitsFor
from bot.domain.server.guild_rules import Rules
from bot.domain.server.places import PostingPlace, Sight, is_unchecked, require_age, require_channel
from bot.errors import Refused
from bot.jobs.surface import Later, NoPlace
from bot.store import Store

UNKNOWN_AGAIN_S = 60.0
"""Retry interval while Discord does not return the channel's type."""


def nowhere() -> NoPlace:
    """Return the reason where the channel takes nothing."""
    return NoPlace(texts.NOT_IN_THIS_CHANNEL, unseen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Channel:
    """A channel as the rules see it, and its parents, narrowest first."""

    chain: tuple[int, ...]
    found: Found
    age_restricted: bool

    @property
    def place(self) -> PostingPlace:
        return PostingPlace(channel_ids=frozenset(self.chain), age_restricted=self.age_restricted)


@dataclass(frozen=True)
class PostingGate:
    """Judges places for results: current rules, the job's safety switch, review."""

    guilds: Guilds
    _: KW_ONLY
    store: Store
    sights: ChannelSights

    async def open_places(self, card: Card, job: Job, *, channel_id: int, by_moderator: bool = False) -> frozenset[int]:
        """Return which of the card's channel and `channel_id` accept the job's result.

        Private cards are exempt, and those outside servers, which have no other rules than those of the request. A
        moderator's post skips review, and no other rule. Raises NoPlace if neither does, Later if Discord does not
        return the needed facts.
        """
        if not by_moderator and await self.store.reviews.withheld_of(card.guild_id, [job.id]):
            raise NoPlace(texts.NOT_REVIEWED)
        places = dict.fromkeys([*(() if card.message_id is None else (card.place_id,)), channel_id])
        if card.private or card.is_at_home:
            return frozenset(places)
        rules = await self.store.settings.get(card.guild_id)
        found, refusal = set(), nowhere()
        for place_id in places:
            try:
                await self._require(card, job, place_id, rules, by_moderator=by_moderator)
            except NoPlace as error:
                refusal = error
            else:
                found.add(place_id)
        if not found:
            raise refusal
        return frozenset(found)

    async def require(self, card: Card, jobs: Sequence[Job], *, channel_id: int) -> None:
        """Raise NoPlace unless these results may also be posted in that channel, Later if Discord doesn't say.

        Those of a private card are its author's to publish: no one else saw them where they were requested, and the
        review rule of that channel counts, too.
        """
        rules = await self.store.settings.get(card.guild_id)
        source_id = card.channel_id if card.private else card.place_id
        source, target = await self._channel(card, source_id), await self._channel(card, channel_id)
        if source.age_restricted and not target.age_restricted:
            raise NoPlace(texts.NOT_FROM_AGE_RESTRICTED)
        if not card.private and everybody_sees(target.found) and not everybody_sees(source.found):
            raise NoPlace(texts.NOT_FROM_HIDDEN)
        for place in (source.chain, target.chain) if card.private else ():
            if await self.store.reviews.withheld_of(card.guild_id, [job.id for job in jobs], also=place):
                raise NoPlace(texts.NOT_SHARED_UNREVIEWED)
        for job in jobs:
            await self._require(card, job, channel_id, rules)

    async def require_gallery(self, card: Card, jobs: Sequence[Job], *, channel_id: int) -> None:
        """Raise NoPlace unless a gallery in that channel may show these results: of stars, of an event, of the week.

        They are public and may be copied there, and their author didn't choose otherwise in `/me`. Raises Later too.
        """
        if card.private:
            raise NoPlace(texts.NOT_FROM_HIDDEN)
        if (await self.store.member_settings.get(card.guild_id, card.author_id)).is_unshown:
            raise NoPlace(texts.AUTHOR_NOT_SHOWN)
        await self.require(card, jobs, channel_id=channel_id)

    async def require_person(self, card: Card, jobs: Sequence[Job], *, member_id: int) -> None:
        """Raise NoPlace unless these results may be sent to a member: DMs are never age-restricted."""
        rules = await self.store.settings.get(card.guild_id)
        if await self.store.reviews.withheld_of(card.guild_id, [job.id for job in jobs]):
            raise NoPlace(texts.NOT_REVIEWED)
        direct = PostingPlace(channel_ids=frozenset(), age_restricted=member_id == card.author_id)
        try:
            require_age(direct, rules, unchecked=any(is_unchecked(job.input) for job in jobs))
        except Refused as error:
            raise NoPlace(texts.TO_AUTHOR_ALONE) from error

    async def moved_to(self, card: Card) -> tuple[int, ...]:
        """Return the channel that the card was moved to, with parents; () for none or a DM."""
        if card.private or card.is_at_home or card.is_in_channel:
            return ()
        return (await self._channel(card, card.place_id)).chain

    async def _require(
        self, card: Card, job: Job, channel_id: int, rules: Rules, *, by_moderator: bool = False
    ) -> None:
        """Raise NoPlace unless the channel may have the result, Later if facts are missing."""
        channel, unchecked = await self._channel(card, channel_id), is_unchecked(job.input)
        if channel.found is Sight.GONE or (channel.found is Sight.HIDDEN and channel_id != card.channel_id):
            raise nowhere()
        if channel.found is Sight.UNSURE and (unchecked or channel_id != card.channel_id):
            raise Later(UNKNOWN_AGAIN_S, WaitsFor.DISCORD)
        try:
            require_channel(channel.place, rules)
        except Refused as error:
            raise nowhere() from error
        try:
            require_age(channel.place, rules, unchecked=unchecked)
        except Refused as error:
            raise NoPlace(texts.AGE_RESTRICTED_ALONE) from error
        if by_moderator or channel_id == card.channel_id:
            return
        if await self.store.reviews.withheld_of(card.guild_id, [job.id], also=channel.chain):
            raise NoPlace(texts.NOT_REVIEWED)

    async def _channel(self, card: Card, channel_id: int) -> _Channel:
        """Return a channel from the cache; for the card's own also from its request."""
        found = await self._found(card.guild_id, channel_id)
        chain = [channel_id, *_above(found)]
        if channel_id == card.channel_id:
            chain += [each for each in (card.parent_channel_id, card.category_id) if each is not None]
        return _Channel(chain=tuple(dict.fromkeys(chain)), found=found, age_restricted=_is_age_restricted(found))

    async def _found(self, guild_id: int, channel_id: int) -> Found:
        guild = await self.guilds.find(guild_id)
        if guild is None:
            return Sight.UNSURE
        found = self.sights.find(guild, channel_id)
        return await self.sights.fetched(guild, channel_id) if found is Sight.UNSURE else found


def _is_age_restricted(found: Found) -> bool:
    is_nsfw = getattr(found, "is_nsfw", None)
    return bool(is_nsfw()) if callable(is_nsfw) else False


def _above(found: Found) -> list[int]:
    if isinstance(found, Sight):
        return []
    parent = found.parent if isinstance(found, discord.Thread) else None
    category_id = found.category_id if not isinstance(found, discord.Thread) else getattr(parent, "category_id", None)
    above = [found.parent_id if isinstance(found, discord.Thread) else None, category_id]
    return [each for each in above if isinstance(each, int)]
