"""The Discord world behind the wire: simcord's backend on real time, with attachments that loopback can serve.

simcord drives a discord.py client in its own process. Here the bot is another process, so only simcord's backend,
its builders and its actors are used; what they expect of an environment is a handful of hooks (`World`).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

from simcord.backend import Backend
from simcord.backend.cdn import CdnStore
from simcord.backend.errors import BackendError
from simcord.backend.models import Interaction, Message
from simcord.components import walk_components
from simcord.results import InteractionResult, ResponseMessage

MEBIBYTE = 1024 * 1024
KEPT_BYTES = 32 * MEBIBYTE
"""Files above this size are counted and hashed, not kept."""
LINK_LIFE_S = 86_400
"""How long a signed CDN link lives (the difference between `ex` and `is` in Discord's newer examples)."""
LOOKS_AGAIN_S = 0.25
"""Logs and databases change with no change of the world."""
TIER_LIMITS = {0: 10 * MEBIBYTE, 1: 10 * MEBIBYTE, 2: 50 * MEBIBYTE, 3: 100 * MEBIBYTE}
"""Upload limit in bytes by boost tier."""
BUTTON = 2

T = TypeVar("T")


class WorldClock:
    """Real time plus what a test has skipped: snowflakes must carry times that the bot's own clock agrees with."""

    def __init__(self) -> None:
        self.skipped_s = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.skipped_s)

    def advance(self, seconds: float) -> None:
        self.skipped_s += seconds


@dataclass(frozen=True, slots=True)
class Blob:
    """An uploaded file; its length is its size even where the content was not kept."""

    size: int
    sha256: str
    content: bytes | None

    @classmethod
    def of(cls, data: bytes) -> Blob:
        return cls(len(data), hashlib.sha256(data).hexdigest(), data if len(data) <= KEPT_BYTES else None)

    def __len__(self) -> int:
        return self.size


class Arriving:
    """A file while it is uploaded: counted and hashed as it comes, so that no large one is in memory as a whole."""

    def __init__(self) -> None:
        self._size = 0
        self._hash = hashlib.sha256()
        self._kept = bytearray()

    def add(self, chunk: bytes) -> None:
        self._size += len(chunk)
        self._hash.update(chunk)
        if self._size <= KEPT_BYTES:
            self._kept += chunk
        else:
            self._kept.clear()

    def blob(self) -> Blob:
        """Return the file, complete."""
        return Blob(self._size, self._hash.hexdigest(), bytes(self._kept) if self._size <= KEPT_BYTES else None)


class WireCdn(CdnStore):
    """Attachments under the server's own `/cdn/`, with links that are signed and expire like Discord's."""

    def __init__(self, clock: WorldClock) -> None:
        super().__init__()
        self.prefix = ""
        self.files: dict[int, Blob] = {}
        self._clock = clock
        self._secret = hashlib.sha256(str(id(self)).encode()).digest()

    def store_attachment(
        self, attachment_id: int, channel_id: int, filename: str, data: Any, description: str | None
    ) -> dict[str, Any]:
        blob = data if isinstance(data, Blob) else Blob.of(bytes(data))
        self.files[attachment_id] = blob
        kept = super().store_attachment(attachment_id, channel_id, filename, b"", description)
        url = f"{self.prefix}{channel_id}/{attachment_id}/{quote(filename)}"
        return {**kept, "size": blob.size, "url": url, "proxy_url": url}

    def signed(self, value: Any) -> Any:
        """Return the payload with every link to one of our attachments signed afresh, as Discord does."""
        if isinstance(value, str):
            return self._sign(value) if value.startswith(self.prefix) else value
        if isinstance(value, dict):
            return {key: self.signed(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.signed(item) for item in value]
        return value

    def valid(self, url: str, ex: str, mac: str) -> bool:
        """Whether the signature is ours and its time has not run out."""
        try:
            alive = int(ex, 16) > self._clock.now().timestamp()
        except ValueError:
            return False
        return alive and hmac.compare_digest(mac, self._mac(url, ex))

    def _sign(self, url: str) -> str:
        bare = url.partition("?")[0]
        now = int(self._clock.now().timestamp())
        ex = f"{now + LINK_LIFE_S:x}"
        return f"{bare}?ex={ex}&is={now:x}&hm={self._mac(bare, ex)}"

    def _mac(self, url: str, ex: str) -> str:
        return hmac.new(self._secret, f"{url}|{ex}".encode(), "sha256").hexdigest()


class WireBackend(Backend):
    """simcord's world with the first answer's deadline as a setting, for machines slower than Discord's patience."""

    def __init__(self, clock: WorldClock, answer_deadline_s: float) -> None:
        super().__init__(clock=clock)  # type: ignore[arg-type]  # simcord asks only for now() and advance()
        self._answer_deadline_s = answer_deadline_s

    def new_interaction(self, type: int, channel_id: int, user_id: int, guild_id: int | None) -> Interaction:  # noqa: A002 - simcord's own parameter name
        record = super().new_interaction(type, channel_id, user_id, guild_id)
        record.initial_response_deadline = self.iso_after(self._answer_deadline_s)
        return record


class World:
    """What simcord's handles and actors need of their environment, and the bell that rings when anything changes."""

    bot = None
    strict_sync = True
    _message_states: frozenset[Any] = frozenset()

    def __init__(self, answer_deadline_s: float) -> None:
        self.clock = WorldClock()
        self.backend = WireBackend(self.clock, answer_deadline_s)
        self.cdn = WireCdn(self.clock)
        self.backend.cdn = self.cdn
        self.backend.subscribers.append(lambda _event, _payload: self.ring())
        self.boost_tiers: dict[int, int] = {}
        self.upload_limits: dict[int, int] = {}
        self._change = asyncio.Event()

    def ring(self) -> None:
        """Wake everyone who waits for the world to change."""
        self._change.set()
        self._change = asyncio.Event()

    async def until(self, predicate: Callable[[], T], seconds: float) -> T:
        """Return the predicate's first true value; raise TimeoutError after so many seconds."""
        async with asyncio.timeout(seconds):
            while not (value := predicate()):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._change.wait(), LOOKS_AGAIN_S)
        return value

    def upload_limit(self, guild_id: int | None) -> int:
        """Return the largest file in bytes that this guild, or a direct message, takes."""
        tier = self.boost_tiers.get(guild_id or 0, 0)
        return self.upload_limits.get(guild_id or 0, TIER_LIMITS[tier])

    # The hooks that simcord's actors call round each act; the bot is another process, so there is nothing to settle.

    def _begin_operation(self, label: str) -> None: ...

    def _end_operation(self) -> None: ...

    def _mark_mutation(self) -> None: ...

    def _notify_dispatch_observers(self, interaction: Interaction) -> None: ...

    async def _settle_internal(self, *, dispatch: str | None = None) -> None: ...


class Posted(ResponseMessage):
    """A message as it is now: it follows later edits."""

    _env: Any
    _message: Message

    @property
    def author_id(self) -> int:
        return self._message.author_id

    @property
    def exists(self) -> bool:
        return self.id in self._env.backend.messages.get(self.channel_id, {})

    @property
    def edited(self) -> bool:
        return self._message.edited_timestamp is not None

    @property
    def loading(self) -> bool:
        """Whether Discord shows "thinking" here."""
        return bool(self._message.flags & 1 << 7)

    @property
    def attachments(self) -> list[dict[str, Any]]:  # type: ignore[override]  # simcord's needs a bot in this process
        """The attachments' payloads, with links that work now."""
        return [self._env.cdn.signed(one) for one in deepcopy(self._message.attachments)]

    @property
    def reactions(self) -> dict[str, int]:
        return {reaction.emoji: len(reaction.user_ids) for reaction in self._message.reactions}

    @property
    def buttons(self) -> list[dict[str, Any]]:
        return [part for part in walk_components(self.components) if part.get("type") == BUTTON]

    def __repr__(self) -> str:
        names = [item["filename"] for item in self._message.attachments]
        return f"<Posted {self.id} {self.content!r} files={names} embeds={len(self._message.embeds)}>"


class Reply(InteractionResult):
    """An interaction and what the bot has answered so far: it follows later answers."""

    _env: Any

    @property
    def id(self) -> int:
        return self._interaction.id

    @property
    def token(self) -> str:
        return self._interaction.token

    @property
    def loading(self) -> bool:
        """Whether the answer was deferred and is not filled in yet."""
        return self._interaction.loading

    @property
    def response(self) -> Posted | None:
        record = self._interaction
        return self._posted(record.message_id) if record.message_id is not None else None

    @property
    def followups(self) -> list[Posted]:  # type: ignore[override]  # a list of what simcord gives, with more to see
        found = (self._posted(message_id) for message_id in self._interaction.followup_ids)
        return [posted for posted in found if posted is not None]

    @property
    def message(self) -> Posted:
        """The answer, where a test relies on there being one."""
        posted = self.response
        assert posted is not None, f"{self!r} has no message"
        return posted

    def _posted(self, message_id: int) -> Posted | None:
        try:
            return Posted(self._env, self._env.backend.get_message(self._interaction.channel_id, message_id))
        except BackendError:
            return None
