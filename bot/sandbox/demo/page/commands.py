"""What the composer says of commands, in the language that is spoken now: simcord does not know localizations.

Only what is read changes. Names stay: the page sends them back.
"""

from __future__ import annotations

from typing import Any

from bot.language import tr


def localize(answer: Any) -> None:
    """Translate an answer of the preview in place: descriptions of commands and options, and names of choices."""
    if isinstance(answer, list):
        for each in answer:
            localize(each)
    elif isinstance(answer, dict):
        if "invocation" in answer and "options" in answer:
            _localize_command(answer)
        for each in answer.values():
            localize(each)


def _localize_command(entry: dict[str, Any]) -> None:
    for described in (entry, *entry["options"]):
        described["description"] = _said(described.get("description", ""))
        for choice in described.get("choices", ()):
            choice["name"] = _said(choice["name"])


def _said(message: str) -> str:
    return tr(message) if message else ""
