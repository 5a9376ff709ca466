"""What intake takes: a request for one card, with one job for each step of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bot.domain.money.spend_request import YES_COVERS, ShownPrice
from bot.domain.server.places import Viewer
from bot.domain.server.reaction_rules import ReactionKey
from bot.domain.words.templates import steps_in


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """One requested job. `fill` has the input fields that are made of earlier steps' outputs, as templates.

    In them `{0.image_url}` is that output of the CardSpec's first step (bot/domain/words/templates.py).
    """

    operation: str
    input: Mapping[str, Any]
    fill: Mapping[str, Any] = field(default_factory=dict)
    repeats: str = ""
    """The id of the job that this one tries again and that Cannon Studio never confirmed: it may exist there."""

    extra: Sequence[str] = field(default_factory=list)
    """Fields of the input that no document names, and that are sent all the same."""
    raw: bool = False
    """Whether the input is sent as a moderator typed it, whatever the catalogue says."""

    @property
    def after(self) -> tuple[int, ...]:
        """The places in the CardSpec of the steps on whose results this one waits."""
        return tuple(sorted({step for template in self.fill.values() for step, _ in steps_in(template)}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a server a request comes from, and the member's roles, as Discord sent them then."""

    guild_id: int
    channel_id: int
    parent_channel_ids: tuple[int, ...] = ()
    """The channel that the thread is in, and the category above."""
    age_restricted: bool = False
    role_ids: frozenset[int] = frozenset()

    @property
    def channel_ids(self) -> frozenset[int]:
        """The channel, the channel that the thread is in, and the category: rules may be about each of them."""
        return frozenset({self.channel_id, *self.parent_channel_ids})


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whose request it is, from where, and on which interaction or reaction."""

    place: Place
    author_id: int
    viewer: Viewer
    """The author, as they see the server's channels now: what they name has to be visible to them."""
    locale: str = "en-US"
    interaction_id: int | None = None
    token: str | None = field(default=None, repr=False)
    reaction: ReactionKey | None = None
    """The reaction that requests it, which has acted once the card is stored."""

    @property
    def guild_id(self) -> int:
        """The server that pays."""
        return self.place.guild_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSpec:
    """What a member requests: one card, with one job for each step."""

    origin: Origin
    steps: Sequence[JobSpec]
    private: bool = False
    spoiler: bool = False
    parent_id: str | None = None
    label: str = ""
    """The recipe that this is a run of: then sentences name the step that they are about."""
    agreed: ShownPrice | None = None
    """The price that the member has said yes to; None: none was shown."""
    pressed: bool = False
    """Whether the press of a control requests it: then its price has to be shown first, unless rules call it small."""
    labelled: Decimal | None = None
    """The price, in credits, that the control's label told; None: it told none."""
    accepted: Collection[str] = ()
    """The keys of the cautions that the member has said yes to."""
    sample_of: str = ""
    """The voice of which its last job is the sample, '' for none: a voice has one."""
    may_pay_twice: bool = False
    """Whether the member has agreed to try again what an unconfirmed attempt may have been charged for."""
    asked: bool = False
    """Whether the member asks a moderator to allow it, if it exceeds a limit."""

    def is_price_shown(self, total: Decimal) -> bool:
        """Whether the member knows the price: they typed a command, or pressed what told it or at most a tenth less."""
        return not self.pressed or (self.labelled is not None and total <= self.labelled * YES_COVERS)

    @property
    def guild_id(self) -> int:
        """The server that pays."""
        return self.origin.guild_id

    @property
    def author_id(self) -> int:
        """The member who pays."""
        return self.origin.author_id
