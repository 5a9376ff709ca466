"""The domain: frozen values without I/O. See docs/architecture.md for the vocabulary."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from bot.language import amount as as_written
from bot.language import ntr

CREDIT_STEP = Decimal("0.001")
"""Credits are kept to a thousandth: the API's `billableCredits` is a number without a documented scale."""

JOBS_PER_CARD = 20
"""How many jobs one request may have."""

ID_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no I, L, O or U, so that an id can be read aloud."""
ID_LENGTH = 10


def credits_of(value: object) -> Decimal:
    """Parse a number from the API or a member as credits, rounded to a thousandth.

    Raises ValueError for what is not a finite number of at least 0 and below a thousand million.
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
    """Format credits as members read them, in their language: `12`, `12.5`, `1,200`."""
    return as_written(amount)


def credits_words(amount: Decimal) -> str:
    """Format credits with their unit: `1 credit`, `12.5 credits`."""
    return ntr("{count} credit", "{count} credits", amount.quantize(CREDIT_STEP))


def new_id() -> str:
    """Return a short, unguessable, readable id: 10 characters of Crockford's base32 (50 bits)."""
    return "".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH))


def is_id(text: str) -> bool:
    """Whether the text has the form of an id of `new_id`."""
    return len(text) == ID_LENGTH and set(text) <= set(ID_ALPHABET)


class MediaKind(StrEnum):
    """What a medium is, known from its content."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"
    """Whatever else an operation makes: a 3D model, captions, an archive. Nothing takes it as a source."""


SOURCE_KINDS: Final = frozenset({MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO})


class JobState(StrEnum):
    """The state of a job. `queued` and `processing` are Cannon Studio's own words."""

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
        """Whether the job has reached an end state."""
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
"""Waiting for a moderator, a free slot or another job's result: never submitted."""
PAID_STATES = frozenset({JobState.DELIVERED, JobState.HELD})
MADE_STATES = PAID_STATES | {JobState.READY}
"""States of jobs that have a result, posted or not."""


class WaitsFor(StrEnum):
    """What keeps a job from going on by itself; it is tried again at the job's `next_at`."""

    FILE = "file"
    """The host of its result does not send the file."""
    DISCORD = "discord"
    """Discord does not take its result."""
    CANNON = "cannon"
    """Cannon Studio asks to wait for long."""
    ERROR = "error"
    """The bot has failed at it."""


PROMPT_FIELDS = ("prompt", "text", "description")
"""The fields that can hold the prompt; it is the first of these that an operation has."""


class LedgerKind(StrEnum):
    """The kinds of ledger row. A job has at most one row of each kind."""

    HOLD = "hold"
    SETTLE = "settle"
    RELEASE = "release"
    GRANT = "grant"
    ADJUST = "adjust"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """One result file of a job, as the API names it."""

    url: str
    kind: MediaKind
    key: str
    """The output key that it was under, e.g. `image_url`."""


UNKNOWN = "unknown"
"""The basis of the hold of a job whose price is not known: a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The estimated cost of a job, in credits."""

    credits: Decimal
    basis: str
    """Why: `fixed`, `estimate tool`, `price list`, `earlier jobs` or `unknown`."""
    seen: tuple[Decimal, Decimal] | None = None
    """For an unknown price: the lowest and the highest that jobs of this operation cost here; None without any."""

    @property
    def is_known(self) -> bool:
        """Whether the credits are more than a guess."""
        return self.basis != UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The one Discord message of a job, or of jobs that were requested together."""

    id: str
    guild_id: int
    channel_id: int
    parent_channel_id: int | None = None
    """The parent of the channel: the text channel of a thread, else the category."""
    category_id: int | None = None
    """The category of that text channel."""
    author_id: int
    interaction_id: int | None
    token: str | None = field(default=None, repr=False)
    """The interaction token: can edit the first response for 15 minutes."""
    token_expires_at: float = 0.0
    """Unix seconds by our own clock, counted from when the interaction was received."""
    message_id: int | None = None
    message_channel_id: int | None = None
    """Where the message is: the channel of the request, or a direct message."""
    private: bool = False
    spoiler: bool = False
    """Whether its files are marked as spoilers, wherever they are posted."""
    answered: bool = False
    """Whether Discord is known to have accepted our first response."""
    locale: str = "en-US"
    label: str = ""
    """Its title if it is not that of an operation: the recipe that it is a run of."""
    role_ids: tuple[int, ...] = ()
    """Its author's roles when it was accepted; the store keeps those that limits are for."""
    created_at: float

    @property
    def place_id(self) -> int:
        """The channel that its message is in: the one of the command, or a direct message."""
        return self.message_channel_id or self.channel_id

    @property
    def is_in_channel(self) -> bool:
        """Whether its message is in the channel of the command, rather than in a direct message."""
        return self.place_id == self.channel_id

    @property
    def is_ephemeral(self) -> bool:
        """Whether its message is one that only its author sees, and only the interaction's token reaches."""
        return self.private and self.is_in_channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Our durable record of one paid piece of work, from the command to the delivered media."""

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
    """The guild key it was submitted with; None: the host's own key."""
    practice: bool = False
    """Whether it was accepted while its guild practises: it is the sandbox's, and costs nothing."""
    held: Decimal
    """Credits held since it was accepted."""
    raised: Decimal = Decimal(0)
    """Credits held beyond those, since the API has told a higher cost."""
    basis: str
    """The estimate's basis."""
    price_kind: str | None = None
    """What makes its price, as in PriceFactors; None for a job from before that was stored."""
    price_size: float | None = None
    price_outputs: int = 1
    cost: Decimal | None = None
    """The true cost in credits, once the API reports it."""
    remote_id: str | None = None
    lease: str | None = None
    attempts: int = 0
    """How many times it was POSTed."""
    first_attempt_at: float | None = None
    in_doubt: bool = False
    """Whether a create was begun whose outcome is not known: then no other key may send it."""
    repeats_key: str | None = None
    """The idempotency key of the unconfirmed job that this one repeats; None: its own is sent."""
    next_at: float = 0.0
    """Unix seconds before which nothing is tried."""
    wait_s: float = 0.0
    """How many seconds the wait until `next_at` was meant to take, whatever the wall clock says."""
    active_s: float = 0.0
    """For how many seconds the API was seen to work on it: neither the bot nor the API was down."""
    denied_s: float = 0.0
    """For how many seconds in a row the API has denied that there is such a request."""
    blocked_s: float = 0.0
    """For how many seconds in a row no key has worked for it."""
    overdue_at: float | None = None
    """Since when it takes unusually long and is polled seldom (Unix seconds)."""
    slow_polls: int = 0
    """How many polls there were since then."""
    waits_for: WaitsFor | None = None
    """What keeps it from going on until `next_at`; None: nothing does."""
    unusable: bool = False
    """Whether it was made and charged, but its file can never be posted."""
    posting_failed_s: float = 0.0
    """For how many seconds in a row its posting has failed."""
    faults: int = 0
    """How many of its turns in a row ended by an error of the bot."""
    recheck_at: float | None = None
    """When an ended job, whose request may still succeed, is polled next (Unix seconds); None: never again."""
    rechecks: int = 0
    """How many of these polls there were."""
    created_at: float
    submitted_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    delivered_at: float | None = None
    message_id: int | None = None
    output: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    media: tuple[Media, ...] = ()
    error: str | None = None
    """The one sentence that says why it ended without a result, in the language of its card."""
    lacks: tuple[str, ...] = ()
    """The fields that the API has then said are missing, by their names on the wire."""
    dropped_by: int | None = None
    """Who wants its result kept, but not posted; None: nobody."""
    erased_at: float | None = None
    """When its contents were erased (Unix seconds): input, output, links and error are blank since; None: never."""
    parent_id: str | None = None
    """The job that this one is a re-run, a variant or a next step of."""
    after_ids: tuple[str, ...] = ()
    """The jobs of the same card whose results this one needs; without one of them it never starts."""
    after_done: bool = False
    """Whether those have given their results: from then on it waits in the queue as any other."""
    fill: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Input fields filled from those results: templates in which `{ID.key}` is replaced by an output."""

    @property
    def is_charged_for_nothing(self) -> bool:
        """Whether Cannon Studio has charged it although there is no result that can be used."""
        is_failed = self.state in {JobState.FAILED, JobState.EXPIRED} and bool(self.cost)
        return is_failed or (self.state is JobState.HELD and self.unusable)

    @property
    def reserved(self) -> Decimal:
        """All credits that are held for it while it is open."""
        return self.held + self.raised

    @property
    def model(self) -> str | None:
        """The requested model, if one was named."""
        model = self.input.get("model")
        return model if isinstance(model, str) else None

    @property
    def prompt(self) -> str:
        """The member's prompt, '' if the operation takes none."""
        for name in PROMPT_FIELDS:
            value = self.input.get(name)
            if isinstance(value, str):
                return value
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiringCredits:
    """Credits of an account that are lost at `expires_at` (Unix seconds) unless they are spent."""

    credits: Decimal
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStatus:
    """What `GET /api/v1/status` reports about a key. Credits are None if it does not report them."""

    credits: Decimal | None
    plan: str | None
    scopes: tuple[str, ...]
    expiring: tuple[ExpiringCredits, ...] = ()
    """Those that expire, the first first; () where it tells no dates."""
    top_up_url: str | None = None
    """Where credits can be bought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildKey:
    """A guild's API key. The secret never shows in a repr."""

    id: int
    guild_id: int
    secret: str = field(repr=False)
    last4: str
    practice: bool = False
    """Whether it is a practice key, which only the sandbox takes."""
    set_by: int
    set_at: float
    plan: str | None = None
    scopes: tuple[str, ...] = ()
    balance: Decimal | None = None
    """Credits left when last checked."""
    balance_at: float | None = None
    refused_at: float | None = None
    """When the status call refused it (401, 403); None while it works."""
    probe_at: float | None = None
    """When to try a refused key again, Unix seconds."""
    probes: int = 0
    """How often a refused key was tried again."""
