"""Operations that an account may not use, as the API said it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bot.account import texts
from bot.account.api_keys import UsableKey
from bot.catalogue import FieldKind, Operation
from bot.catalogue.fields import OWN_IDS
from bot.domain.models import Job
from bot.domain.words.text import one_line, stamp
from bot.errors import CannonError, Refused
from bot.runtime.clock import Clock
from bot.store import Store

REMEMBERED_S = 3600.0
WORKED_LATELY_S = 7 * 24 * 3600.0
SAID_CHARS = 1000
_OF_ACCOUNT = re.compile(r"\b(?:plans?|subscri\w+|tiers?|upgrad\w+|scopes?|permissions?|entitle\w+)\b", re.IGNORECASE)
"""What a sentence about the account names."""
_QUOTED = re.compile(r"\"[^\"]*\"|“[^“”]*”|`[^`]*`")
"""A prompt that a sentence repeats says nothing about the account."""
_OWN_WORDS = frozenset({"prompt", "text", "title", "name", "tags", "lyrics", "description", "words", "message"})
"""Name parts of fields with members' own words, whatever a document's examples."""


class Refusal(Enum):
    """What a 403 with a working key is about."""

    INPUT = "input"
    """This input: others may work."""
    ACCOUNT = "account"
    """The account's plan or scope, by the API's own sentence."""
    REPEATED = "repeated"
    """Unexplained, but two different inputs in a row were refused."""


@dataclass(frozen=True, slots=True)
class _Refused:
    """An operation's last refusal that may be about it."""

    said: str
    digest: str
    """Digest of the input's words and links."""
    at: float
    """Unix seconds."""
    until: float
    """How long the operation is refused without asking the API, in monotonic seconds."""


class UnavailableOperations:
    """In memory: a restart costs one or two refused creates, and no credits."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[tuple[int, int | None, str], _Refused] = {}
        self.tell: Callable[..., None] = lambda *_words: None
        """Called with each refusal, as what others' `heard` takes."""

    async def note(self, job: Job, key: UsableKey, operation: Operation | None, error: CannonError) -> Refusal:
        """Return what a 403 is about. An operation that the account may not use is closed for an hour.

        What worked within a week with this key is closed only by two sentences about the account in a row: one
        member's forbidden inputs must not stop a server.
        """
        if operation is not None and _names_a_setting(operation, job.input, error):
            return Refusal.INPUT
        said, words = error.said, _words_of(operation, job.input)
        is_of_account = _OF_ACCOUNT.search(_QUOTED.sub(" ", said)) is not None
        works = await self._has_worked(job, key, self._clock.wall() - WORKED_LATELY_S)
        if works and not is_of_account:
            return Refusal.INPUT
        refusal = Refusal.ACCOUNT if is_of_account else Refusal.REPEATED
        digest = hashlib.sha256(words.encode()).hexdigest()
        if (works or not is_of_account) and not await self._is_second(job, key, digest):
            refusal = Refusal.INPUT
        number = "" if key.id is None else str(key.id)
        self._remember(job.payer_id, key.id, job.operation, said, digest, refusal)
        self.tell(str(job.payer_id), number, job.operation, said[:SAID_CHARS], digest, refusal.value)
        return refusal

    async def _is_second(self, job: Job, key: UsableKey, digest: str) -> bool:
        """Whether another input was refused before, and nothing has worked since."""
        before = self._known.get((job.payer_id, key.id, job.operation))
        if before is None or before.digest == digest:
            return False
        return not await self._has_worked(job, key, before.at)

    async def _has_worked(self, job: Job, key: UsableKey, since: float) -> bool:
        return await self._store.job_lists.has_made(job.guild_id, key.id, job.operation, since=since)

    def _remember(
        self, guild_id: int, key_id: int | None, operation: str, said: str, digest: str, refusal: Refusal
    ) -> None:
        until = 0.0 if refusal is Refusal.INPUT else self._clock.monotonic() + REMEMBERED_S
        self._known[guild_id, key_id, operation] = _Refused(said, digest, self._clock.wall(), until)

    def heard(self, guild_id: str, key_id: str, operation: str, said: str, digest: str, refusal: str) -> None:
        self._remember(int(guild_id), int(key_id) if key_id else None, operation, said, digest, Refusal(refusal))

    def forget(self, guild_id: int, key: UsableKey) -> None:
        """Ask the API again for each operation: the account's plan may have changed."""
        for known in [each for each in self._known if each[:2] == (guild_id, key.id)]:
            del self._known[known]

    def require_available(self, guild_id: int, key: UsableKey, operation: Operation) -> None:
        """Raise Refused if the API said within the hour that the account may not use the operation."""
        refused = self._known.get((guild_id, key.id, operation.id))
        left_s = 0.0 if refused is None else refused.until - self._clock.monotonic()
        if refused is None or left_s <= 0:
            return
        again = stamp(round(self._clock.wall() + left_s))
        raise Refused(texts.UNAVAILABLE_NOW(operation=operation.title, said=refused.said, again=again))


def _names_a_setting(operation: Operation, values: Mapping[str, Any], error: CannonError) -> bool:
    """Whether the API names one of the input's settings: another model, say, may work."""
    settings = {name: str(values[name]) for name in _settings_of(operation) & values.keys()}
    named = {fault.field.rpartition(".")[2] for fault in error.faults} - {""}
    if named:
        return not named.isdisjoint(settings)
    words = (re.escape(word.casefold()) for each in settings.items() for word in each)
    return any(re.search(rf"(?<![\w-]){word}(?![\w-])", error.said.casefold()) for word in words)


def _settings_of(operation: Operation) -> frozenset[str]:
    """Return the fields whose values are names of the API's own, such as a model, rather than a member's words."""
    names = {each.name for each in operation.fields if each.kind is FieldKind.TEXT and each.has_listed_values}
    return OWN_IDS | {name for name in names if _OWN_WORDS.isdisjoint(name.casefold().split("_"))}


def _words_of(operation: Operation | None, values: Mapping[str, Any]) -> str:
    """Return a member's words and links in an input, in lower case: no settings, and links without their query."""
    settings = frozenset() if operation is None else _settings_of(operation)
    own = (values[name] for name in sorted(values) if name not in settings)
    found = (each for value in own for each in (value if isinstance(value, list) else [value]))
    return "\n".join(_word_of(each) for each in found if isinstance(each, str))


def _word_of(text: str) -> str:
    is_link = text.startswith(("https://", "http://"))
    return one_line(text.partition("?")[0] if is_link else text).casefold()
