"""The build runs all of its parts, says which failed with what they printed, and fails if one did."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.install.readme_blocks import followed

ROOT = Path(__file__).resolve().parents[2]
BESIDE = {"check", "wheel-check", "docs"}
AFTER = ["test BUILD=1", "test-quiet BUILD=1"]
MAKE = """#!/bin/sh
echo "$@" >>made
echo "what $1 prints"
[ "$1" != "$BROKEN" ]
"""
APT = """#!/bin/sh
echo "$@" >>installed
"""
MISSING = ("ffmpeg", "promtool", "chromium")
KEPT = ("bash", "cat", "dirname", "mktemp", "rm")
"""What the build's own script calls. Nothing else of this machine is on its path: it can install nothing."""


def built(place: Path, *, here: tuple[str, ...] = MISSING, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the build as root in a folder, with a make and an apt-get that only write down what they were called with."""
    shutil.copytree(ROOT / ".ci", place / ".ci")
    tools = place / "tools"
    tools.mkdir()
    for name in KEPT:
        (tools / name).symlink_to(str(shutil.which(name)))
    for name, text in {"make": MAKE, "apt-get": APT, "id": "#!/bin/sh\necho 0", **dict.fromkeys(here, APT)}.items():
        (tools / name).write_text(text, encoding="utf-8")
        (tools / name).chmod(0o755)
    run = place / ".ci" / "run"
    run.write_text(run.read_text(encoding="utf-8").replace(":/usr/sbin", ""), encoding="utf-8")
    return subprocess.run(
        [tools / "bash", run],
        cwd=place,
        env={"PATH": str(tools), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("broken", ["", "docs", "test"])
def test_every_part_is_run_and_one_that_fails_is_named(tmp_path: Path, broken: str) -> None:
    done = built(tmp_path, BROKEN=broken)
    made = (tmp_path / "made").read_text(encoding="utf-8").splitlines()
    assert made[0] == ".venv/.ready .venv/tools/.ready"
    assert (set(made[1:-2]), made[-2:]) == (BESIDE, AFTER)
    assert done.returncode == (1 if broken else 0)
    assert done.stderr == (f"FAILED: {broken}\n" if broken else "")
    for part in BESIDE - {broken}:
        assert f"make {part}: passed" in done.stdout
        assert f"what {part} prints" not in done.stdout
    if broken in BESIDE:
        assert f"what {broken} prints\nmake {broken}: FAILED" in done.stdout


@pytest.mark.parametrize("ci", ["1", ""])
def test_only_a_machine_of_the_builds_own_gets_packages(tmp_path: Path, ci: str) -> None:
    done = built(tmp_path, here=(), **({"CI": ci} if ci else {}))
    assert done.returncode == 0
    if ci in {"1", "true"}:
        installed = (tmp_path / "installed").read_text(encoding="utf-8").split()
        assert set(MISSING) <= set(installed)
    else:
        assert not (tmp_path / "installed").exists()
        assert done.stderr.startswith("Not here: ffmpeg promtool chromium;")


def test_a_python_that_is_too_old_is_one_sentence_before_anything_is_made(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    (old / "python3").write_text(
        f"""#!/bin/sh
exec {sys.executable} -c "import sys; sys.version_info = (3, 10, 0); exec(sys.argv.pop(1))" "$2"
""",
        encoding="utf-8",
    )
    (old / "python3").chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MAKE", "MFLAGS"))}
    for words, code, said in (
        (["make", f"PYTHON={old / 'python3'}", ".venv/bin/python"], 2, "is Python 3.10, and 3.11 or newer is needed"),
        (["sh", "-c", followed()["install"][0]], 1, "Python 3.11 or newer is needed: install one, and write its name"),
    ):
        path = f"{old}{os.pathsep}/usr/bin{os.pathsep}/bin"
        done = subprocess.run(
            words, cwd=tmp_path, env={**kept, "PATH": path}, capture_output=True, text=True, check=False
        )
        assert done.returncode == code
        assert said in done.stderr
    assert [each.name for each in tmp_path.glob("*venv")] == []
