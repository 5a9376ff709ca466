"""The commands as rows, for documents and for tests that walk them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_SUBCOMMAND, _GROUP = 1, 2
_SLASH = 1
_COMMAND_LIST_TYPES = {
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
    """Turn registered commands into one row for each that can be typed.

    A row has `name` ("image generate"), `description` and `options`: a list of `name`, `type`, `required`,
    `description`, and `choices` if closed. Without context menus. Sorted by name.
    """
    found = (row for payload in payloads if payload.get("type", _SLASH) == _SLASH for row in _rows(payload, ""))
    return sorted(found, key=lambda row: str(row["name"]))


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
        "type": _COMMAND_LIST_TYPES.get(payload["type"], str(payload["type"])),
        "required": bool(payload.get("required")),
        "description": payload.get("description", ""),
    }
    if choices := payload.get("choices"):
        option["choices"] = [choice["name"] for choice in choices]
    return option
