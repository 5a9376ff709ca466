"""Logs: structlog and logging in one stream, one event a line, without secrets.

Every line (our events, those of discord.py and aiohttp, tracebacks) is scrubbed: known and recognisable secrets are
masked, and control characters are escaped, so that no input can forge a line or drive a terminal. In the console format
a traceback follows its event, in lines that begin with `    | `.
"""

from __future__ import annotations

import logging
import math
import re
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Any, Literal, TextIO

import structlog
from structlog.stdlib import BoundLogger
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.errors import BotError, DatabaseFailing
from bot.runtime.clock import Clock
from bot.runtime.output import LineQueue

HOUR_S = 3600.0
KINDS_KEPT = 1000


def _place(trace: TracebackType | None) -> str:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"


OURS = "cannon-bot"
"""The name of our handler, distinguishable from those of tests or hosts."""
MASK = "[masked]"
NOT_LOGGED = "[not logged]"

_SECRET_NAMES = frozenset(
    {"api_key", "authorization", "discord_token", "interaction_token", "password", "secret", "secret_keys", "token"}
)
_PRIVATE_NAMES = frozenset({"body", "content", "input", "output", "prompt"})
"""Members' private texts, not for the host."""


_INVITE = re.compile(
    r"://discord\.com/oauth2/authorize\?client_id=\d{1,20}&scope=bot\+applications\.commands&permissions=\d{1,20}"
)
"""The bot's invite link, no secret."""


def _without_query(match: re.Match[str]) -> str:
    """Mask a URL's query. URLs without one match too: otherwise each `://` in it would be tried."""
    return f"{match[1]}?{MASK}" if match[2] and not _INVITE.fullmatch(match[0]) else match[0]


_PATTERNS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\bcs_[a-z]+_[\w-]+"), MASK),  # Cannon Studio's API keys
    (re.compile(r"(?<![\w-])[\w-]{17,}+\.[\w-]{6,7}\.[\w-]{27,}", re.ASCII), MASK),  # Discord's bot tokens
    (re.compile(r"\bgAAAAA[\w-]{60,}=*", re.ASCII), MASK),  # Fernet tokens
    (re.compile(r"(?<![\w-])[\w-]{43}=(?![\w=-])", re.ASCII), MASK),  # Fernet's keys: 32 bytes as base64url
    (
        re.compile(r"(/(?:webhooks|interactions)/(?:\d+/)?)[^\s/?#\\\"'<>]+"),
        rf"\1{MASK}",
    ),  # Discord's webhooks and our own
    (re.compile(r"(://)[^/\s@\"'<>]+@"), rf"\1{MASK}@"),  # name and password in a URL
    # Whole query strings: a signed URL's signature is in its query.
    (re.compile(r"(://[^\s?\"'<>]*+)(\?[^\s\"'<>]*)?"), _without_query),
    (re.compile(r"(?<!://discord\.com/oauth2/authorize)\?[\w.%~\[\]-]+=[^\s\"'<>]*"), f"?{MASK}"),
    (
        re.compile(
            r"(\b(?:x-api-key|x-idempotency-key|authorization)\\?['\"]?\s*[:=,]\s*(?:b(?=\\?['\"]))?\\?['\"]?)(?:(?:bot|bearer)\s+)?[^\s'\",})\\]+",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
)

_PLAIN = re.compile(r"[A-Za-z0-9.-]{0,42}")
"""Texts that no pattern can match: most names, ids and events."""

_UNSAFE = {
    number: chr(number).encode("unicode_escape", "backslashreplace").decode("ascii")
    for number in (
        *range(0x20), *range(0x7F, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A),
        *range(0xD800, 0xE000), 0xFEFF,
    )
}  # fmt: skip
"""Control characters, line separators, direction marks, and halves of surrogate pairs."""

_DEPTH_MAX = 6
_TEXT_LIMIT_CHARS = 16_000
_EXACT_LENGTH_MIN = 6  # shorter values would mask ordinary words


class Scrubber:
    """Masks secrets and escapes control characters. `secrets` are exact values besides the patterns."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        exact = sorted({value for value in secrets if len(value) >= _EXACT_LENGTH_MIN}, key=len, reverse=True)
        self._exact = re.compile("|".join(map(re.escape, exact))) if exact else None

    def mask(self, text: str) -> str:
        """Mask every secret in `text`; overlong text is cut between two words."""
        if len(text) > _TEXT_LIMIT_CHARS:
            text = f"{text[:_TEXT_LIMIT_CHARS].rpartition(' ')[0]} [cut]"
        if self._exact is not None:
            text = self._exact.sub(MASK, text)
        if _PLAIN.fullmatch(text):
            return text
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def text(self, text: str) -> str:
        """Return `text` masked and on one line."""
        return self.mask(text).translate(_UNSAFE)

    def value(self, value: object, depth: int = 0) -> object:
        """Scrub a value recursively; anything but plain types becomes its scrubbed repr."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return self.text(value)
        if depth < _DEPTH_MAX:
            if isinstance(value, Mapping):
                return {self.text(str(name)): self.named(str(name), item, depth + 1) for name, item in value.items()}
            if isinstance(value, list | tuple | set | frozenset):
                return [self.value(item, depth + 1) for item in value]
        return self.text(value.sentence if isinstance(value, BotError) else repr(value))

    def named(self, name: str, value: object, depth: int = 0) -> object:
        """Scrub a value, or mask it if its name is sensitive."""
        if value is not None and name.lower() in _SECRET_NAMES:
            return MASK
        if value is not None and name.lower() in _PRIVATE_NAMES:
            return NOT_LOGGED
        return self.value(value, depth)

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Structlog processor, to be placed right before the renderer."""
        traces = {name: str(event.pop(name)) for name in ("exception", "stack") if name in event}
        clean: EventDict = {self.text(name): self.named(name, value) for name, value in event.items()}
        for name, trace in traces.items():
            clean[name] = "\n".join(self.text(line) for line in trace.splitlines())
        return clean


NO_FACTS: Mapping[str, str] = MappingProxyType({})


def configure_logs(
    *,
    level: str = "INFO",
    log_format: Literal["console", "json"] = "console",
    secrets: Iterable[str] = (),
    facts: Mapping[str, str] = NO_FACTS,
    stream: TextIO | None = None,
) -> None:
    """Send all log lines, from structlog and logging, to `stream` (default: standard error).

    A new call replaces the configuration. `secrets` are masked everywhere; `facts` are added to each line of JSON.
    """
    target = sys.stderr if stream is None else stream
    shared = _shared_processors()
    if log_format == "json":  # a terminal shows one process
        shared.append(partial(_with_facts, facts))
        rendered: list[Processor] = [structlog.processors.JSONRenderer()]
    else:
        rendered = [_indented, structlog.dev.ConsoleRenderer(colors=target.isatty(), pad_event_to=0, pad_level=False)]
    out: logging.Handler = logging.StreamHandler(target)
    if stream is None and sys.__stderr__ is not None and sys.stderr is sys.__stderr__:
        out = LineQueue(sys.__stderr__.fileno())
        _log_unhandled()
    out.name = OURS
    out.setFormatter(_formatter(shared, [Scrubber(secrets), *rendered]))
    for each in (_LostShards(), _is_needed):
        out.addFilter(each)
    root = logging.getLogger()
    root.handlers[:] = [out, *(other for other in root.handlers if other.name != OURS)]
    root.setLevel(level)
    _quieten(logging.getLevelNamesMapping()[level])
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _with_facts(facts: Mapping[str, str], _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {**event, **facts}


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _formatter(shared: list[Processor], last: list[Processor]) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.StackInfoRenderer(),
            *last,
        ],
    )


def _log_unhandled() -> None:
    """Log errors that nothing has handled: Python would print them, and wait for the reader."""

    def note(error: BaseException | None) -> None:
        structlog.get_logger(__name__).critical("error.unhandled", exc_info=error)

    sys.excepthook = lambda _kind, error, _trace: note(error)
    sys.unraisablehook = lambda unraisable: note(unraisable.exc_value)
    threading.excepthook = lambda arguments: note(arguments.exc_value)


def _is_needed(record: logging.LogRecord) -> bool:
    """Whether the line is not about the database's failure: `bot.store.engine.pulse` logs its begin and end."""
    facts: Mapping[str, Any] = record.msg if isinstance(record.msg, dict) else {}
    given = facts.get("exc_info") or record.exc_info
    raised = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    is_of_outage = any(_has_failed_with(error) for error in (facts.get("error"), raised))
    return not is_of_outage or logging.getLogger().isEnabledFor(logging.DEBUG)


def _has_failed_with(error: object) -> bool:
    while isinstance(error, BaseException) and not isinstance(error, DatabaseFailing):
        error = error.__cause__
    return isinstance(error, DatabaseFailing)


def _quieten(level: int) -> None:
    """Suppress libraries' debug lines: discord.py and httpx log whole requests, with tokens and texts."""
    for name in ("discord", "aiohttp", "asyncio", "aiosqlite", "PIL", "libav", "simcord"):
        logging.getLogger(name).setLevel(max(level, logging.INFO))
    for name in ("httpx", "httpcore", "aiohttp.access"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _indented(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name in {"exception", "stack"} & event.keys():
        event[name] = "\n".join(f"    | {line}" for line in event[name].splitlines())
    return event


class OutageLog:
    """Logs the first of consecutive failures as a warning, and their end: two lines, however long it lasts."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._began_at = 0.0
        self._failures = 0

    def fails(self, log: BoundLogger, event: str, **facts: object) -> None:
        """Note a failure; the first since the last success is logged."""
        if not self._failures:
            self._began_at = self._monotonic()
            log.warning(event, **facts)
        self._failures += 1

    def works(self, log: BoundLogger, event: str, **facts: object) -> None:
        """Note a success; the first one after several failures is logged."""
        if self._failures > 1:
            after_s = round(self._monotonic() - self._began_at, 1)
            log.info(event, **facts, after_s=after_s, failures=self._failures)
        self._failures = 0


class _LostShards:
    """A filter that logs a failure to connect a shard in the words of our own shards.

    discord.py logs each attempt as an error with a traceback, and reports it nowhere else (discord/shard.py).
    """

    _FAILED = re.compile(r"\A(Attempting a reconnect for shard ID|Failed to connect for shard_id)")
    _CONNECTED = re.compile(r"\AShard ID %s has (connected to Gateway|successfully RESUMED)")

    def __init__(self) -> None:
        self._outages: defaultdict[object, OutageLog] = defaultdict(OutageLog)

    def __call__(self, record: logging.LogRecord) -> bool:
        """Filter out a failed attempt, unless at the level DEBUG; an outage's first one is logged."""
        if record.name not in {"discord.shard", "discord.gateway"} or not isinstance(record.args, tuple):
            return True
        shard, message = record.args[0] if record.args else None, str(record.msg)
        log: BoundLogger = structlog.get_logger(record.name)
        if self._FAILED.match(message):
            error = record.exc_info[1] if record.exc_info else None
            self._outages[shard].fails(
                log, "shard.not_connected", shard=shard, error=type(error).__name__, reason=str(error)
            )
            return logging.getLogger().isEnabledFor(logging.DEBUG)
        if self._CONNECTED.match(message) and shard in self._outages:
            self._outages.pop(shard).works(log, "shard.connected", shard=shard)
        return True


class QuietErrors:
    """Deduplicates errors by subject, type and place; remembers at most `KINDS_KEPT`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[object, tuple[float, int]] = {}
        """When each was logged last, and how many were left out since."""

    def note(self, log: BoundLogger, event: str, subject: str, error: BaseException, **facts: object) -> None:
        """Log `error` of `subject`, unless logged within the hour. An outage of the database has lines of its own."""
        if isinstance(error, DatabaseFailing):
            return
        now = self._clock.monotonic()
        kind = (event, subject, type(error), _place(error.__traceback__))
        logged_at, left_out = self._seen.get(kind, (-math.inf, 0))
        if now - logged_at < HOUR_S:
            self._seen[kind] = logged_at, left_out + 1
            return
        self._seen.pop(kind, None)
        self._seen[kind] = now, 0
        if len(self._seen) > KINDS_KEPT:
            self._seen.pop(next(iter(self._seen)))
        if left_out:
            log.error(event, **facts, error=type(error).__name__, times=left_out + 1)
        else:
            log.error(event, **facts, exc_info=error)
