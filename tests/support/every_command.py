"""Every slash command as Discord has it, with something in what it requires; and forms, filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.support.rig import Rig
from tests.support.workflows import IMAGE, sample

OWN_WORDS = "zzyzx"
"""What members type: it is shown as it is."""
VALUES: Mapping[str, Any] = {
    "operation": "image.generate", "prompts": f"{OWN_WORDS} | {OWN_WORDS}", "recipe": "polish", "text": OWN_WORDS,
    "from": "https://example.org/zzyzx.png", "duration": 5, "count": 1,
}  # fmt: skip
STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, NUMBER, ATTACHMENT = 3, 4, 5, 6, 7, 8, 10, 11
SUBCOMMAND, GROUP = 1, 2


def filled(modal: Any) -> dict[str, Any]:
    """Return a form as it is sent, something in each input for text."""
    rows = modal["components"]
    inputs = [each for row in rows for each in row.get("components") or [row.get("component", row)]]
    return {each["custom_id"]: each.get("value") or OWN_WORDS for each in inputs if each["type"] == 4}


def commands(rig: Rig) -> list[tuple[str, dict[str, Any]]]:
    """Return every slash command with its own payload."""
    found: list[tuple[str, dict[str, Any]]] = []

    def walk(item: dict[str, Any], above: str) -> None:
        inner = [each for each in item.get("options") or () if each["type"] in {SUBCOMMAND, GROUP}]
        path = f"{above} {item['name']}".strip()
        for each in inner:
            walk(each, path)
        if not inner:
            found.append((path, item))

    for command in rig.env.backend.commands[None].values():
        if command.get("type", 1) == 1:
            walk(command, "")
    return sorted(found, key=lambda each: each[0])


def needed(rig: Rig, command: dict[str, Any]) -> dict[str, Any]:
    """Return a value for each option that a command requires, and for what makes it a request."""
    return {
        each["name"]: value_of(rig, each)
        for each in command.get("options") or ()
        if each.get("required") or each["name"] in {"prompt", "text", "prompts"}
    }


def value_of(rig: Rig, option: dict[str, Any]) -> Any:
    if option.get("choices"):
        return option["choices"][0]["value"]
    if option["name"] in VALUES:
        return VALUES[option["name"]]
    return {
        STRING: OWN_WORDS, INTEGER: 1, NUMBER: 1.0, BOOLEAN: True, USER: rig.member, CHANNEL: rig.channel,
        ROLE: rig.moderators, ATTACHMENT: sample(IMAGE),
    }[option["type"]]  # fmt: skip
