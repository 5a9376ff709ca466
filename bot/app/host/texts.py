"""What hosts read of the commands for them. English: a terminal and a bug report have no other language."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.settings import PostgresUrl
from bot.store.texts import size

if TYPE_CHECKING:
    from bot.cannon.discovery import Discovered

ERASING = "Erasing old jobs"
DELETING = "Deleting what is left of erased jobs"
LOG_NOT_EMPTIED = (
    " Another program is reading the database, so its log still has erased data; the bot empties it within the hour."
)


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


def checked(problems: Sequence[str], warnings: Sequence[str], *, is_online: bool) -> str:
    """Return what `check` found, a line for each; the first begins with OK if nothing stops a start."""
    lines = [f"{count(len(problems), 'problem')}:", *_listed(problems)] if problems else []
    if not problems:
        lines.append(
            "OK: settings, database, migrations, commands" + (", and Discord." if is_online else ", but not Discord.")
        )
    return "\n".join([*lines, *([f"{count(len(warnings), 'warning')}:", *_listed(warnings)] if warnings else [])])


def _listed(sentences: Sequence[str]) -> list[str]:
    return [f"- {each}" for each in sentences]


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
OWN_ACCOUNTS = {
    "on": "Members may pay with Cannon Studio accounts of their own (OWN_ACCOUNTS=on): say so in your privacy policy.",
    "servers": "Members may pay with accounts of their own on servers (OWN_ACCOUNTS=servers): your privacy policy must "
    "say so.",
    "off": "Members can't pay with accounts of their own (OWN_ACCOUNTS=off).",
}
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
CANNON_UNREACHABLE = (
    "Cannon Studio can't be reached at {url} ({reason}). The bot starts, and jobs wait until it can be."
).format

CAGED = "Cage of the process that decodes images: {closes}.".format
"""Say how much the cage of the process that decodes images closes: `full`, `files only`, …, `none`."""

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


def restored(
    database: Path | PostgresUrl, schema: int, taken_at: float, open_jobs: int, kept: Collection[Path] = ()
) -> str:
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


UPGRADE_ON_SERVER = (
    "The next start upgrades {url} from schema {schema} to {known}; bots of the version before can't be "
    "started on it any more. Make a backup first: cannon-bot backup PATH"
).format


def upgrade(schema: int, known: int, bytes_: int, free: int, seconds: float) -> str:
    steps = f"migration {known}" if schema + 1 == known else f"migrations {schema + 1} to {known}"
    room = "" if bytes_ <= free else " That is not enough: the upgrade will not start before you free some space."
    return (
        f"The next start upgrades the database from schema {schema} to {known} ({steps}). It first makes a backup of"
        f" {size(bytes_)} next to it; the disk has {size(free)} left.{room} It takes about {duration(seconds)}."
    )


def duration(seconds: float) -> str:
    whole = max(1, round(seconds))
    return f"{whole} s" if whole < 100 else f"{round(whole / 60)} min"


# ---------------------------------------------------------------------- moving to PostgreSQL


def migrated(place: str, rows: int, tables: int, compared: int, open_jobs: int, following: str) -> str:
    said = f"Moved {count(rows, 'row')} of {count(tables, 'table')} to {place}. Their numbers and the ledger of every"
    said += f" server agree, and {count(compared, 'row')} chosen at random {'is' if compared == 1 else 'are'} the same."
    lines = [said]
    if open_jobs:
        lines.append(f"{count(open_jobs, 'job')} had not ended and will continue there.")
    return "\n".join([*lines, following])


def next_on_server(key_file: Path | None) -> str:
    keys = "the same SECRET_KEYS" if key_file is None else f"SECRET_KEYS_FILE={key_file} (a copy of it on each machine)"
    return f"Now set DATABASE to its address and {keys}, then start the bots. The file is kept, marked as moved."


NEXT_ON_FILE = (
    "Now set DATABASE={file}, keep SECRET_KEYS, and start one bot, without --role. {url} is kept, marked as moved."
).format
ALREADY_A_FILE = "DATABASE is a file already ({database}), so there is nothing to move.".format

MOVE_IS_UNKNOWN = (
    "The move was almost done when this happened: {reason} Run the same command again: it finds out."
).format


def not_sound(problems: Sequence[str]) -> str:
    return "The database has problems, so nothing was moved. " + " ".join(problems)


NOT_MOVED = "{database} was not moved, so there is nothing to undo.".format
UNDONE = (
    "{database} is used again, as it was when it was moved to {place}. Jobs that may have been submitted "
    "since are not paid twice: they continue under the same idempotency key, or are refunded if that is too "
    "old. Start no bot on {place} any more."
).format


# ---------------------------------------------------------------------- pruning


def would_prune(jobs: int, days: int) -> str:
    older = f"ended {days} days ago or earlier, or as their server keeps less" if days else "their server keeps no more"
    return f"This would erase {count(jobs, 'job')} for good: those that {older}. Add --yes to do it."


def pruned(jobs: int, rows: int, files: int, freed: int | None, *, is_clean: bool) -> str:
    """Say what was erased; `freed` is by how many bytes the file shrank, None if it was not rewritten."""
    said = f"Erased {count(jobs, 'job')}, deleted {count(rows, 'row')} of erased jobs and {count(files, 'old backup')}."
    if freed is not None:
        said += f" The database is {size(freed)} smaller."
    return said + ("" if is_clean else LOG_NOT_EMPTIED)


# ---------------------------------------------------------------------- the archive

ARCHIVING = "Archiving jobs"
NO_MONTHS = "Months are archived on PostgreSQL only. `cannon-bot prune --vacuum` makes an SQLite file smaller."
NOTHING_TO_ARCHIVE = "There is no job from before {month} that is not archived.".format
LOST_BY_ARCHIVING = (
    "Members no longer find them in /jobs and searches, and buttons of old messages say that they are gone."
    " What was spent, limits, grants and /usage stay as they are."
)


def would_archive(jobs: int, first_kept: str) -> str:
    return (
        f"This would archive {count(jobs, 'job')} of before {first_kept} without their words, as far as nothing of them"
        f" is open. {LOST_BY_ARCHIVING} It can't be undone. Add --yes to do it."
    )


def archived(jobs: int, left: int) -> str:
    said = f"Archived {count(jobs, 'job')}."
    if left:
        stay = "stays: something of it" if left == 1 else "stay: something of them"
        said += f" {count(left, 'job')} of these months {stay} is open."
    return said


NOT_ARCHIVED = "Nothing of {month} is archived. `cannon-bot archive list` shows the months.".format


def would_detach(jobs: int, month: str) -> str:
    return (
        f"This would move the {count(jobs, 'archived job')} of {month} and their ledger to tables of their own: the bot"
        " no longer reads, backs up or moves them, and erases no member from them. Add --yes to do it."
    )


def detached(jobs: int, tables: Sequence[str]) -> str:
    return f"Detached {count(jobs, 'job')}: {', '.join(tables)}. Dump them with pg_dump, and drop them."


def would_drop(jobs: int, month: str) -> str:
    return (
        f"This would delete the {count(jobs, 'archived job')} of {month} and their ledger for good. What they add up to"
        " stays. Add --yes to do it."
    )


def dropped(jobs: int, month: str) -> str:
    return f"Deleted {count(jobs, 'archived job')} of {month} and their ledger."


def months(found: Mapping[str, Any]) -> str:
    """Return the months as lines, and the tables that were detached."""
    lines: list[tuple[str, ...]] = [("MONTH", "JOBS", "ARCHIVED", "SIZE")]
    lines += [(each["name"], str(each["jobs"]), str(each["archived"]), size(each["bytes"])) for each in found["months"]]
    tables = [f"Detached: {', '.join(found['detached'])}"] if found["detached"] else []
    return "\n".join([in_columns(lines), *tables])


# ---------------------------------------------------------------------- learn

READING = "Reading Cannon Studio"
PRICING = "Reading prices"
READ = "read"
NOT_READ = "not read ({reason})".format
ID_NOT_KNOWN = "not known"
NOT_LISTED = "not listed"
FILE_IS_THERE = "{path} is there already. Give another name with --out, or replace it with --force.".format
NOT_WRITTEN = "{path} can't be written: {reason}.".format
NO_KEY_TO_ASK_WITH = "--estimates needs CANNON_API_KEY: Cannon Studio shows prices to accounts only. Nothing is spent."
FAILURES: Mapping[str, str] = {
    "unreached": "no timely or readable answer",
    "not_understood": "there is no such server or call",
    "refused": "not without a key",
    "invalid": "the call was rejected",
}
TOOLS = ("tools/list", "get_api_operation", "get_model_availability")
STALE_S = 2 * 86_400.0
"""What is older was not read again, though it is read daily."""


def nothing_read(sources: Mapping[str, str]) -> str:
    reasons = "; ".join(f"{source}: {state}" for source, state in sources.items())
    return f"Cannon Studio could not be read: {reasons}. Check CANNON_API_URL and the network, and try again."


def tools_read(found: Discovered) -> dict[str, str]:
    """Return what became of each keyless tool."""
    by_tool = {tool: [body for (each, _), body in found.answers.items() if each == tool] for tool in TOOLS}
    states = {}
    for tool, bodies in by_tool.items():
        known = sum(body != "null" for body in bodies)
        unknown = [subject for (each, subject), body in found.answers.items() if each == tool and body == "null"]
        state = f"{READ} ({known})" if bodies else NOT_READ(reason="no answer")
        states[tool] = state + (f", unknown there: {', '.join(unknown)}" if unknown else "")
    if found.dropped:
        states["dropped"] = f"{', '.join(found.dropped)} (another subject, contradicts itself, or too large)"
    if found.failure is not None:
        states["tools"] = f"not all read: {FAILURES[found.failure.name.lower()]}"
    return states


def prices_read(priced: int, asked: int) -> str:
    return f"{priced} of {count(asked, 'input')}"


def learned_page(sources: Mapping[str, str], rows: Sequence[tuple[str, str, str, str]], path: Path) -> str:
    """Return what was read, and the differences as a table."""
    lines = [f"{source:24} {state}" for source, state in sources.items()]
    table = [("what", "of", "built in", "Cannon Studio"), *rows]
    widths = [min(44, max(len(row[column]) for row in table)) for column in range(3)]
    if rows:
        lines += [""]
        lines += ["  ".join([*map(str.ljust, row[:3], widths), row[3]]).rstrip() for row in table]
    else:
        lines += ["", "Nothing differs from what is built in."]
    return "\n".join(
        [*lines, "", f"Written to {path}. It has no key and nothing of members, and may be sent to the project."]
    )


def discovered(times: Mapping[str, Sequence[float]], now: float) -> str:
    """Return when what Cannon Studio publishes was read last (Unix seconds, by source)."""
    if not times:
        return (
            "Cannon Studio's API was not read yet: the bot does that after its start. `cannon-bot learn` tries it now."
        )
    names = {
        "openapi": "its description",
        "get_api_operation": "operations",
        "get_model_availability": "lists of models",
    }
    parts = [
        f"{words if source == 'openapi' else f'{len(times[source])} {words}'} ({moment(max(times[source]))})"
        for source, words in names.items()
        if source in times
    ]
    old = min(max(each) for each in times.values()) < now - STALE_S
    late = " It is read daily, but was not in the last two days: `cannon-bot learn` says why." if old else ""
    return f"Known of Cannon Studio's API: {', '.join(parts)}.{late}"


# ---------------------------------------------------------------------- doctor


def page(report: Mapping[str, Any]) -> str:
    """Return the doctor's report as a page: a section for each part, a line for each fact."""
    lines: list[str] = []
    for title, part in report.items():
        lines += ["", title] if lines else [title]
        lines += list(_facts(part, "  "))
    return "\n".join(lines)


def _facts(part: object, indent: str) -> Iterator[str]:
    if not isinstance(part, Mapping):
        yield from (f"{indent}{_fact(each)}" for each in (part if isinstance(part, list) else [part]))
        return
    for name, value in part.items():
        if isinstance(value, Mapping | list) and value:
            yield f"{indent}{name}"
            yield from _facts(value, indent + "  ")
        else:
            yield f"{indent}{name:22} {_fact(value)}"


def _fact(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return "-" if value in (None, [], {}) else str(value)


# ---------------------------------------------------------------------- the price list

WRONG_PRICE = "Price {number}: {reason}".format
"""Return what is wrong with an entry of a JSON file; `reason` is a sentence."""
PRICE_FILE_TOO_LARGE = "The file is larger than {mib} MB.".format
PRICE_FILE_UNREADABLE = "The file can't be read: {reason}.".format
NO_PRICES_PART = (
    "The file has no list `{part}` of objects with {columns}. Write one, or a CSV file with these columns."
).format
NO_PRICE_OBJECT = (
    "Write an object: texts for `operation`, `model`, and `per`, a number for `credits`, an object for `input`."
)
