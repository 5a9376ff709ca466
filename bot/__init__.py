"""cannon-bot: Cannon Studio's media API as Discord slash commands."""

import functools
from pathlib import Path

__version__ = "0.1.0.dev0"
UNKNOWN_COMMIT = "unknown"
COMMIT_FILE = "commit.txt"
"""In a wheel and an sdist: the commit that they were built from."""


@functools.cache
def commit() -> str:
    """Return the commit of this code, 12 hex digits; with "-dirty" if a clone's files were changed; else "unknown"."""
    here = Path(__file__).resolve().parent
    built = here / COMMIT_FILE
    if built.is_file():
        return built.read_text(encoding="ascii").strip()
    if not (here.parent / ".git").exists():  # an installation may be inside another project's clone
        return UNKNOWN_COMMIT
    import subprocess  # noqa: PLC0415 - a start from a wheel needs none

    command = ["git", "-C", str(here.parent), "describe", "--always", "--dirty", "--exclude=*", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=5)  # noqa: S603 - fixed words
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN_COMMIT
    return done.stdout.strip()


def install_line(extra: str) -> str:
    """Return the command that adds one of the package's extras to this installation, by the tool that made it."""
    import importlib.metadata  # noqa: PLC0415 - a start has no need of them
    import json  # noqa: PLC0415 - the same
    import shlex  # noqa: PLC0415 - the same
    import sys  # noqa: PLC0415 - the same

    named = f"cannon-bot[{extra}]"
    try:  # where it was installed from (PEP 610); from an index there is no such file
        source = json.loads(importlib.metadata.distribution("cannon-bot").read_text("direct_url.json") or "{}")
    except (importlib.metadata.PackageNotFoundError, ValueError):
        source = {}
    if url := source.get("url"):
        prefix = f"{source['vcs_info']['vcs']}+" if "vcs_info" in source else ""
        named = f"{named} @ {prefix}{url}"
    place = Path(sys.prefix)
    if (place / "uv-receipt.toml").is_file():  # docs.astral.sh/uv/concepts/tools
        return f"uv tool install --force {shlex.quote(named)}"
    if (place / "pipx_metadata.json").is_file():
        return f"pipx install --force {shlex.quote(named)}"
    return f"{shlex.quote(sys.executable)} -m pip install {shlex.quote(named)}"
