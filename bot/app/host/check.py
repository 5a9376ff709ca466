"""`cannon-bot check`: what would stop a start on this machine, found without one, and what a bug report needs."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib.metadata
import importlib.util
import os
import platform
import resource
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from bot import __version__, commit, install_line
from bot.app.host import texts
from bot.app.host.jobs.commands import host_credits_spent
from bot.app.texts import HOST_KEY_UNLIMITED, PRACTICE_KEY_OF_HOST
from bot.cannon.client import CannonClient
from bot.catalogue import Catalogue, merge
from bot.domain.practice import is_practice_key
from bot.errors import CannonError, CannonUnavailable, KeyRefused, StartError, StoreError
from bot.media import film
from bot.media.decoder_cage import closes
from bot.runtime.clock import Clock
from bot.runtime.logs import Scrubber
from bot.runtime.machine import free_bytes, problem_of
from bot.runtime.network.health_probe import ask, stored_address
from bot.runtime.network.web_server import Endpoint
from bot.runtime.progress import Progress
from bot.settings import SECRET_SETTINGS, PostgresUrl, SecretStr, Settings, misspelled
from bot.store import Store
from bot.store.by_name import server_module
from bot.store.host.backup import DAILY
from bot.store.host.condition import condition
from bot.store.texts import size

LITTLE_ROOM_BYTES = 256 << 20
"""The write-ahead log takes up to 64 MiB of it, results on their way the rest."""
FILE_BYTES_MIN = 1 << 30
"""The least that a limit of the system has to leave to a file: the database grows."""
TIMEOUT_S = 5.0
LIBRARIES = {"discord.py": "discord", "httpx": "httpx", "aiohttp": "aiohttp", "psycopg": "psycopg", "av": "av"}
"""Packages whose versions a bug report needs, with the modules that show whether they are installed."""
SIDE_FILES = ("", "-wal", "-shm", ".lock", ".key", ".starts")
"""Endings of the files that a start opens, if they are there."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Sentences for the host. Problems stop a start, or keep the bot from its work; warnings do not."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)

    def add(self, more: Findings) -> None:
        """Append the others."""
        self.problems.extend(more.problems)
        self.warnings.extend(more.warnings)
        self.facts.extend(more.facts)


class Application(Protocol):
    """Discord's application, as discord.py has it."""

    bot_public: bool
    interactions_endpoint_url: str | None

    @property
    def user_integration_config(self) -> object | None:
        """What an installation by a member has; None if members can't install it."""


def examine_machine(settings: Settings, wrong: Sequence[str], clock: Clock, progress: Progress) -> Findings:
    """Check the settings, files, database and ports. Blocks; changes nothing.

    `wrong` is what is wrong with the settings: what depends on these is not checked.
    """
    found = Findings([*wrong, *misspelled()])
    if not film.is_possible():
        found.facts.append(texts.NO_FILMS(line=install_line("film")))
    if settings.is_host_key_unlimited:
        found.warnings.append(HOST_KEY_UNLIMITED)
    found.problems.extend(_of_host(settings))
    if not any(each.startswith(("DATABASE", "SECRET_KEYS")) for each in wrong):
        found.add(_of_database(settings, progress))
    found.add(_of_backups(settings, clock))
    if not any(each.startswith(("DATABASE", "HTTP", "HEALTH", "PUBLIC")) for each in wrong):
        found.problems.extend(asyncio.run(_of_ports(settings)))
    return found


def _of_host(settings: Settings) -> Iterator[str]:
    """Yield what is wrong with the host's key, the folder for backups, and the system's limits."""
    if settings.cannon_api_key is not None and is_practice_key(settings.cannon_api_key.get_secret_value()):
        yield PRACTICE_KEY_OF_HOST
    if settings.backup_dir is not None and (unwritable := problem_of(settings.backup_dir)) is not None:
        yield f"BACKUP_DIR: {unwritable}"
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit != resource.RLIM_INFINITY and limit < FILE_BYTES_MIN:
        yield texts.FILES_ARE_LIMITED(limit=size(limit))


def _of_database(settings: Settings, progress: Progress) -> Findings:
    keys = tuple(key.get_secret_value() for key in settings.secret_keys)
    files = settings.local_files
    unwritable = problem_of(files.parent, [files.with_name(f"{files.name}{ending}") for ending in SIDE_FILES])
    found = Findings([] if unwritable is None else [unwritable])
    if isinstance(settings.database, PostgresUrl):
        found.problems.extend(problems := Store.check_server(settings.database, keys))
        if not problems:
            found.facts.extend(server_module("server").facts_of_server(settings.database))
    elif unwritable is None or os.access(settings.database, os.R_OK):
        found.problems.extend(Store.check_file(settings.database, keys, progress))
    if (free := free_bytes(files.parent)) < LITTLE_ROOM_BYTES and unwritable is None:
        found.warnings.append(texts.LITTLE_ROOM(folder=files.parent, free=size(round(free))))
    return found


def _of_backups(settings: Settings, clock: Clock) -> Findings:
    """Warn of a folder for backups that cannot be used, and say how old the newest is."""
    folder = settings.backup_dir
    if folder is None:
        return Findings()
    if not folder.parent.is_dir():
        return Findings(warnings=[texts.BACKUP_DIR_MISSING(folder=folder)])
    if problem_of(folder) is not None:  # among the problems of the host
        return Findings()
    made = [path.stat().st_mtime for path in folder.glob(DAILY)]
    return Findings(facts=[texts.newest_backup(len(made), clock.wall() - max(made) if made else None)])


async def _of_ports(settings: Settings) -> list[str]:
    """Return a sentence for each port that cannot be listened on, unless this database's bot is running."""
    places = [Endpoint("HEALTH", settings.health_host, settings.health_port)]
    if settings.public_url is not None:
        places.append(Endpoint("HTTP", settings.http_host, settings.http_port))
    refused: list[str] = []
    opened: list[asyncio.Server] = []
    for place in places:
        try:
            opened.append(await asyncio.get_running_loop().create_server(asyncio.Protocol, place.host, place.port))
        except OSError as error:
            refused.append(place.refused(error).sentence)
    for server in opened:
        server.close()
    return [] if refused and _is_running(settings) else refused


def _is_running(settings: Settings) -> bool:
    try:
        ask(stored_address(settings.local_files))
    except StartError:
        return False
    return True


def of_application(settings: Settings, application: Application) -> Findings:
    """Return what Discord's application lacks for this bot."""
    found = Findings()
    if application.interactions_endpoint_url is not None:
        found.problems.append(texts.APPLICATION_HAS_ENDPOINT)
    if application.bot_public and settings.privacy_url is None:
        found.warnings.append(texts.PRIVACY_URL_MISSING)
    if application.bot_public and settings.cannon_api_key is not None and settings.cannon_api_key_guilds is None:
        found.warnings.append(texts.HOST_KEY_UNUSED)
    if settings.serves_outside and application.user_integration_config is None:
        found.facts.append(texts.NO_USER_INSTALL)
    return found


async def of_cannon(settings: Settings, clock: Clock) -> Findings:
    """Read the API's description, and ask for the status of the host's key: neither creates nor costs anything."""
    found = Findings()
    key = None if settings.cannon_api_key is None else settings.cannon_api_key.get_secret_value()
    async with CannonClient(settings.cannon_api_url, clock=clock, timeout_s=TIMEOUT_S) as client:
        try:
            described = await client.openapi(key)
            built_in = Catalogue()
            if described is not None and merge(built_in, described.document) is built_in:
                found.warnings.append(texts.FORM_NOT_KNOWN)
        except CannonUnavailable:
            found.warnings.append(texts.CANNON_UNREACHABLE(url=settings.cannon_api_url))
            return found
        except CannonError:
            pass  # only some keys may read it
        try:
            if key is not None:
                found.facts.append(texts.host_key_works((await client.status(key)).credits))
        except KeyRefused:
            found.problems.append(texts.HOST_KEY_REJECTED)
        except CannonError:
            pass  # the key may be good
    return found


def clock_ahead(date: str | None, now: float) -> float | None:
    """Return by how many seconds `now` is ahead of an answer's `Date`, None if unknown."""
    try:
        return None if date is None else round(now - parsedate_to_datetime(date).timestamp(), 1)
    except ValueError:
        return None


def report(settings: Settings, found: Findings, clock: Clock) -> dict[str, Any]:
    """Return what was found, and what a bug report needs, as JSON values without a secret."""
    files = settings.local_files
    disk = shutil.disk_usage(next(each for each in (files.parent, *files.parents) if each.exists()))
    facts = {
        **dataclasses.asdict(found),
        "versions": versions(),
        "settings": masked(settings),
        "database": condition(settings.database, clock.wall()),
        "host_credits": _host_credits(settings, clock),
        "disk": {"free_bytes": disk.free, "total_bytes": disk.total},
        "bot": _health(settings),
        "decoder": {"cage": closes().value},
    }
    clean: dict[str, Any] = _scrubbed(facts, Scrubber(settings.secrets()))
    return clean


def versions() -> dict[str, str]:
    """Return the versions of the bot and its platform; missing libraries are left out."""
    return {
        "cannon-bot": f"{__version__} ({commit()})",
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        **{name: importlib.metadata.version(name) for name in LIBRARIES if importlib.util.find_spec(LIBRARIES[name])},
    }


def masked(settings: Settings) -> dict[str, str]:
    """Return each setting as text; of secrets only whether set."""
    shown = {}
    for name in (each.name for each in dataclasses.fields(Settings)):
        value = getattr(settings, name)
        is_set = value not in (None, (), frozenset())
        if name.upper() in SECRET_SETTINGS or isinstance(value, SecretStr):
            shown[name.upper()] = "set" if is_set else "not set"
        elif isinstance(value, frozenset | tuple) and is_set:
            shown[name.upper()] = " ".join(sorted(map(str, value)))
        else:
            shown[name.upper()] = str(value) if is_set else "not set"
    return shown


def _host_credits(settings: Settings, clock: Clock) -> list[dict[str, str]]:
    try:
        return host_credits_spent(settings, clock)
    except StoreError:
        return []  # the part about the database says what is wrong


def _health(settings: Settings) -> str:
    try:
        return ask(stored_address(settings.local_files))[1]
    except StartError as error:
        return error.sentence


def _scrubbed(value: Any, scrubber: Scrubber) -> Any:
    if isinstance(value, str):
        return scrubber.text(value)
    if isinstance(value, dict):
        return {key: _scrubbed(each, scrubber) for key, each in value.items()}
    return [_scrubbed(each, scrubber) for each in value] if isinstance(value, list) else value
