from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

import pytest

from bot.app.host.command_line import start_logs
from bot.errors import SettingsError
from bot.settings import (
    PostgresUrl,
    SecretStr,
    Settings,
    describe_settings,
    load_settings,
    misspelled,
    read_settings,
)

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE." + "a" * 38


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, _, _ in describe_settings():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def problems_of(monkeypatch: pytest.MonkeyPatch, **values: str) -> list[str]:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return read_settings()[1]


def test_without_any_setting_the_defaults_hold(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.cannon_api_url == "https://www.cannonstudio.app"
    assert settings.database == tmp_path / "data" / "cannon-bot.db"
    assert (settings.http_host, settings.http_port, settings.public_url) == ("127.0.0.1", 8080, None)
    assert (settings.health_host, settings.health_port) == ("127.0.0.1", 8081)
    assert (settings.log_level, settings.secret_keys, settings.cannon_api_key_guilds) == ("INFO", (), None)
    assert (settings.retention_days, settings.cannon_api_key_limit) == (365, None)
    assert (settings.discord_api_url, settings.shard_count) == ("https://discord.com", None)


def test_backups_are_of_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKUP_DIR", "backups")
    assert load_settings().backup_dir == tmp_path / "backups"
    monkeypatch.setenv("DATABASE", "postgresql://bot@db/bot")
    [problem] = read_settings()[1]
    assert problem.startswith("BACKUP_DIR is for SQLite.")


@pytest.mark.parametrize(
    ("values", "is_unlimited"),
    [
        ({"CANNON_API_KEY_GUILDS": "*"}, True),
        ({"CANNON_API_KEY_GUILDS": "*", "CANNON_API_KEY_LIMIT": "5"}, False),
        ({"CANNON_API_KEY_GUILDS": "*", "CANNON_API_KEY_TOTAL": "0"}, False),
        ({"CANNON_API_KEY_GUILDS": "123456789012345678"}, False),
    ],
)
def test_a_host_who_pays_for_everybody_without_a_limit_is_warned(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], is_unlimited: bool
) -> None:
    for name, value in {"CANNON_API_KEY": "cs_live_abcdefgh", **values}.items():
        monkeypatch.setenv(name, value)
    assert load_settings(None).is_host_key_unlimited is is_unlimited


def test_every_setting_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = {
        "DISCORD_TOKEN": TOKEN,
        "CANNON_API_URL": "http://127.0.0.1:8790/",
        "CANNON_API_KEY": "cs_live_abcdefgh",
        "CANNON_API_KEY_GUILDS": "123456789012345678, 223456789012345678",
        "DATABASE": "postgresql://bot:password@db:6432/bot",
        "SECRET_KEYS": f"{'n' * 40},{'o' * 32}",
        "CANNON_API_KEY_LIMIT": "250.5",
        "CANNON_API_KEY_TOTAL": "1000",
        "PRICE_LIST": "here/prices.csv",
        "TOP_UP_URL": " https://example.org/credits?from=discord ",
        "PRIVACY_URL": "https://example.org/privacy",
        "TERMS_URL": "https://example.org/terms",
        "DOCS_URL": "https://example.org/docs",
        "SUPPORT_URL": "https://example.org/support",
        "RETENTION_DAYS": "30",
        "OWN_ACCOUNTS": "Servers",
        "PRACTICE": "OFF",
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": "JSON",
        "HTTP_HOST": "[::1]",
        "HTTP_PORT": "0",
        "HEALTH_HOST": "0.0.0.0",
        "HEALTH_PORT": "9090",
        "PUBLIC_URL": "https://bot.example.org/",
        "DISCORD_API_URL": "http://nirn-proxy:8080/api/v10/",
        "SHARD_COUNT": "16",
        "HOST_REPORTS": "123456789012345678",
    }
    assert {*values, "BACKUP_DIR"} == {name for name, _, _ in describe_settings()}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(need_token=True)
    assert settings.discord_token == SecretStr(TOKEN)
    assert settings.cannon_api_url == "http://127.0.0.1:8790"
    assert settings.cannon_api_key == SecretStr("cs_live_abcdefgh")
    assert settings.cannon_api_key_guilds == {123456789012345678, 223456789012345678}
    assert isinstance(settings.database, PostgresUrl)
    assert str(settings.database) == "postgresql://db:6432/bot"
    assert [key.get_secret_value() for key in settings.secret_keys] == ["n" * 40, "o" * 32]
    assert (settings.cannon_api_key_limit, settings.cannon_api_key_total) == (Decimal("250.5"), 1000)
    assert settings.price_list == tmp_path / "here" / "prices.csv"
    assert settings.retention_days == 30
    assert settings.top_up_url == "https://example.org/credits?from=discord"
    assert (settings.privacy_url, settings.terms_url) == ("https://example.org/privacy", "https://example.org/terms")
    assert settings.support_url == "https://example.org/support"
    assert (settings.log_level, settings.log_format) == ("DEBUG", "json")
    assert (settings.http_host, settings.http_port) == ("::1", 0)
    assert (settings.health_host, settings.health_port) == ("0.0.0.0", 9090)
    assert settings.public_url == "https://bot.example.org"
    assert (settings.discord_api_url, settings.shard_count) == ("http://nirn-proxy:8080", 16)
    assert settings.host_reports == 123456789012345678


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://discord.com/api", "https://discord.com"),
        ("http://10.0.0.7:8080", "http://10.0.0.7:8080"),
        ("http://[fd00::7]:8080/", "http://[fd00::7]:8080"),
        ("http://localhost/discord/api/v10", "http://localhost/discord"),
        ("https://proxy.example.org/apis", "https://proxy.example.org/apis"),
    ],
)
def test_the_address_of_discord_is_that_below_which_its_api_is(
    monkeypatch: pytest.MonkeyPatch, value: str, url: str
) -> None:
    monkeypatch.setenv("DISCORD_API_URL", value)
    assert load_settings().discord_api_url == url


def test_the_token_that_a_file_does_not_hold_is_told_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DISCORD_TOKEN_FILE", "secret")
    (problem,) = read_settings(need_token=True)[1]
    assert "DISCORD_TOKEN_FILE" in problem
    (tmp_path / "secret").write_text("x" * 40)
    (problem,) = read_settings(need_token=True)[1]
    assert "not its client secret" in problem


def test_all_problems_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PORT", "70000")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    monkeypatch.setenv("PUBLIC_URL", "http://bot.example.org")
    with pytest.raises(SettingsError) as caught:
        load_settings(need_token=True)
    named = [problem.split()[0] for problem in caught.value.problems]
    assert sorted(named) == ["DISCORD_TOKEN", "HTTP_PORT", "LOG_LEVEL", "PUBLIC_URL"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOST_REPORTS", "general"),
        ("HOST_REPORTS", "user:123456789012345678"),
        ("CANNON_API_URL", "http://api.example.org"),
        ("CANNON_API_URL", "https://user:word@api.example.org"),
        ("CANNON_API_URL", "https://api.example.org/?x=1"),
        ("CANNON_API_URL", "https://api.example.org:99999"),
        ("CANNON_API_URL", "https://[::1"),
        ("CANNON_API_URL", "cannonstudio"),
        ("PUBLIC_URL", "http://127.0.0.1"),
        ("DISCORD_API_URL", "http://discord.com/api"),
        ("DISCORD_API_URL", "http://8.8.8.8"),
        ("DISCORD_API_URL", "https://bot:token@proxy"),
        ("SHARD_COUNT", "0"),
        ("SHARD_COUNT", "1000000"),
        ("SHARD_COUNT", "many"),
        ("CANNON_API_KEY", "cs_live_a b"),
        ("CANNON_API_KEY", "cs_live_ä"),
        ("CANNON_API_KEY_GUILDS", "12"),
        ("CANNON_API_KEY_GUILDS", "123456789012345678,*"),
        ("TOP_UP_URL", "http://example.org"),
        ("PRIVACY_URL", "javascript:alert(1)"),
        ("TERMS_URL", "http://example.org/terms"),
        ("SUPPORT_URL", "discord.gg/abc"),
        ("TOP_UP_URL", "https://a:b@example.org"),
        ("TOP_UP_URL", "https://example.org/> all"),
        ("TOP_UP_URL", "credits"),
        ("CANNON_API_KEY_LIMIT", "-1"),
        ("CANNON_API_KEY_LIMIT", "1e3"),
        ("SECRET_KEYS", "short"),
        ("RETENTION_DAYS", "-1"),
        ("RETENTION_DAYS", "a year"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "loud"),
        ("HTTP_PORT", "-1"),
        ("HTTP_PORT", "80.5"),
        ("HTTP_PORT", "٣"),
        ("HEALTH_PORT", "65536"),
        ("DATABASE", "/dev/null"),
        ("DATABASE", "~nobody-of-this-name/x.db"),
    ],
)
def test_a_wrong_value_is_named_with_one_that_works_and_what_the_setting_is(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    meaning = {each: words for each, _, words in describe_settings()}[name]
    (problem,) = problems_of(monkeypatch, **{name: value})
    found = re.fullmatch(rf"{name} has no valid value, such as (.+)\. {re.escape(meaning)}", problem)
    assert found is not None
    if name != "SECRET_KEYS":
        monkeypatch.setenv(name, found[1].replace("…", "x" * 20))
    else:
        monkeypatch.setenv(name, "k" * 43)  # what the command prints
    assert read_settings()[1] == [], "the example works"


def test_the_good_settings_stand_beside_the_bad_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PORT", "many")
    monkeypatch.setenv("HTTP_HOST", "0.0.0.0")
    settings, problems = read_settings()
    assert len(problems) == 1
    assert (settings.http_host, settings.http_port) == ("0.0.0.0", 8080)


def test_a_missing_token_is_a_problem_only_where_it_is_needed() -> None:
    assert read_settings()[1] == []
    (problem,) = read_settings(need_token=True)[1]
    assert "not set" in problem


@pytest.mark.parametrize("token", ["a" * 32, "0123456789abcdef" * 4, "Bot." + TOKEN, TOKEN + ".x"])
def test_what_is_no_bot_token_is_rejected(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", token)
    (problem,) = read_settings(need_token=True)[1]
    assert "not its client secret" in problem
    assert token not in problem


@pytest.mark.parametrize("name", ["DISCORD_TOKEN", "CANNON_API_KEY", "SECRET_KEYS", "CANNON_API_KEY_GUILDS"])
@pytest.mark.parametrize("value", ["canary canary", "canary", "canary\x07", "käse-canary", "canary,canary"])
def test_no_problem_shows_a_secret(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    settings, problems = read_settings(need_token=True)
    assert "canary" not in "\n".join([*problems, repr(settings), str(settings)])


def test_building_settings_by_hand_shows_no_secret_either() -> None:
    settings = Settings(cannon_api_key=SecretStr("canary"), secret_keys=(SecretStr("canary" * 6),))
    assert "canary" not in f"{settings} {settings!r} {settings.cannon_api_key} {settings.cannon_api_key!r}"


def test_secrets_lists_all_of_them_for_the_mask() -> None:
    keys = (SecretStr("k" * 32), SecretStr("l" * 32))
    settings = Settings(discord_token=SecretStr("t"), cannon_api_key=SecretStr("a"), secret_keys=keys)
    assert settings.secrets() == ("t", "a", "k" * 32, "l" * 32)


def test_the_file_is_read_from_the_current_directory_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text('HTTP_PORT=9000\nLOG_LEVEL="warning"\nUNRELATED=1\nPUBLIC_URL=\n', encoding="utf-8")
    monkeypatch.setenv("LOG_LEVEL", "error")
    settings = load_settings()
    assert (settings.http_port, settings.log_level, settings.public_url) == (9000, "ERROR", None)


def test_a_byte_order_mark_does_not_hide_the_first_setting(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HTTP_PORT=9000\n", encoding="utf-8-sig")
    assert load_settings().http_port == 9000


def test_a_file_that_is_not_text_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"HTTP_PORT=\xff\xfe\n")
    (problem,) = read_settings()[1]
    assert "UTF-8" in problem


def test_a_file_that_may_not_be_read_is_a_problem_and_not_a_crash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").touch()

    def refuse(*_: object, **__: object) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("dotenv.main.open", refuse, raising=False)  # as root, the file's mode would stop nobody
    (problem,) = read_settings()[1]
    assert "can't be read: Permission denied" in problem


@pytest.mark.parametrize(("terminal", "expected"), [(True, "console"), (False, "json")])
def test_the_log_format_follows_the_terminal(monkeypatch: pytest.MonkeyPatch, terminal: bool, expected: str) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    chosen: list[str] = []
    monkeypatch.setattr("bot.runtime.logs.configure_logs", lambda **values: chosen.append(values["log_format"]))
    start_logs(load_settings())
    assert chosen == [expected]


def test_the_star_means_every_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANNON_API_KEY_GUILDS", " * ")
    assert load_settings().cannon_api_key_guilds == "*"


# ---------------------------------------------------------------------- what is almost right


@pytest.mark.parametrize(
    "value",
    [
        "sqlite:///data/x.db",
        "postgresql+psycopg://u:canary@h/x",
        "jdbc:postgresql://h/x?password=canary",
        "mysql://u:canary@h/x",
        "postgresql://h",
    ],
)
def test_an_address_of_another_library_is_no_files_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    [problem] = problems_of(monkeypatch, DATABASE=value)
    assert problem.startswith("DATABASE has no valid value, such as data/cannon-bot.db.")
    assert "canary" not in problem


@pytest.mark.parametrize("value", ["/data/a:b/x.db", "C:/x.db", "my bot.db", "x#1.db"])
def test_an_unusual_file_name_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str) -> None:
    monkeypatch.setenv("DATABASE", value)
    assert load_settings().database == tmp_path / value


@pytest.mark.parametrize("value", ['"warning"', "'warning'"])
def test_quotation_marks_that_docker_keeps_are_no_part_of_a_value(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LOG_LEVEL", value)
    assert load_settings().log_level == "WARNING"


def misspelled_in(folder: Path, text: str) -> list[str]:
    (folder / ".env").write_text(text, encoding="utf-8")
    return [f"{each.split()[0]}: {each.split()[-1]}" for each in misspelled()]


def test_a_name_that_is_almost_a_settings_is_found_with_what_was_meant(tmp_path: Path) -> None:
    text = "DISCORD_TOKN=x\nRETENTION_DAY=3\nexport LOGLEVEL=debug\nsecret_key=x\nDATABASE_URL=x\n"
    assert misspelled_in(tmp_path, text) == [
        "DATABASE_URL: DATABASE?",
        "DISCORD_TOKN: DISCORD_TOKEN?",
        "LOGLEVEL: LOG_LEVEL?",
        "RETENTION_DAY: RETENTION_DAYS?",
        "SECRET_KEY: SECRET_KEYS?",
    ]


def test_names_of_other_programs_and_of_settings_in_any_case_are_no_mistakes(tmp_path: Path) -> None:
    names = (
        "POSTGRES_PASSWORD TZ COMPOSE_PROFILES CANNON_BOT_IMAGE GF_SECURITY_ADMIN_PASSWORD HTTP_PROXY HTTPS_PROXY"
        " NO_PROXY PGPASSWORD DISCORD_WEBHOOK_URL DISCORD_CLIENT_ID PORT HOST REDIS_URL discord_token Http_Port"
    )
    text = "".join(f"{name}=x\n" for name in names.split()) + "# DISCORD_TOKN=x\nDATABASE=x\nDATABASE_URL=x\n"
    assert misspelled_in(tmp_path, text) == []


def test_in_the_environment_a_typing_mistake_is_found_where_the_setting_is_not_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RETENTION_DAY", "3")
    monkeypatch.setenv("DISCORD_TOKN", "x")
    monkeypatch.setenv("DISCORD_TOKEN", "x")
    assert misspelled() == ["RETENTION_DAY is not a setting. Did you mean RETENTION_DAYS?"]
