"""Every setting of the bot, typed, from the environment and a `.env` file; all problems are reported together.

The environment overrides `.env`, which is read from the current directory and may be missing. Empty values count as
unset. No problem's text contains a value, as it may be a secret.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values

from bot.errors import RESTART_CANNOT_HELP, SettingsError, StartError

ENV_FILE = Path(".env")
DISCORD_API_URL = "https://discord.com"
"""Where Discord's REST API is, below `/api`."""
SECRET_KEY_LENGTH_MIN = 32
LOCAL_FILES = Path("data/cannon-bot")
POSTGRES_SCHEMES = ("postgresql://", "postgres://")

_TOKEN = re.compile(r"[\w-]{17,}\.[\w-]{4,}\.[\w-]{20,}", re.ASCII)
"""A bot token: base64url of the application's id, a time and a signature, with dots between."""
_NO_FILE = "This command is about an SQLite file, and DATABASE is PostgreSQL: use its own tools, such as pg_dump."
_NO_BACKUPS = "BACKUP_DIR is for SQLite. Remove it, and back up PostgreSQL with its own tools, such as pg_dump."
_NOT_SET = (
    "DISCORD_TOKEN is not set. Copy the token of your application's Bot page in Discord's developer portal"
    " into .env or the environment. (`cannon-bot demo` needs none.)"
)


class SecretStr:
    """A secret that no log, traceback or `repr` shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretStr) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "SecretStr('**********')"


class PostgresUrl(SecretStr):
    """The address of a PostgreSQL database, as for libpq; its password is a secret.

    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
    """

    __slots__ = ()

    def __str__(self) -> str:
        """Return the server and the database, without credentials and parameters."""
        parts = urlsplit(self._text)
        return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _checked(text: str, fits: object) -> str:
    if not fits:
        raise ValueError
    return text


def _link(text: str) -> str:
    """Return an https address that is safe in a message."""
    parts = urlsplit(text)
    is_whole = parts.scheme == "https" and parts.hostname and parts.username is None
    is_safe = text.isascii() and text.isprintable() and not any(mark in text for mark in " <>()`")
    return _checked(text, is_whole and is_safe)


def _url(text: str, http_to: Callable[[str], bool] = lambda _host: False) -> str:
    """Return an address to which a path is added; `http_to`: hosts that may be reached without encryption."""
    parts = urlsplit(text)
    host, _ = parts.hostname or "", parts.port
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and http_to(host))
    is_plain = host and parts.username is None and not parts.query and not parts.fragment
    return _checked(text.rstrip("/"), is_safe and is_plain)


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_private(host: str) -> bool:
    """Whether a host is on this network: no public DNS name is one word, as a container's is."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host


def _cannon_api(text: str) -> str:
    return _url(text, is_loopback)


def _discord_api(text: str) -> str:
    return re.sub(r"/api(/v\d+)?$", "", _url(text, _is_private))


def _word(text: str) -> SecretStr:
    return SecretStr(_checked(text, text.isascii() and text.isprintable() and " " not in text))


def _token(text: str) -> SecretStr:
    return SecretStr(_checked(text, _TOKEN.fullmatch(text)))


def _keys(text: str) -> tuple[SecretStr, ...]:
    """Split at commas, and at line ends of a file."""
    keys = [key.strip() for key in re.split(r"[,\r\n]", text) if key.strip()]
    return tuple(SecretStr(_checked(key, len(key) >= SECRET_KEY_LENGTH_MIN)) for key in keys)


def _id(text: str) -> int:
    return int(_checked(text, re.fullmatch(r"[0-9]{15,20}", text, re.ASCII)))


def _servers(text: str) -> frozenset[int] | Literal["*"]:
    return "*" if text == "*" else frozenset(map(_id, text.replace(",", " ").split()))


def _path(text: str) -> Path:
    """Make a path absolute, so that a later change of directory can't move a file."""
    return Path(text).expanduser().absolute()


def postgres_url(text: str) -> PostgresUrl:
    """Return the address of a PostgreSQL database. Raises ValueError."""
    parts = urlsplit(text)
    _ = parts.hostname
    has_database = len(parts.path) > 1 and "/" not in parts.path[1:]
    return PostgresUrl(_checked(text, text.startswith(POSTGRES_SCHEMES) and has_database))


def _database(text: str) -> Path | PostgresUrl:
    if text.startswith(POSTGRES_SCHEMES):
        return postgres_url(text)
    path = _path(_checked(text, "://" not in text))  # another library's address, perhaps with a password
    is_special = os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path))  # noqa: PTH110, PTH112, PTH113 - Path's raise for a closed one
    _checked(text, not is_special)  # reading a pipe waits for ever
    return path


def _credits(text: str) -> Decimal:
    return Decimal(_checked(text, re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,3})?", text, re.ASCII)))


def _host(text: str) -> str:
    return text.removeprefix("[").removesuffix("]")


def _number(least: int, most: int) -> Callable[[str], int]:
    return lambda text: int(_checked(text, re.fullmatch(r"[0-9]{1,6}", text, re.ASCII) and least <= int(text) <= most))


def _one_of(*words: str) -> Callable[[str], str]:
    folded = {word.casefold(): word for word in words}
    return lambda text: folded[_checked(text.casefold(), text.casefold() in folded)]


_port, _shards = _number(0, 65535), _number(1, 100_000)
_formats = _one_of("console", "json")


_EXAMPLES: Mapping[Callable[[str], Any], str] = {
    _token: "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.d8xJ…",
    _word: "cs_live_…",
    _keys: 'what `python3 -c "import secrets; print(secrets.token_urlsafe(32))"` prints',
    _id: "123456789012345678",
    _servers: "123456789012345678, 223456789012345678",
    _link: "https://example.org/page",
    _url: "https://bot.example.org",
    _path: "data/file",
    _credits: "500",
    _shards: "16",
    _formats: "json",
}
"""By parser, for settings without a default, which is an example itself."""


def _setting(parse: Callable[[str], Any], meaning: str, default: str = "", *, unset: object = None) -> Any:
    """Return the field of a setting; its `default` is written as a host writes it, '' for `unset`."""
    metadata = {"parse": parse, "meaning": meaning, "default": default, "example": default or _EXAMPLES[parse]}
    return field(default_factory=lambda: parse(default) if default else unset, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings' values. The constructor reads neither the environment nor a file, and checks nothing.

    A field's sentence is what docs/settings.md and a refusal of its value say about it.
    """

    discord_token: SecretStr | None = _setting(
        _token,
        "The bot's token, from the Bot page of your application: not its client secret or public key. Required by "
        "`run`.",
    )
    discord_api_url: str = _setting(
        _discord_api,
        "Where Discord's REST API is: set it to a rate-limiting proxy, which then paces the calls of all processes. "
        "`http://` works to private addresses and names without dots only.",
        DISCORD_API_URL,
    )
    shard_count: int | None = _setting(
        _shards,
        "How many connections to Discord's gateway the bot has, over all processes. Unset: as many as Discord "
        "recommends, for several processes those of the first start.",
    )
    cannon_api_url: str = _setting(
        _cannon_api, "Cannon Studio's base URL. `http://` works on this machine only.", "https://www.cannonstudio.app"
    )
    cannon_api_key: SecretStr | None = _setting(
        _word, "The host's own API key, one word, for servers that have no key of their own."
    )
    cannon_api_key_guilds: frozenset[int] | Literal["*"] | None = _setting(
        _servers,
        "Servers that may use the host's key: ids separated by commas, or `*` for all. Unset: every server if the "
        "Discord application is private, none if it is public.",
    )
    cannon_api_key_limit: Decimal | None = _setting(
        _credits,
        "Credits that each server may spend on the host's key per calendar month (UTC). Moderators can't raise it. "
        "Unset: no limit.",
    )
    cannon_api_key_total: Decimal | None = _setting(
        _credits,
        "Credits that all servers together may spend on the host's key per calendar month (UTC). Unset: no limit.",
    )
    price_list: Path | None = _setting(
        _path, "A file with prices for servers whose moderators have set none: CSV as in `/studio settings`."
    )
    top_up_url: str | None = _setting(
        _link,
        "Where servers buy credits for their own accounts. Unset: Cannon Studio's credit packs, which are read daily.",
    )
    privacy_url: str | None = _setting(
        _link, "Your privacy policy: a link in `/help` and `/me`. A template is in `docs/privacy-policy.md`."
    )
    terms_url: str | None = _setting(
        _link, "Your terms of service: a link in `/help` and `/me`. A template is in `docs/terms.md`."
    )
    support_url: str | None = _setting(
        _link,
        "Where members get help with your bot, such as an invite to a support server: a link in `/help`, `/me`, and "
        "under failures that only you can fix.",
    )
    docs_url: str | None = _setting(
        _link,
        "Where you publish the site of `make docs`: a refusal then links to the page that explains it. Unset: no link;"
        " `/help` with `why` shows the same.",
    )
    practice: Literal["on", "off"] = _setting(
        _one_of("on", "off"), "Whether servers may practice in a sandbox on this machine, which costs nothing.", "on"
    )
    own_accounts: Literal["on", "servers", "off"] = _setting(
        _one_of("on", "servers", "off"),
        "Whether members may link Cannon Studio accounts of their own with `/me` and pay with them: `on`, also in "
        "direct messages and where they have installed the bot for themselves; `servers`, only on servers; or `off`. "
        "Moderators can still turn that off for their server.",
        "on",
    )
    host_reports: int | None = _setting(
        _id,
        "Where the bot tells you that it fell ill, or is well again: the id of a channel. Unset: by direct message to "
        "the owner of the application.",
    )
    database: Path | PostgresUrl = _setting(
        _database,
        "Path of the SQLite file, relative to the current directory; or a PostgreSQL database, such as "
        "`postgresql://name:password@host/database`, for several processes.",
        "data/cannon-bot.db",
    )
    secret_keys: tuple[SecretStr, ...] = _setting(
        _keys,
        "Keys that encrypt the stored API keys: 32 characters or more each, separated by commas, newest first. Unset: "
        "a key file next to the database, created on the first start.",
        unset=(),
    )
    retention_days: int = _setting(
        _number(0, 36_500),
        "Days after which prompts, inputs, and links of ended jobs are erased. A server can choose fewer. `0` keeps "
        "them forever.",
        "365",
    )
    backup_dir: Path | None = _setting(
        _path, "A folder for daily backups of SQLite, of which seven are kept. Unset: the bot makes none by itself."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = _setting(
        _one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
        "`DEBUG`, `INFO`, `WARNING`, `ERROR`, or `CRITICAL`.",
        "INFO",
    )
    log_format: Literal["console", "json"] | None = _setting(
        _formats, "`console` or `json`. Unset: `console` on a terminal, otherwise `json`."
    )
    http_host: str = _setting(_host, "Address that webhooks reach, if `PUBLIC_URL` is set.", "127.0.0.1")
    http_port: int = _setting(_port, "Port of `HTTP_HOST`; `0` picks a free one.", "8080")
    health_host: str = _setting(
        _host,
        "Address on which `/healthz` and `/metrics` listen. They contain no secrets, but do not expose them to the "
        "internet.",
        "127.0.0.1",
    )
    health_port: int = _setting(_port, "Port of `HEALTH_HOST`; `0` picks a free one.", "8081")
    public_url: str | None = _setting(
        _url,
        "The https URL at which Cannon Studio reaches the bot's webhooks. Unset: the bot finds results by polling.",
    )

    def secrets(self) -> tuple[str, ...]:
        """Return every secret in plain text: only for the logs' mask."""
        held = (self.discord_token, self.cannon_api_key, *self.secret_keys)
        return tuple(secret.get_secret_value() for secret in held if secret is not None)

    @property
    def is_host_key_unlimited(self) -> bool:
        """Whether every server, strangers' too, may spend the host's credits without limit."""
        limits = (self.cannon_api_key_limit, self.cannon_api_key_total)
        return self.cannon_api_key is not None and self.cannon_api_key_guilds == "*" and limits == (None, None)

    @property
    def serves_outside(self) -> bool:
        """Whether members may use the bot outside servers."""
        return self.own_accounts == "on"

    @property
    def is_fleet(self) -> bool:
        """Whether several processes may run on the database."""
        return isinstance(self.database, PostgresUrl)

    @property
    def sqlite_file(self) -> Path:
        """The database's file. Raises StartError with PostgreSQL, for commands about the file."""
        if isinstance(self.database, PostgresUrl):
            raise StartError(_NO_FILE, exit_code=RESTART_CANNOT_HELP)
        return self.database

    @property
    def local_files(self) -> Path:
        """The path next to which a process keeps its files: the database's, if it is a file."""
        return LOCAL_FILES.absolute() if isinstance(self.database, PostgresUrl) else self.database


SECRET_SETTINGS = frozenset({"DISCORD_TOKEN", "CANNON_API_KEY", "SECRET_KEYS"})
"""Environment variables with secrets. Each may be in a file instead, which `NAME_FILE` names."""
FILES = {f"{name}_FILE": name for name in sorted(SECRET_SETTINGS)}


def describe_settings() -> list[tuple[str, str, str]]:
    """Return (NAME, default as text or '', meaning) of each setting: for docs/settings.md and `.env.example`."""
    return [(each.name.upper(), each.metadata["default"], each.metadata["meaning"]) for each in fields(Settings)]


LIKE = 0.8
"""How much of a name is a setting's, as in DATABASE_URL."""
_OF_OTHERS = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})


def misspelled(env_file: Path = ENV_FILE) -> list[str]:
    """Return a sentence for each name that is like a setting's that is not set; others are other programs'."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for what is set and no setting

    try:
        given = {name.upper() for name in _texts(env_file)}
    except (OSError, UnicodeDecodeError):  # `read_settings` reports it
        return []
    known = {each.name.upper() for each in fields(Settings)}
    others = sorted(given - known - FILES.keys() - _OF_OTHERS)
    meant = {name: get_close_matches(name, known - given, 1, LIKE) for name in others}
    return [f"{name} is not a setting. Did you mean {found[0]}?" for name, found in meant.items() if found]


def read_settings(env_file: Path | None = ENV_FILE, *, need_token: bool = False) -> tuple[Settings, list[str]]:
    """Return the settings, invalid ones at their default, and a sentence per problem.

    `need_token`: a missing DISCORD_TOKEN is a problem too.
    """
    problems = []
    try:
        texts = _texts(env_file)
    except (OSError, UnicodeDecodeError) as error:
        problems, texts = [f"{env_file} can't be read: {_reason(error)}. Fix or remove the file."], _texts(None)
    problems += _take_secrets_of_files(texts)
    values = {}
    for each in fields(Settings):
        try:
            if text := texts.get(each.name):
                values[each.name] = each.metadata["parse"](text)
        except (ValueError, RuntimeError):  # a home directory that does not exist
            example, meaning = each.metadata["example"], each.metadata["meaning"]
            problems.append(f"{each.name.upper()} has no valid value, such as {example}. {meaning}")
    settings = Settings(**values)
    if need_token and settings.discord_token is None and not any("DISCORD_TOKEN" in each for each in problems):
        problems.append(_NOT_SET)
    if settings.is_fleet and settings.backup_dir is not None:
        problems.append(_NO_BACKUPS)
    return settings, problems


def load_settings(env_file: Path | None = ENV_FILE, *, need_token: bool = False) -> Settings:
    """Return the settings. Raises SettingsError with every problem at once."""
    settings, problems = read_settings(env_file, need_token=need_token)
    if problems:
        raise SettingsError(problems)
    return settings


def _texts(env_file: Path | None) -> dict[str, str]:
    """Return the set texts by setting name; names in any case, empty values count as unset.

    Raises OSError or UnicodeDecodeError if the file can't be read.
    """
    found: dict[str, str | None] = {}
    if env_file is not None and env_file.is_file():
        found = dotenv_values(env_file, encoding="utf-8-sig")  # an editor may have put a byte order mark before it
    set_here = {name.lower(): value for name, value in found.items() if value}
    set_here |= {name.lower(): value for name, value in os.environ.items() if value}
    return {name: _unquoted(value.strip()) for name, value in set_here.items()}


def _unquoted(text: str) -> str:
    """Return a value without the quotation marks that `docker run --env-file` keeps."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _take_secrets_of_files(texts: dict[str, str]) -> list[str]:
    """Add the secrets that are in files to `texts`, and return a sentence per problem."""
    problems = []
    for file_setting, name in FILES.items():
        if (path := texts.get(file_setting.lower())) is None:
            continue
        if name.lower() in texts:
            problems.append(f"{name} and {file_setting} are both set. Remove one of them.")
            continue
        try:
            texts[name.lower()] = _checked_content(_path(path))
        except (OSError, RuntimeError, ValueError) as error:
            problems.append(f"{file_setting} can't be read ({path}): {_reason(error)}.")
    return problems


def _checked_content(path: Path) -> str:
    text = path.read_text(encoding="utf-8-sig").strip()
    if not text:
        raise ValueError("it is empty")
    return text


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return str(error.strerror if isinstance(error, OSError) else error)
