"""The import contracts are tested: what they forbid is planted in a copy of the tree, and has to be found."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KNOW_DISCORD = frozenset({"fleet", "__main__", "app", "cli", "delivery"})
"""What stands above the line in `bot`; of the sandbox only the demo does."""


def modules(folder: Path) -> list[Path]:
    """Return the modules of a package, those of its packages included."""
    return sorted(path for path in folder.rglob("*.py") if path.name != "__init__.py")


def name_of(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts)


def without_discord(root: Path) -> list[Path]:
    """Return one module of each package of `bot` that must not know discord, and every other module of the sandbox."""
    entries = [entry for entry in sorted((root / "bot").iterdir()) if entry.stem not in KNOW_DISCORD]
    packages = [modules(entry)[-1] for entry in entries if (entry / "__init__.py").exists()]
    loose = [entry for entry in entries if entry.suffix == ".py" and entry.stem != "__init__"]
    sandbox = [each for each in modules(root / "sandbox") if root / "sandbox/demo" not in each.parents]
    return [*packages, *loose, *sandbox]


def plant(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")


def lint(root: Path) -> tuple[bool, str]:
    """Run the contracts on a tree; return whether all are kept, and what was said, unwrapped."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(root), "COLUMNS": "200"},
    )
    return done.returncode == 0, done.stdout + done.stderr


FORBIDDEN = [
    ("bot/delivery/card/card.py", "from bot.app import client", "bot.delivery is not allowed to import bot.app"),
    ("bot/domain/words/text.py", "from bot.store import Store", "bot.domain is not allowed to import bot.store"),
    ("bot/store/engine/columns.py", "from bot.store.jobs import jobs", "bot.store.engine is not allowed to import"),
    ("bot/app/client.py", "from sandbox.server import Sandbox", "bot is not allowed to import sandbox"),
    ("bot/app/client.py", "from bot.fleet import client", "bot.app is not allowed to import bot.fleet"),
    ("bot/cli.py", "from sandbox import server", "bot is not allowed to import sandbox"),
    ("bot/store/store.py", "import psycopg", "bot.store is not allowed to import psycopg"),
    ("sandbox/server.py", "from bot.jobs import worker", "sandbox.server is not allowed to import bot.jobs"),
    ("cogs/ui/panels.py", "from bot.fleet import rows", "cogs is not allowed to import bot.fleet"),
    ("cogs/ui/panels.py", "from cogs.member import help", "cogs.ui is not allowed to import cogs.member"),
    ("cogs/ui/panels.py", "from bot.app import client", "cogs is not allowed to import bot.app"),
    ("cogs/ui/panels.py", "from bot.store.store import Store", "cogs is not allowed to import bot.store.store"),
    ("cogs/ui/panels.py", "import sqlite3", "cogs is not allowed to import sqlite3"),
    ("cogs/ui/panels.py", "import httpx", "cogs is not allowed to import httpx"),
    ("cogs/ui/panels.py", "from sandbox.server import Sandbox", "cogs is not allowed to import sandbox"),
    ("bot/domain/words/text.py", "import cogs", "bot is not allowed to import cogs"),
    ("bot/catalogue/catalogue.py", "from bot.catalogue import openapi", "No cycles are allowed in bot.catalogue."),
    ("sandbox/studio/state.py", "from sandbox.http import routes", "No cycles are allowed in sandbox."),
    ("cogs/ui/interaction.py", "from cogs.ui import controls", "No cycles are allowed in cogs.ui."),
]


def test_what_is_forbidden_is_found_wherever_it_is_planted(tmp_path: Path) -> None:
    for package in ("bot", "cogs", "sandbox"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    knowing = without_discord(tmp_path)
    for path in knowing:
        plant(path, "import discord")
    for where, line, _ in FORBIDDEN:
        plant(tmp_path / where, line)
    kept, said = lint(tmp_path)
    assert not kept
    assert [name for path in knowing if f"{(name := name_of(path, tmp_path))} -> discord (l." not in said] == []
    whole = re.sub(r"\s+", " ", said)
    assert [line for _, line, found in FORBIDDEN if found not in whole] == []
