"""The image is built without a container engine in `make test-long`, and has what it needs."""

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
from tools import prune_image

ROOT = Path(__file__).resolve().parents[2]


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
