"""`cannon-bot doctor`: one page with all that a bug report needs, and no secret."""

from __future__ import annotations

import dataclasses
import http.client
import importlib.metadata
import platform
import shutil
import sys
import time
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from bot import __version__, commit
from bot.app.host.jobs.commands import host_credits_spent
from bot.errors import StartError, StoreError
from bot.media.contact_sheet import attacked
from bot.media.decoder_cage import closes
from bot.runtime.clock import Clock
from bot.runtime.logs import Scrubber
from bot.runtime.network.health_probe import ask, stored_address
from bot.runtime.progress import Progress
from bot.settings import SECRET_SETTINGS, SecretStr, Settings
from bot.store.host.backup import DAILY
from bot.store.host.condition import condition

DISCORD_PATH = "/api/v10/gateway"
"""A route of Discord's API that needs no token (docs.discord.com, Gateway)."""
TIMEOUT_S = 5.0
LIBRARIES = (
    "discord.py", "aiohttp", "httpx", "httpx-aiohttp", "aiosqlite", "structlog",
    "cryptography", "prometheus-client", "pillow", "babel", "psycopg", "simcord", "av",
)  # fmt: skip


def examine(
    settings: Settings, problems: Sequence[str], *, is_online: bool, clock: Clock, progress: Progress
) -> dict[str, Any]:
    """Return the report as JSON values. With `is_online`, Discord and Cannon Studio are called, without a key."""
    keys = tuple(key.get_secret_value() for key in settings.secret_keys)
    files = settings.local_files
    folder = next(each for each in (files.parent, *files.parents) if each.exists())
    disk = shutil.disk_usage(folder)
    report: dict[str, Any] = {
        "versions": versions(),
        "settings": masked(settings),
        "settings_problems": list(problems),
        "database": condition(settings.database, keys, clock.wall(), progress),
        "host_credits": _host_credits(settings, clock),
        "backups": backups(settings, clock),
        "disk": {"free_bytes": disk.free, "total_bytes": disk.total},
        "bot": _health(settings),
        "decoder": {"cage": closes().value, **attacked()},
    }
    if is_online:
        reached = (("discord", settings.discord_api_url + DISCORD_PATH), ("cannon", settings.cannon_api_url))
        report["network"] = {name: reach(url, clock) for name, url in reached}
    clean: dict[str, Any] = _scrubbed(report, Scrubber(settings.secrets()))
    return clean


def versions() -> dict[str, str]:
    """Return the versions of the bot and its platform; missing libraries are left out."""
    found = {
        "cannon-bot": __version__,
        "commit": commit(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "terminal": "yes" if sys.stdout.isatty() else "no",
    }
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def masked(settings: Settings) -> dict[str, str]:
    """Return each setting as text; of secrets only whether set, and how many."""
    shown = {}
    for name in (each.name for each in dataclasses.fields(Settings)):
        value = getattr(settings, name)
        if name.upper() in SECRET_SETTINGS or isinstance(value, SecretStr):
            shown[name.upper()] = _presence(value)
        elif isinstance(value, frozenset | tuple):
            shown[name.upper()] = ", ".join(sorted(map(str, value))) or "not set"
        else:
            shown[name.upper()] = "not set" if value is None else str(value)
    return shown


def _presence(value: object) -> str:
    if isinstance(value, tuple):
        return f"set ({len(value)})" if value else "not set"
    return "not set" if value is None else "set"


def _host_credits(settings: Settings, clock: Clock) -> list[dict[str, str]]:
    try:
        return host_credits_spent(settings, clock)
    except StoreError:
        return []  # the part about the database says what is wrong


def backups(settings: Settings, clock: Clock) -> dict[str, object]:
    """Return the number of daily copies in BACKUP_DIR, and the newest one's age (seconds) and size."""
    if settings.backup_dir is None:
        return {"made": False}
    found = sorted((path.stat() for path in settings.backup_dir.glob(DAILY)), key=lambda each: each.st_mtime)
    return {
        "count": len(found),
        "newest_age_s": round(clock.wall() - found[-1].st_mtime) if found else None,
        "newest_bytes": found[-1].st_size if found else None,
    }


def _health(settings: Settings) -> dict[str, object]:
    try:
        is_healthy, body = ask(stored_address(settings.local_files))
    except StartError as error:
        return {"answers": False, "reason": error.sentence}
    return {"answers": True, "is_healthy": is_healthy, "health": body}


def reach(url: str, clock: Clock) -> dict[str, object]:
    """Return whether something answers at this address, in what time, and how far the clock differs."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    began = time.monotonic()
    try:
        connection.request("GET", parts.path or "/", headers={"User-Agent": "cannon-bot doctor"})
        answer = connection.getresponse()
        date = answer.getheader("Date")
    except (OSError, http.client.HTTPException) as error:
        return {"reachable": False, "reason": getattr(error, "strerror", None) or type(error).__name__}
    finally:
        connection.close()
    took = time.monotonic() - began
    return {
        "reachable": True,
        "status": answer.status,
        "ms": round(took * 1000),
        "clock_ahead_s": clock_ahead(date, clock.wall() - took / 2),
    }


def clock_ahead(date: str | None, now: float) -> float | None:
    """Return by how many seconds `now` is ahead of an answer's `Date`, None if unknown."""
    try:
        return None if date is None else round(now - parsedate_to_datetime(date).timestamp(), 1)
    except ValueError:
        return None


def _scrubbed(value: Any, scrubber: Scrubber) -> Any:
    if isinstance(value, str):
        return scrubber.text(value)
    if isinstance(value, dict):
        return {key: _scrubbed(each, scrubber) for key, each in value.items()}
    return [_scrubbed(each, scrubber) for each in value] if isinstance(value, list) else value
