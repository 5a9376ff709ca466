"""What hosts read of the bot in Discord. English, as in the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from bot.domain.words.text import stamp

# ---------------------------------------------------------------------- the rules: what is wrong, and what to do

DATABASE = "The database does not work"
DATABASE_GONE = "Nothing was stored for {silence}. {reason}".format
DATABASE_SILENT = "It does not answer."
DATABASE_ACTION = "Members can't start jobs, and results wait; nothing is paid that could not be stored."

DATABASE_ERRORS = "Transactions fail now and then"
DATABASE_ERRORS_SEEN = "{transactions} failed within ten minutes ({kinds}). The database works otherwise.".format
DATABASE_ERRORS_ACTION = "Look for `database.failing` in the log: it names what is wrong."

LATE = "Results are late"
LATE_SEEN = "A job has waited {wait} for its turn to be {lane}.".format
LANES: Mapping[str, str] = {"submit": "sent", "poll": "polled", "deliver": "posted"}
LATE_ACTION = "Sending and polling wait for Cannon Studio, posting waits for Discord. Press Jobs that wait."

HOST_KEY = "Cannon Studio rejects your key"
HOST_KEY_SEEN = "`CANNON_API_KEY` is rejected, so {servers} can't start jobs.".format
HOST_KEY_ACTION = "Set a new `CANNON_API_KEY` and restart, or check the account's plan."

SERVER_KEYS = "Cannon Studio rejects servers' own keys"
SERVER_KEYS_SEEN = "The keys of {servers} are rejected. Their moderators were notified.".format
SERVER_KEYS_ACTION = "One or two are their own matter. Many at once mean that something is wrong at Cannon Studio."

DISK = "The disk is nearly full"
DISK_SEEN = "{free} are left on the database's disk; an upgrade needs {needed} for its backup.".format
DISK_ACTION = "Free some space, or run `cannon-bot prune --vacuum` while the bot is stopped."

BACKUP = "The last backup is old"
BACKUP_SEEN = "The last backup was made {age} ago. One is due every {every}.".format
BACKUP_ACTION = "Look for `backup.failed` in the log, and at the room and the rights of `BACKUP_DIR`."

BACKUP_NONE = "No backup has been made in `BACKUP_DIR` yet."

REHEARSAL = "The newest backup does not restore"
REHEARSAL_ACTION = "Make another one with `cannon-bot backup --rotate`, and rehearse it with `cannon-bot rehearse`."

BOOKS = "Accounts differ from the ledger"
BOOKS_SEEN = "The own accounts of {servers} were charged more than is booked. Their moderators were notified.".format
BOOKS_ACTION = "Look for `account.difference` in the log, and run `cannon-bot check`."

WORKERS = "Processes are missing"
WORKERS_SEEN = "{names} stopped without a word {silence} ago.".format
WORKERS_ACTION = "Others have taken over its jobs. Look at its exit code and the last line of its log."

VERSIONS = "Two versions are running"
VERSIONS_SEEN = "For more than an hour, processes of different versions have been running: {versions}.".format
VERSIONS_ACTION = "Finish the upgrade: restart the processes of the older version."

SECOND_COPY = "Another copy runs with the same token"
SECOND_COPY_SEEN = "It has another database. No new job starts until one of the two stops."
SECOND_COPY_ACTION = "Stop the copy that you do not want."

# ---------------------------------------------------------------------- alerts

ALERT_TITLE = "{mark} {title}".format
CRITICAL, WARNING, OVER = "🔴", "🟠", "✅"
OVER_TITLE = "✅ Over: {title}".format
WHAT_TO_DO = "What to do"
GUIDE = "{action}\nMore: `{guide}`".format
SINCE, LASTED = "Since", "Lasted"
SILENCED = "Silenced until"
FOUND_BY = "Found by {process}".format
SILENCE, DOCTOR, WAITING = "Silence 1 h", "Doctor", "Jobs that wait"
PAUSE, RESUME = "Pause new jobs", "Resume new jobs"


def span(seconds: float) -> str:
    """Return a duration as hosts read it: `45 s`, `12 min`, `5 h`, `3 days`."""
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"


def transactions(number: int) -> str:
    return "1 transaction" if number == 1 else f"{number:,} transactions"


def servers(number: int) -> str:
    return "1 server" if number == 1 else f"{number:,} servers"


# ---------------------------------------------------------------------- the buttons' answers

NO_SUCH_RULE = "This version has no such rule."
SILENCED_NOW = "This rule reports nothing until {until}.".format
PAUSED_NOW = (
    "New paid jobs are paused on every server, also after a restart. Running jobs finish. Press Resume to end it."
)
PAUSED_ALREADY = "New paid jobs are paused already."
RESUMED_NOW = "New paid jobs can start again."
RESUMED_ALREADY = "New paid jobs are not paused."
NO_JOBS = "No job waits: all have ended."
JOBS_MAX = 20
NEXT_STEPS: Mapping[str, str] = {
    "awaiting_approval": "a moderator decides",
    "waiting": "waits for its turn",
    "submitting": "is sent",
    "queued": "is polled",
    "processing": "is polled",
    "ready": "is posted",
}
CUT = "… cut. `cannon-bot doctor` prints all of it."


def job_lines(rows: Sequence[tuple[str, str, float, str]], total: int) -> str:
    """Return open jobs as lines of id, state, age (seconds) and what they wait for, '' for nothing."""
    lines = [f"{min(len(rows), JOBS_MAX)} of {total} open jobs, the oldest first:"]
    for job_id, state, age_s, waits_for in rows[:JOBS_MAX]:
        step = NEXT_STEPS.get(state, state) + (f" (waits for {waits_for})" if waits_for else "")
        lines.append(f"`{job_id}` {state}, {span(age_s)} old: {step}")
    return "\n".join(lines)


# ---------------------------------------------------------------------- the weekly page

PAGE_TITLE = "📋 Your week: {since} to {until}".format
SPENT, NOTHING_SPENT = "Spent on your key", "Nothing was spent."
ALL_SERVERS = "All servers"
JOBS_ENDED = "Jobs"
SLOWEST, NO_JOBS_ENDED = "Slowest kinds", "No job has ended."
VERSIONS_ALIVE, LAST_BACKUP = "Running", "Last backup"
NO_BACKUPS = "`BACKUP_DIR` is not set, so the bot makes none."
NO_BACKUP_YET = "None yet."
SERVERS_MAX = 10


def spent(rows: Sequence[tuple[str, Decimal]]) -> str:
    """Return the credits spent by servers' names, most first."""
    if not rows:
        return NOTHING_SPENT
    total = sum((credits_ for _, credits_ in rows), Decimal(0))
    lines = [f"{name}: {_amount(credits_)} credits" for name, credits_ in rows[:SERVERS_MAX]]
    if len(rows) > SERVERS_MAX:
        lines.append(f"{len(rows) - SERVERS_MAX} more")
    return "\n".join([*lines, f"**{ALL_SERVERS}: {_amount(total)} credits**"])


def _amount(credits_: Decimal) -> str:
    return f"{credits_:,.3f}".rstrip("0").rstrip(".")


def ended(with_result: int, refunded: int, late: int) -> str:
    if not with_result + refunded:
        return NO_JOBS_ENDED
    late_words = f"{late:,} posted more than a minute after they were made" if late else "none of them late"
    return f"{with_result:,} with a result, {late_words}\n{refunded:,} without one, refunded"


def slowest(rows: Sequence[tuple[str, int, float, float]]) -> str:
    """Return kinds as lines of operation, number of jobs, median and 95th percentile in seconds."""
    lines = [f"`{name}`: half within {span(p50)}, 95% within {span(p95)} ({count:,})" for name, count, p50, p95 in rows]
    return "\n".join(lines) or NO_JOBS_ENDED


def running(processes: Sequence[tuple[str, str]]) -> str:
    """Return how many processes of each (version, role) run."""
    counts = Counter(processes)
    return "\n".join(f"{version}: {number} × {role}" for (version, role), number in sorted(counts.items()))


def backup_made(age_s: float | None, *, is_on: bool) -> str:
    if not is_on:
        return NO_BACKUPS
    return NO_BACKUP_YET if age_s is None else f"{span(age_s)} ago"


def day(at: float) -> str:
    return stamp(at, "D")
