"""Secrets are read from files too, as Docker and Kubernetes give them: `docker inspect` shows an environment."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.settings import describe_settings, read_settings

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE." + "a" * 38
KEY, SECRET, OLDER = "cs_live_of_the_host_000", "s" * 40, "o" * 40
FILES = {"DISCORD_TOKEN_FILE": TOKEN, "CANNON_API_KEY_FILE": KEY, "SECRET_KEYS_FILE": SECRET}
CANARY = "canary with a space"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, _, _ in describe_settings():
        monkeypatch.delenv(name, raising=False)


def put(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, text: str) -> Path:
    path = folder / name.lower()
    path.write_text(text, encoding="utf-8")
    monkeypatch.setenv(name, str(path))
    return path


@pytest.mark.parametrize("end", ["", "\n", "\r\n", " \n\n"])
def test_each_secret_is_read_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, end: str) -> None:
    for name, text in FILES.items():
        put(monkeypatch, tmp_path, name, text + end)
    settings, problems = read_settings(need_token=True)
    assert problems == []
    assert settings.discord_token is not None
    assert settings.cannon_api_key is not None
    assert settings.discord_token.get_secret_value() == TOKEN
    assert settings.cannon_api_key.get_secret_value() == KEY
    assert [key.get_secret_value() for key in settings.secret_keys] == [SECRET]


@pytest.mark.parametrize("between", [",", "\n", ",\n", "\n\n"])
def test_a_file_may_have_several_secret_keys_newest_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, between: str
) -> None:
    put(monkeypatch, tmp_path, "SECRET_KEYS_FILE", f"{SECRET}{between}{OLDER}\n")
    settings, problems = read_settings()
    assert problems == []
    assert [key.get_secret_value() for key in settings.secret_keys] == [SECRET, OLDER]


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_secret_that_is_given_twice_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    put(monkeypatch, tmp_path, name, FILES[name])
    monkeypatch.setenv(name.removesuffix("_FILE"), FILES[name])
    _, problems = read_settings()
    [problem] = problems
    assert name in problem
    assert FILES[name] not in problem


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_that_is_not_there_is_a_problem_that_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv(name, str(tmp_path / "nothing"))
    _, problems = read_settings()
    assert [problem for problem in problems if name in problem and "nothing" in problem]


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_problem_shows_what_is_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    put(monkeypatch, tmp_path, name, f"{CANARY}\u00e9")
    _, problems = read_settings(need_token=True)
    assert problems
    assert not [problem for problem in problems if "canary" in problem]


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00", b"x" * 100_000])
def test_a_file_without_a_secret_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(path))
    _, problems = read_settings(need_token=True)
    assert problems


def test_secrets_of_files_are_masked_in_the_logs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, text in FILES.items():
        put(monkeypatch, tmp_path, name, text)
    settings, _ = read_settings()
    assert set(settings.secrets()) == {TOKEN, KEY, SECRET}


def test_the_files_are_documented() -> None:
    for page in ("docs/settings.md", ".env.example"):
        assert set(FILES) <= set(re.findall(r"\w+_FILE", (ROOT / page).read_text(encoding="utf-8")))
