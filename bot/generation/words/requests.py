"""A member's request in words: kept until its author presses the button under the bot's answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from bot.catalogue import LiveCatalogue
from bot.domain.models import Job, MediaKind
from bot.domain.server.places import Viewer
from bot.domain.words.orders import Variation, varying_picture
from bot.errors import InputError
from bot.generation import texts
from bot.generation.again.next_steps import Medium, NextSteps
from bot.generation.again.rerun import IMAGE_EDIT, Reruns
from bot.generation.generation import Generation
from bot.generation.sources import SourceRef, require_kept
from bot.generation.visible_jobs import VisibleJobs
from bot.generation.words.rules import Wish, WordAct
from bot.runtime.clock import Clock
from bot.server.operations import OperationSwitches
from bot.store import Store, WordOffer

RATIO: Final = "aspect_ratio"
OFFER_LIFE_S = 10 * 60.0
"""How long an answer's button works; then the answer is deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordRequest:
    """A wish and its file: a job's result, or a file that came with the words; or neither."""

    wish: Wish
    job_id: str = ""
    link: str = ""
    name: str = ""
    kind: MediaKind | None = None
    up_to: Decimal | None = None
    """What its button says that it costs at most, in credits, if its price is unknown."""

    def to_data(self) -> dict[str, Any]:
        wish = self.wish
        return {
            "act": wish.act,
            "operation": wish.operation,
            "values": dict(wish.values),
            "strength": wish.strength,
            "count": wish.count,
            "job_id": self.job_id,
            "link": self.link,
            "name": self.name,
            "kind": self.kind,
            "up_to": None if self.up_to is None else str(self.up_to),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> WordRequest:
        """Return what `to_data` wrote."""
        return cls(
            wish=Wish(
                act=WordAct(data["act"]),
                operation=data["operation"],
                values=data["values"],
                strength=data["strength"],
                count=data.get("count", 0),
            ),
            job_id=data["job_id"],
            link=data["link"],
            name=data["name"],
            kind=None if data["kind"] is None else MediaKind(data["kind"]),
            up_to=None if data.get("up_to") is None else Decimal(data["up_to"]),
        )


@dataclass(frozen=True, kw_only=True)
class WordRequests:
    """Keeps requests in words, and turns them into checked generations when pressed."""

    catalogue: LiveCatalogue
    switches: OperationSwitches
    visible: VisibleJobs
    next_steps: NextSteps
    reruns: Reruns
    store: Store
    clock: Clock

    async def result_in(self, viewer: Viewer, message_id: int) -> Medium | None:
        """Return the first result in our message, if the viewer may see it; None if there is none."""
        return await self.next_steps.medium_in_message(viewer, message_id, tuple(MediaKind))

    async def keep(self, guild_id: int, member_id: int, request: WordRequest) -> str:
        expires_at = self.clock.wall() + OFFER_LIFE_S
        return await self.store.drafts.keep(guild_id, member_id, {"words": request.to_data()}, expires_at=expires_at)

    async def take(self, guild_id: int, member_id: int, draft_id: str) -> WordRequest | None:
        """Return a request to its author, once; None if it is another member's, used, or expired."""
        data = await self.store.drafts.take(guild_id, member_id, draft_id)
        return WordRequest.from_data(data["words"]) if data is not None and "words" in data else None

    async def note_answer(self, offer: WordOffer) -> None:
        """Note an answer of the bot, to be deleted with its button's end."""
        expires_at = self.clock.wall() + OFFER_LIFE_S
        await self.store.word_offers.add(offer.guild_id, offer.channel_id, offer.message_id, delete_at=expires_at)

    async def forget_answer(self, offer: WordOffer) -> None:
        await self.store.word_offers.remove(offer.guild_id, offer.message_id)

    async def old_answers(self) -> list[WordOffer]:
        return await self.store.word_offers.due()

    async def generation(self, viewer: Viewer, request: WordRequest) -> Generation:
        """Return the request's generation, by its author's current permissions.

        Raises InputError for what no longer exists or does not fit, Refused for what is off.
        """
        wish = request.wish
        if request.job_id:
            job = await self.visible.get(viewer, request.job_id)
            if job is None:
                raise InputError(texts.NO_SUCH_JOB, "job")
            require_kept(job)
            if wish.act is WordAct.CONTINUE:
                begun = (await self.next_steps.continued(job)).completed
                return replace(begun, values={**begun.values, **wish.values}, typed=True)
            if wish.act is not WordAct.RUN:
                return await self._made_again(job, viewer, wish)
            medium = await self.next_steps.medium_of(job)
            if medium is None:
                raise InputError(texts.NO_RESULT)
            return self._on_medium(viewer.guild_id, medium, wish)
        if request.kind is not None:
            medium = Medium(kinds=(request.kind,), ref=SourceRef(attachment=(request.link, request.name)))
            return self._on_medium(viewer.guild_id, medium, wish)
        operation = self.catalogue.current.resolve(wish.operation)
        self.switches.require_on(viewer.guild_id, operation)
        return Generation(operation=operation.id, values=dict(wish.values), count=wish.count or 1, typed=True)

    async def _made_again(self, job: Job, viewer: Viewer, wish: Wish) -> Generation:
        if wish.act is WordAct.AGAIN:
            return await self.reruns.rerun_all(job, viewer)
        return await self.reruns.vary(job, viewer, wish.strength)

    def _on_medium(self, guild_id: int, medium: Medium, wish: Wish) -> Generation:
        begun = self.next_steps.begin(guild_id, wish.operation, medium).completed
        generation = replace(begun, values={**begun.values, **wish.values}, typed=True)
        is_reshaped = wish.operation == IMAGE_EDIT and wish.values.keys() == {RATIO}
        return reshaped(generation, medium.job) if is_reshaped else generation


def reshaped(generation: Generation, job: Job | None) -> Generation:
    """Return the edit that changes only the format of a picture; `job` made it, None for another one."""
    words = "" if job is None else job.depicts
    derivation = varying_picture(Variation.FORMAT, words, ratio=generation.values[RATIO])
    values = {"prompt": words, **generation.values} if words else generation.values
    return replace(generation, values=values, derivation=derivation)
