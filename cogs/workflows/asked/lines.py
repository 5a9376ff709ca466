"""Many fields in one input of a form: a line each, `label: value`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.catalogue.texts import echo
from bot.errors import InputError
from cogs.workflows import texts

COLON, WIDE_COLON = ":", "\uff1a"
"""Japanese keyboards type the second one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A field as a line."""

    path: str
    """The field as forms name it: `object.key`, or its name."""
    label: str
    text: str = ""
    is_long: bool = False
    """Whether its value may have several lines."""

    @property
    def written(self) -> str:
        return f"{self.label}: {self.text}"


def distinct(lines: Sequence[Line]) -> list[Line]:
    """Return the lines with the path in place of a label that several have."""
    uses = Counter(line.label.casefold() for line in lines)
    return [replace(line, label=line.path) if uses[line.label.casefold()] > 1 else line for line in lines]


def written(lines: Sequence[Line]) -> str:
    return "\n".join(line.written for line in lines)


def read(typed: str, lines: Sequence[Line]) -> dict[str, str]:
    """Return the values by path, '' for an empty one. A line may name its field by label or path.

    Raises InputError for a line of no field, so that no value goes astray.
    """
    known = {line.path.casefold(): line for line in lines} | {line.label.casefold(): line for line in lines}
    found: dict[str, str] = {}
    current: Line | None = None
    for raw in typed.splitlines():
        name, value = _parts(raw)
        line = known.get(name.casefold())
        if line is not None:
            current, found[line.path] = line, value
        elif current is not None and current.is_long:
            found[current.path] += f"\n{raw}"
        elif raw.strip():
            raise InputError(texts.NOT_A_FIELD(line=echo(raw.strip()), fields=", ".join(each.label for each in lines)))
    return {path: value.strip() for path, value in found.items()}


def _parts(raw: str) -> tuple[str, str]:
    """Return what is before a line's first colon, and the rest; ("", "") without one."""
    ends = [at for at in (raw.find(COLON), raw.find(WIDE_COLON)) if at >= 0]
    return (raw[: min(ends)].strip(), raw[min(ends) + 1 :].strip()) if ends else ("", "")
