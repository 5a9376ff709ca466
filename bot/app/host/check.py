"""`cannon-bot check`: what would stop a start on this machine, found without one."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot import install_line
from bot.app.host import texts
from bot.app.host.doctor import reach
from bot.app.host.files import upgrade_forecast
from bot.app.host.learn import discovery_state
from bot.app.texts import HOST_KEY_UNLIMITED, PRACTICE_KEY_OF_HOST
from bot.domain.practice import is_practice_key
from bot.errors import StartError, StoreError
from bot.media import film
from bot.media.decoder_cage import closes
from bot.runtime.clock import Clock
from bot.runtime.machine import free_bytes, problem_of
from bot.runtime.network.health_probe import ask, stored_address
from bot.runtime.network.listener import Endpoint
from bot.runtime.progress import Progress
from bot.settings import PostgresUrl, Settings, misspelled
from bot.store import Store
from bot.store.host.backup import DAILY
from bot.store.texts import size

LITTLE_ROOM_BYTES = 256 << 20
"""The write-ahead log takes up to 64 MiB of it, results on their way the rest."""
FILE_BYTES_MIN = 1 << 30
"""The least that a limit of the system has to leave to a file: the database grows."""
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
    of_file, of_environment = misspelled()
    found = Findings([*wrong, *of_file], of_environment, [texts.CAGED(closes=closes().value)])
    if not film.is_possible():
        found.facts.append(texts.NO_FILMS(line=install_line("film")))
    found.facts.append(texts.OWN_ACCOUNTS[settings.own_accounts])
    if settings.is_host_key_unlimited:
        found.warnings.append(HOST_KEY_UNLIMITED)
    found.problems.extend(_of_host(settings))
    if not any(each.startswith(("DATABASE", "SECRET_KEYS")) for each in wrong):
        found.add(_of_database(settings, clock, progress))
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


def _of_database(settings: Settings, clock: Clock, progress: Progress) -> Findings:
    keys = tuple(key.get_secret_value() for key in settings.secret_keys)
    files = settings.local_files
    unwritable = problem_of(files.parent, [files.with_name(f"{files.name}{ending}") for ending in SIDE_FILES])
    found = Findings([] if unwritable is None else [unwritable])
    if isinstance(settings.database, PostgresUrl):
        found.problems.extend(Store.check_server(settings.database, keys))
    elif unwritable is None or os.access(settings.database, os.R_OK):
        found.problems.extend(Store.check_file(settings.database, keys, progress))
    if (free := free_bytes(files.parent)) < LITTLE_ROOM_BYTES and unwritable is None:
        found.warnings.append(texts.LITTLE_ROOM(folder=files.parent, free=size(round(free))))
    if not found.problems:
        found.add(_of_next_start(settings, clock, progress))
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


def _of_next_start(settings: Settings, clock: Clock, progress: Progress) -> Findings:
    try:
        forecast, has_room = upgrade_forecast(settings.database, progress)
    except StoreError as error:
        return Findings(problems=[error.sentence])
    if not has_room:
        return Findings(problems=[forecast or ""])
    return Findings(facts=[each for each in (forecast or discovery_state(settings, clock.wall()),) if each])


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


def of_cannon(settings: Settings, clock: Clock) -> list[str]:
    """Return a warning if Cannon Studio does not answer, which stops no start."""
    answer = reach(settings.cannon_api_url, clock)
    if answer["reachable"]:
        return []
    return [texts.CANNON_UNREACHABLE(url=settings.cannon_api_url, reason=answer["reason"])]
