"""Practice mode: jobs go to the sandbox, are free, and stay apart from paid ones.

A server practises if its active key is a practice key. So everything tied to a key (books, limits, learned prices,
refused operations) is separate, and jobs know their mode from their key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Protocol

import structlog

from bot.account.api_keys import slot_of
from bot.cannon.client import CannonClient
from bot.catalogue import LiveCatalogue
from bot.domain.models import Job
from bot.domain.practice import needed_requests, new_practice_key
from bot.errors import CannonError, InputError, Refused
from bot.language import speaking
from bot.server import texts
from bot.server.settings import Languages
from bot.settings import Settings
from bot.store import Record, Store
from bot.store.acts import JobSignals

log = structlog.get_logger(__name__)


class ShownCards(Protocol):
    """Brings cards up to date; best effort, never raises."""

    async def show(self, guild_id: int, card_id: str) -> None: ...

    async def show_now(self, guild_id: int, card_id: str) -> None: ...


@dataclass
class PracticeMode:
    """Starts and ends practice."""

    store: Store
    _: KW_ONLY
    client: CannonClient
    worker: JobSignals
    cards: ShownCards
    languages: Languages
    settings: Settings

    @property
    def is_allowed(self) -> bool:
        return self.settings.practice == "on"

    async def start(self, guild_id: int, *, by_id: int) -> bool:
        """Start practice; False if already on.

        Raises InputError if not allowed, Refused if the server has its own key or the sandbox can't start now.
        """
        if not self.is_allowed:
            raise InputError(texts.PRACTICE_NOT_ALLOWED)
        if await self.store.practice.is_on(guild_id):
            return False
        secret = new_practice_key()
        try:
            status = await self.client.status(secret)
        except CannonError as error:
            log.warning("practice.not_started", error=type(error).__name__)
            raise Refused(texts.PRACTICE_DOWN, "practice") from error
        try:
            done = await self.store.keys.set(
                guild_id, secret, set_by=by_id, status=status, practice=True, record=lambda _: record(by_id, True)
            )
        except Refused:
            if await self.store.practice.is_on(guild_id):  # another moderator was faster
                return False
            raise
        self.worker.resume(guild_id, slot_of(guild_id, done.key.id))
        return True

    async def stop(self, guild_id: int, *, by_id: int) -> bool:
        """End practice and cancel its open jobs; False if it is off."""
        with speaking(await self.languages.of_guild(guild_id)):  # all members' cards say why
            ended = await self.store.keys.end_practice(guild_id, record=lambda _: record(by_id, False))
        if ended is None:
            return False
        for card_id in ended:
            await self.cards.show(guild_id, card_id)
        self.worker.wake()
        return True

    async def recover(self) -> None:
        """End all practice if it is no longer allowed."""
        if not self.is_allowed:
            for guild_id in await self.store.practice.guilds():
                await self.stop(guild_id, by_id=0)


def record(by_id: int, is_on: bool) -> Record:
    text = texts.PRACTICE_STARTED if is_on else texts.PRACTICE_STOPPED
    return Record(kind="practice", text=text(who=by_id), by_id=by_id, about={"on": is_on})


@dataclass(frozen=True, slots=True)
class SentPractice:
    """The requests of practice that jobs have, for a sandbox that has not accepted them itself."""

    store: Store
    catalogue: LiveCatalogue

    async def find(self, ids: Collection[str]) -> list[Mapping[str, Any]]:
        """Return those of jobs among these requests, as a sandbox adopts them; what one needs comes before it."""
        found, wanted = dict[str, Mapping[str, Any]](), set(ids)
        while wanted:
            jobs = await self.store.practice.sent(wanted)
            needed = {each for job, _ in jobs for each in needed_requests(job.sent_input)}
            for job, key in jobs:
                found[str(job.remote_id)] = self._adopted(job, key.secret)
            wanted = needed - found.keys()
        return list(reversed(found.values()))

    def _adopted(self, job: Job, secret: str) -> Mapping[str, Any]:
        operation = self.catalogue.current.find(job.operation)
        return {
            "id": job.remote_id,
            "key": secret,
            "body": {
                "operation": job.operation if operation is None else operation.id,
                "input": dict(job.sent_input),
            },
            "sent_at": job.submitted_at,
            "idempotency_key": job.repeats_key or job.idempotency_key,
        }
