"""What a member has set for themselves on a server: defaults of their requests, how they hear of results, presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

STYLE_CHARS: Final = 300
"""The longest text that is added to prompts."""
PRESETS_MAX: Final = 25
"""How many presets a member may have on a server: as many as a list of choices shows."""
PRESET_NAME_CHARS: Final = 32


class Notify(StrEnum):
    """How a member hears that a result is ready."""

    SERVER = "server"
    """As the server's rule says."""
    PING = "ping"
    DIRECT = "direct"
    """By a direct message."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSettings:
    """What a member has set on a server. What is empty or off applies as if there were no settings."""

    models: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The model where none is named, by the id of the operation."""
    aspect_ratio: str = ""
    """Of new images and videos."""
    style: str = ""
    """Is added to the prompts of images and videos."""
    private: bool = False
    """Whether results are for the member alone unless they say otherwise."""
    spoiler: bool = False
    """Whether results are hidden behind a click unless they say otherwise."""
    notify: Notify = Notify.SERVER
    direct_refused: bool = False
    """Whether the member was told that Discord does not take direct messages to them."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "models": dict(self.models),
            "aspect_ratio": self.aspect_ratio,
            "style": self.style,
            "private": self.private,
            "spoiler": self.spoiler,
            "notify": self.notify.value,
            "direct_refused": self.direct_refused,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MemberSettings:
        """Return what `to_json` wrote; what an older version did not know is unset."""
        known = {name: data[name] for name in cls.__slots__ if name in data}
        if "notify" in known:
            known["notify"] = Notify(known["notify"])
        return cls(**(known | {"models": MappingProxyType(dict(known.get("models", {})))}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A named set of options for one operation. `values` are inputs by wire name, without files."""

    name: str
    operation: str
    values: Mapping[str, Any]
