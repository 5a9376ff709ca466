"""What one command becomes: a card, and one job for each step of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

OUTPUT_OF_STEP = re.compile(r"\{(\d{1,2})\.([A-Za-z0-9_]{1,64})\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """One job that is asked for. `fill` says which input fields are made of earlier steps' outputs.

    They are texts, or lists of texts, in which `{0.image_url}` stands for that output of the CardSpec's first step.
    """

    operation: str
    input: Mapping[str, Any]
    fill: Mapping[str, Any] = field(default_factory=dict)

    @property
    def after(self) -> tuple[int, ...]:
        """The places in the CardSpec of the steps on whose results this one waits."""
        texts = [text for value in self.fill.values() for text in (value if isinstance(value, list) else [value])]
        return tuple(sorted({int(match[1]) for text in texts for match in OUTPUT_OF_STEP.finditer(text)}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something is asked for, and with which roles, as Discord said it then."""

    guild_id: int
    channel_id: int
    parent_channel_ids: tuple[int, ...] = ()
    """The channel that the thread is in, and the category above."""
    age_restricted: bool = False
    role_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSpec:
    """What a member asks for: one card, with one job for each step."""

    place: Place
    author_id: int
    interaction_id: int | None
    token: str | None = field(repr=False)
    steps: Sequence[JobSpec]
    private: bool = False
    locale: str = "en-US"
    parent_id: str | None = None
    label: str = ""
    """The recipe that this is a run of: then sentences name the step that they are about."""
    confirmed: bool = False
    """Whether the member has seen the price and said yes."""

    @property
    def guild_id(self) -> int:
        """The server that pays."""
        return self.place.guild_id
