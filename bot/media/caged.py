"""Runs a module of this package in a process of its own, which reaches the files of one folder only.

Decoding foreign files is dangerous, so the bot never does: the process has an empty environment, limits on CPU time,
memory and file sizes (`confine`), and is confined by `decoder_cage`.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from bot.media import decoder_cage

MIB = 1024**2
INSTALLED = str(Path(__file__).resolve().parent.parent.parent)
"""Where this package is, whatever the working directory."""


class CagedError(Exception):
    """The process failed, was too slow, could use no file, or made none. Its text is for the log."""


def command(module: str) -> tuple[str, ...]:
    """Return the command of a module. -P: import nothing from the folder with foreign files."""
    return (sys.executable, "-P", "-m", module)


async def made(
    arguments: tuple[str, ...], folder: Path, payload: object, name: str, *, timeout_s: float, installed: str
) -> Path:
    """Run a command in the folder with JSON as its input; return the file `name` that it made there.

    The process has always ended, even after cancellation. Raises CagedError unless it ends with 0.
    """
    process = await asyncio.create_subprocess_exec(
        *arguments,
        cwd=folder,
        env={"PYTHONPATH": installed},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(timeout_s):
            _, said = await process.communicate(json.dumps(payload).encode())
    except TimeoutError:
        raise CagedError(f"not done within {timeout_s:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise CagedError(f"ended with {process.returncode}: {last[0][:200] if last else 'nothing said'}")
    if not (folder / name).is_file():
        raise CagedError("nothing was made")
    return folder / name


@dataclass(frozen=True, slots=True, kw_only=True)
class CageLimits:
    """Of the process, in seconds and bytes. `data`: writable memory; `memory`: all that it may map, code included."""

    cpu_s: int
    data: int
    memory: int
    file: int


def confine(limits: CageLimits) -> None:
    """Irrevocably limit this process's resources and access; no core file with foreign content. Load all code first."""
    for what, limit in (
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_DATA, limits.data),
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.file),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(what, (limit, limit))
    decoder_cage.shut(Path())
