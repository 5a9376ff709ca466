"""A machine that has Python and make only, as far as a chroot can be one.

It is made of an empty root (rehearse_image.py makes it: links, the few files of /etc that name resolution and
certificates need), in which this system's `/usr` is mounted read-only under an empty `/usr/local`, with its own /proc
and /dev/shm. The PATH is one folder with links to Python, make, a shell and the small tools of every Debian (`TOOLS`),
so no other program of this machine is found: no git, no uv, no compiler, no browser. Commands run as the user `host`
with an empty home and none of our environment; installers alone keep their settings (PIP_…, SSL_…, pip.conf and folders
of wheels that it names). The network is this machine's: a wire Discord and a sandbox on loopback can be reached.

Needs root on Linux and mounts of one's own (`reason_against` says what is missing). What it cannot show: another libc,
another processor, a Python that Debian has patched otherwise.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.install.rehearse_image import empty_root, python

ROOT = Path(__file__).resolve().parents[2]
TOOLS = """
make sh awk basename cat chmod cp cut date dirname echo env expr false getconf grep head id install ln ls mkdir mktemp
mv nproc pwd readlink rm rmdir sed sleep sort tail tar tee test touch tr true uname wc xargs
"""
USER = 1000
CLONE = "host/cannon-bot"
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
"""Where the programs are that make the root; what runs in it has a PATH of its own."""
INSTALLERS = ("PIP_", "SSL_")


def git(*arguments: str) -> str:
    """Return what git says about this project."""
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def reason_against() -> str | None:
    """Return why no clean root can be made here, as a sentence; None if one can."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return "a clean root needs root on Linux, for chroot and mounts of its own"
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        return "this machine allows no mounts of one's own"
    try:
        python()
    except SystemExit as error:
        return str(error)
    if shutil.which("make", path="/usr/bin") is None:
        return "make is not installed in /usr/bin"
    return None


class CleanRoot:
    """`with CleanRoot() as root: root.check_out(); output = await root.run("make test")`."""

    def __init__(self) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="cannon-bot-install-"))
        self.home = self.place / "host"
        self.clone = self.place / CLONE
        self._wheels = [Path(word) for word in os.environ.get("PIP_FIND_LINKS", "").split() if Path(word).is_dir()]

    def __enter__(self) -> Self:
        self.place.chmod(0o755)
        empty_root(self.place)
        tools = self.place / "local" / "bin"
        for name in TOOLS.split():
            if (found := shutil.which(name, path="/usr/bin:/bin")) is not None:
                (tools / name).symlink_to(found)
        (tools / "python3").symlink_to(python())
        for file, line in (("passwd", f"host:x:{USER}:{USER}::/host:/bin/sh\n"), ("group", f"host:x:{USER}:\n")):
            with (self.place / "etc" / file).open("a", encoding="utf-8") as opened:
                opened.write(line)
        if Path("/etc/pip.conf").exists():
            shutil.copy("/etc/pip.conf", self.place / "etc")
        for folder in self._wheels:
            self._inside(folder).mkdir(parents=True, exist_ok=True)
        self.home.mkdir(parents=True)
        self._own(self.home)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.place)

    # ------------------------------------------------------------------ files

    @property
    def wire(self) -> Path:
        """What leads a started bot to the Discord on this machine."""
        return self.place / "wired/tests/support/wire/child.py"

    def check_out(self, commit: str | None = None) -> None:
        """Put the project's files where a clone has them: of this working tree, or of a commit.

        Files of an earlier check-out that are not in this one are removed; what git ignores stays.
        """
        self._remove_versioned()
        self.clone.mkdir(exist_ok=True)
        if commit is None:
            listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
            names = sorted(name for name in listed if name and (ROOT / name).is_file())
            for name in names:
                (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.clone / name)
        else:
            archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
            subprocess.run(["tar", "-x", "-C", self.clone], input=archive, check=True)
            self._gather_locks()
        if self.wire.exists():  # it names modules of the bot, and they are called otherwise in an earlier version
            shutil.copy(self.clone / "tests/support/wire/child.py", self.wire)
        self._own(self.clone)

    def _gather_locks(self) -> None:
        """Put the locks of a commit from before they had a folder where the README names them."""
        for lock in self.clone.glob("requirements*.lock"):
            (self.clone / "requirements").mkdir(exist_ok=True)
            name = lock.stem.removeprefix("requirements").lstrip("-") or "bot"
            shutil.copy(lock, self.clone / "requirements" / f"{name}.lock")

    def _remove_versioned(self) -> None:
        kept = {".env", "data", "venv", ".venv"}
        for path in self.clone.iterdir() if self.clone.exists() else ():
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _own(self, folder: Path) -> None:
        os.chown(folder, USER, USER)
        for where, folders, files in os.walk(folder):
            for name in (*folders, *files):
                os.chown(Path(where) / name, USER, USER, follow_symlinks=False)

    def add_folder(self, name: str) -> Path:
        """Make a folder at the root that the user may write to."""
        folder = self.place / name
        folder.mkdir()
        self._own(folder)
        return folder

    def write(self, name: str, text: str) -> None:
        """Write a file of the clone, as its user."""
        path = self.clone / name
        path.write_text(text, encoding="utf-8")
        os.chown(path, USER, USER)

    def add_wire(self) -> None:
        """Put in what leads a bot to a Discord on this machine (wired/sitecustomize.py); `WIRED` switches it on."""
        self.wire.parent.mkdir(parents=True)
        shutil.copy(ROOT / "tests/support/wire/child.py", self.wire)
        shutil.copy(Path(__file__).parent / "wired/sitecustomize.py", self.place / "wired")

    # ------------------------------------------------------------------ programs

    async def run(self, line: str, *, expect: int = 0, env: Mapping[str, str] | None = None) -> str:
        """Run a command line to its end in the clone; return what it wrote. AssertionError for another exit code."""
        started = await self.start(line, env=env)
        output = await started.rest()
        assert started.process.returncode == expect, f"{line} ended with {started.process.returncode}:\n{output}"
        return output

    async def start(self, line: str, *, env: Mapping[str, str] | None = None) -> Started:
        """Start a command line in the clone; its process is the last command's own, in its own group and session."""
        mounts = [
            *(
                f"mount --bind -o ro {shlex.quote(str(path))} {self._inside(path)}"
                for path in (Path("/usr"), *self._wheels)
            ),
            f"mount --bind {self.place}/local {self.place}/usr/local",
            f"mount -t proc proc {self.place}/proc",
            f"mount --rbind /dev {self.place}/dev",
            f"mount -t tmpfs -o mode=1777 tmpfs {self.place}/dev/shm",
        ]
        words = " && exec ".join(f"PATH=/usr/local/bin; cd /{CLONE} && {line}".rsplit(" && ", 1))
        chroot = f"exec chroot --userspec={USER}:{USER} {self.place} /bin/sh -ec {shlex.quote(words)}"
        kept = {name: value for name, value in os.environ.items() if name.startswith(INSTALLERS)}
        process = await asyncio.create_subprocess_exec(
            *("unshare", "--mount", "sh", "-ec", "\n".join([*mounts, chroot])),
            env={**kept, "HOME": "/host", "PATH": SYSTEM_PATH, **(env or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        return Started(process)

    def _inside(self, path: Path) -> Path:
        return self.place / str(path).lstrip("/")


class Started:
    """A running command, whose output is read all the time, so that it never waits for a reader."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.output = ""
        self._news = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while data := await self.process.stdout.read(65536):
            async with self._news:
                self.output += data.decode("utf-8", "replace")
                self._news.notify_all()
        await self.process.wait()
        async with self._news:
            self._news.notify_all()

    @property
    def has_ended(self) -> bool:
        return self._reader.done() or self.process.returncode is not None

    async def rest(self) -> str:
        """Wait for its end; return all that it wrote."""
        await self._reader
        return self.output

    async def said(self, words: str, timeout: float) -> str:  # noqa: ASYNC109 - the bound is what the caller sets
        """Wait until it has written `words`; return all so far. AssertionError if it ends before."""
        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(lambda: words in self.output or self.has_ended)
        assert words in self.output, self.output
        return self.output

    async def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal to it and all that it has started; return the exit code."""
        if self.process.returncode is None:
            os.killpg(self.process.pid, number)
        await self._reader
        assert self.process.returncode is not None
        return self.process.returncode


WIRED = {"PYTHONPATH": "/wired", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""Added to the environment of a bot that is led to a wire Discord, with the address (`WireDiscord.environ`)."""
