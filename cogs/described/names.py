"""Which group an operation's command belongs to, and what it is called there. Pure.

A name follows from the ids of the operations that are known, not from the order in which they came: after a restart a
command is called as before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from bot.catalogue import Operation
from cogs.described.plan import option_name

OVERFLOW = "more"
"""The group of those for which their own has no room."""
GROUPS_OF_WORKFLOWS = frozenset({"image", "video", "audio", "prompt", "finish", "sora", "3d"})
"""Each workflow has the group of its name."""
_FAMILIES: Mapping[str, frozenset[str]] = {
    "image": frozenset({"image"}),
    "video": frozenset({"video"}),
    "audio": frozenset({"audio"}),
    "prompt": frozenset({"prompt"}),
    "sora": frozenset({"sora", "sora2"}),
    "3d": frozenset({"three_d", "3d"}),
}
"""First parts of ids that say no more than the group does."""
_VERBS = frozenset({"generate", "create", "make", "run"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """The names that an operation's command may have: the short one, and the one that tells it apart."""

    operation: Operation
    group: str
    short: str
    whole: str


def called(operation: Operation) -> Called:
    """Return what the command of an operation may be called: `image.tile.generate` is `/image tile`."""
    group = operation.workflow if operation.workflow in GROUPS_OF_WORKFLOWS else "finish"
    parts = [part for part in operation.id.split(".") if part]
    own = parts[1:] if len(parts) > 1 and parts[0].casefold() in _FAMILIES.get(group, frozenset()) else parts
    short = own[:-1] if len(own) > 1 and own[-1].casefold() in _VERBS else own
    return Called(
        operation=operation, group=group, short=option_name("_".join(short)), whole=option_name("_".join(own))
    )


def named(operations: Iterable[Operation], taken: Mapping[str, Collection[str]]) -> list[tuple[Called, str]]:
    """Return each operation with its command's name; `taken` are the names that a group has already.

    Where the short names of two are equal, both have their whole ones; where those are, the later by id a number.
    """
    found = [called(each) for each in operations]
    uses = Counter((each.group, each.short) for each in found)
    names: dict[str, str] = {}
    used = {group: set(each) for group, each in taken.items()}
    for each in sorted(found, key=lambda one: (one.short != one.whole, one.operation.id)):
        own = used.setdefault(each.group, set())
        is_free = uses[each.group, each.short] == 1 and each.short not in own
        names[each.operation.id] = option_name(each.short if is_free else each.whole, own)
        own.add(names[each.operation.id])
    return [(each, names[each.operation.id]) for each in found]
