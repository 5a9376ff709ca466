"""The error tree. Every error carries `sentence`: the one clear sentence that a member may read.

BotError
├── InputError                 a member's input breaks a rule; `field` names the option
│   └── FieldsMissing          required fields were not given
├── Refused                    the bot may not do this here (permission, limit, no key, paused)
│   ├── NoKey                  this server has no API key
│   └── NotAllowed             the member lacks the permission
├── CannonError                Cannon Studio's API
│   ├── CannonUnavailable      connection failure or 5xx; retryable
│   ├── RateLimited            429; retryable after `retry_after_s`
│   ├── KeyRefused             401 or 403: the key is wrong, revoked or lacks a scope
│   ├── OutOfCredits           402
│   ├── EmailNotVerified       402 or 403: the account's owner must verify the e-mail address
│   ├── InputRefused           400 or 422: the API does not accept this input
│   ├── RequestNotFound        404
│   ├── IdempotencyClash       409: same key, other body
│   └── UnreadableAnswer       an answer that is not what the API documents
├── MediaError                 a result or a source file
│   ├── MediaGone              no longer there (404, 410, expired link)
│   ├── MediaUnreachable       connection failure or no answer in time; retryable
│   │   └── MediaSlow          it comes too slowly to be loaded
│   ├── MediaTooLarge          over the byte cap
│   ├── MediaUnsafe            not https, or not a public address
│   └── MediaWrongKind         not the expected kind of file
│       └── MediaEmpty         an empty file
└── StartError                 the bot cannot start; the sentence says what to do
    ├── SettingsError
    └── StoreError             the database: newer schema, corrupt, no permission, key lost
        ├── DatabaseFailing    it is busy, full, damaged, gone, or cannot be reached
        └── DatabaseTaken      another bot serves the file
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from bot.language import Explained, Text, why_of

RESTART_MAY_HELP = 1
"""Exit code for what may pass by itself: a supervisor should restart the bot."""
RESTART_CANNOT_HELP = 78
"""Exit code for what needs a correction first: `EX_CONFIG` of sysexits.h, which systemd knows by that name."""


class BotError(Exception):
    """Base of all expected errors. `sentence` is safe to show to a member: no secret, no link, no traceback.

    It is in the language current at the time of raising, and carries the id of the page that explains it; `why` is that
    of a sentence without one. `exit_code` is the process's if the error is not handled. `needs_host`: only the bot's
    host can mend the cause.
    """

    exit_code = RESTART_MAY_HELP
    needs_host = False
    why = ""

    def __init__(self, sentence: str | Text) -> None:
        self.sentence = self._explained(str(sentence))
        super().__init__(self.sentence)

    def _explained(self, sentence: str) -> str:
        return Explained(sentence, why_of(sentence) or self.why)


class InputError(BotError):
    """An input breaks a rule. `field` is the wire or option name, None for several."""

    def __init__(self, sentence: str | Text, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


class FieldsMissing(InputError):
    """Required fields were not given; `fields` are their wire names."""

    why = "input.missing"

    def __init__(self, sentence: str | Text, fields: Sequence[str]) -> None:
        super().__init__(sentence, fields[0] if len(fields) == 1 else None)
        self.fields = tuple(fields)


class Refused(BotError):
    """The bot may not do this here, now, for this member.

    `reason` is the category of a refusal by the server's rules (`limit`, `block`, …), else ''.
    `may_ask`: the member may ask a moderator to allow it. `fits`: how many of the requested jobs, from the first, would
    be accepted alone.
    """

    def __init__(
        self,
        sentence: str | Text,
        reason: str = "",
        *,
        may_ask: bool = False,
        fits: int = 0,
        needs_host: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.needs_host = needs_host
        self.reason = reason
        self.may_ask = may_ask
        self.fits = fits


class NoKey(Refused):
    """This server has no API key and the host's own key does not serve it."""

    why = "key.none"


class NotAllowed(Refused):
    """The member lacks the needed permission."""

    why = "role.moderator"


@dataclass(frozen=True, slots=True)
class FieldFault:
    """An API's complaint about one field: its wire name (`a.b` inside an object), '' for none."""

    field: str
    reason: str
    is_missing: bool = False


class CannonError(BotError):
    """A call of Cannon Studio's API failed. `status` is the HTTP status, None without an answer.

    `said` is the API's own sentence, '' if unreadable; `faults` are its complaints by field.
    """

    why = "studio.unreadable"

    def __init__(
        self, sentence: str | Text, status: int | None = None, *, said: str = "", faults: Sequence[FieldFault] = ()
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.said = said
        self.faults = tuple(faults)


class CannonUnavailable(CannonError):
    """No answer, or a 5xx. `retry_after_s` is the server's, in seconds, None without one."""

    why = "studio.unreachable"

    def __init__(self, sentence: str | Text, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(sentence, status)
        self.retry_after_s = retry_after_s


class RateLimited(CannonError):
    """429. `retry_after_s` is the server's, in seconds, None without one."""

    why = "studio.busy"

    def __init__(self, sentence: str | Text, status: int | None = 429, retry_after_s: float | None = None) -> None:
        super().__init__(sentence, status)
        self.retry_after_s = retry_after_s


class KeyRefused(CannonError):
    """401 or 403: the key is wrong, revoked, or lacks a scope; or its account may not do this."""

    why = "key.rejected"


class OutOfCredits(CannonError):
    """402: the account lacks credits."""

    why = "account.credits"


class EmailNotVerified(CannonError):
    """402 or 403: the account may spend nothing before its e-mail address is verified."""

    why = "account.email"


class InputRefused(CannonError):
    """400 or 422: the API does not accept this input."""

    why = "studio.input"


class RequestNotFound(CannonError):
    """404: the API has no such request or address."""

    why = "job.unknown"


class IdempotencyClash(CannonError):
    """409: this idempotency key was used with another body."""

    why = "bot.fault"


class UnreadableAnswer(CannonError):
    """The answer is not JSON, too large, or lacks what the API documents."""


class MediaError(BotError):
    """A result or a source file cannot be used."""

    why = "file.host"


class MediaGone(MediaError):
    """The file is no longer there: 404, 410 or an expired link."""

    why = "file.gone"


class MediaUnreachable(MediaError):
    """The file's host did not answer; a retry may help."""

    why = "file.host"


class MediaSlow(MediaUnreachable):
    """The file comes, but too slowly to be loaded."""


class MediaTooLarge(MediaError):
    """The file is over the byte cap."""

    why = "file.too_large"


class MediaUnsafe(MediaError):
    """The link is not https or does not lead to a public address."""

    why = "file.link"


class MediaWrongKind(MediaError):
    """The file's content is not of the expected kind."""

    why = "file.kind"


class MediaEmpty(MediaWrongKind):
    """The file has no content."""

    why = "file.format"


class StartError(BotError):
    """The bot cannot start or continue; the sentence says why and what to do."""

    def __init__(self, sentence: str | Text, *, exit_code: int = RESTART_MAY_HELP) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


class SettingsError(StartError):
    """One or more settings are wrong. `problems` has a line each, never with a secret's value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems), exit_code=RESTART_CANNOT_HELP)
        self.problems = problems


class StoreError(StartError):
    """The database cannot be used: newer schema, corrupt, no permission, lost secret key."""

    needs_host = True
    why = "bot.database"


PASSES_BY_ITSELF = frozenset({"busy", "slow"})
"""Kinds of `DatabaseFailing` after which trying again is enough."""


class DatabaseFailing(StoreError):
    """The database fails because of the file, the disk or the server, not of what was asked.

    `kind` is the reason as one word, for metrics. `for_host` says what to do where `sentence` is for members; `name` is
    what a sentence with `{name}` calls the database.
    """

    def __init__(
        self,
        sentence: str | Text,
        *,
        exit_code: int = RESTART_MAY_HELP,
        kind: str = "other",
        for_host: str | None = None,
        name: str | Text | None = None,
    ) -> None:
        self._template, self._name = sentence, name
        super().__init__(self._words(), exit_code=exit_code)
        self.kind = kind
        self.needs_host = kind not in PASSES_BY_ITSELF
        self.for_host = for_host or self.sentence

    def _words(self) -> str:
        return str(self._template) if self._name is None else str(self._template).format(name=self._name)

    def for_caller(self) -> Self:
        """Return a copy in the current language: the database's threads have none, and several may wait for one."""
        copied = copy.copy(self)
        copied.sentence = self._explained(self._words())
        copied.args = (copied.sentence,)
        return copied


class DatabaseTaken(StoreError):
    """Another process serves the database: a bot runs."""
