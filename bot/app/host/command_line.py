"""The host's commands: arguments and functions.

As in `bot/cli.py`, each command imports what it needs, so that the others start fast.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bot.settings import (
    POSTGRES_SCHEMES,
    RETENTION_DAYS_MAX,
    PostgresUrl,
    Settings,
    load_settings,
    postgres_url,
    read_settings,
)

if TYPE_CHECKING:
    from bot.domain.models import JobState
    from bot.runtime.clock import Clock
    from bot.runtime.process import ProcessIdentity
    from bot.runtime.progress import Progress

Add = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]


def add_to(add: Add) -> None:
    """Add the host's commands for the database and for jobs; `add` adds one and returns its parser."""
    backup = add("backup", _backup, "Copy the database to a file and check the copy, while the bot runs or not.")
    backup.add_argument("path", type=Path, help="file to write")
    backup.add_argument("--without-keys", action="store_true", help="leave out the key file, to keep it elsewhere")
    backup.add_argument("--force", action="store_true", help="replace a file that is there")
    restoring = add("restore", _restore, "Restore a backup. Stop the bot first.")
    restoring.add_argument("path", type=Path, help="the backup; a key file next to it is restored as well")
    moving = add(
        "migrate-to", _migrate_to, "Move the database to an empty PostgreSQL one, or to a file. Stop every bot."
    )
    to = moving.add_mutually_exclusive_group(required=True)
    to.add_argument(
        "place", nargs="?", type=_place, metavar="postgresql://…|sqlite[:FILE]",
        help="the database; its password may be left to PGPASSWORD or a password file. FILE: data/cannon-bot.db",
    )  # fmt: skip
    to.add_argument("--undo", action="store_true", help="use the moved database again, as it was then")
    pruning = add("prune", _prune, "Erase what is older than the retention time now. The bot may run.")
    pruning.add_argument("--days", type=_days, help="days to keep (default: RETENTION_DAYS)")
    add_yes(pruning)
    pruning.add_argument(
        "--vacuum", action="store_true", help="rewrite the file, so that it shrinks. Stop the bot first"
    )
    examining = add("doctor", _doctor, "Write a page for a bug report: versions, settings, database, disk. No secrets.")
    examining.add_argument("--json", action="store_true", help="as JSON")
    examining.add_argument("--online", action="store_true", help="call Discord and Cannon Studio too, without a key")
    about = "Ask Cannon Studio what its API takes, without a key; print what differs from what is built in."
    learning = add("learn", _learn, about)
    learning.add_argument(
        "--out", type=Path, help="file to write what was read to (default: cannon-studio-DATE.json in this folder)"
    )
    learning.add_argument("--force", action="store_true", help="replace a file that is there")
    learning.add_argument(
        "--estimates",
        action="store_true",
        help="also ask what one input of each model costs, with CANNON_API_KEY; this spends nothing",
    )
    listing = add("fleet", _fleet, "List the bot's processes on the database: version, role, shards, jobs, leader.")
    listing.add_argument("--json", action="store_true", help="as JSON")
    _add_archive(add("archive", _list_months, "Archive the jobs of past months, and take archived months out."))
    _add_jobs(add("jobs", _list_jobs, "Show the jobs of all servers, and free stuck ones."))


def _adder(parser: argparse.ArgumentParser) -> Add:
    """Return what adds a command below this one."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        return sub

    return add


def _add_archive(archive: argparse.ArgumentParser) -> None:
    add = _adder(archive)
    listing = add("list", _list_months, "List the months: their jobs, how many are archived, and detached tables.")
    listing.add_argument("--json", action="store_true", help="as JSON")
    moving = add("move", _archive_months, "Archive the jobs of past months, without their words. The bot may run.")
    moving.add_argument(
        "--keep", type=_months, default=12, metavar="MONTHS", help="months before this one that stay (default: 12)"
    )
    add_yes(moving)
    detaching = add("detach", _detach_month, "Move an archived month to tables of its own. PostgreSQL only.")
    dropping = add("drop", _drop_month, "Delete an archived month.")
    for each in (detaching, dropping):
        each.add_argument("month", type=_month, metavar="MONTH", help="as 2026-01")
        add_yes(each)


def _add_jobs(jobs: argparse.ArgumentParser) -> None:
    add = _adder(jobs)
    listing = add("list", _list_jobs, "List jobs, the newest first.")
    listing.add_argument("--state", action="append", help="a state, or `open` for all that have not ended; repeatable")
    listing.add_argument("--guild", type=snowflake, help="id of the server")
    listing.add_argument("--member", type=snowflake, help="id of the member who requested it")
    listing.add_argument(
        "--older", type=_span, default=0.0, metavar="TIME", help="requested longer ago, as 30m, 2h, 1d"
    )
    listing.add_argument("--limit", type=_limit, default=50, help="how many (default: 50)")
    listing.add_argument("--json", action="store_true", help="as JSON")
    listing.set_defaults(usage_error=listing.error)
    showing = add("show", _show_job, "Show one job: its state, who follows it, and credits.")
    showing.add_argument("id", help="id of the job")
    showing.add_argument("--json", action="store_true", help="as JSON")
    retrying = add("retry", _retry_job, "Retry a job now, without a second charge.")
    retrying.add_argument("id", help="id of the job")
    uncertain = add("mark-uncertain", _mark_uncertain, "After pg_restore: pay no job twice. Stop every bot first.")
    uncertain.add_argument("age", type=_span, metavar="TIME", help="how old the restored dump is, as 30m, 2h, 1d")
    releasing = add("release", _release_job, "Free a job of a process that is dead, or end it.")
    releasing.add_argument("id", help="id of the job")
    releasing.add_argument("--end", action="store_true", help="end it: what was made is kept, the rest is refunded")
    add_yes(releasing)


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add the switch of a command that cannot be undone."""
    parser.add_argument("--yes", action="store_true", help="do it; without this, it only says what would be done")


def _backup(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.files import make_backup

    clock, progress = watch()
    print(
        make_backup(
            settings,
            arguments.path,
            with_key=not arguments.without_keys,
            replaces=arguments.force,
            clock=clock,
            progress=progress,
        )
    )
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.files import restore_backup

    clock, progress = watch()
    print(restore_backup(settings, arguments.path, clock=clock, progress=progress))
    return 0


def _migrate_to(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.files import migrate

    clock, progress = watch()
    print(migrate(settings, None if arguments.undo else arguments.place, clock=clock, progress=progress))
    return 0


def _prune(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.offline import prune

    days = settings.retention_days if arguments.days is None else arguments.days
    clock, progress = watch()
    is_sure, rebuilds = arguments.yes, arguments.vacuum
    work = prune(settings, days=days, rebuilds=rebuilds, clock=clock, progress=progress, is_sure=is_sure)
    print(asyncio.run(work))
    return 0


def host_settings() -> Settings:
    """Return the settings for host commands; wrong ones are only logged."""
    settings = load_settings()
    start_logs(Settings(log_level="WARNING"))
    return settings


def watch() -> tuple[Clock, Progress]:
    """Return the machine's clock, and a progress reporter to standard error, so that output can be piped."""
    from bot.runtime.clock import SystemClock
    from bot.runtime.progress import meter_to

    clock = SystemClock()
    return clock, meter_to(sys.stderr, clock)


def _learn(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.learn import learn

    clock, progress = watch()
    print(
        asyncio.run(
            learn(
                settings,
                arguments.out,
                with_estimates=arguments.estimates,
                replaces=arguments.force,
                clock=clock,
                progress=progress,
            )
        )
    )
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    settings, problems = read_settings(need_token=True)
    start_logs(Settings(log_level="ERROR"))
    from bot.app.host import texts
    from bot.app.host.doctor import examine

    clock, progress = watch()
    report = examine(settings, problems, is_online=arguments.online, clock=clock, progress=progress)
    print(json.dumps(report, indent=2, ensure_ascii=False) if arguments.json else texts.page(report))
    return 0


def _fleet(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.store.by_name import fleet_module

    print(fleet_module("host.listing").page(settings, watch()[0], is_json=arguments.json))
    return 0


def _list_months(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host import texts
    from bot.app.host.offline import list_months

    found = asyncio.run(list_months(settings))
    print(json.dumps(found, indent=2) if arguments.json else texts.months(found))
    return 0


def _archive_months(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.offline import archive_months

    clock, progress = watch()
    work = archive_months(settings, arguments.keep, clock=clock, progress=progress, is_sure=arguments.yes)
    print(asyncio.run(work))
    return 0


def _detach_month(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.offline import detach_month

    print(asyncio.run(detach_month(settings, arguments.month, is_sure=arguments.yes)))
    return 0


def _drop_month(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.offline import drop_month

    print(asyncio.run(drop_month(settings, arguments.month, is_sure=arguments.yes)))
    return 0


def _list_jobs(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.jobs import texts
    from bot.app.host.jobs.commands import host_credits_spent, list_jobs
    from bot.domain.models import OPEN_STATES, JobState

    wanted: set[JobState] = set()
    for name in arguments.state or ():
        if name != "open" and name not in set(JobState):
            arguments.usage_error(f"there is no state {name}; there are open, {', '.join(JobState)}")
        wanted |= OPEN_STATES if name == "open" else {JobState(name)}
    clock, _ = watch()
    found = list_jobs(
        settings,
        states=wanted or None,
        guild_id=arguments.guild,
        member_id=arguments.member,
        older_s=arguments.older,
        limit=arguments.limit,
        clock=clock,
    )
    if arguments.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return 0
    print(texts.table(found, clock.wall()))
    if spent := texts.host_credits(host_credits_spent(settings, clock)):
        print(f"\n{spent}")
    return 0


def _show_job(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.jobs import texts
    from bot.app.host.jobs.commands import show_job

    found = show_job(settings, arguments.id, watch()[0])
    if arguments.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        print(texts.details(found))
    return 0


def _retry_job(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.jobs.commands import retry_job

    clock, progress = watch()
    print(asyncio.run(retry_job(settings, arguments.id, clock=clock, progress=progress)))
    return 0


def _mark_uncertain(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.jobs.commands import mark_uncertain

    clock, progress = watch()
    print(asyncio.run(mark_uncertain(settings, arguments.age, clock=clock, progress=progress)))
    return 0


def _release_job(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.jobs.commands import release_job

    _, progress = watch()
    ends, is_sure = arguments.end, arguments.yes
    print(asyncio.run(release_job(settings, arguments.id, ends=ends, is_sure=is_sure, progress=progress)))
    return 0


def _place(text: str) -> PostgresUrl | Path:
    kind, _, file = text.partition(":")
    if kind == "sqlite" and not file.startswith("//"):
        return Path(file).expanduser().absolute() if file else Settings().sqlite_file
    if not text.startswith(POSTGRES_SCHEMES):
        raise argparse.ArgumentTypeError(
            "an address is needed, such as postgresql://name@host/database, or sqlite:data/cannon-bot.db"
        )
    try:
        return postgres_url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"it {error}") from None


def _months(text: str) -> int:
    from bot.store.host.archive import LEAST_KEPT_MONTHS

    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and int(text) >= LEAST_KEPT_MONTHS):
        raise argparse.ArgumentTypeError(f"at least {LEAST_KEPT_MONTHS} are needed: /usage reads 90 days back")
    return int(text)


def _month(text: str) -> str:
    if re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text) is None:
        raise argparse.ArgumentTypeError("a month is needed, such as 2026-01")
    return text


def _days(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= len(text) <= 5 and 1 <= int(text) <= RETENTION_DAYS_MAX):
        raise argparse.ArgumentTypeError(f"a whole number of days from 1 to {RETENTION_DAYS_MAX} is needed")
    return int(text)


def _span(text: str) -> float:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not (number.isascii() and number.isdecimal() and len(number) <= 6):
        raise argparse.ArgumentTypeError("a time is needed, such as 30m, 2h, or 1d")
    return float(int(number) * units[unit])


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 6 and int(text) > 0):
        raise argparse.ArgumentTypeError("a whole number above 0 is needed")
    return int(text)


def snowflake(text: str) -> int:
    """Return an id of Discord. Raises ArgumentTypeError for anything else."""
    if not (text.isascii() and text.isdecimal() and 1 <= len(text) <= 20 and 0 < int(text) < 2**63):
        raise argparse.ArgumentTypeError("an id is needed, as Discord's Copy ID gives it")
    return int(text)


def start_logs(settings: Settings, identity: ProcessIdentity | None = None) -> None:
    """Log to standard error, without the settings' secrets.

    With an `identity`, each line names this process, and its errors are reported if the settings say where to.
    """
    from bot.runtime.logs import NO_FACTS, Scrubber, configure_logs, report_errors

    facts = NO_FACTS if identity is None else identity.facts
    configure_logs(
        level=settings.log_level,
        log_format=settings.log_format,
        secrets=settings.secrets(),
        facts=facts,
    )
    if identity is not None and settings.sentry_dsn is not None:
        report_errors(settings.sentry_dsn.get_secret_value(), Scrubber(settings.secrets()), facts)
