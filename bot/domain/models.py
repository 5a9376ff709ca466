"""The domain: frozen values without I/O. See docs/architecture.md for the vocabulary."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any, Final

from bot.domain.words.cast import NO_CAST, Casting
from bot.domain.words.orders import NO_ORDERS, Derivation, Variation, depicted
from bot.language import amount as as_written
from bot.language import ntr

CREDIT_STEP = Decimal("0.001")
"""Credits are rounded to a thousandth: the scale of the API's `billableCredits` is undocumented."""

JOBS_PER_CARD = 20

ID_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32 without I, L, O and U: ids can be read aloud."""
ID_LENGTH = 10


def credits_of(value: object) -> Decimal:
    """Parse a number from the API or a member as credits, rounded to a thousandth.

    Raises ValueError unless finite, at least 0 and below a thousand million.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("credits must be a number")
    try:
        amount = Decimal(str(value)).quantize(CREDIT_STEP, rounding=ROUND_HALF_UP)
    except InvalidOperation:
        raise ValueError("credits must be a number") from None
    if not amount.is_finite() or not 0 <= amount < 10**9:
        raise ValueError("credits must be between 0 and 999,999,999")
    return amount


def credits_text(amount: Decimal) -> str:
    """Format credits in the member's language: `12`, `12.5`, `1,200`."""
    return as_written(amount)


def credits_words(amount: Decimal) -> str:
    """Format credits with their unit: `1 credit`, `12.5 credits`."""
    return ntr("{count} credit", "{count} credits", amount.quantize(CREDIT_STEP))


def new_id() -> str:
    """Return a short, unguessable, readable id: 10 characters of Crockford's base32 (50 bits)."""
    return "".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH))


def is_id(text: str) -> bool:
    """Whether the text has the form of `new_id`."""
    return len(text) == ID_LENGTH and set(text) <= set(ID_ALPHABET)


class MediaKind(StrEnum):
    """A medium's kind, by its content."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"
    """Any other output: a 3D model, captions, an archive. No operation takes it as a source."""


SOURCE_KINDS: Final = frozenset({MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO})


class JobState(StrEnum):
    """A job's state. `queued` and `processing` are Cannon Studio's terms."""

    AWAITING_APPROVAL = "awaiting_approval"
    WAITING = "waiting"
    SUBMITTING = "submitting"
    QUEUED = "queued"
    PROCESSING = "processing"
    READY = "ready"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    EXPIRED = "expired"
    HELD = "held"

    @property
    def ended(self) -> bool:
        return self in END_STATES


END_STATES = frozenset(
    {
        JobState.DELIVERED,
        JobState.FAILED,
        JobState.CANCELLED,
        JobState.REFUSED,
        JobState.EXPIRED,
        JobState.HELD,
    }
)
OPEN_STATES = frozenset(JobState) - END_STATES
RUNNING_STATES = frozenset({JobState.SUBMITTING, JobState.QUEUED, JobState.PROCESSING, JobState.READY})
PENDING_STATES = OPEN_STATES - RUNNING_STATES
"""Waiting for a moderator, a slot or another job: never submitted."""
PAID_STATES = frozenset({JobState.DELIVERED, JobState.HELD})
MADE_STATES = PAID_STATES | {JobState.READY}
"""States with a result, posted or not."""


class WaitsFor(StrEnum):
    """What blocks a job until its `next_at`."""

    FILE = "file"
    """The result's host does not deliver the file."""
    DISCORD = "discord"
    CANNON = "cannon"
    """Cannon Studio demands a long wait."""
    ERROR = "error"


class ShootoutPhase(StrEnum):
    """What a job is in a shoot-out (bot/domain/server/shootouts.py)."""

    NONE = ""
    OPEN = "open"
    """Members vote: no one may learn its model."""
    WON = "won"
    ENDED = "ended"


PROMPT_FIELDS = ("prompt", "text", "description")
"""Fields that may hold the prompt; an operation's first one does."""


class Books(IntEnum):
    """Whose credits pay for a job: what adds up is kept apart."""

    SERVER = 0
    """The server's own account, or the host's for it."""
    PRACTICE = 1
    """The sandbox's, which are free."""
    OWN = 2
    """Its author's."""


class LedgerKind(StrEnum):
    """Kinds of ledger row, at most one of each per job."""

    HOLD = "hold"
    SETTLE = "settle"
    RELEASE = "release"
    GRANT = "grant"
    ADJUST = "adjust"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A job's result file, as the API names it."""

    url: str
    kind: MediaKind
    key: str
    """Its output key, e.g. `image_url`."""


UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A job's estimated cost, in credits."""

    credits: Decimal
    basis: str
    """`fixed`, `estimate tool`, `price list`, `host's price list`, `earlier jobs` or `unknown`."""

    @property
    def is_known(self) -> bool:
        return self.basis != UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The one Discord message of a job, or of jobs requested together."""

    id: str
    guild_id: int
    channel_id: int
    parent_channel_id: int | None = None
    """A thread's text channel, else the category."""
    category_id: int | None = None
    author_id: int
    interaction_id: int | None
    token: str | None = field(default=None, repr=False)
    """The interaction token: edits the first response for 15 minutes."""
    token_expires_at: float = 0.0
    """Unix seconds by our clock, counted from receipt of the interaction."""
    message_id: int | None = None
    message_channel_id: int | None = None
    """The request's channel, or a DM channel."""
    outside_id: int | None = None
    """The server that lacks the bot, 0 for a group: only the interaction's token reaches a message there."""
    private: bool = False
    spoiler: bool = False
    answered: bool = False
    """Whether Discord has confirmed our first response."""
    locale: str = "en-US"
    label: str = ""
    """Its recipe's title; '' for the operation's."""
    role_ids: tuple[int, ...] = ()
    """The author's roles at acceptance; only those with limits are stored."""
    created_at: float

    @property
    def place_id(self) -> int:
        return self.message_channel_id or self.channel_id

    @property
    def is_in_channel(self) -> bool:
        """Whether its message is in the command's channel, rather than a DM."""
        return self.place_id == self.channel_id

    @property
    def is_at_home(self) -> bool:
        """Whether it is of no server: a member's own place is a server of one, which has the member's id."""
        return self.guild_id == self.author_id

    @property
    def is_by_token(self) -> bool:
        """Whether only the interaction token reaches its message: an ephemeral one, or one where the bot is not."""
        return self.lives_by_token and self.is_in_channel

    @property
    def lives_by_token(self) -> bool:
        """Whether the bot can't post in its channel for it: it is private, or the bot is not there."""
        return self.private or self.outside_id is not None

    @property
    def has_link(self) -> bool:
        """Whether others who see its channel can open its message."""
        return self.message_id is not None and self.is_in_channel and not self.private


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The durable record of one paid piece of work, from command to delivered media."""

    id: str
    card_id: str
    guild_id: int
    position: int
    author_id: int
    operation: str
    input: Mapping[str, Any]
    state: JobState
    idempotency_key: str
    key_id: int | None
    """The key of its payer that it was submitted with; None: the host's."""
    books: Books = Books.SERVER
    held: Decimal
    """Credits held since acceptance."""
    raised: Decimal = Decimal(0)
    """Credits held in addition, since the API reported a higher cost."""
    expected: Decimal | None = None
    """Its estimate, if it was accepted without a hold: `raised` holds its credits later. None: `held` does."""
    basis: str
    price_kind: str | None = None
    """Its price kind, as in PriceFactors; None for older jobs."""
    price_size: float | None = None
    price_outputs: int = 1
    cost: Decimal | None = None
    """The actual cost in credits, once reported."""
    remote_id: str | None = None
    lease: str | None = None
    attempts: int = 0
    first_attempt_at: float | None = None
    in_doubt: bool = False
    """A create has an unknown outcome: no other key may send it."""
    repeats_key: str | None = None
    """Idempotency key of the unconfirmed job that this repeats; None: its own."""
    next_at: float = 0.0
    """Unix seconds of the next attempt."""
    wait_s: float = 0.0
    """Intended wait until `next_at` in seconds, independent of the wall clock."""
    active_s: float = 0.0
    """Seconds of observed API work, without downtime of the bot or the API."""
    denied_s: float = 0.0
    """Consecutive seconds in which the API did not know the request."""
    blocked_s: float = 0.0
    """Consecutive seconds without a working key."""
    overdue_at: float | None = None
    """Since when it is unusually slow and seldom polled (Unix seconds)."""
    slow_polls: int = 0
    poll_after_s: float | None = None
    """The least seconds between two polls, as last requested by the API; None if it requested none."""
    waits_for: WaitsFor | None = None
    """What blocks it until `next_at`; None: nothing."""
    unusable: bool = False
    """Made and charged, but its file can never be posted."""
    posting_failed_s: float = 0.0
    """Consecutive seconds of failed posting."""
    faults: int = 0
    """Consecutive turns ended by an error of the bot."""
    recheck_at: float | None = None
    """Next poll of an ended job that may still succeed (Unix seconds); None: none."""
    rechecks: int = 0
    created_at: float
    submitted_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    delivered_at: float | None = None
    message_id: int | None = None
    output: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    media: tuple[Media, ...] = ()
    error: str | None = None
    """Why it ended without a result: one sentence in its card's language, ready to be shown: words that are not the
    bot's own were tamed or escaped when they came in."""
    lacks: tuple[str, ...] = ()
    """Fields that the API reported as missing, by wire name."""
    dropped_by: int | None = None
    """The user who cancelled posting of its result; None if not cancelled."""
    erased_at: float | None = None
    """When its contents (input, output, links, error) were erased (Unix seconds); None: never."""
    parent_id: str | None = None
    """The source of this re-run, variant or next step."""
    variation: Variation | None = None
    """How it differs from its source; None for what a member put into words."""
    orders: Mapping[str, str] = field(default_factory=lambda: NO_ORDERS)
    """Texts sent in place of these input fields, as in Derivation."""
    source_id: str = ""
    """The job whose file it takes; '' for none."""
    subject: str = ""
    """What that shows, if everybody who sees this card sees that one too, else ''. Never stored: it is read again."""
    casting: Casting = NO_CAST
    shootout: ShootoutPhase = ShootoutPhase.NONE
    after_ids: tuple[str, ...] = ()
    """Jobs of the same card that it depends on; it never starts without their results."""
    after_done: bool = False
    """Whether those have results: then it queues like any other."""
    fill: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Input fields filled from those results: templates where an output replaces `{ID.key}`."""

    @property
    def is_at_home(self) -> bool:
        return self.guild_id == self.author_id

    @property
    def is_secret(self) -> bool:
        """Whether members vote on it: its model, its cost, and its times are shown to no one."""
        return self.shootout is ShootoutPhase.OPEN

    @property
    def practice(self) -> bool:
        """Whether it was accepted in practice mode: it goes to the sandbox and is free."""
        return self.books is Books.PRACTICE

    @property
    def own(self) -> bool:
        """Whether its author's own account pays."""
        return self.books is Books.OWN

    @property
    def payer_id(self) -> int:
        """Whose key it is sent with: its author's id, else the server's. Nothing of one's account is another's."""
        return self.author_id if self.own else self.guild_id

    @property
    def did_not_fit(self) -> bool:
        """Whether it was ended once its price was known, as it was above what was left or agreed to."""
        is_late = self.expected is not None and self.basis != UNKNOWN and not self.raised
        return is_late and self.state is JobState.CANCELLED

    @property
    def is_charged_for_nothing(self) -> bool:
        """Whether Cannon Studio charged the server for it without a usable result."""
        is_failed = self.state in {JobState.FAILED, JobState.EXPIRED} and bool(self.cost)
        return not self.own and (is_failed or (self.state is JobState.HELD and self.unusable))

    @property
    def reserved(self) -> Decimal:
        """All credits held while it is open."""
        return self.held + self.raised

    @property
    def charge(self) -> Decimal:
        """Its actual cost in credits, once reported, else what is held."""
        return self.reserved if self.cost is None else self.cost

    @property
    def estimate(self) -> Decimal:
        """Its estimated cost at acceptance, in credits."""
        return self.held if self.expected is None else self.expected

    @property
    def is_unsent(self) -> bool:
        """Whether Cannon Studio has not got it: it can still be cancelled and refunded."""
        return self.state in PENDING_STATES or (self.state is JobState.SUBMITTING and self.attempts == 0)

    @property
    def waits_for_price(self) -> bool:
        """Whether nothing is held for it yet: it starts once its price, or its turn to find it out, has come."""
        is_unheld = self.expected is not None and self.basis == UNKNOWN and not self.raised
        return is_unheld and self.state in PENDING_STATES

    @property
    def model(self) -> str | None:
        model = self.input.get("model")
        return model if isinstance(model, str) else None

    @property
    def prompt(self) -> str:
        """The member's prompt, '' if none. Names of posted files have it."""
        for name in PROMPT_FIELDS:
            value = self.input.get(name)
            if isinstance(value, str):
                return value
        return ""

    @property
    def depicts(self) -> str:
        """What its result shows, in members' words; '' if unknown."""
        own = self.prompt
        if not own or not isinstance(self.input.get("prompt"), str):
            return self.subject or own
        return own if self.variation or "prompt" in self.fill else depicted(own, self.subject)

    @property
    def derivation(self) -> Derivation:
        return Derivation(variation=self.variation, orders=self.orders, source_id=self.source_id, casting=self.casting)

    @property
    def sent_input(self) -> Mapping[str, Any]:
        """Its input as the API gets it, with orders and the cast; never shown."""
        return self.derivation.sent(self.input)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditPack:
    """Credits on sale. `credits` is None and `name` empty if not reported; the host's own link has neither."""

    url: str
    credits: Decimal | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStatus:
    """A key's status from `GET /api/v1/status`. Credits are None if not reported."""

    credits: Decimal | None
    plan: str | None
    scopes: tuple[str, ...]
    must_verify: bool = False
    """Whether its e-mail address must be verified before it may use credits, as far as reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildKey:
    """A guild's API key. Its repr hides the secret."""

    id: int
    guild_id: int
    secret: str = field(repr=False)
    last4: str
    practice: bool = False
    """Accepted only by the sandbox."""
    own: bool = False
    """A member's: `guild_id` is the member's id."""
    set_by: int
    set_at: float
    plan: str | None = None
    scopes: tuple[str, ...] = ()
    balance: Decimal | None = None
    """Credits at the last check."""
    balance_at: float | None = None
    refused_at: float | None = None
    """When the status call rejected it (401, 403); None while it works."""
    probe_at: float | None = None
    """Next retry of a rejected key, Unix seconds."""
    probes: int = 0
