"""What the API accepted and refused on a server's account: stored with each job, cached for completions."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from bot.account import texts
from bot.account.api_keys import ApiKeys, UsableKey
from bot.catalogue import LiveCatalogue, Operation, Tried, model_name
from bot.catalogue.checks.tried import blamed, guessed_model, is_telling, telling_values, untried_id
from bot.domain.models import Job
from bot.domain.words.text import one_line, stamp
from bot.errors import CannonError, FieldFault, InputRefused, NoKey, Refused
from bot.runtime.clock import Clock
from bot.runtime.pace import TimedMemory
from bot.store import Store, TriedOutcome, TriedValue

KEPT_S: Final = 60.0
"""Cache lifetime; new notes and members' erasures drop it at once."""
MODEL: Final = "model"
VOICE: Final = "voice_id"
MODELS_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class AccountMemory:
    """Attempts on one account, newest first, by current operation ids."""

    rows: Sequence[TriedValue] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def of(self, operation: Operation, name: str) -> list[Tried]:
        """Return the values tried for an operation's field; those that worked elsewhere come last."""
        own = [row for row in self.rows if (row.operation, row.field) == (operation.id, name)]
        others = [
            row
            for row in self.rows
            if row.field == name in {MODEL, VOICE} and row.operation != operation.id and row.works
        ]
        if name == MODEL:  # models differ by operation
            others = [row for row in others if operation.knows_model(row.value)]
        found: dict[str, Tried] = {}
        for row in (*own, *others):
            found.setdefault(row.value, self._tried(row))
        if name == VOICE:  # a labelled voice is the account's, used or not
            for value, label in self.labels.items():
                found.setdefault(value, Tried(value=value, works=True, label=label))
        return list(found.values())

    def voices(self) -> list[TriedValue]:
        """Return working voices as last used, newest first."""
        found: dict[str, TriedValue] = {}
        for row in self.rows:
            if row.field == VOICE and row.works:
                found.setdefault(row.value, row)
        return list(found.values())

    def _tried(self, row: TriedValue) -> Tried:
        label = self.labels.get(row.value, "") if row.field == VOICE else ""
        return Tried(value=row.value, works=row.works, said=row.said, label=label)

    def proven(self, operation: Operation) -> set[tuple[str, str]]:
        """Return the (field, value) pairs that the operation succeeded with."""
        return {(row.field, row.value) for row in self.rows if row.operation == operation.id and row.uses}

    def working_models(self, operation: Operation) -> list[str]:
        """Return models to name in a refusal: those that worked here, else those with a public id."""
        worked = [model_name(operation, each.value) for each in self.of(operation, MODEL) if each.works]
        public = [model.name for model in operation.models if model.id is not None]
        refused = {model_name(operation, each.value) for each in self.of(operation, MODEL) if not each.works}
        return [each for each in dict.fromkeys(worked or public) if each not in refused][:MODELS_NAMED]


class AccountMemories:
    """Stores what worked and what was refused per server and key. Servers see only their own."""

    def __init__(self, store: Store, *, keys: ApiKeys, catalogue: LiveCatalogue, clock: Clock) -> None:
        self._store = store
        self._keys = keys
        self._catalogue = catalogue
        self._read: TimedMemory[int, tuple[int | None, AccountMemory] | None] = TimedMemory(clock, KEPT_S)
        self._changes = 0
        self.on_change: Callable[[], None] = lambda: None
        """Called after the known ids of models changed here."""
        self._turns: dict[tuple[str, str], asyncio.Lock] = {}
        """By operation and guessed id of a model."""
        self._taken: set[tuple[str, str]] = set()

    async def of(self, guild_id: int, *, own: bool = False) -> AccountMemory:
        """Return the attempts on the server's current account, or a member's `own`; cached per key."""
        try:
            key_id = (await self._keys.of_payer(guild_id, own=own)).id
        except NoKey:
            return AccountMemory()
        found = self._read.get(guild_id)
        if found is not None and found[0] == key_id:
            return found[1]
        before = self._changes
        memory = await self._of_key(guild_id, key_id)
        memory = replace(memory, labels=(await self._store.settings.get(guild_id)).voice_labels)
        if self._changes == before:  # else a concurrent note may be missing
            self._read.put(guild_id, (key_id, memory))
        return memory

    def forget(self, guild_id: int) -> None:
        """Drop the cache: something changed."""
        self._changes += 1
        self._read.put(guild_id, None)

    async def _of_key(self, guild_id: int, key_id: int | None) -> AccountMemory:
        catalogue = self._catalogue.current
        rows = await self._store.tried_values.all(guild_id, key_id)
        return AccountMemory([_renamed(row, catalogue.aliases) for row in rows])

    async def load_model_ids(self) -> None:
        """Learn which likely ids of models the API took or rejected, on any server."""
        self._catalogue.note_model_ids(await self._store.model_ids.all())

    async def noted(self, guild_id: int, tried: TriedOutcome) -> None:
        """Use what was stored with a job's change."""
        self.forget(guild_id)
        if tried.model_id is not None:
            await self.load_model_ids()
            self.on_change()

    def worked(self, job: Job) -> TriedOutcome | None:
        """Return what a successful job shows, to be stored; None for nothing."""
        operation = self._catalogue.current.find(job.operation)
        values = {} if operation is None else telling_values(operation, job.input)
        guess = None if operation is None else _guess(operation, job)
        return TriedOutcome(values=values, model_id=guess) if values else None

    async def refused(self, job: Job, error: CannonError) -> TriedOutcome | None:
        """Return which of the job's values the API refused, to be stored; None if unclear.

        A refusal not about the input (403) counts against a value only if the API names it.
        """
        proven = None
        if isinstance(error, InputRefused):
            operation = self._catalogue.current.find(job.operation)
            memory = await self._of_key(job.payer_id, job.key_id)
            proven = set() if operation is None else memory.proven(operation)
        return self._refused(job, error.said, error.faults, proven, is_input=isinstance(error, InputRefused))

    def failed(self, job: Job, said: str, faults: Sequence[FieldFault]) -> TriedOutcome | None:
        """Return which guessed id of a model a failed job names, to be stored; None for none."""
        tried = self._refused(job, said, faults, None, is_input=True)
        return None if tried is None or tried.model_id is None else tried

    def _refused(
        self,
        job: Job,
        said: str,
        faults: Sequence[FieldFault],
        proven: Collection[tuple[str, str]] | None,
        *,
        is_input: bool,
    ) -> TriedOutcome | None:
        operation = self._catalogue.current.find(job.operation)
        inputs = {} if operation is None else telling_values(operation, job.input)
        if operation is None or not inputs:
            return None
        named = {fault.field.rpartition(".")[2]: fault.reason for fault in faults if fault.field}
        words = blamed(inputs, said, named, proven)
        if not words:
            return None
        is_certain = is_input and MODEL in blamed(inputs, said, named, None)
        guess = _guess(operation, job) if is_certain else None
        return TriedOutcome(values={name: inputs[name] for name in words}, said=said_of(words), model_id=guess)

    @contextlib.asynccontextmanager
    async def in_turn(self, job: Job, values: Mapping[str, Any]) -> AsyncIterator[Mapping[str, Any]]:
        """Yield the input to send, with the likeliest id of a model whose id is only guessed.

        Until the API takes a guess, one job at a time sends it, so that a wrong one is rejected once.
        """
        guess = self._untried(job, values)
        while guess is not None and (job.operation, guess) not in self._taken:
            async with self._turns.setdefault((job.operation, guess), asyncio.Lock()):
                now = self._untried(job, values)
                if now == guess:
                    yield {**values, MODEL: guess}
                    return
            guess = now
        yield values if guess is None else {**values, MODEL: guess}

    def is_sent_as_is(self, job: Job) -> bool:
        """Whether `in_turn` would yield the job's input unchanged and at once."""
        guess = self._untried(job, job.input)
        return guess is None or (guess == job.input.get(MODEL) and (job.operation, guess) in self._taken)

    def took(self, job: Job) -> None:
        """Note that the API took the job: a guessed id of its model is no longer in doubt."""
        self._taken.add((job.operation, str(job.input.get(MODEL))))

    def _untried(self, job: Job, values: Mapping[str, Any]) -> str | None:
        """Return the likeliest unrejected id of the model, None if it is no guess, or all were rejected."""
        operation = self._catalogue.current.find(job.operation)
        model = None if operation is None or job.practice else guessed_model(operation, values.get(MODEL))
        if operation is None or model is None:
            return None
        return str(values[MODEL]) if values[MODEL] not in model.refused else untried_id(operation, model, ())

    async def other_models(self, job: Job, model: str, said: str) -> str | None:
        """Return the sentence for a refused model, with alternatives; None if there are none."""
        operation = self._catalogue.current.find(job.operation)
        if operation is None:
            return None
        memory = await self._of_key(job.payer_id, job.key_id)
        others = [each for each in memory.working_models(operation) if each != model_name(operation, model)]
        if not others:
            return None
        worked = any(each.works for each in memory.of(operation, MODEL))
        return texts.model_refused(model_name(operation, model), model, said, others, worked_here=worked)


def _guess(operation: Operation, job: Job) -> str | None:
    """Return the job's model, if it is only a likely id; practice proves nothing."""
    model = job.input.get(MODEL)
    return model if not job.practice and guessed_model(operation, model) is not None else None


def said_of(words: Mapping[str, str]) -> str:
    """Return what the API says of these values, in one text."""
    return "; ".join(dict.fromkeys(words.values()))


def _renamed(row: TriedValue, aliases: Mapping[str, str]) -> TriedValue:
    now = aliases.get(row.operation, row.operation)
    return row if now == row.operation else replace(row, operation=now)


REMEMBERED_S = 3600.0
WORKED_LATELY_S = 7 * 24 * 3600.0
SAID_CHARS = 1000
_OF_ACCOUNT = re.compile(r"\b(?:plans?|subscri\w+|tiers?|upgrad\w+|scopes?|permissions?|entitle\w+)\b", re.IGNORECASE)
"""What a sentence about the account names."""
_QUOTED = re.compile(r"\"[^\"]*\"|“[^“”]*”|`[^`]*`")
"""A prompt that a sentence repeats says nothing about the account."""


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
    refusal: Refusal
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

    async def note(self, job: Job, key: UsableKey, operation: Operation | None, said: str) -> Refusal:
        """Return what a 403 is about. An operation that the account may not use is closed for an hour.

        `said` is the API's sentence. What worked within a week with this key is closed only by two sentences about the
        account in a row: one member's forbidden inputs must not stop a server.
        """
        words = _words_of(operation, job.input)
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
        self._known[guild_id, key_id, operation] = _Refused(said, digest, self._clock.wall(), refusal, until)

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
        if refused.refusal is Refusal.ACCOUNT:
            raise Refused(texts.UNAVAILABLE_NOW(operation=operation.title, said=refused.said, again=again))
        raise Refused(texts.REFUSED_NOW(operation=operation.title, said=refused.said, again=again))


def _words_of(operation: Operation | None, values: Mapping[str, Any]) -> str:
    """Return a member's words and links in an input, in lower case: no settings, and links without their query."""
    settings = set() if operation is None else {each.name for each in operation.fields if is_telling(each)}
    own = (values[name] for name in sorted(values) if name not in settings)
    found = (each for value in own for each in (value if isinstance(value, list) else [value]))
    return "\n".join(_word_of(each) for each in found if isinstance(each, str))


def _word_of(text: str) -> str:
    is_link = text.startswith(("https://", "http://"))
    return one_line(text.partition("?")[0] if is_link else text).casefold()
