"""What the command line imports for `run`: nothing of what only developers, or the first request, need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bot.app.entry_points import describe_commands

ROOT = Path(__file__).parents[2]
NOT_AT_A_START = ("rich", "click", "bot.fleet", "sandbox", "tomllib", "psycopg", "PIL", "simcord")
IMPORTS = """
import json, sys
import cannon_bot
cannon_bot.keep_out()
import bot.cli
from bot.app.entry_points import import_surface
import_surface()
print(json.dumps([name for name, module in sys.modules.items() if module is not None]))
"""


def test_a_start_imports_nothing_that_only_others_need() -> None:
    run = subprocess.run([sys.executable, "-c", IMPORTS], cwd=ROOT, check=True, capture_output=True, timeout=60)
    loaded = json.loads(run.stdout)
    assert "cogs.words.listener" in loaded
    found = [each for each in loaded if any(each == name or each.startswith(f"{name}.") for name in NOT_AT_A_START)]
    assert found == []


LISTED = "import json; from bot.app.entry_points import describe_commands as found; print(json.dumps(found()))"


def test_without_docstrings_and_asserts_the_commands_are_the_same() -> None:
    """The image runs so (PYTHONOPTIMIZE=2); ruff's S101 finds an assert, and discord.py reads docstrings by itself."""
    run = subprocess.run(
        [sys.executable, "-OO", "-c", LISTED],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    assert json.loads(run.stdout) == describe_commands()
