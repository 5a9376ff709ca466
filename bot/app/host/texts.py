"""What hosts read of the commands for them. English: a terminal and a bug report have no other language."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.domain.models import credits_text
from bot.store.texts import size

LISTED = 3
"""How many of the newest failed calls `check` shows."""


def count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def moment(at: float) -> str:
    """Return a Unix time as hosts read it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def age(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"


def in_columns(lines: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


# ---------------------------------------------------------------------- check


def checked(report: Mapping[str, Any], *, is_online: bool) -> str:
    """Return what `check` found on one screen; it begins with OK if nothing stops a start."""
    problems, warnings = report["problems"], report["warnings"]
    lines = [f"{count(len(problems), 'problem')}:", *(f"- {each}" for each in problems)] if problems else []
    if not problems:
        lines.append(
            "OK: settings, database, migrations, commands" + (", and Discord." if is_online else ", but not Discord.")
        )
    if warnings:
        lines += [f"{count(len(warnings), 'warning')}:", *(f"- {each}" for each in warnings)]
    parts = (name for name in report if name not in {"problems", "warnings", "facts"} and report[name])
    return "\n".join([*lines, *report["facts"], *(f"{name:12} {_words(report[name])}" for name in parts)])


def _words(value: object) -> str:
    """Return facts on one line; what is empty or not set is left out, and of a list the newest are shown."""
    if isinstance(value, Mapping):
        known = {name: each for name, each in value.items() if each not in (None, [], {}, "not set")}
        return ", ".join(f"{name} {_words(each)}" for name, each in known.items())
    return "; ".join(map(_words, value[:LISTED])) if isinstance(value, list) else str(value)


LITTLE_ROOM = (
    "The disk of {folder} has {free} left. The bot stops taking work when it is full: keep a few hundred MB free."
).format
FILES_ARE_LIMITED = (
    "This system lets a file grow to {limit} only (`ulimit -f`), and the database needs more. Lift the limit."
).format
CLOCK_IS_OFF = (
    "The clock of this machine is {seconds:.0f} s {way} Discord's. Set it, for example with NTP: limits, deadlines, "
    "and retention count by it."
).format
HOST_KEY_REJECTED = "Cannon Studio rejects CANNON_API_KEY. Copy the key from the account's page again, or leave it out."


def host_key_works(left: Decimal | None) -> str:
    """Return the fact that the host's key works; None: the balance was not reported."""
    return "CANNON_API_KEY works." if left is None else f"CANNON_API_KEY works: {credits_text(left)} credits are left."


APPLICATION_HAS_ENDPOINT = (
    "The application has an Interactions Endpoint URL, so Discord sends commands there, and not to the bot. Remove it "
    "on the General Information page of Discord's developer portal."
)
PRIVACY_URL_MISSING = (
    "The application is public, and PRIVACY_URL is not set. Discord requires a privacy policy that members can read: "
    "docs/privacy-policy.md is a template."
)
HOST_KEY_UNUSED = (
    "CANNON_API_KEY serves no server, because the application is public and CANNON_API_KEY_GUILDS is not set."
)
NO_USER_INSTALL = (
    "Members can use the bot in direct messages, but not install it for themselves: turn on User Install under "
    "Installation in Discord's developer portal, with the scope applications.commands, or set OWN_ACCOUNTS to servers."
)
NO_SESSIONS_LEFT = (
    "Few of today's sessions at Discord are left, so a start waits until there are more, in {minutes:.0f} minutes."
).format
FORM_NOT_KNOWN = (
    "Cannon Studio describes its API in a form that the bot does not know, so the built-in operations apply: "
    "docs/cannon-api.md names the forms that are read."
)
CANNON_UNREACHABLE = ("Cannon Studio can't be reached at {url}. The bot starts, and jobs wait until it can be.").format

NO_FILMS = (
    "Videos can't be continued from their last frame or joined: that needs the extra `film`. Install it with: {line}"
).format
"""Say that what opens videos is not installed, and the command that installs it."""

# ---------------------------------------------------------------------- backups


def backed_up(path: Path, bytes_: int, key_file: Path | None, needed: Collection[str]) -> str:
    lines = [f"Backed up to {path} ({size(bytes_)}) and checked."]
    if key_file is not None:
        lines.append(f"The secret key is in {key_file}. Anyone with both files has all API keys: keep them private.")
    if needed:
        lines.append(
            f"To restore it you also need the secret key {', '.join(sorted(needed))}, which is not in this backup:"
            " keep SECRET_KEYS or the key file as well."
        )
    return "\n".join(lines)


def restored(database: Path, schema: int, taken_at: float, open_jobs: int, kept: Collection[Path]) -> str:
    lines = [f"Restored {database} as it was at {moment(taken_at)} (schema {schema})."]
    if kept:
        lines.append("The files that were there before: " + ", ".join(str(path) for path in kept))
    if open_jobs:
        lines.append(
            f"{count(open_jobs, 'job')} had not ended. Those that may have been submitted since are not paid twice:"
            " they continue under the same idempotency key, or are refunded if that is too old."
        )
    return "\n".join(lines)


BACKUP_DIR_MISSING = "BACKUP_DIR is {folder}, but its parent folder is not there, so no backups are made.".format


def newest_backup(number: int, age_s: float | None) -> str:
    if age_s is None:
        return "Backups: none in BACKUP_DIR yet; the bot makes one after its start."
    return f"Backups: {number} in BACKUP_DIR, the newest {age(age_s)} old."


# ---------------------------------------------------------------------- moving to PostgreSQL


def migrated(place: str, rows: int, tables: int, open_jobs: int, key_file: Path | None) -> str:
    said = f"Moved {count(rows, 'row')} of {count(tables, 'table')} to {place}, and compared all of them."
    keys = "the same SECRET_KEYS" if key_file is None else f"SECRET_KEYS_FILE={key_file} (a copy of it on each machine)"
    going = [f"{count(open_jobs, 'job')} had not ended and will continue there."] if open_jobs else []
    following = f"Now set DATABASE to its address and {keys}, then start the bots. The file is kept, marked as moved."
    return "\n".join([said, *going, following])


MOVE_IS_UNKNOWN = (
    "The move was almost done when this happened: {reason} Run the same command again: it finds out."
).format


def not_sound(problems: Sequence[str]) -> str:
    return "The database has problems, so nothing was moved. " + " ".join(problems)


# ---------------------------------------------------------------------- the price list

PRICE_FILE_TOO_LARGE = "The file is larger than {mib} MB.".format
PRICE_FILE_UNREADABLE = "The file can't be read: {reason}.".format
