"""What a machine that is not the build's own, or has an old Python, meets first."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.install.readme_blocks import followed

ROOT = Path(__file__).resolve().parents[2]
APT = """#!/bin/sh
echo "$@" >>installed
"""
MISSING = ("ffmpeg", "promtool", "chromium")
KEPT = ("bash", "cat", "dirname", "mktemp", "rm")
"""What the build's own script calls. Nothing else of this machine is on its path: it can install nothing."""


def built(place: Path, *, here: tuple[str, ...] = MISSING, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the build as root in a folder, with a make that does nothing and an apt-get that notes its words."""
    shutil.copytree(ROOT / ".ci", place / ".ci")
    tools = place / "tools"
    tools.mkdir()
    for name in KEPT:
        (tools / name).symlink_to(str(shutil.which(name)))
    for name, text in {
        "make": "#!/bin/sh",
        "apt-get": APT,
        "id": "#!/bin/sh\necho 0",
        **dict.fromkeys(here, APT),
    }.items():
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


@pytest.mark.parametrize("ci", ["1", "true", "0", ""])
def test_only_a_machine_of_the_builds_own_gets_packages(tmp_path: Path, ci: str) -> None:
    done = built(tmp_path, here=(), **({"CI": ci} if ci else {}))
    assert done.returncode == 0
    if ci in {"1", "true"}:
        installed = (tmp_path / "installed").read_text(encoding="utf-8").split()
        assert set(MISSING) <= set(installed)
    else:
        assert not (tmp_path / "installed").exists()
        assert done.stderr.startswith("Not here: ffmpeg promtool chromium;")


def python_of(version: str, place: Path) -> Path:
    """A program that says it is that Python, and that makes environments that say so too."""
    place.parent.mkdir(parents=True, exist_ok=True)
    major, minor = version.split(".")
    place.write_text(
        f"""#!/bin/sh
case "$1 $2" in
"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
-c*) exec {sys.executable} -c "import sys; sys.version_info = ({major}, {minor}, 0); exec(sys.argv.pop(1))" "$2" ;;
esac
""",
        encoding="utf-8",
    )
    place.chmod(0o755)
    return place


def test_a_python_that_is_too_old_is_one_sentence_before_anything_is_made(tmp_path: Path) -> None:
    old = python_of("3.10", tmp_path / "old" / "python3")
    shutil.copy(ROOT / "Makefile", tmp_path)
    refused = subprocess.run(
        ["make", f"PYTHON={old}", ".venv/bin/python"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert "is Python 3.10, and 3.11 or newer is needed: name another" in refused.stderr
    step = followed()["install"][0]
    path = f"{tmp_path / 'old'}{os.pathsep}/usr/bin{os.pathsep}/bin"
    done = subprocess.run(
        ["sh", "-c", step], cwd=tmp_path, env={"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "Python 3.11 or newer is needed: install one, and write its name for python3\n"
    assert [each.name for each in tmp_path.glob("*venv")] == []
