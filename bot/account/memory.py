"""What the API took and refused on a server's account: remembered with each job, read from memory by completions."""

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
"""For how long what was read is used; what is noted, and what a member erases, drops it at once."""
MODEL: Final = "model"
VOICE: Final = "voice_id"
MODELS_NAMED: Final = 5
"""How many models a refusal names."""


@dataclass(frozen=True, slots=True)
class AccountMemory:
    """What was tried on one account, the latest first, by the ids that operations have now."""

    rows: Sequence[TriedValue] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    """What moderators call voices, by voice id."""

    def of(self, operation: Operation, name: str) -> list[Tried]:
        """Return what was tried of an operation's field; a model or voice that worked for another comes after those."""
        own = [row for row in self.rows if (row.operation, row.field) == (operation.id, name)]
        others = [
            row
            for row in self.rows
            if row.field == name in {MODEL, VOICE} and row.operation != operation.id and row.works
        ]
        if name == MODEL:  # each operation has models of its own
            others = [row for row in others if operation.knows_model(row.value)]
        found: dict[str, Tried] = {}
        for row in (*own, *others):
            found.setdefault(row.value, self._tried(row))
        if name == VOICE:  # a labelled voice is one of the account's, whether it was used or not
            for value, label in self.labels.items():
                found.setdefault(value, Tried(value=value, works=True, label=label))
        return list(found.values())

    def voices(self) -> list[TriedValue]:
        """Return the voices that worked, each as it was used last, the latest first."""
        found: dict[str, TriedValue] = {}
        for row in self.rows:
            if row.field == VOICE and row.works:
                found.setdefault(row.value, row)
        return list(found.values())

    def _tried(self, row: TriedValue) -> Tried:
        label = self.labels.get(row.value, "") if row.field == VOICE else ""
        return Tried(value=row.value, works=row.works, said=row.said, label=label)

    def proven(self, operation: Operation) -> set[tuple[str, str]]:
        """Return the pairs of field and value that the operation was made with."""
        return {(row.field, row.value) for row in self.rows if row.operation == operation.id and row.uses}

    def working_models(self, operation: Operation) -> list[str]:
        """Return the names of models that a refusal can name: those that worked here, else those with a public id."""
        worked = [model_name(operation, each.value) for each in self.of(operation, MODEL) if each.works]
        public = [model.name for model in operation.models if model.id is not None]
        refused = {model_name(operation, each.value) for each in self.of(operation, MODEL) if not each.works}
        return [each for each in dict.fromkeys(worked or public) if each not in refused][:MODELS_NAMED]


class AccountMemories:
    """Remembers for each server and key what worked and what was refused. No other server sees it."""

    def __init__(self, store: Store, *, keys: ApiKeys, catalogue: LiveCatalogue, clock: Clock) -> None:
        self._store = store
        self._keys = keys
        self._catalogue = catalogue
        self._read: TimedMemory[int, tuple[int | None, AccountMemory] | None] = TimedMemory(clock, KEPT_S)
        self._changes = 0

    async def of(self, guild_id: int) -> AccountMemory:
        """Return what was tried on the account that the server uses now; read once for a key, then from memory."""
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
        if self._changes == before:  # else something was noted meanwhile that may not be in it
            self._read.put(guild_id, (key_id, memory))
        return memory

    def forget(self, guild_id: int) -> None:
        """Read it again the next time: something of it has changed."""
        self._changes += 1
        self._read.put(guild_id, None)

    async def _of_key(self, guild_id: int, key_id: int | None) -> AccountMemory:
        catalogue = self._catalogue.current
        rows = await self._store.tried_values.all(guild_id, key_id)
        return AccountMemory([_renamed(row, catalogue.aliases) for row in rows])

    def worked(self, job: Job) -> TriedOutcome | None:
        """Return what a job with a result shows, to be stored with it; None for nothing."""
        operation = self._catalogue.current.find(job.operation)
        values = {} if operation is None else telling_values(operation, job.input)
        return TriedOutcome(values=values) if values else None

    async def refused(self, job: Job, error: CannonError) -> TriedOutcome | None:
        """Return which of the job's values the API has refused, to be stored with it; None if nobody can tell.

        A refusal that is not of the input (403) is blamed on a value only if the API names it.
        """
        operation = self._catalogue.current.find(job.operation)
        told = {} if operation is None else telling_values(operation, job.input)
        if operation is None or not told:
            return None
        proven = None
        if isinstance(error, InputRefused):
            proven = (await self._of_key(job.guild_id, job.key_id)).proven(operation)
        faults = {fault.field.rpartition(".")[2]: fault.reason for fault in error.faults if fault.field}
        words = blamed(told, error.said, faults, proven)
        return TriedOutcome(values={name: told[name] for name in words}, said=said_of(words)) if words else None

    async def other_models(self, job: Job, model: str, said: str) -> str | None:
        """Return the sentence for a model that the API has refused, with others to choose; None if none is known."""
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
    """Return what the API says of one value, or of several, in one text."""
    return "; ".join(dict.fromkeys(words.values()))


def _renamed(row: TriedValue, aliases: Mapping[str, str]) -> TriedValue:
    now = aliases.get(row.operation, row.operation)
    return row if now == row.operation else replace(row, operation=now)


REMEMBERED_S = 3600.0
WORKED_LATELY_S = 7 * 24 * 3600.0
UNAVAILABLE = "unavailable"
"""The signal that an account may not use an operation: the server, its key, the operation, what the API said."""
SAID_CHARS = 1000


class UnavailableOperations:
    """Kept in memory: a restart forgets them, which costs one create that is refused, and no credits."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[tuple[int, int | None, str], tuple[float, str]] = {}
        if store.signals.is_shared:
            store.signals.listen(UNAVAILABLE, self._heard)

    async def note(self, guild_id: int, key: UsableKey, operation: str, said: str) -> None:
        """Remember for an hour that the key's account may not use the operation; `said` is the API's own sentence.

        Not if the operation has worked with this key lately: then one prompt was forbidden, not the operation.
        """
        since = self._clock.wall() - WORKED_LATELY_S
        if not await self._store.job_lists.has_made(guild_id, key.id, operation, since=since):
            self._remember(guild_id, key.id, operation, said)
            number = "" if key.id is None else str(key.id)
            self._store.signals.send(UNAVAILABLE, str(guild_id), number, operation, said[:SAID_CHARS])

    def _remember(self, guild_id: int, key_id: int | None, operation: str, said: str) -> None:
        self._known[guild_id, key_id, operation] = (self._clock.monotonic() + REMEMBERED_S, said)

    def _heard(self, guild_id: str, key_id: str, operation: str, said: str) -> None:
        self._remember(int(guild_id), int(key_id) if key_id else None, operation, said)

    def forget(self, guild_id: int, key: UsableKey) -> None:
        """Let the next job of each operation ask the API again: the account may have another plan by now."""
        for known in [each for each in self._known if each[:2] == (guild_id, key.id)]:
            del self._known[known]

    def require_available(self, guild_id: int, key: UsableKey, operation: Operation) -> None:
        """Raise Refused if the API has said within the hour that the key's account may not use the operation."""
        until, said = self._known.get((guild_id, key.id, operation.id), (0.0, ""))
        left_s = until - self._clock.monotonic()
        if left_s > 0:
            again = stamp(round(self._clock.wall() + left_s))
            raise Refused(texts.unavailable_now(operation.title, said, again))
