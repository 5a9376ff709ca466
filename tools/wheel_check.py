"""Test the release: build the wheel and the sdist, install the wheel in clean environments, run it elsewhere.

The wheel is built as the image does it: by what `requirements/build.lock` pins, and nothing else. It is run as a host
gets it (the locked packages alone: `check`, `commands`, and the sentence of a foreign package), and by uv and pipx,
which are given a folder of wheels and no index: `uv tool install`, `pipx install`, and `uvx --from 'WHEEL[demo]'
cannon-bot demo`, whose page is fetched.

Run by `make wheel-check`. Ends with a non-zero exit code and the command's own output at the first failure.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import urllib.request
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

from bot import COMMIT_FILE, commit

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".venv" / "tools" / "bin"
SAMPLE_TOKEN = "0" * 18 + "." + "0" * 6 + "." + "0" * 38  # the form of a bot token; `check` needs no more
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")
FORBIDDEN = ("tests/", "data/", ".env", ".venv/", "tools/")
START_S = 60
"""Time for the demo's page, on a busy machine."""


def kept_environment(**environment: str) -> dict[str, str]:
    """Return our environment with only what installers need, and the given variables."""
    # The installer's own variables are kept: a certificate or a cache of this machine.
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_")) or name == "HOME"}
    return {**kept, "PATH": os.defpath, **environment}


def run(command: Sequence[str | Path], cwd: Path, **environment: str) -> str:
    """Run `command` in `cwd` without our environment except for the given variables; return its output."""
    done = subprocess.run(  # noqa: S603 - our own commands
        [str(word) for word in command],
        cwd=cwd,
        env=kept_environment(**environment),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\nfailed with {done.returncode}: {' '.join(map(str, command))}")
    return done.stdout


def environment(place: Path, lock: str) -> Path:
    """Make a clean environment at `place` with the pins of `lock`; return its Python."""
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    run([python, *PIP, "install", "--require-hashes", "-r", ROOT / lock], place)
    return python


def expected_files(kind: str) -> set[str]:
    """Return the expected files of the wheel or the sdist: everything in the packages, translations compiled or not."""
    files = (path for top in ("bot", "cogs", "sandbox") for path in (ROOT / top).rglob("*") if path.is_file())
    names = {path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts}
    kinds = {Path(name).suffix for name in names}
    # The test of the test: a renamed folder would make it pass with nothing.
    if missing := {".py", ".sql", ".po", ".xz", ".mp4", ".css", ".js", ".typed"} - kinds:
        sys.exit(f"the packages have no file of the kind {', '.join(sorted(missing))} any more")
    others = {"sdist": (".mo",), "wheel": (".po", ".pot")}[kind]
    if kind == "wheel":
        names |= {name.removesuffix(".po") + ".mo" for name in names if name.endswith(".po")}
    return {*(name for name in names if not name.endswith(others)), "cannon_bot.py", f"bot/{COMMIT_FILE}"}


def build(into: Path) -> Path:
    """Build both distributions, check their contents, return the wheel."""
    builder = environment(into.with_name("builder"), "requirements/build.lock")
    into.mkdir()
    run([builder, *PIP, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", into, ROOT], into)
    run([builder, "-m", "hatchling", "build", "--target", "sdist", "--directory", into], ROOT)
    (wheel,), (sdist,) = into.glob("*.whl"), into.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    with tarfile.open(sdist) as packed:
        members = [name.partition("/")[2] for name in packed.getnames()]
    for kind, present in (("wheel", names), ("sdist", members)):
        if missing := expected_files(kind) - set(present):
            sys.exit(f"not in the {kind}: {', '.join(sorted(missing))}")
    for name in ("LICENSE", "requirements/NOTICES.txt"):
        if name not in members or not any(each.endswith(f".dist-info/licenses/{name}") for each in names):
            sys.exit(f"the sdist or the wheel lacks {name}")
    if extra := [name for name in [*names, *members] if name.startswith(FORBIDDEN) and name != ".env.example"]:
        sys.exit(f"does not belong in a distribution: {', '.join(extra[:10])}")
    return wheel


def check_host(place: Path, wheel: Path) -> None:
    """Install the wheel as a host does, with the locked packages, and run what needs no network."""
    python = environment(place / "environment", "requirements/bot.lock")
    bot = python.with_name("cannon-bot")
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    run([python, *PIP, "install", "--no-deps", "--no-index", wheel], elsewhere)
    run([python, "-m", "pip", "check"], elsewhere)
    print(version := run([bot, "--version"], elsewhere).strip())
    if commit() not in version:
        sys.exit(f"the wheel does not name the commit {commit()} that it was built from")
    print(run([bot, "check", "--offline"], elsewhere, DISCORD_TOKEN=SAMPLE_TOKEN).strip())
    if left := sorted(path.name for path in elsewhere.iterdir()):
        sys.exit(f"`check` changed the directory: {', '.join(left)}")
    check_foreign_package(bot, elsewhere)


def check_foreign_package(bot: Path, elsewhere: Path) -> None:
    """Overwrite a file of the installation, as another package of that name would: one sentence must say so."""
    (installed,) = bot.parent.parent.glob("lib/python*/site-packages/bot/__init__.py")
    installed.write_text("raise SystemExit('the foreign package was loaded')\n", encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - our own command
        [bot, "--version"], cwd=elsewhere, env=kept_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 78 or not done.stderr.startswith(f"cannon-bot: {installed} is not cannon-bot's file"):
        sys.exit(f"an overwritten package is not told: exit code {done.returncode}\n{done.stderr}")
    print("a foreign package in the way is told in one sentence")


def check_installers(place: Path, wheel: Path) -> None:
    """Install and run the wheel with pipx, `uv tool install` and `uvx`, from a folder of wheels without an index."""
    wheelhouse = place / "wheelhouse"
    downloader = environment(place / "downloader", "requirements/build.lock")
    # What the development's lock pins has the demo's extra, so uv resolves to exactly that.
    lock = ROOT / "requirements/dev.lock"
    run(
        [downloader, *PIP, "download", "--only-binary", ":all:", "--require-hashes", "-d", wheelhouse, "-r", lock],
        place,
    )
    shutil.copy(wheel, wheelhouse)
    check_pipx(place, wheelhouse)
    home = {"HOME": str(place / "home"), "UV_TOOL_DIR": str(place / "tools"), "UV_TOOL_BIN_DIR": str(place / "bin")}
    offline: list[str | Path] = ["--offline", "--no-index", "--find-links", wheelhouse, "--python", sys.executable]
    (copied,) = wheelhouse.glob("cannon_bot-*.whl")
    run([TOOLS / "uv", "tool", "install", "--quiet", *offline, copied], place, **home)
    print(f"uv tool install: {run([place / 'bin' / 'cannon-bot', '--version'], place, **home).strip()}")
    check_demo(
        [TOOLS / "uv", "tool", "run", *offline, "--from", f"{copied}[demo]", "cannon-bot", "demo"], place, **home
    )


def check_pipx(place: Path, wheelhouse: Path) -> None:
    """Install the wheel with pipx, and run it."""
    homes = {"HOME": str(place / "home"), "PIPX_HOME": str(place / "pipx"), "PIPX_BIN_DIR": str(place / "pipx-bin")}
    (wheel,) = wheelhouse.glob("cannon_bot-*.whl")
    offline = f"--pip-args=--no-index --find-links {wheelhouse}"
    run([TOOLS / "pipx", "install", "--quiet", "--python", sys.executable, offline, wheel], place, **homes)
    print(f"pipx install: {run([place / 'pipx-bin' / 'cannon-bot', '--version'], place, **homes).strip()}")


def check_demo(command: Sequence[str | Path], place: Path, **environment: str) -> None:
    """Start the demo, wait for its page, and stop it as a person does."""
    words = [str(word) for word in [*command, "--no-browser"]]
    with subprocess.Popen(  # noqa: S603 - our own command
        words, cwd=place, env=kept_environment(**environment), stdout=subprocess.PIPE, text=True
    ) as demo:
        watchdog = threading.Timer(START_S, demo.kill)
        watchdog.start()
        address = None
        for line in demo.stdout or ():
            if (found := re.search(r"http://127\.0\.0\.1:\d+\S*", line)) is not None:
                address = found[0]
                break
        watchdog.cancel()
        if address is None:
            sys.exit(f"the demo ended with {demo.wait()} and told no address")
        with urllib.request.urlopen(address, timeout=START_S) as answer:  # noqa: S310 - our own page
            page = answer.read().decode("utf-8")
        demo.terminate()
        demo.communicate(timeout=START_S)
    if "</html>" not in page:
        sys.exit(f"the demo's page is none: {page[:200]}")
    print(f"uvx: the demo serves its page of {len(page):,} characters")


def main() -> None:
    """Build, install, run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="copy the tested wheel and sdist there")
    parser.add_argument("--host-only", action="store_true", help="without uv, pipx and the demo")
    arguments = parser.parse_args()
    keep = arguments.keep
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        wheel = build(place / "dist")
        check_host(place, wheel)
        if not arguments.host_only:
            check_installers(place, wheel)
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            for built in (wheel, next(wheel.parent.glob("*.tar.gz"))):
                shutil.copy(built, keep)


if __name__ == "__main__":
    main()
