"""Every setting of the bot, typed, from the environment and a `.env` file; all problems are reported together.

The environment overrides `.env`, which is read from the current directory and may be missing. Empty values count as
unset. No problem's text contains a secret.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from bot.errors import RESTART_CANNOT_HELP, SettingsError, StartError

ENV_FILE = Path(".env")
CANNON_API_URL = "https://www.cannonstudio.app"
"""Cannon Studio's public base URL (https://www.cannonstudio.app/developers/docs/reference/create-request)."""
DISCORD_API_URL = "https://discord.com"
"""Where Discord's REST API is, below `/api`."""
SHARDS_MAX = 100_000

SECRET_KEY_LENGTH_MIN = 32
SECRET_FILE_BYTES_MAX = 64 * 1024
RETENTION_DAYS_MAX = 36_500
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
FILE_NAME_BYTES_MAX = 200
"""Of the database: file systems take 255, and its backups have longer names."""
LOCAL_FILES = Path("data/cannon-bot")
POSTGRES_SCHEMES = ("postgresql://", "postgres://")
EVERY_GUILD: Literal["*"] = "*"

_TOKEN = re.compile(r"[\w-]{17,}\.[\w-]{4,}\.[\w-]{20,}", re.ASCII)
"""A bot token: base64url of the application's id, a time and a signature, with dots between."""
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE)
_NO_PATH = re.compile(r" #|\b(host|dbname)\s*=|^:memory:$|^(file|[a-z][a-z0-9.+:-]+(?=:/)):", re.IGNORECASE)
"""What is an address or parameters of other libraries, and no file's name. Drive letters are names."""
_NO_FILE = "This command is about an SQLite file, and DATABASE names a PostgreSQL database."
_NOT_SET = (
    "DISCORD_TOKEN is not set. Copy the token of your application's Bot page in Discord's developer portal"
    " into .env or the environment. (`cannon-bot demo` needs none.)"
)
_MALFORMED = (
    "DISCORD_TOKEN is not a bot token, which has three parts with dots between them. Copy it from the Bot page"
    " of your application, not the client secret or the public key, and without the word Bot."
)


class SecretStr:
    """A secret that no log, traceback or `repr` shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        """Return the secret as plain text."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretStr) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "SecretStr('**********')"

    def __str__(self) -> str:
        return repr(self)


class PostgresUrl(SecretStr):
    """The address of a PostgreSQL database, as for libpq; its password is a secret.

    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
    """

    __slots__ = ("_direct",)

    def __init__(self, text: str, direct: PostgresUrl | None = None) -> None:
        """`direct`: the same database without the pooler that `text` leads through."""
        super().__init__(text)
        self._direct = direct

    @property
    def direct(self) -> PostgresUrl:
        """The address at which each connection has a session of its own."""
        return self._direct or self

    @property
    def is_pooled(self) -> bool:
        """Whether each transaction may get another session of the server."""
        return self._direct is not None

    @property
    def query(self) -> str:
        """Return libpq's parameters, after the question mark."""
        return urlsplit(self._text).query

    @property
    def hosts(self) -> tuple[str, ...]:
        """The servers' names, addresses or folders of sockets; several for a primary and its standbys."""
        listed = unquote(urlsplit(self._text).netloc.rpartition("@")[2])
        if not listed:
            return tuple(dict(parse_qsl(self.query)).get("host", "").split(","))
        return tuple(re.sub(r":\d*$", "", each).strip("[]") for each in listed.split(","))

    @property
    def is_local(self) -> bool:
        """Whether all its servers are on this machine."""
        return all(not host or host.startswith("/") or _is_loopback(host) for host in self.hosts)

    def __str__(self) -> str:
        """Return the server and the database, without credentials and parameters."""
        parts = urlsplit(self._text)
        return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


@dataclass(frozen=True, slots=True)
class DiscordId:
    """A channel, a user or a role of Discord."""

    kind: Literal["channel", "user", "role"]
    id: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class ValueKind:
    """A kind of value: what turns a text into it, or raises ValueError, and what a setting must be then."""

    parse: Callable[[str], Any]
    must: str
    """Completes "NAME must be"."""

    def __call__(self, text: str) -> Any:
        """Return the value. Raises ValueError with the whole reason."""
        try:
            return self.parse(text.strip())
        except (ValueError, RuntimeError):  # a home directory that does not exist
            raise ValueError(f"must be {self.must}") from None


def _checked(text: str, fits: object) -> str:
    if not fits:
        raise ValueError
    return text


def _url(text: str, http_to: Callable[[str], bool] = lambda _host: False) -> str:
    """Return a plain web address; `http_to`: hosts that may be reached without encryption."""
    parts = urlsplit(text)
    host, _ = parts.hostname or "", parts.port
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and http_to(host))
    is_plain = host and parts.username is None and not parts.query and not parts.fragment
    return _checked(text.rstrip("/"), is_safe and is_plain)


def _link(text: str) -> str:
    """Return an address shown to people: it may have a query, and nothing that breaks out of a message."""
    parts = urlsplit(text)
    is_whole = parts.scheme == "https" and parts.hostname and parts.username is None
    is_safe = text.isascii() and text.isprintable() and not any(mark in text for mark in " <>()`")
    return _checked(text, is_whole and is_safe)


def _is_loopback(host: str) -> bool:
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


def _id(text: str) -> int:
    return int(_checked(text, re.fullmatch(r"[0-9]{15,20}", text, re.ASCII)))


def _servers(text: str) -> frozenset[int] | Literal["*"] | None:
    words = text.replace(",", " ").split()
    return EVERY_GUILD if words == [EVERY_GUILD] else frozenset(map(_id, words)) or None


def _place(text: str) -> DiscordId:
    """Turn `123` into a channel, and `user:123` into a user."""
    kind, _, id_ = text.rpartition(":")
    _checked(kind, kind in {"", "channel", "user"})
    return DiscordId("user" if kind == "user" else "channel", _id(id_))


def _keys(text: str) -> tuple[SecretStr, ...]:
    """Split at commas, and at line ends of a file."""
    keys = [key.strip() for key in re.split(r"[,\r\n]", text) if key.strip()]
    return tuple(SecretStr(_checked(key, len(key) >= SECRET_KEY_LENGTH_MIN)) for key in keys)


def postgres_url(text: str) -> PostgresUrl:
    """Return the address of a PostgreSQL database. Raises ValueError."""
    parts = urlsplit(text)
    _ = parts.hostname
    has_database = len(parts.path) > 1 and "/" not in parts.path[1:]
    return PostgresUrl(_checked(text, text.startswith(POSTGRES_SCHEMES) and has_database))


def _database(text: str) -> Path | PostgresUrl:
    """Make a path absolute, so that a later change of directory can't move the database."""
    if text.startswith(POSTGRES_SCHEMES):
        return postgres_url(text)
    _checked(text, not _NO_PATH.search(text))
    path = _path(text)
    _checked(text, len(os.fsencode(path.name)) <= FILE_NAME_BYTES_MAX)
    str(path).encode()  # in this system's locale
    _checked(text, os.path.isfile(path) or not os.path.exists(path))  # noqa: PTH110, PTH113 - Path's raise for a closed one
    return path


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _folder(text: str) -> Path:
    path = _path(text)
    _checked(text, path.is_dir() or not path.exists())
    return path


def _host(text: str) -> str:
    host = text.removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        _checked(host, _HOST_NAME.fullmatch(host))
    return host


def _number(least: int, most: int, words: str = "a whole number") -> ValueKind:
    def parse(text: str) -> int:
        return int(_checked(text, re.fullmatch(r"[0-9]{1,6}", text, re.ASCII) and least <= int(text) <= most))

    return ValueKind(parse, f"{words} from {least} to {most}")


def _one_of(*words: str) -> ValueKind:
    folded = {word.lower(): word for word in words}
    return ValueKind(lambda text: folded[_checked(text.lower(), text.lower() in folded)], f"one of {', '.join(words)}")


WORD = ValueKind(
    lambda text: SecretStr(_checked(text, text.isascii() and text.isprintable() and " " not in text)),
    "one unbroken word without a space or a character outside ASCII: copy it again",
)
API = ValueKind(
    lambda text: _url(text, _is_loopback), "a plain https:// address (http:// on 127.0.0.1 or localhost only)"
)
DISCORD_API = ValueKind(
    lambda text: re.sub(r"/api(/v\d+)?$", "", _url(text, _is_private)),
    "a plain https:// address (http:// only to a private address or a name without dots, such as http://nirn-proxy:8080)",
)
PUBLIC = ValueKind(_url, "a plain https:// address, such as https://bot.example.org")
LINK = ValueKind(_link, "an https address, such as https://example.org/page")
SERVERS = ValueKind(
    _servers, "server ids (15 to 20 digits each) with commas between them, or a single * for every server"
)
PLACE = ValueKind(_place, "a channel's id (15 to 20 digits), or user: and a user's id, such as user:1234567890123456")
KEYS = ValueKind(
    _keys,
    f"keys of {SECRET_KEY_LENGTH_MIN} characters or more with commas between them. Make one with: "
    'python3 -c "import secrets; print(secrets.token_urlsafe(32))"',
)
DATABASE = ValueKind(
    _database, "the path of a file, such as data/cannon-bot.db, or postgresql://name:password@host/database"
)
SERVER = ValueKind(postgres_url, "the address of a database, such as postgresql://name:password@host/database")
FILE = ValueKind(_path, "the path of a file")
FOLDER = ValueKind(_folder, "the path of a folder, not of a file")
CREDITS = ValueKind(
    lambda text: Decimal(_checked(text, re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,3})?", text, re.ASCII))),
    "a number of credits, such as 500",
)
HOST = ValueKind(_host, "an address or a host name without http:// and port, such as 127.0.0.1")
PORT = _number(0, 65535, "a port, a whole number (0: any free one)")


def _setting(kind: ValueKind, default: object, meaning: str) -> Any:
    """Return the field of a setting; a `default` that is called is made at each start."""
    metadata = {"parse": kind, "description": meaning}
    return (
        field(default_factory=default, metadata=metadata)
        if callable(default)
        else field(default=default, metadata=metadata)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings' values. The constructor reads neither the environment nor a file, and checks nothing.

    A field's description is what `.env.example` and docs/settings.md say about it.
    """

    discord_token: SecretStr | None = _setting(
        WORD, None, "The bot's token, from the Bot page of your application. Required by `run`."
    )
    discord_api_url: str = _setting(
        DISCORD_API, DISCORD_API_URL,
        "Where Discord's REST API is: set it to a rate-limiting proxy, which then paces the calls of all "
        "processes.",
    )  # fmt: skip
    shard_count: int | None = _setting(
        _number(1, SHARDS_MAX), None,
        "How many connections to Discord's gateway the bot has, over all processes. Unset: as many as Discord "
        "recommends, for several processes those of the first start.",
    )  # fmt: skip
    cannon_api_url: str = _setting(API, CANNON_API_URL, "Cannon Studio's base URL.")
    cannon_api_key: SecretStr | None = _setting(
        WORD, None, "The host's own API key, for servers that have no key of their own."
    )
    cannon_api_key_guilds: frozenset[int] | Literal["*"] | None = _setting(
        SERVERS, None,
        "Servers that may use the host's key: ids separated by commas, or `*` for all. Unset: every server if the"
        " Discord application is private, none if it is public.",
    )  # fmt: skip
    cannon_api_key_limit: Decimal | None = _setting(
        CREDITS, None,
        "Credits that each server may spend on the host's key per calendar month (UTC). Moderators can't raise "
        "it. Unset: no limit.",
    )  # fmt: skip
    cannon_api_key_total: Decimal | None = _setting(
        CREDITS, None,
        "Credits that all servers together may spend on the host's key per calendar month (UTC). Unset: no limit.",
    )  # fmt: skip
    price_list: Path | None = _setting(
        FILE, None, "A file with prices for servers whose moderators have set none: CSV as in `/studio settings`."
    )
    top_up_url: str | None = _setting(
        LINK, None,
        "Where servers buy credits for their own accounts. Unset: Cannon Studio's credit packs, which are read "
        "daily.",
    )  # fmt: skip
    privacy_url: str | None = _setting(
        LINK, None, "Your privacy policy: a link in `/help` and `/me`. A template is in `docs/privacy-policy.md`."
    )
    terms_url: str | None = _setting(
        LINK, None, "Your terms of service: a link in `/help` and `/me`. A template is in `docs/terms.md`."
    )
    support_url: str | None = _setting(
        LINK, None,
        "Where members get help with your bot, such as an invite to a support server: a link in `/help`, `/me`, "
        "and under failures that only you can fix.",
    )  # fmt: skip
    docs_url: str | None = _setting(
        LINK, None,
        "Where you publish the site of `make docs`: a refusal then links to the page that explains it. Unset: no "
        "link; `/help` with `why` shows the same.",
    )  # fmt: skip
    practice: Literal["on", "off"] = _setting(
        _one_of("on", "off"), "on", "Whether servers may practice in a sandbox on this machine, which costs nothing."
    )
    own_accounts: Literal["on", "servers", "off"] = _setting(
        _one_of("on", "servers", "off"), "on",
        "Whether members may link Cannon Studio accounts of their own with `/me` and pay with them: `on`, also in"
        " direct messages and where they have installed the bot for themselves; `servers`, only on servers; or "
        "`off`. Moderators can still turn that off for their server.",
    )  # fmt: skip
    host_reports: DiscordId | None = _setting(
        PLACE, None,
        "Where the bot tells you that it fell ill, or is well again: the id of a channel, or `user:` and a user's"
        " id for direct messages. Unset: by direct message to the owner of the application.",
    )  # fmt: skip
    database: Path | PostgresUrl = _setting(
        DATABASE, lambda: Path("data/cannon-bot.db").absolute(),
        "Path of the SQLite file, relative to the current directory; or a PostgreSQL database, such as "
        "`postgresql://name:password@host/database`, for several processes.",
    )  # fmt: skip
    database_direct: PostgresUrl | None = _setting(
        SERVER, None,
        "The same PostgreSQL database without a pooler, if `DATABASE` leads through one with transaction pooling,"
        " such as PgBouncer. Unset: `DATABASE` gives each connection a session of its own.",
    )  # fmt: skip
    secret_keys: tuple[SecretStr, ...] = _setting(
        KEYS, (),
        "Keys that encrypt the stored API keys: 32 characters or more each, separated by commas, newest first. "
        "Unset: a key file next to the database, created on the first start.",
    )  # fmt: skip
    retention_days: int = _setting(
        _number(0, RETENTION_DAYS_MAX, "a whole number of days"), 365,
        "Days after which prompts, inputs, and links of ended jobs are erased. A server can choose fewer. `0` "
        "keeps them forever.",
    )  # fmt: skip
    backup_dir: Path | None = _setting(
        FOLDER, None, "A folder for daily backups, of which seven are kept. Unset: the bot makes none by itself."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = _setting(
        _one_of(*LOG_LEVELS), "INFO", "`DEBUG`, `INFO`, `WARNING`, `ERROR`, or `CRITICAL`."
    )
    log_format: Literal["console", "json"] = _setting(
        _one_of("console", "json"), lambda: "console" if sys.stderr.isatty() else "json",
        "`console` or `json`. Unset: `console` on a terminal, otherwise `json`.",
    )  # fmt: skip
    http_host: str = _setting(HOST, "127.0.0.1", "Address on which `/webhooks/` listens, if `PUBLIC_URL` is set.")
    http_port: int = _setting(PORT, 8080, "Port of `/webhooks/`; `0` picks a free one.")
    health_host: str = _setting(
        HOST, "127.0.0.1",
        "Address on which `/healthz` and `/metrics` listen. They contain no secrets, but do not expose them to "
        "the internet.",
    )  # fmt: skip
    health_port: int = _setting(PORT, 8081, "Port of `/healthz` and `/metrics`; `0` picks a free one.")
    public_url: str | None = _setting(
        PUBLIC, None,
        "The https URL at which Cannon Studio reaches `/webhooks/`. Unset: the bot finds results by polling.",
    )  # fmt: skip

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
_NO_POOLER = "DATABASE_DIRECT is set, and DATABASE names no PostgreSQL database. Set both, or remove the former."
_SHOWN_DEFAULTS: Mapping[str, str] = {
    "database": "data/cannon-bot.db",
    "log_format": "",
    "secret_keys": "",
}


def describe_settings() -> list[tuple[str, str, str]]:
    """Return (NAME, default as text or '', description) of each setting: for docs/settings.md and `.env.example`."""
    rows = []
    for setting in fields(Settings):
        default = "" if setting.default in {None, MISSING} else str(setting.default)
        shown = _SHOWN_DEFAULTS.get(setting.name, default)
        rows.append((setting.name.upper(), shown, str(setting.metadata["description"])))
    return rows


LIKE, ALMOST = 0.8, 0.87
"""How much of a name is a setting's: of a typing mistake nearly all, of a name like DATABASE_URL less."""
_OF_OTHERS = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})


def misspelled(env_file: Path = ENV_FILE) -> tuple[list[str], list[str]]:
    """Return a sentence for each line of `.env` that sets nothing, and for each such name in the environment.

    A name counts if it is almost a setting's; one that is only like it, as DATABASE_URL, if it is in the file and the
    setting is not set. Others are other programs'.
    """
    try:
        with env_file.open(encoding="utf-8-sig") as file:
            lines = list(parse_stream(file))
    except (OSError, UnicodeDecodeError):  # `read_settings` reports it
        lines = []
    unread = [
        f"Line {each.original.line} of {env_file} is not NAME=value, so it is not read. Correct or remove it."
        for each in lines
        if each.error
    ]
    written, exported = {each.key.upper() for each in lines if each.key}, {each.upper() for each in os.environ}
    known = {setting.name.upper() for setting in fields(Settings)} | FILES.keys()
    free = known - written - exported
    of_file = {name: _meant(name, known, ALMOST) or _meant(name, free, LIKE) for name in sorted(written - known)}
    of_environment = {name: _meant(name, free, ALMOST) for name in sorted(exported - known - written)}
    return unread + _suggestions(str(env_file), of_file), _suggestions("the environment", of_environment)


def _suggestions(place: str, meant: Mapping[str, str | None]) -> list[str]:
    return [f"{name} in {place} is not a setting. Did you mean {each}?" for name, each in meant.items() if each]


def _meant(name: str, settings: Collection[str], cutoff: float) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415 - a start has no need of it

    if name in _OF_OTHERS:
        return None
    return next(iter(get_close_matches(name, settings, 1, cutoff)), None)


def read_settings(env_file: Path | None = ENV_FILE, *, need_token: bool = False) -> tuple[Settings, list[str]]:
    """Return the settings, invalid ones at their default, and a sentence per problem.

    `need_token`: a missing or malformed DISCORD_TOKEN is a problem too.
    """
    try:
        settings, problems = _read(env_file)
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        settings, problems = _read(None)
        problems.insert(0, f"{env_file} can't be read: {reason}. Fix or remove the file.")
    if need_token and not any(problem.startswith("DISCORD_TOKEN") for problem in problems):
        problems += _token_problems(settings.discord_token)
    return settings, problems


def load_settings(env_file: Path | None = ENV_FILE, *, need_token: bool = False) -> Settings:
    """Return the settings. Raises SettingsError with every problem at once."""
    settings, problems = read_settings(env_file, need_token=need_token)
    if problems:
        raise SettingsError(problems)
    return settings


def _read(env_file: Path | None) -> tuple[Settings, list[str]]:
    texts = _texts(env_file)
    of_files, problems = _secrets_in_files(texts)
    settings, wrong = _parsed(texts | of_files)
    settings, wrong_address = _with_direct_address(settings)
    for name in of_files:
        plain = name.upper()
        wrong = [re.sub(rf"^{plain} ", f"{plain}_FILE ", problem) for problem in wrong]
    return settings, [*problems, *wrong, *wrong_address]


def _with_direct_address(settings: Settings) -> tuple[Settings, list[str]]:
    if settings.database_direct is None:
        return settings, []
    if not isinstance(settings.database, PostgresUrl):
        return settings, [_NO_POOLER]
    pooled = PostgresUrl(settings.database.get_secret_value(), settings.database_direct)
    return replace(settings, database=pooled), []


def _texts(env_file: Path | None) -> dict[str, str]:
    """Return the set texts by setting name; names in any case, empty values count as unset.

    Raises OSError or UnicodeDecodeError if the file can't be read.
    """
    found: dict[str, str | None] = {}
    if env_file is not None and env_file.is_file():
        found = dotenv_values(env_file, encoding="utf-8-sig")  # an editor may have put a byte order mark before it
    set_here = {name.lower(): value for name, value in found.items() if value}
    return set_here | {name.lower(): value for name, value in os.environ.items() if value}


def _parsed(texts: Mapping[str, str]) -> tuple[Settings, list[str]]:
    values, problems = {}, []
    for setting in fields(Settings):
        if (text := texts.get(setting.name)) is None:
            continue
        if text[0] == text[-1] and text[0] in "\"'":  # `docker run --env-file` keeps them
            problems.append(
                f"{setting.name.upper()} has quotation marks around it, which belong to the value here. Remove them."
            )
            continue
        try:
            values[setting.name] = setting.metadata["parse"](text)
        except ValueError as error:
            problems.append(f"{setting.name.upper()} {error}.")
    return Settings(**values), problems


def _secrets_in_files(texts: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the secrets that are in files by setting name, and a sentence per problem."""
    values, problems = {}, []
    for file_setting, name in FILES.items():
        if (path := texts.get(file_setting.lower())) is None:
            continue
        if name.lower() in texts:
            problems.append(f"{name} and {file_setting} are both set. Remove one of them.")
            continue
        try:
            values[name.lower()] = _text_of(Path(path).expanduser().absolute())
        except (OSError, RuntimeError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            problems.append(f"{file_setting} can't be read ({path}): {reason}.")
    return values, problems


def _text_of(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(SECRET_FILE_BYTES_MAX + 1)
    if len(content) > SECRET_FILE_BYTES_MAX:
        raise ValueError("it is too large to hold a secret")
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    if not text:
        raise ValueError("it is empty")
    return text


def _token_problems(token: SecretStr | None) -> list[str]:
    if token is None:
        return [_NOT_SET]
    return [] if _TOKEN.fullmatch(token.get_secret_value()) else [_MALFORMED]
