"""The page for a bug report: whatever is set, no secret is on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.app.host import texts
from bot.app.host.check import Findings, masked, report
from bot.runtime.clock import SystemClock
from bot.settings import SECRET_SETTINGS, Settings, describe_settings, read_settings
from tests.support.examples import examples
from tests.unit.test_cli import TOKEN, cannon_bot

SECRET = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=",\"'"), min_size=32, max_size=60
)
BOT_TOKEN = st.from_regex(r"[A-Za-z0-9_-]{20}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{38}", fullmatch=True)


def page(chosen: Settings, problems: tuple[str, ...] = ()) -> dict[str, Any]:
    return report(chosen, Findings(problems=list(problems)), SystemClock())


@settings(
    max_examples=examples(quick=5, long=15),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(token=BOT_TOKEN, key=SECRET, keys=st.lists(SECRET, min_size=1, max_size=3))
def test_no_secret_is_on_the_page(tmp_path: Path, token: str, key: str, keys: list[str]) -> None:
    texts_of = {
        "DISCORD_TOKEN": token,
        "CANNON_API_KEY": key,
        "SECRET_KEYS": ",".join(keys),
        "DATABASE": str(tmp_path / "bot.db"),
        "HEALTH_PORT": "1",
        "TOP_UP_URL": "https://example.org/top-up?session=abcdefghijklmnopqrstuvwxyz",
    }
    assert texts_of.keys() >= SECRET_SETTINGS, "a new secret has to be tried here"
    with pytest.MonkeyPatch.context() as patched:
        for name, text in texts_of.items():
            patched.setenv(name, text)
        chosen, problems = read_settings(None)
    assert problems == []
    found = page(chosen, (f"DISCORD_TOKEN {token} is not valid.",))
    for shown in (json.dumps(found, ensure_ascii=False), texts.checked(found, is_online=False)):
        for each in (token, key, *keys):
            assert each not in shown
        assert "abcdefghijklmnopqrstuvwxyz" not in shown


def test_every_setting_is_on_the_page() -> None:
    shown = masked(read_settings(None)[0])
    assert list(shown) == [name for name, _, _ in describe_settings()]
    assert {shown[name] for name in SECRET_SETTINGS} <= {"set", "not set"}


@pytest.mark.long
def test_a_host_without_a_database_gets_a_page_too(tmp_path: Path) -> None:
    words = ("check", "--json", "--offline")
    done = cannon_bot(*words, cwd=tmp_path, DISCORD_TOKEN=TOKEN, DATABASE="bot.db", HTTP_PORT="x")
    assert (done.returncode, done.stderr) == (1, "")
    found = json.loads(done.stdout)
    assert found["database"]["exists"] is False
    assert found["problems"] == [
        "HTTP_PORT has no valid value, such as 8080. Port of `HTTP_HOST`; `0` picks a free one."
    ]
    assert TOKEN not in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", [b"no database at all" * 400, b""])
def test_a_broken_database_is_part_of_the_report(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "bot.db").write_bytes(damage)
    found = page(Settings(database=tmp_path / "bot.db"))
    assert found["database"]["error"]
    assert (tmp_path / "bot.db").read_bytes() == damage
