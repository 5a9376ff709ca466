"""A broken Dockerfile is seen without a container engine; the whole build is rehearsed in `make test-long`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import babel
import pytest
from babel import Locale, localedata
from babel.dates import format_date

from bot.language import LANGUAGES
from tests.install import rehearse_image
from tests.install.rehearse_image import Stage as ImageStage
from tests.install.rehearse_image import StepFailed, allowed, copy, instructions, pairs
from tools import prune_image

ROOT = Path(__file__).resolve().parents[2]
LABELS = "LABEL " + " ".join(f"{name}=a" for name in sorted(rehearse_image.LABELS))
NOTICES = "mkdir -p /opt/cannon-bot/licenses/requirements && touch /opt/cannon-bot/licenses/requirements/NOTICES.txt"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_every_instruction_of_the_dockerfile_is_understood() -> None:
    words = [word for word, _ in instructions(DOCKERFILE)]
    assert words.count("FROM") == 3
    assert words[-2:] == ["ENTRYPOINT", "CMD"]


def test_continued_lines_are_one_instruction_and_comments_are_none() -> None:
    assert list(instructions("# a\nRUN a \\\n# between\n && b\n\nUSER 1\n")) == [("RUN", "a  && b"), ("USER", "1")]


def test_an_instruction_that_is_not_rehearsed_is_refused() -> None:
    with pytest.raises(ValueError, match="ONBUILD"):
        list(instructions("FROM a\nONBUILD RUN b\n"))


def test_only_what_is_let_through_can_be_copied(tmp_path: Path) -> None:
    (tmp_path / "context").mkdir()
    with pytest.raises(StepFailed, match=r"is it in \.dockerignore"):
        copy(ImageStage(tmp_path / "root"), tmp_path / "context", {}, "secret.txt ./")
    assert "cannon_bot.py" in allowed((ROOT / ".dockerignore").read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match="dockerignore"):
        allowed("secret.txt\n")


def test_the_variables_of_an_env_are_read() -> None:
    assert pairs('PATH=/a:$PATH     B="c d"') == {"PATH": "/a:$PATH", "B": "c d"}


def rehearsal(dockerfile: Path) -> subprocess.CompletedProcess[str]:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("the rehearsal needs root on Linux")
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], check=False).returncode:
        pytest.skip("this machine allows no mounts of one's own")
    command = [sys.executable, "-m", "tests.install.rehearse_image", str(dockerfile)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.long
def test_the_image_builds_and_runs_step_by_step() -> None:
    done = rehearsal(ROOT / "Dockerfile")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the program starts, checks and refuses as the image's user" in done.stdout
    size = re.search(r"^about (\d+) MB: (\d+) of the bot", done.stdout, re.MULTILINE)
    assert size is not None
    assert int(size[1]) < prune_image.LIMIT_MB


@pytest.mark.long
@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        ("RUN python -c 'import sys; sys.exit(3)'", "ended with 3"),
        ("COPY tests tests", "tests is not there"),
        ("RUN test -e /home/* || test -e /opt/*", "ended with 1"),
        ("USER 0", "the image runs as root"),
        ("USER 10001", "the image lacks the labels org.opencontainers.image.description"),
        (f"USER 10001\n{LABELS}", "the image lacks the licenses of what it ships"),
        (f"{LABELS}\nRUN mkdir -p /opt/cannon-bot/pip\nUSER 10001", "the image has pip"),
        (f"{LABELS}\nRUN {NOTICES} && truncate -s 150M /opt/cannon-bot/big\nUSER 10001", "MB; 200 are allowed"),
    ],
)
def test_a_broken_step_is_seen(tmp_path: Path, step: str, complaint: str) -> None:
    broken = tmp_path / "Dockerfile"
    broken.write_text(f'FROM base\n{step}\nENTRYPOINT ["true"]\nCMD ["run"]\n', encoding="utf-8")
    done = rehearsal(broken)
    assert done.returncode == 1
    assert complaint in done.stderr


def test_the_locales_of_all_six_languages_stay_and_most_others_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "packages"
    shutil.copytree(Path(babel.__file__).parent / "locale-data", packages / "babel" / "locale-data")
    before = prune_image.size(packages)
    prune_image.remove(prune_image.unneeded(packages, tmp_path / "none", tmp_path / "none"))
    assert prune_image.size(packages) < before / 10
    monkeypatch.setattr(localedata, "_dirname", str(packages / "babel" / "locale-data"))
    monkeypatch.setattr(localedata, "_cache", {})
    for language in LANGUAGES:
        locale = Locale.parse(language, sep="-")
        assert locale.days["format"]["wide"][0]
        assert format_date(date(2026, 11, 29), locale=locale)


def test_what_only_installers_and_their_windows_need_is_removed(tmp_path: Path) -> None:
    unneeded = ("lib/site-packages/pip/a.py", "lib/ensurepip/b.py", "system/usr/bin/perl", "packages/aiohttp/c.pyx")
    needed = ("lib/asyncio/d.py", "system/usr/bin/sh", "packages/aiohttp/e.so", "system/var/lib/dpkg/status")
    for name in (*unneeded, *needed):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    prune_image.remove(prune_image.unneeded(tmp_path / "packages", tmp_path / "lib", tmp_path / "system"))
    assert [name for name in (*unneeded, *needed) if (tmp_path / name).exists()] == list(needed)
