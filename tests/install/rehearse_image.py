"""Rehearse the Dockerfile without a container engine: each step in a root of its own.

In place of the base image, this system's `/usr` (Debian, as the image's) is mounted read-only into an empty root. So a
step finds a shell, useradd, install and Python, and nothing else of this machine. Each stage has its own root, copies
obey `.dockerignore`, and the last stage's program starts as the image's user with its environment. Not covered: the
real base's content, and other processors.

Run by `python -m tests.install.rehearse_image`, as root.

Ends with the failed step and its output. `--keep` prints the roots instead of removing them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools import prune_image

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = ("usr", "bin", "sbin", "lib", "lib64")
"""This machine's folders in a step, read-only; the last four are links into the first on today's Debian."""
ETC = (
    "resolv.conf",
    "hosts",
    "nsswitch.conf",
    "ssl",
    "ca-certificates",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "alternatives",
)
KNOWN = {"ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "RUN", "USER", "VOLUME"}
KNOWN |= {"WORKDIR"}
SAMPLE_TOKEN = "0" * 18 + "." + "0" * 6 + "." + "0" * 38  # the form of a bot token; `check` needs no more
STEP_TIMEOUT_S = 600
LABELS = {f"org.opencontainers.image.{name}" for name in ("title", "description", "licenses", "version", "revision")}
BASE_MB = 86
"""The base image after `prune_image.py`, by estimate, since it cannot be fetched here: Debian's packages in it have
72 MB without documents, and 50 pruned; its lists of them about 6, and Python about 30."""


class StepFailed(Exception):
    """A failed step of the Dockerfile. The message has the step and its output."""


@dataclass
class Stage:
    """One stage: its root, and the settings so far."""

    root: Path
    environment: dict[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
    )
    user: str = "0"
    folder: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Yield a Dockerfile's instructions as word and rest. Raises ValueError for an unsupported one."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in re.sub(r"\\\n", "", "\n".join(lines)).splitlines():
        word, _, rest = line.strip().partition(" ")
        if not word:
            continue
        if word not in KNOWN:
            raise ValueError(f"the rehearsal does not know the instruction {word}")
        yield word, rest.strip()


def allowed(ignore: str) -> list[str]:
    """Return the names that a `.dockerignore` of our form (only `!` exceptions) lets through."""
    lines = [line for line in ignore.splitlines() if line and not line.startswith("#")]
    if lines[:1] != ["*"]:
        raise ValueError(".dockerignore does not begin with *, so the rehearsal cannot read it")
    return [line[1:] for line in lines if line.startswith("!")]


def build_context(place: Path) -> Path:
    """Copy the build context to `place`; return it."""
    place.mkdir()
    for name in allowed((ROOT / ".dockerignore").read_text(encoding="utf-8")):
        source = ROOT / name
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, place / name)
    return place


def python() -> str:
    """Return a supported Python of this system that can make environments. Exits without one."""
    for minor in range(14, 10, -1):
        path = f"/usr/bin/python3.{minor}"
        command = [path, "-c", "import ensurepip"]
        if Path(path).exists() and subprocess.run(command, check=False).returncode == 0:
            return path
    sys.exit("the rehearsal needs a Python 3.11 to 3.14 with venv in /usr/bin (on Debian: apt install python3-venv)")


def empty_root(place: Path) -> Path:
    """Make a root with only links, the few files of /etc that programs need, and empty folders."""
    for name in ("usr", "etc", "proc", "dev", "tmp", "root", "var/tmp", "run", "opt", "home", "local/bin"):
        (place / name).mkdir(parents=True)
    (place / "local" / "bin" / "python").symlink_to(python())  # the image's Python is /usr/local/bin/python
    (place / "tmp").chmod(0o1777)
    for name in SYSTEM[1:]:
        if (Path("/") / name).is_symlink():
            (place / name).symlink_to((Path("/") / name).readlink())
    for name in ETC:
        source = Path("/etc") / name
        if source.is_dir():
            shutil.copytree(source, place / "etc" / name, symlinks=True)
        elif source.exists():
            shutil.copy(source, place / "etc" / name)
    (place / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n", encoding="utf-8")
    (place / "etc/group").write_text("root:x:0:\n", encoding="utf-8")
    for name in ("shadow", "gshadow", "login.defs"):
        (place / "etc" / name).write_text("", encoding="utf-8")
    return place


def inside(stage: Stage, script: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script in the stage's root, in its own mount and process namespaces, as the stage's user."""
    root = shlex.quote(str(stage.root))
    mounts = [
        f"mount --bind -o ro /usr {root}/usr",
        f"mount --bind {root}/local {root}/usr/local",
        f"mount -t proc proc {root}/proc",
        f"mount --rbind /dev {root}/dev",
    ]
    user = "" if stage.user == "0" else f"--userspec={shlex.quote(stage.user)}:{shlex.quote(stage.user)} "
    words = f"cd {shlex.quote(stage.folder)} && {script}"
    chroot = f"exec chroot {user}{root} /bin/sh -ec {shlex.quote(words)}"
    # Installers need this machine's certificate and index; a build on Docker gets them from its own settings.
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    return subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "sh", "-ec", "\n".join([*mounts, chroot])],
        env={"HOME": "/root", **kept, **stage.environment, **extra},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=STEP_TIMEOUT_S,
        check=False,
    )


def copy(stage: Stage, context: Path, stages: Mapping[str, Stage], rest: str) -> None:
    """Do one COPY. Raises StepFailed for a missing source."""
    *sources, target = rest.split()
    if sources[0].startswith("--from="):
        context = stages[sources.pop(0).removeprefix("--from=")].root
    sources = [each for each in sources if not each.startswith("--chown=")]  # kept by a copy of a stage
    if sources == ["/"]:
        subprocess.run(["cp", "-a", "--remove-destination", f"{context}/.", stage.root], check=True)
        return
    into = stage.root / str(Path(stage.folder) / target).lstrip("/")
    for name in sources:
        source = context / name.lstrip("/")
        if not source.exists():
            raise StepFailed(f"COPY {rest}\n{name} is not there: is it in .dockerignore?")
        to = into / source.name if target.endswith("/") else into
        to.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, to, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy(source, to)


def pairs(rest: str) -> dict[str, str]:
    """Return the variables of an ENV."""
    return dict(word.split("=", 1) for word in shlex.split(rest))


def step(stage: Stage, word: str, rest: str) -> None:
    """Do one instruction within this stage. Raises StepFailed."""
    if word == "RUN":
        done = inside(stage, rest)
        if done.returncode:
            raise StepFailed(f"RUN {rest}\n{done.stdout}\nended with {done.returncode}")
    elif word == "WORKDIR":
        stage.folder = rest
        (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
    elif word == "ENV":
        stage.environment |= {
            name: value.replace("$PATH", stage.environment["PATH"]) for name, value in pairs(rest).items()
        }
    elif word == "LABEL":
        stage.labels |= pairs(rest)
    elif word == "USER":
        stage.user = rest
    elif word == "ENTRYPOINT":
        stage.entrypoint = json.loads(rest)
    elif word == "CMD":
        stage.command = json.loads(rest)
    elif word == "HEALTHCHECK":
        stage.healthcheck = json.loads(rest[rest.index("CMD ") + 4 :])


def rehearse(text: str, place: Path) -> Stage:
    """Do all steps of a Dockerfile below `place`; return the last stage. Raises StepFailed."""
    context = build_context(place / "context")
    stages: dict[str, Stage] = {}
    stage = None
    for word, rest in instructions(text):
        if word == "ARG":
            continue
        if word == "FROM":
            name = rest.partition(" AS ")[2] or "last"
            stage = stages[name] = Stage(empty_root(place / name))
        elif stage is None:
            raise StepFailed(f"{word} stands before the first FROM")
        elif word == "COPY":
            copy(stage, context, stages, rest)
        else:
            step(stage, word, rest)
        print(" ".join(f"{word} {rest}".split())[:100], flush=True)
    if stage is None:
        raise StepFailed("the Dockerfile has no FROM")
    return stage


def measured(stage: Stage) -> str:
    """Return how large the image is about. Raises StepFailed if it has what it need not, or is larger than allowed."""
    own = stage.root / "opt" / "cannon-bot"
    if left := [path.name for path in own.rglob("*") if path.name in {"pip", "__pycache__"}]:
        raise StepFailed(f"the image has {', '.join(sorted(set(left)))}")
    if not list(own.rglob("licenses/requirements/NOTICES.txt")):
        raise StepFailed("the image lacks the licenses of what it ships: requirements/NOTICES.txt")
    megabytes = prune_image.size(own) / 1e6
    total = BASE_MB + megabytes
    if total > prune_image.LIMIT_MB:
        raise StepFailed(f"the image has about {total:.0f} MB; {prune_image.LIMIT_MB} are allowed")
    return f"about {total:.0f} MB: {megabytes:.0f} of the bot and its libraries, and by estimate {BASE_MB} of the base"


def started(stage: Stage, *arguments: str, expect: int, **extra: str) -> str:
    """Start the image's program; return its output. Raises StepFailed for another exit code."""
    words: Sequence[str] = [*stage.entrypoint, *arguments]
    done = inside(stage, f"exec {shlex.join(words)}", **extra)
    if done.returncode != expect:
        raise StepFailed(f"{shlex.join(words)} ended with {done.returncode} instead of {expect}:\n{done.stdout}")
    return done.stdout


def try_out(stage: Stage) -> None:
    """Use the image as a host does. Raises StepFailed."""
    if stage.user in {"", "0", "root"}:
        raise StepFailed("the image runs as root")
    if missing := LABELS - stage.labels.keys():
        raise StepFailed(f"the image lacks the labels {', '.join(sorted(missing))}")
    print(measured(stage))
    print(started(stage, "--version", expect=0).strip())
    print(started(stage, "check", "--offline", expect=0, DISCORD_TOKEN=SAMPLE_TOKEN).splitlines()[0])
    # Without a token the program ends with one sentence, and the health check with a failure.
    if "DISCORD_TOKEN" not in started(stage, *stage.command, expect=78):
        raise StepFailed("the start without a token does not say that DISCORD_TOKEN is missing")
    health = Stage(**{**vars(stage), "entrypoint": stage.healthcheck})
    started(health, expect=1)
    print("the program starts, checks and refuses as the image's user")


@contextlib.contextmanager
def folder(*, keep: bool) -> Iterator[Path]:
    """Yield a folder for the roots, removed afterwards unless `--keep`."""
    place = Path(tempfile.mkdtemp(prefix="cannon-bot-image-"))
    place.chmod(0o755)
    try:
        yield place
    finally:
        if keep:
            print(f"the roots are in {place}")
        else:
            shutil.rmtree(place)


def main() -> None:
    """Rehearse the project's Dockerfile."""
    parser = argparse.ArgumentParser(description="Rehearse the Dockerfile without a container engine.")
    parser.add_argument("--keep", action="store_true", help="leave the roots for a look")
    parser.add_argument("dockerfile", nargs="?", type=Path, default=ROOT / "Dockerfile")
    arguments = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        sys.exit("the rehearsal needs root on Linux, for chroot and mounts of its own")
    with folder(keep=arguments.keep) as place:
        try:
            try_out(rehearse(arguments.dockerfile.read_text(encoding="utf-8"), place))
        except StepFailed as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
