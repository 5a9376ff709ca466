"""What every start of a bot computes alike, done once in a process of tests: its commands, and their payload."""

from __future__ import annotations

from collections import deque
from typing import Any

from bot.app.command_sync import CommandSync
from bot.catalogue import Operation
from cogs.described.registration import DescribedCommands, Made

_compute_payload = CommandSync._payload
_fit = DescribedCommands._fitted


class _Payload(list[dict[str, Any]]):
    """What registers the commands. Nobody changes it, so simcord's log of requests need not copy it."""

    def __deepcopy__(self, _memo: object) -> _Payload:
        return self


_payloads: dict[tuple[tuple[str, ...], ...], _Payload] = {}
_fitted: deque[tuple[list[Operation], list[Made]]] = deque(maxlen=4)
"""The commands made of these operations; operations come from a document, and few tests change it."""


async def _payload_computed_once(sync: CommandSync) -> list[dict[str, Any]]:
    """Return the payload of these commands: to translate it takes as long as the rest of a bot's start."""
    names = tuple(
        (
            command.qualified_name,
            *(
                f"{each.name} {each.type} {each.description} {each.min_value} {each.max_value}"
                for each in getattr(command, "parameters", ())
            ),
        )
        for command in sync._bot.tree.walk_commands()
    )
    if names not in _payloads:
        _payloads[names] = _Payload(await _compute_payload(sync))
    return _payloads[names]


async def _fitted_once(cog: DescribedCommands, operations: list[Operation]) -> list[Made]:
    """Return copies of the commands of these operations: to measure them, each is translated."""
    made = next((made for known, made in _fitted if known == operations), None)
    if made is None:
        made = await _fit(cog, operations)
        _fitted.append((operations, made))
    return [Made(each.group, each.command._copy_with(parent=None, binding=None)) for each in made]


def share_starts() -> None:
    """Let all bots of this process share them."""
    CommandSync._payload = _payload_computed_once
    DescribedCommands._fitted = _fitted_once
