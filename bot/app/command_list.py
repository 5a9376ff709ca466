"""The slash commands as rows: the output of `cannon-bot commands` and the README's table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_SUBCOMMAND, _GROUP = 1, 2
_SLASH = 1
_TYPES = {
    3: "text",
    4: "integer",
    5: "boolean",
    6: "user",
    7: "channel",
    8: "role",
    9: "mentionable",
    10: "number",
    11: "attachment",
}
"""Discord's option types (https://discord.com/developers/docs/interactions/application-commands)."""


def rows(payloads: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Turn commands, in the form in which they are registered, into one row for each that a member can type.

    A row has `name` ("image generate"), `description` and `options`: a list of `name`, `type`, `required`,
    `description`, and `choices` where the list is closed. Message and user menus are left out. Sorted by name.
    """
    found = (row for payload in payloads if payload.get("type", _SLASH) == _SLASH for row in _rows(payload, ""))
    return sorted(found, key=lambda row: str(row["name"]))


def text(commands: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as text: a line for each command, and under it one for each option."""
    lines = []
    for command in commands:
        lines.append(f"/{command['name']}  {command['description']}")
        for option in command["options"]:
            needed = ", required" if option["required"] else ""
            lines.append(f"    {option['name']} ({option['type']}{needed})  {option['description']}")
    return "\n".join(lines)


def _rows(payload: Mapping[str, Any], above: str) -> Iterator[dict[str, Any]]:
    name = f"{above} {payload['name']}".strip()
    inner = payload.get("options") or []
    nested = [option for option in inner if option.get("type") in {_SUBCOMMAND, _GROUP}]
    for option in nested:
        yield from _rows(option, name)
    if not nested:
        yield {"name": name, "description": payload.get("description", ""), "options": [_option(one) for one in inner]}


def _option(payload: Mapping[str, Any]) -> dict[str, Any]:
    option = {
        "name": payload["name"],
        "type": _TYPES.get(payload["type"], str(payload["type"])),
        "required": bool(payload.get("required")),
        "description": payload.get("description", ""),
    }
    if choices := payload.get("choices"):
        option["choices"] = [choice["name"] for choice in choices]
    return option
