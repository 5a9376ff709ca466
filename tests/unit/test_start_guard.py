"""The command's first step: whose packages would be loaded, and can this system run them at all?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cannon_bot
from bot.errors import RESTART_CANNOT_HELP

START = "import sys, cannon_bot; sys.exit(cannon_bot.main())"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """An installation with the guard, small packages of the two names, and the record that an installer leaves."""
    site = tmp_path / "site"
    for package in ("bot", "cogs", "sandbox"):
        (site / package).mkdir(parents=True)
        (site / package / "__init__.py").write_text(f'"""{package}"""\n')
    (site / "bot" / "cli.py").write_text("def main():\n    print('started')\n    return 0\n")
    shutil.copy(cannon_bot.__file__, site)
    record = "".join(
        f"{path.relative_to(site)},sha256=x,{path.stat().st_size}\n" for path in sorted(site.rglob("*.py"))
    )
    info = site / "cannon_bot-9.9.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: cannon-bot\nVersion: 9.9.9\n")
    (info / "RECORD").write_text(f"{record}bot/__pycache__/cli.pyc,,\n../../bin/cannon-bot,sha256=x,200\n")
    return site


def start(*path: Path, code: str = START) -> subprocess.CompletedProcess[str]:
    # -S: this environment's own packages are not looked at.
    return subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd="/",
        env={"PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """What it says, which has to be one line without a traceback."""
    assert (done.returncode, done.stdout) == (RESTART_CANNOT_HELP, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("cannon-bot: ")
    return line


def test_an_untouched_installation_starts(installed: Path) -> None:
    done = start(installed)
    assert (done.returncode, done.stdout, done.stderr) == (0, "started\n", "")


@pytest.mark.parametrize("package", cannon_bot.PACKAGES)
def test_a_foreign_package_earlier_on_the_path_is_named(installed: Path, tmp_path: Path, package: str) -> None:
    foreign = tmp_path / "elsewhere" / package
    foreign.mkdir(parents=True)
    (foreign / "__init__.py").write_text("raise SystemExit('the foreign package was loaded')\n")
    said = complaint(start(foreign.parent, installed))
    assert f"The package {package} of cannon-bot is taken by another one, in {foreign}." in said
    assert "README.md" in said


@pytest.mark.parametrize("package", cannon_bot.PACKAGES)
def test_a_package_that_is_gone_is_named(installed: Path, package: str) -> None:
    shutil.rmtree(installed / package)
    assert f"The package {package} of cannon-bot is missing." in complaint(start(installed))


@pytest.mark.parametrize("name", ["bot/__init__.py", "bot/cli.py", "cogs/__init__.py"])
def test_a_file_that_another_package_has_overwritten_is_named(installed: Path, name: str) -> None:
    (installed / name).write_text("raise SystemExit('the foreign file was loaded')\n")
    assert f"{installed / name} is not cannon-bot's file" in complaint(start(installed))


def test_a_file_that_another_package_has_taken_along_is_named(installed: Path) -> None:
    (installed / "bot" / "cli.py").unlink()
    assert f"{installed / 'bot' / 'cli.py'} is not cannon-bot's file" in complaint(start(installed))


def test_a_source_tree_and_an_editable_installation_have_nothing_to_compare(installed: Path) -> None:
    (installed / "bot" / "cli.py").write_text("def main():\n    print('changed by its developer')\n    return 0\n")
    (installed / "cannon_bot-9.9.9.dist-info" / "RECORD").write_text("_cannon_bot.pth,sha256=x,10\n")
    assert start(installed).stdout == "changed by its developer\n"
    shutil.rmtree(installed / "cannon_bot-9.9.9.dist-info")
    assert start(installed).stdout == "changed by its developer\n"


def test_the_record_of_another_installation_says_nothing_of_a_source_tree(installed: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(installed, tree, ignore=shutil.ignore_patterns("*.dist-info"))
    (tree / "bot" / "cli.py").write_text("def main():\n    print('the tree')\n    return 0\n")
    assert start(tree, installed).stdout == "the tree\n"


@pytest.mark.parametrize("module", cannon_bot.POSIX_MODULES)
def test_a_system_without_posix_is_told_what_to_use(installed: Path, module: str) -> None:
    said = complaint(start(installed, code=f"import sys; sys.modules[{module!r}] = None\n{START}"))
    assert "WSL or Docker" in said


def test_the_exit_code_is_the_one_that_supervisors_know() -> None:
    assert cannon_bot.CANNOT_START == RESTART_CANNOT_HELP


def test_this_environment_passes() -> None:
    assert cannon_bot.problem_here() is None
