"""What hosts read when the database or its keys can't be used, and members of jobs that were never started.

The sentences on jobs are stored in their rows. A path or a name of a file
comes in as it is shown, `reason` as the operating system or SQLite words it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.models import credits_text, credits_words
from bot.language import Text

# ---------------------------------------------------------------------- jobs that wait for others' results

STEP_LOST = Text(
    "The previous step has no result, so this step did not run. It was not charged.", why="job.previous_step"
)

# ---------------------------------------------------------------------- jobs that may not start any more

LIMIT_USED_UP = Text(
    "A limit has been used up, so this job did not start. Your credits were refunded.", why="limit.meanwhile"
)
PRICE_ROSE = Text(
    "This costs {price} now, not {before}, and a limit has been used up, so this job did not start. Your credits were "
    "refunded.",
    why="limit.meanwhile",
    price=credits_words,
    before=credits_text,
)
AUTHOR_BLOCKED = Text(
    "A moderator blocked you from using the bot here, so this job did not start. Your credits were refunded.",
    why="member.blocked",
)
SWITCHED_OFF = Text(
    "The moderators turned off this command, so the job did not start. Your credits were refunded.", why="command.off"
)
SWITCHED_OFF_EVERYWHERE = Text(
    "The host of this bot turned off this command, so the job did not start. Your credits were refunded.",
    why="command.off_by_host",
)
REACTION_WITHDRAWN = Text("The reaction was removed before this job started, so it did not run.", why="job.ended")

# ---------------------------------------------------------------------- schedules

RUN_NOT_DUE = Text("This run of the schedule has already started, or the schedule is off.", why="schedule.off")
SCHEDULE_LIMIT = Text(
    "This schedule has used {spent} of its {limit} this month, and a run needs about {price}.",
    why="schedule.limit",
    spent=credits_text,
    limit=credits_words,
    price=credits_words,
)

# ---------------------------------------------------------------------- voices and practice

SAMPLE_MADE = Text(
    "This voice already has a sample, or one is in progress. Open `/audio voices` to listen to it.", why="job.once"
)
HAS_A_KEY = Text(
    "This server has a Cannon Studio key, so its jobs are real. To practice, remove the key with `/studio key`.",
    why="practice.real_key",
)
PRACTICE_ENDED = Text("Practice mode has ended, and this job with it. It was free.")

# ---------------------------------------------------------------------- servers that have removed the bot

GUILD_LEFT = Text(
    "The bot was removed from this server, so this job did not start. Your credits were refunded.", why="bot.removed"
)
GUILD_LEFT_HELD = Text(
    "The bot was removed from this server before it could post this result. Once it is back, open the job in "
    "`/jobs` to post it."
)
OWN_KEY_REMOVED = Text("Its author has canceled this, so nothing was charged.", why="account.own")
GUILD_LEFT_LOST = Text(
    "The bot was removed from this server for a day and deleted its API key, so this job could not finish. "
    "Your credits were refunded.",
    why="bot.removed",
)
KEY_OF_ABSENT_FORGOTTEN = Text("The bot deleted the API key, a day after it was removed from this server.")

# ---------------------------------------------------------------------- the database's file

CLOSED = Text("The bot is shutting down. Try again in a minute.")
OUR_DATABASE = Text("The bot's database")
"""The file's name where no path is to be shown; a sentence may start with it."""
DAMAGED = "{name} is damaged ({reason}). Restore it from a backup.".format
NO_SHARED_MEMORY = "{name} is on a file system without shared memory. Move it to a local disk.".format
SQLITE_TOO_OLD = "SQLite {version} is too old. Install {oldest} or newer.".format
IS_DIRECTORY = "{path} is a directory. Name a file for the bot's database.".format
NOT_WRITABLE = "{path} can't be written ({reason}). Check who owns it and its directory.".format
FILE_REMOVED = (
    "{path} was removed or moved while the bot was using it, so the bot has stopped. Put it back, or restore "
    "a backup, before you start the bot: without it, the bot begins with an empty database."
).format
FILE_EXCHANGED = "{path} was removed or replaced while the bot was using it, so the bot has stopped.".format


# ---------------------------------------------------------------------- the lock for one process


RUNS_ALREADY = "Another cannon-bot is running on {database}. Stop it first, or name another file in DATABASE.".format
NOT_LOCKABLE = "{path} can't be locked ({reason}). Move the database to a local disk.".format


# ---------------------------------------------------------------------- the schema


MIGRATIONS_MISSING = "This installation of cannon-bot is incomplete: its migrations are missing. Reinstall it."
NOT_OURS = "{name} belongs to another program. Name another file for the bot's database.".format
FROM_BEFORE = (
    "{name} is from before the first release, and nothing of it was changed. Finish or cancel its jobs with the commit "
    "that you had (61b14ca0 if that was older), run `cannon-bot backup`, then start this version with a new database."
).format
NEWER_SCHEMA = (
    "{name} was made by a newer cannon-bot (schema {version}, this one knows {known}). Install the newer "
    "version, or restore the backup that was made before it."
).format


# ------------------------------------------ SQLite's failures; `{name}` is the file's name; members read some of them

NOT_A_DATABASE = "{name} is not a database. Restore it from a backup, or name another file."
CORRUPT = "{name} is damaged. Stop the bot and restore it from a backup."
NOT_OPENED = "{name} can't be opened. Check that its directory exists and that the bot may write there."
READ_ONLY = "{name} can't be written. The file, its directory, or its file system is read-only for the bot."
NO_PERMISSION = "{name} can't be used because the bot lacks permission."
DISK_FULL = Text("The bot's disk is full, so nothing was saved. Its host needs to free some space.")
IN_USE = Text("{name} is in use by another program, so nothing was saved. Try again in a minute.")
OUT_OF_ORDER = Text("The bot's database isn't working, so nothing was saved. Its host needs to fix it.")
STILL_SAVING = Text(
    "The bot's database is slow, so I don't know yet if this was saved. Check in a minute before you try again.",
    why="bot.database",
)
SILENT = "The database does not answer: a transaction has not ended for 30 seconds."
DISK_FAILED = (
    "The bot's disk failed while reading or writing {name}, so nothing was saved. Check the disk, a quota, and the "
    "system's log."
)

WHAT_HOSTS_DO = {
    "busy": "Another program holds a lock, such as a backup tool. End it; the bot then continues by itself.",
    "damaged": "Stop the bot and restore a backup with: cannon-bot restore",
    "disk": "Check the disk of the database, and the system's log about it.",
    "full": "Free some space on the database's disk; the bot then continues by itself.",
    "gone": "Find out what removed or replaced the file before you start the bot again.",
    "other": "Look at the database, its disk or its server.",
    "refused": "Check the user, the password, and the rights in the database of DATABASE.",
    "silent": "Check the database's disk, or its server: it is paused, or hangs.",
    "unreachable": "Check that the database server runs, and that this machine reaches it.",
    "unwritable": "Check who may write the database's folder, and whether it is read-only.",
}
"""For hosts, by the kind of failure."""

# ---------------------------------------------------------------------- PostgreSQL's failures; `{name}` is the server's

SERVER_IS_LOST = Text("{name} can't be reached, so nothing was saved. Try again in a minute.", why="bot.database")
SERVER_IS_BUSY = Text("{name} is busy, so nothing was saved. Try again in a minute.")
SERVER_IS_FULL = Text("{name} is out of disk space, memory, or connections, so nothing was saved.")
SERVER_IS_READ_ONLY = Text("{name} takes no changes right now, so nothing was saved. It may be a standby server.")
SERVER_REFUSES = "{name} does not let the bot in. Check the user, the password, and the database in DATABASE."
SERVER_LACKS_RIGHTS = "{name} does not give the bot the permissions that it needs. Grant them as the guide says."
COMMIT_UNKNOWN = Text(
    "The connection was lost while it was saving ({name}). Check whether your change is there.", why="bot.database"
)
SERVER_NOT_OPENED = "{name} can't be used: {reason}. Check DATABASE and that the server is running.".format
SESSIONS_ARE_SHARED = (
    "{name} leads through a pooler that shares sessions (transaction pooling), so processes would not hear each other. "
    "Use the address of PostgreSQL itself, or set the pooler to session pooling."
).format
POSTGRES_MISSING = "DATABASE names PostgreSQL, which needs the extra `postgres`. Install it with: {command}".format
KEYS_OF_SECRETS_MISSING = (
    "SECRET_KEYS is not set. With PostgreSQL there is no key file next to the database: set the same keys for every "
    "process."
)
SERVER_TOO_OLD = "{name} is PostgreSQL {version}. The bot needs {oldest} or newer.".format
SERVER_NOT_UTF8 = "{name} has the encoding {encoding}. Create the database with ENCODING 'UTF8'.".format


# ---------------------------------------------------------------------- what `cannon-bot check` finds

ENDED_WITH_OPEN_HOLD = "jobs ended while their hold is open"
WITHOUT_HOLD = "jobs have no hold"
SETTLED_AND_RELEASED = "jobs are both settled and released"
OPEN_BUT_RECHECKED = "open jobs are to be rechecked as if they had ended"
ADJUSTED_WITH_OPEN_HOLD = "jobs are adjusted while their hold is open"
TOTALS_DIFFER = "Server {guild_id}: the running totals differ from the ledger. Restore the last backup.".format
HOST_TOTALS_DIFFER = "The running totals of CANNON_API_KEY differ from the ledger. Restore the last backup."
THE_FILE = "The file"
"""The file's name in a report that is about one file."""
ORPHANS = "{count} rows refer to rows that are missing.".format
RULE_BROKEN = "{count} {rule}.".format
"""Report how many rows break a rule; `rule` is one of the texts above."""
OF_GUILD = "Server {guild_id}: {sentence}".format


# ---------------------------------------------------------------------- the ledger


HOLD_OPEN = "Job {job_id} still has its hold, so settle it instead of adjusting it.".format
HOLD_CLOSED = "Job {job_id} was already settled or released. Nothing was changed.".format


# ---------------------------------------------------------------------- secrets

NO_KEYS = "No secret key is set. Set SECRET_KEYS."
SEALED_ELSEWHERE = Text("A stored secret belongs to another server or purpose, so it was not used.")
NOT_DECRYPTABLE = Text("A stored secret is damaged and can't be decrypted. Set this server's key again.")


def secret_key_missing(fingerprints: Collection[str]) -> str:
    return (
        f"The secret key {', '.join(sorted(fingerprints))} is missing: stored API keys were sealed with it. "
        "Add it to SECRET_KEYS again, or restore the key file that was next to the database."
    )


SECRET_KEY_TOO_SHORT = "A secret key needs at least {least} characters.".format
"""Refuse a key that is too easy to guess; `least` is in characters."""
KEY_FILE_UNREADABLE = "The key file {key_file} can't be read. It must belong to the bot's user, mode 600.".format
KEY_FILE_HAS_NO_KEY = "The key file {key_file} has no whole key. Put back the one that belongs to this database.".format
KEY_FILE_NOT_MADE = "The key file {key_file} can't be created ({reason}). Set SECRET_KEYS.".format


# ---------------------------------------------------------------------- copies of the whole database

CHECKING = "Checking the database"
COPYING = "Copying the database"
COMPARING = "Comparing the databases"
MIGRATING = "Upgrading the database"
REBUILDING = "Rewriting the database"
BACKUP_IS_DATABASE = "The backup and the database are the same file. Name another file for the backup."


def moved(database: Path, place: str, at: float) -> str:
    when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{database} was moved to {place} on {when}, and its jobs continue there: set DATABASE to that."


TARGET_IS_FILLED = "{place} has tables already, so nothing was moved. Name an empty database.".format
BOTS_RUN = "A bot is running on the database. Stop every bot, wait a minute, and run this again."
TARGET_IS_MOVED_TO = (
    "{place} has been moved to already, so nothing was moved. Set DATABASE to it, or name an empty database."
).format
NOT_MOVED = "PostgreSQL and the file do not have the same of {what}, so nothing was moved.".format


def size(count: int) -> str:
    """Write a number of bytes as hosts read it."""
    number, units = float(count), ["bytes", "KB", "MB", "GB", "TB"]
    while number >= 1024 and len(units) > 1:
        number, units = number / 1024, units[1:]
    return f"{number:.0f} {units[0]}" if units[0] == "bytes" else f"{number:.1f} {units[0]}"


COPIED_ALREADY = "Another process is writing {target}. Wait for it, then try again.".format
COPY_DAMAGED = "The copy {target} is damaged ({reason}), so it was not used. Check the disk.".format


def no_room(needed: int, free: int) -> str:
    return f"The copy needs {size(needed)}, and the disk has {size(free)} left. Free some space."


NO_SUCH_DATABASE = "There is no database at {database}. Set DATABASE to the file that the bot uses.".format


def backup_is_directory(target: Path) -> str:
    return f"{target} is a directory. Name a file for the backup, such as {target / 'cannon-bot.backup'}."


BACKUP_EXISTS = "{target} is there already. Name another file, or add --force to replace it.".format
NO_BACKUP = "There is no backup at {backup}.".format
BACKUP_IS_EMPTY = "{backup} has no data of cannon-bot in it, so nothing was restored.".format


def backup_lacks_key(backup: Path, fingerprints: Collection[str]) -> str:
    return (
        f"The secret key {', '.join(sorted(fingerprints))}, with which API keys in {backup} were sealed, is missing,"
        f" so nothing was restored. Put the key file next to the backup as {backup.name}.key, or add the key to"
        " SECRET_KEYS."
    )


OTHER_SCHEMA = (
    "The database has schema {version}, and this version reads {known}. Start the bot of this version once, "
    "or use the version that is running."
).format
