"""Matches a document's entries to operations known by another id, by title or similarity.

Deduced ids are guesses: a likely twin replaces them. A documented id is replaced only if the document lists the
operations without it, and has one of the same title, or of a very similar id and fields.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from bot.catalogue.openapi.entry import Entry
from bot.catalogue.operation import Operation, same_name

CERTAIN = 2.0
LIKELY = 0.5
MARGIN = 0.05
"""Required lead over the next best match: otherwise it is ambiguous."""
SIBLINGS_MIN = 2
ALIKE_WORDS = 0.7
SAME_FIELDS = 0.6

_WORD = re.compile(r"[a-z]+|[0-9]+")
_SYNONYMS: Mapping[str, str] = {
    **dict.fromkeys(("create", "new", "add", "register", "make"), "create"),
    **dict.fromkeys(("generate", "generation", "video", "clip", "render", "run"), "generate"),
    **dict.fromkeys(("location", "place", "scene", "setting", "environment", "world"), "location"),
    **dict.fromkeys(("character", "cameo", "cast"), "character"),
    **dict.fromkeys(("enhance", "enhancement", "improve", "rewrite"), "enhance"),
}
"""Words that a public page and an id may use for the same thing."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A known operation and its possible entry; `likeness` from 0, `CERTAIN` by title."""

    likeness: float
    operation_id: str
    entry_id: str


def twins(
    operations: Sequence[Operation], missing: Sequence[Operation], new: Sequence[Entry], *, gone: Collection[str]
) -> dict[str, str]:
    """Return the true ids by those of the operations missing in the document.

    `missing` are these among all `operations`; `new` are entries of unknown ids, each of which is at most one's
    twin; `gone` are the ids that a complete list lacks.
    """
    documented = [operation.id for operation in operations if operation.id_documented]
    pairs = [pair for each in missing for entry in new if (pair := _pair(each, entry, documented, gone)) is not None]
    found = _unambiguous(pairs)
    left = [each for each in missing if each.id not in found and not each.id_documented]
    rest = [each for each in new if each.id not in found.values()]
    return {**found, **_by_elimination(left, rest, documented)}


def words_of(name: str) -> list[str]:
    """Normalise an id's or title's words: `sora2.characters.new` is sora, 2, character, create."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name).casefold()
    stems = [word.removesuffix("s") if len(word) > 3 else word for word in _WORD.findall(parted)]
    return [_SYNONYMS.get(word, word) for word in stems]


def _pair(operation: Operation, entry: Entry, documented: Sequence[str], gone: Collection[str]) -> Pair | None:
    if operation.id_documented and operation.id not in gone:
        return None
    if any(same_name(title, operation.title) for title in entry.titles):
        likeness = CERTAIN + _share(words_of(operation.id), words_of(entry.id))
    elif operation.id_documented:
        likeness = 1.0 if _is_respelled(operation, entry) else 0.0
    else:
        likeness = _likeness(operation, entry, documented)
    return Pair(likeness, operation.id, entry.id) if likeness >= LIKELY else None


def _unambiguous(pairs: Iterable[Pair]) -> dict[str, str]:
    waiting = sorted(pairs, key=lambda pair: (-pair.likeness, pair.operation_id, pair.entry_id))
    found: dict[str, str] = {}
    while waiting:
        best = waiting[0]
        rivals = [
            pair for pair in waiting[1:] if pair.operation_id == best.operation_id or pair.entry_id == best.entry_id
        ]
        if all(best.likeness - rival.likeness > MARGIN for rival in rivals):
            found[best.operation_id] = best.entry_id
        waiting = [pair for pair in waiting[1:] if pair not in rivals]
    return found


def _by_elimination(missing: Sequence[Operation], new: Sequence[Entry], documented: Sequence[str]) -> dict[str, str]:
    """Pair the only guess with the only new entry of a family with several documented operations.

    Not entries with verbs of their own, or named after something known.
    """
    families = [key.rpartition(".")[0] for key in documented]
    taken = {word for key in documented for word in words_of(key)}
    found: dict[str, str] = {}
    for operation in missing:
        family = operation.id.rpartition(".")[0]
        rivals = [each for each in missing if each.id.rpartition(".")[0] == family]
        entries = [each for each in new if each.id.rpartition(".")[0] == family]
        if families.count(family) < SIBLINGS_MIN or (len(rivals), len(entries)) != (1, 1):
            continue
        ending = set(words_of(entries[0].id.rpartition(".")[2]))
        if not ending & taken and not _says_otherwise(operation, entries[0]):
            found[operation.id] = entries[0].id
    return found


def _says_otherwise(operation: Operation, entry: Entry) -> bool:
    """Whether an entry has verbs or fields that the guess lacks."""
    own, given = {field.name for field in operation.fields}, {each.name for each in entry.fields}
    return any(" " in title for title in entry.titles) or bool(own and given and not own & given)


def _likeness(operation: Operation, entry: Entry, documented: Sequence[str]) -> float:
    """Return the similarity of guess and entry, 0 if either has an exclusive word.

    The entry needs the words that distinguish the guess in its family; beyond these, it may lack words of the
    guess, or have more, but not both.
    """
    own, words = set(words_of(operation.id)), set(words_of(entry.id))
    kin = {word for key in documented if _kin(key, operation.id) for word in words_of(key)}
    known = own | set(words_of(operation.title))
    if not _kin(operation.id, entry.id) or not own - kin <= words or not (words <= known or own <= words):
        return 0.0
    return (len(words & known) / len(words) + _share(own, words)) / 2


def _kin(first: str, second: str) -> bool:
    """Whether two ids begin with the same word, their family."""
    return words_of(first)[:1] == words_of(second)[:1] != []


def _share(first: Collection[str], second: Collection[str]) -> float:
    one, other = set(first), set(second)
    return len(one & other) / len(one | other) if one | other else 0.0


def _is_respelled(operation: Operation, entry: Entry) -> bool:
    """Whether a documented id was only respelled, reordered or inflected, with similar fields."""
    own, given = {field.name for field in operation.fields}, {each.name for each in entry.fields}
    if own and given and len(own & given) / min(len(own), len(given)) < SAME_FIELDS:
        return False
    first, second = words_of(operation.id), words_of(entry.id)
    if sorted(first) == sorted(second):
        return True
    differing = [(one, other) for one, other in zip(first, second, strict=False) if one != other]
    if len(first) != len(second) or len(differing) != 1:
        return False
    return SequenceMatcher(None, *differing[0]).ratio() >= ALIKE_WORDS
