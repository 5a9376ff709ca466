"""What the API accepted and refused on a server's account: stored with each job, cached for completions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.account import texts
from bot.account.api_keys import ApiKeys, UsableKey
from bot.catalogue import LiveCatalogue, Operation, Tried, model_name
from bot.catalogue.checks.tried import blamed, telling_values
from bot.domain.models import Job
from bot.domain.words.text import stamp
from bot.errors import CannonError, InputRefused, NoKey, Refused
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

    async def of(self, guild_id: int) -> AccountMemory:
        """Return the attempts on the server's current account; cached per key."""
        try:
            key_id = (await self._keys.for_guild(guild_id)).id
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

    def worked(self, job: Job) -> TriedOutcome | None:
        """Return what a successful job shows, to be stored; None for nothing."""
        operation = self._catalogue.current.find(job.operation)
        values = {} if operation is None else telling_values(operation, job.input)
        return TriedOutcome(values=values) if values else None

    async def refused(self, job: Job, error: CannonError) -> TriedOutcome | None:
        """Return which of the job's values the API refused, to be stored; None if unclear.

        A refusal not about the input (403) counts against a value only if the API names it.
        """
        operation = self._catalogue.current.find(job.operation)
        inputs = {} if operation is None else telling_values(operation, job.input)
        if operation is None or not inputs:
            return None
        proven = None
        if isinstance(error, InputRefused):
            proven = (await self._of_key(job.guild_id, job.key_id)).proven(operation)
        faults = {fault.field.rpartition(".")[2]: fault.reason for fault in error.faults if fault.field}
        words = blamed(inputs, error.said, faults, proven)
        return TriedOutcome(values={name: inputs[name] for name in words}, said=said_of(words)) if words else None

    async def other_models(self, job: Job, model: str, said: str) -> str | None:
        """Return the sentence for a refused model, with alternatives; None if there are none."""
        operation = self._catalogue.current.find(job.operation)
        if operation is None:
            return None
        memory = await self._of_key(job.guild_id, job.key_id)
        others = [each for each in memory.working_models(operation) if each != model_name(operation, model)]
        if not others:
            return None
        worked = any(each.works for each in memory.of(operation, MODEL))
        return texts.model_refused(model_name(operation, model), model, said, others, worked_here=worked)


def said_of(words: Mapping[str, str]) -> str:
    """Return what the API says of these values, in one text."""
    return "; ".join(dict.fromkeys(words.values()))


def _renamed(row: TriedValue, aliases: Mapping[str, str]) -> TriedValue:
    now = aliases.get(row.operation, row.operation)
    return row if now == row.operation else replace(row, operation=now)


REMEMBERED_S = 3600.0
WORKED_LATELY_S = 7 * 24 * 3600.0
UNAVAILABLE = "unavailable"
"""Signal: an account may not use an operation (server, key, operation, the API's sentence)."""
SAID_CHARS = 1000


class UnavailableOperations:
    """In memory: a restart costs one refused create, and no credits."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[tuple[int, int | None, str], tuple[float, str]] = {}
        store.signals.listen(UNAVAILABLE, self._heard)

    async def note(self, guild_id: int, key: UsableKey, operation: str, said: str) -> None:
        """Store for an hour that the account may not use the operation; `said` is the API's sentence.

        Not if it worked with this key recently: then a prompt was forbidden, not the operation.
        """
        since = self._clock.wall() - WORKED_LATELY_S
        if not await self._store.job_lists.has_made(guild_id, key.id, operation, since=since):
            number = "" if key.id is None else str(key.id)
            self._store.signals.send(UNAVAILABLE, str(guild_id), number, operation, said[:SAID_CHARS])
            self._remember(guild_id, key.id, operation, said)

    def _remember(self, guild_id: int, key_id: int | None, operation: str, said: str) -> None:
        self._known[guild_id, key_id, operation] = (self._clock.monotonic() + REMEMBERED_S, said)

    def _heard(self, guild_id: str, key_id: str, operation: str, said: str) -> None:
        self._remember(int(guild_id), int(key_id) if key_id else None, operation, said)

    def forget(self, guild_id: int, key: UsableKey) -> None:
        """Ask the API again for each operation: the account's plan may have changed."""
        for known in [each for each in self._known if each[:2] == (guild_id, key.id)]:
            del self._known[known]

    def require_available(self, guild_id: int, key: UsableKey, operation: Operation) -> None:
        """Raise Refused if the API said within the hour that the account may not use the operation."""
        until, said = self._known.get((guild_id, key.id, operation.id), (0.0, ""))
        left_s = until - self._clock.monotonic()
        if left_s > 0:
            again = stamp(round(self._clock.wall() + left_s))
            raise Refused(texts.UNAVAILABLE_NOW(operation=operation.title, said=said, again=again))
