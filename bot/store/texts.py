"""What hosts read when the database or its keys cannot be used, and members of jobs that were never started.

It can be reworded without touching logic. The sentences on jobs are stored in their rows. A path or a name of a file
comes in as it is shown, `reason` as the operating system or SQLite words it.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

# ---------------------------------------------------------------------- jobs that wait for others' results

STEP_LOST = "The step before this one gave no result, so this was not started. Nothing was charged for it."
STEP_CANCELLED = "The step before this one was cancelled, so this was not started. Nothing was charged for it."
STEP_NOT_SENT = "The step before this one was refused, so this was not started. Nothing was charged for it."
STEP_REFUSED = "The result before this one was not published, so this was not started. Nothing was charged for it."

# ---------------------------------------------------------------------- jobs that may not start any more

LIMIT_OVERSHOT = (
    "Another job cost more than was held for it, so a limit is used up and this was not started. "
    "Your credits were refunded."
)
AUTHOR_BLOCKED = "You may not use the bot on this server any more, so this was not started. Your credits were refunded."
SWITCHED_OFF = "The moderators have switched this off, so it was not started. Your credits were refunded."
SWITCHED_OFF_EVERYWHERE = (
    "The host of this bot has switched this off, so it was not started. Your credits were refunded."
)
REACTION_WITHDRAWN = "The reaction that started this was taken back before it was sent."

# ---------------------------------------------------------------------- servers that have removed the bot

GUILD_LEFT = "The bot was removed from this server, so this was not started. Your credits were refunded."
GUILD_LEFT_HELD = (
    "The bot was removed from this server before this could be posted. `/jobs recover` posts it, once the bot is back."
)
GUILD_LEFT_LOST = (
    "The bot was removed from this server for a day and has forgotten its key, so this could not be followed to its "
    "end. Your credits were refunded."
)
KEY_OF_ABSENT_FORGOTTEN = "forgot the API key, a day after the bot was removed from this server."

# ---------------------------------------------------------------------- the database's file

CLOSED = "The bot's database is closed."
OUR_DATABASE = "The bot's database"
"""The file's name where no path is to be shown; a sentence may start with it."""


def damaged(name: str, reason: str) -> str:
    """Refuse a file in which SQLite found damage."""
    return f"{name} is damaged ({reason}). Restore it from a backup."


def no_shared_memory(name: str) -> str:
    """Refuse a file on a file system where the write-ahead log does not work."""
    return f"{name} is on a file system without shared memory. Put it on a local disk."


def sqlite_too_old(version: str, oldest: str) -> str:
    """Refuse to start with an SQLite that lacks what the queries use."""
    return f"SQLite {version} is too old: {oldest} or newer is needed."


def is_directory(path: Path) -> str:
    """Refuse a directory where the file should be."""
    return f"{path} is a directory. Name a file for the bot's database."


def not_writable(path: Path, reason: str | None) -> str:
    """Refuse a file that cannot be created or opened for writing."""
    return f"{path} cannot be written ({reason}). Check who owns it and its directory."


def directory_not_writable(directory: Path) -> str:
    """Refuse a directory in which SQLite could not create its log."""
    return f"The directory {directory} cannot be written. Check who owns it."


# ---------------------------------------------------------------------- the lock for one process


def lock_not_opened(path: Path, reason: str | None) -> str:
    """Refuse to start without the file of the lock."""
    return f"{path} cannot be opened ({reason}). Check who owns it."


def runs_already(database: Path) -> str:
    """Refuse to start a second process for the database."""
    return f"Another cannon-bot runs on {database}. Stop it first, or name another file in DATABASE."


def not_lockable(path: Path, reason: str | None) -> str:
    """Refuse a file system that knows no locks."""
    return f"{path} cannot be locked ({reason}). Put the database on a local disk."


# ---------------------------------------------------------------------- the schema

MIGRATIONS_MISSING = "This installation of cannon-bot is incomplete: migrations are missing. Install it again."


def not_ours(name: str) -> str:
    """Refuse the database of another program."""
    return f"{name} belongs to another program. Name another file for the bot's database."


def newer_schema(name: str, version: int, known: int) -> str:
    """Refuse the database of a newer bot."""
    return (
        f"{name} was made by a newer cannon-bot (schema {version}, this one knows {known}). "
        "Install the newer version, or restore the backup that was made before it."
    )


# ---------------------------------------------------------------------- SQLite's failures; `{name}` is the file's name

NOT_A_DATABASE = "{name} is not a database. Restore it from a backup, or name another file."
CORRUPT = "{name} is damaged. Stop the bot and restore it from a backup."
NOT_OPENED = "{name} cannot be opened. Check that its directory exists and is the bot's."
READ_ONLY = "{name} cannot be written: it, its directory or its file system is read-only for the bot."
NO_PERMISSION = "{name} cannot be used: the bot lacks the permission."
DISK_FULL = "The disk is full: nothing was saved. Free some space, then try again."
IN_USE = "{name} is in use by another program. Nothing was saved; try again in a minute."
DISK_FAILED = "The disk failed while {name} was read or written: nothing was saved."

# ---------------------------------------------------------------------- what `cannon-bot check` finds

ENDED_WITH_OPEN_HOLD = "jobs ended while their hold is open"
WITHOUT_HOLD = "jobs have no hold"
SETTLED_AND_RELEASED = "jobs are both settled and released"
OPEN_BUT_RECHECKED = "open jobs are to be rechecked as if they had ended"
ADJUSTED_WITH_OPEN_HOLD = "jobs are adjusted while their hold is open"
THE_FILE = "The file"
"""The file's name in a report that is about one file."""


def orphans(count: int) -> str:
    """Report rows whose foreign keys lead nowhere."""
    return f"{count} rows lean on rows that are not there."


def rule_broken(count: int, rule: str) -> str:
    """Report how many rows break a rule; `rule` is one of the texts above."""
    return f"{count} {rule}."


def of_guild(guild_id: int, sentence: str) -> str:
    """Say which server a sentence is about."""
    return f"Server {guild_id}: {sentence}"


# ---------------------------------------------------------------------- the ledger


def hold_open(job_id: str) -> str:
    """Refuse to adjust a cost before the hold is closed."""
    return f"Job {job_id} still has its hold: it is settled, not adjusted."


def hold_closed(job_id: str) -> str:
    """Refuse to close a hold twice."""
    return f"Job {job_id} was settled or released before: nothing was changed."


def overshot(job_id: str, cost: str, held: str, over: tuple[str, str, bool] | None, stopped: int) -> str:
    """Say what a job costs beyond its hold. `over`: the limit that exceeds, by how much, whether it is the server's."""
    text = f"job {job_id} costs {cost}; {held} were held"
    if over is None:
        return f"{text}. That is more than a job may cost here."
    limit, much, is_servers = over
    text += f". {'The server' if is_servers else 'The member'}'s limit of {limit} is exceeded by {much}"
    return f"{text}; {stopped} that had not started {'was' if stopped == 1 else 'were'} cancelled and refunded."


def overshoot_found(what: str) -> str:
    """Return that as a line of the record: who acts comes before it."""
    return f"found that {what}"


# ---------------------------------------------------------------------- secrets

NO_KEYS = "No secret key was given."
SEALED_ELSEWHERE = "A stored secret belongs to another server or purpose: it is not used."
NOT_DECRYPTABLE = "A stored secret is damaged and cannot be decrypted. Set that server's key again."


def secret_key_missing(fingerprints: Collection[str]) -> str:
    """Say which keys are missing, and what to do."""
    return (
        f"The secret key {', '.join(sorted(fingerprints))} is missing: stored API keys were sealed with it. "
        "Put it back into SECRET_KEYS, or put back the key file that lay beside the database."
    )


def secret_key_too_short(least: int) -> str:
    """Refuse a key that is too easy to guess; `least` is in characters."""
    return f"A secret key needs at least {least} characters."


def key_file_unreadable(key_file: Path) -> str:
    """Refuse to start without the key file that exists."""
    return f"The key file {key_file} cannot be read. It must belong to the bot's user, mode 600."


def key_file_not_made(key_file: Path, reason: str | None) -> str:
    """Refuse to start if no key file can be created."""
    return f"The key file {key_file} cannot be made ({reason}). Set SECRET_KEYS."


SAMPLE_MADE = "This voice has a sample already, or one is being made. Open `/audio voices` to listen to it."

HAS_A_KEY = "This server has a Cannon Studio key, so its jobs are real. To practise, remove the key with `/studio key`."
PRACTICE_ENDED = "Practice has ended. This job cost nothing."
PRACTICE_LOST = "Practice was restarted, which ended this job. It cost nothing. Try again."
