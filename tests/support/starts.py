"""What every start of a bot computes alike, done once in a process of tests: its commands, and their payload."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from bot.app.connection import commands as command_sync
from bot.app.connection.commands import CommandSync
from bot.catalogue import Operation
from cogs.workflows import command as workflow_commands
from cogs.workflows.registration import DescribedCommands, Made, Room

_compute_payload = CommandSync._payload
_fingerprint = command_sync.fingerprint
_fit = DescribedCommands._fitted
_built_in = workflow_commands.built_in


class _Payload(list[dict[str, Any]]):
    """What registers the commands. It never changes, so simcord's log of requests need not copy it."""

    fingerprint = ""

    def __deepcopy__(self, _memo: object) -> _Payload:
        return self


_payloads: dict[tuple[Any, ...], _Payload] = {}
"""By what of the commands is in their payload."""
_fitted: deque[tuple[list[Operation], list[Made], dict[str, Room]]] = deque(maxlen=4)
"""The commands made of these operations, and the groups as measured for them; few tests change the document."""


def _shown_of(command: Any) -> tuple[Any, ...]:
    """Return what a command's payload has of it: the functions of those from a table are made at each start."""
    options = tuple(
        (name, str(each.display_name), str(each.description), each.type, each.required, str(each.choices),
         each.min_value, each.max_value, bool(each.autocomplete), str(each.channel_types))
        for name, each in getattr(command, "_params", {}).items()
    )  # fmt: skip
    rules = [str(getattr(command, each, None)) for each in ("description", "nsfw", "default_permissions")]
    return command.qualified_name, *rules, options


async def _payload_computed_once(sync: CommandSync) -> list[dict[str, Any]]:
    """Return the payload of these commands: to translate it takes as long as the rest of a bot's start."""
    made_of = (sync.settings.serves_outside, *map(_shown_of, sync.bot.tree.walk_commands()))
    if made_of not in _payloads:
        _payloads[made_of] = _Payload(await _compute_payload(sync))
    return _payloads[made_of]


def _fingerprint_once(payload: list[dict[str, Any]]) -> str:
    """Return the fingerprint of a payload, and keep it with one that is used again."""
    if not isinstance(payload, _Payload):
        return _fingerprint(payload)
    payload.fingerprint = payload.fingerprint or _fingerprint(payload)
    return payload.fingerprint


async def _fitted_once(cog: DescribedCommands, operations: list[Operation]) -> list[Made]:
    """Return copies of the commands of these operations: to measure them, each is translated."""
    found = next(((made, rooms) for known, made, rooms in _fitted if known == operations), None)
    if found is None:
        found = await _fit(cog, operations), dict(cog._rooms)
        _fitted.append((operations, *found))
    made, rooms = found
    for name, room in rooms.items():
        cog._rooms.setdefault(name, room)  # they are measured before anything is added to them
    return [Made(each.group, each.operations, each.command._copy_with(parent=None, binding=None)) for each in made]


_made: list[tuple[str, workflow_commands.MadeCommand]] = []
"""The commands of the table, by group: discord.py takes a third of a start to read their signatures."""


def _built_in_once() -> Iterator[tuple[str, workflow_commands.MadeCommand]]:
    """Yield copies of the commands of the table."""
    if not _made:
        _made.extend(_built_in())
    return ((group, command._copy_with(parent=None, binding=None)) for group, command in _made)


def share_starts() -> None:
    """Let all bots of this process share them."""
    workflow_commands.built_in = _built_in_once
    CommandSync._payload = _payload_computed_once
    command_sync.fingerprint = _fingerprint_once
    DescribedCommands._fitted = _fitted_once
