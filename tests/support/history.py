"""Earlier versions of this project, from git."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def git(*arguments: str) -> str:
    """Return what git says about this project."""
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def commit_before_the_newest_migration() -> str:
    """Return the last commit whose database was an older one. Raises RuntimeError where git's history is too short."""
    newest = max((ROOT / "bot/store/migrations").glob("0*.sql")).relative_to(ROOT).as_posix()
    try:
        looks = (("--follow",), ("--first-parent", "-m"))  # the second finds what came with a merge
        found = (git("log", *look, "--diff-filter=A", "--format=%H", "-1", "--", newest).strip() for look in looks)
        added = next(filter(None, found), "")
        if added:
            return git("rev-parse", "--verify", "--quiet", f"{added}^").strip()
    except subprocess.CalledProcessError:
        pass
    raise RuntimeError(
        "git has no commit from before the newest migration: fetch the whole history (git fetch --unshallow)"
    )


def check_out(commit: str, folder: Path) -> Path:
    """Put the files of the commit into a new folder; return it."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
    return folder
