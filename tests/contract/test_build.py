"""The build runs all of its parts, says which failed with what they printed, and fails if one did."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.install.readme_blocks import followed
from tools import other_pythons

ROOT = Path(__file__).resolve().parents[2]
BESIDE = {"check", "wheel-check", "docs"}
AFTER = ["test ALL=1", "test-quiet"]
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


@pytest.mark.parametrize("broken", ["", "docs", "test", "test-quiet"])
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


def test_its_parts_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [part for part in (*BESIDE, *AFTER) if f"\n{part.split()[0]}: " not in makefile] == []


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


def version_made(root: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Let the Makefile make its environment in an empty folder with 3.12 first on the path, and 3.11 named `python`."""
    for version in ("3.12", "3.11"):
        python_of(version, root / "path" / f"python{version}")
    python_of("3.11", root / "path" / "python")
    shutil.copy(ROOT / "Makefile", root)
    path = f"{root / 'path'}{os.pathsep}/usr/bin{os.pathsep}/bin"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MAKE", "MFLAGS"))}
    hidden = {"python3.14": "exit 1", "python3.13": "exit 1"}
    for name, text in hidden.items():
        (root / "path" / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (root / "path" / name).chmod(0o755)
    return subprocess.run(
        ["make", *words, ".venv/bin/python"],
        cwd=root,
        env={**kept, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def version_of(python: Path) -> str:
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    ("words", "environment", "version"),
    [
        ((), {}, "3.12"),
        (("PYTHON=python",), {}, "3.11"),
        ((), {"PYTHON": "python"}, "3.11"),
        (("PYTHON=python3.12",), {"PYTHON": "python"}, "3.12"),
    ],
)
def test_a_python_that_is_named_is_the_one_that_runs(
    tmp_path: Path, words: tuple[str, ...], environment: dict[str, str], version: str
) -> None:
    assert version_made(tmp_path, *words, **environment).returncode == 0
    assert version_of(tmp_path / ".venv" / "bin" / "python") == version


def test_an_environment_of_another_python_is_not_taken_for_the_named_one(tmp_path: Path) -> None:
    assert version_made(tmp_path).returncode == 0
    assert version_made(tmp_path, "PYTHON=python3.12").returncode == 0
    refused = version_made(tmp_path, PYTHON="python")
    assert refused.returncode == 2
    assert ".venv is of Python 3.12, and PYTHON=python is 3.11: make clean, or name another place" in refused.stderr
    assert "PYTHON=python3.99 does not run" in version_made(tmp_path, "PYTHON=python3.99").stderr


def test_a_python_that_is_too_old_is_one_sentence_before_anything_is_made(tmp_path: Path) -> None:
    refused = version_made(tmp_path, PYTHON=str(python_of("3.10", tmp_path / "old" / "python3")))
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


def test_another_python_is_tested_where_it_is_and_named_where_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = "{}.{}".format(*sys.version_info[:2])
    other, missing = [version for version in other_pythons.PYTHONS if version != here][:2]
    kept = tmp_path / ".pyenv" / "versions" / f"{other}.1" / "bin" / f"python{other}"
    python_of(other, kept)
    broken = tmp_path / "path" / f"python{other}"  # pyenv's shims for a version that is not chosen
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(broken.parent))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    tried: list[tuple[str, Path]] = []

    def tested(version: str, python: Path, workers: str) -> bool:
        tried.append((version, python))
        return workers == "3"

    monkeypatch.setattr(other_pythons, "tested", tested)
    assert other_pythons.main(["--workers", "3"]) == 0
    assert tried == [(other, kept)]
    assert f"Python {missing}: not on this machine" in capsys.readouterr().out
    assert other_pythons.main(["--workers", "3", "--need", missing]) == 1
    assert other_pythons.main(["--workers", "4"]) == 1
