"""A request for one card, with one job per step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.money.spend_request import TYPED, Consent, Spender
from bot.domain.server.places import Viewer
from bot.domain.server.reaction_rules import ReactionKey
from bot.domain.server.schedules import Schedule
from bot.domain.server.shootouts import ShootoutTerms
from bot.domain.words.orders import OWN, Derivation
from bot.domain.words.templates import steps_in


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """A requested job. `fill` has templates of input fields made from earlier steps' outputs.

    `{0.image_url}` is that output of the first step (bot/domain/words/templates.py).
    """

    operation: str
    input: Mapping[str, Any]
    fill: Mapping[str, Any] = field(default_factory=dict)
    repeats: str = ""
    """The unconfirmed job that this one retries: it may exist at Cannon Studio."""

    extra: Sequence[str] = field(default_factory=list)
    """Undocumented input fields that are sent anyway."""
    raw: bool = False
    """Whether the input is sent as a moderator typed it, ignoring the catalogue."""
    derivation: Derivation = OWN

    @property
    def after(self) -> tuple[int, ...]:
        """The indices of the steps it depends on."""
        return tuple(sorted({step for template in self.fill.values() for step, _ in steps_in(template)}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A request's channel, and the member's roles at that time."""

    guild_id: int
    channel_id: int
    parent_channel_ids: tuple[int, ...] = ()
    """The thread's channel, and the category."""
    age_restricted: bool = False
    role_ids: frozenset[int] = frozenset()
    outside_id: int | None = None
    """As in `Card`."""

    @property
    def channel_ids(self) -> frozenset[int]:
        """The channel and its parents: rules may be about each."""
        return frozenset({self.channel_id, *self.parent_channel_ids})


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A request's author, place, and interaction or reaction."""

    place: Place
    author_id: int
    viewer: Viewer
    """The author's current view: they must see what they name."""
    locale: str = "en-US"
    interaction_id: int | None = None
    token: str | None = field(default=None, repr=False)
    reaction: ReactionKey | None = None
    """The requesting reaction, marked as acted once the card is stored."""
    run: Schedule | None = None
    """The schedule whose due run it is."""

    @property
    def guild_id(self) -> int:
        return self.place.guild_id

    @property
    def spender(self) -> Spender:
        """The author, as the policy knows them."""
        place = self.place
        return Spender.of_viewer(self.viewer, place.role_ids, place.channel_ids, age_restricted=place.age_restricted)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSpec:
    """A member's request: one card, with one job per step."""

    origin: Origin
    steps: Sequence[JobSpec]
    private: bool = False
    spoiler: bool = False
    parent_id: str | None = None
    label: str = ""
    """Its recipe's name: then sentences name their step."""
    consent: Consent = TYPED
    sample_of: str = ""
    """The voice that its last job samples, '' for none: a voice has one."""
    shootout: ShootoutTerms | None = None
    """Members vote on its jobs, whose models are secret until then; None: they don't."""

    @property
    def guild_id(self) -> int:
        return self.origin.guild_id

    @property
    def author_id(self) -> int:
        return self.origin.author_id
