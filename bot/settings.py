"""Every setting of the bot, typed, from the environment and a `.env` file; all problems are reported together.

The environment overrides `.env`, which is read from the current directory and may be missing. Empty values count as
unset. No problem's text contains a secret.
"""

from __future__ import annotations

import importlib.util
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

from bot import install_line
from bot.errors import RESTART_CANNOT_HELP, SettingsError, StartError

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
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
LOG_FORMATS = ("console", "json")
SWITCHES = ("on", "off")
FILE_NAME_BYTES_MAX = 200
"""Of the database: file systems take 255, and its backups have longer names."""
LOCAL_FILES = Path("data/cannon-bot")
POSTGRES_SCHEMES = ("postgresql://", "postgres://")
EVERY_GUILD: Literal["*"] = "*"

_TOKEN = re.compile(r"[\w-]{17,}\.[\w-]{4,}\.[\w-]{20,}", re.ASCII)
"""A bot token: base64url of the application's id, a time and a signature, with dots between."""
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE)
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


def _header_safe(value: str) -> SecretStr:
    """Refuse a secret that can't be sent in an HTTP header, mostly a copying mistake."""
    text = value.strip()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("holds a space or a character outside ASCII. Copy it again, it is one unbroken word")
    return SecretStr(text)


def _never(_host: str) -> bool:
    return False


def _base_url(value: str, *, http_to: Callable[[str], bool] = _never, http_words: str = "") -> str:
    """Check a plain web address; `http_to`: hosts allowed without encryption, in words `http_words`."""
    try:
        parts = urlsplit(value.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("is not a web address. Write it like https://example.org") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise ValueError("is not a web address. Write it like https://example.org")
    if parts.scheme == "http" and not http_to(host):
        raise ValueError("must begin with https://" + (f" (http:// only {http_words})" if http_words else ""))
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must be a plain address: no name or password, no ? and no #")
    return value.strip().rstrip("/")


def _api_url(value: str) -> str:
    return _base_url(value, http_to=_is_loopback, http_words="on 127.0.0.1 or localhost")


def _discord_api_url(value: str) -> str:
    """Check the address of Discord's API or a proxy, without a path such as `/api/v10`.

    The bot's token goes there, so http:// must not leave a private network. A host name of one word is private: a
    container's, or of the machine's hosts file; no public DNS name is used like that.
    """
    words = "to a private address or a host name without dots, such as a proxy's"
    return re.sub(r"/api(/v\d+)?$", "", _base_url(value, http_to=_is_private, http_words=words))


def _public_url(value: str) -> str:
    return _base_url(value)


def _link(value: str) -> str:
    """Check an https address shown to people: it may have a query, and nothing that breaks out of a message."""
    link = value.strip()
    try:
        parts = urlsplit(link)
        is_whole = parts.scheme == "https" and bool(parts.hostname) and parts.username is None
    except ValueError:
        is_whole = False
    if not is_whole or not link.isascii() or not link.isprintable() or any(mark in link for mark in " <>()`"):
        raise ValueError("is not an https address. Write it like https://example.org/credits")
    return link


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host


def _sentry_dsn(value: str) -> SecretStr:
    """Check a project's address, whose user name is its key. No problem's text shows it."""
    text = value.strip()
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.username) and bool(parts.hostname) and parts.path.rpartition("/")[2].isdecimal()
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_private(parts.hostname or ""))
    except ValueError:
        is_whole = is_safe = False
    if not is_whole or not is_safe:
        raise ValueError("is not a project's address. Write it like https://key@sentry.example.org/7")
    return SecretStr(text)


def _guilds(value: str) -> frozenset[int] | Literal["*"] | None:
    """Turn `1, 2 3` into a set of ids; `*` means every server."""
    words = value.replace(",", " ").split()
    if words == [EVERY_GUILD]:
        return EVERY_GUILD
    for place, word in enumerate(words, 1):
        if not _is_id(word):  # the word itself may be a misplaced secret
            raise ValueError(
                f"is wrong: entry {place} is not a server id (15 to 20 digits)."
                " List ids with commas between them, or write a single * for every server"
            )
    return frozenset(map(int, words)) or None


def _place_of_reports(value: str) -> DiscordId:
    """Turn `123` into a channel, and `user:123` into a user."""
    kind, _, id_ = value.strip().rpartition(":")
    if kind not in {"", "channel", "user"} or not _is_id(id_):
        raise ValueError(
            "must be a channel's id (15 to 20 digits), or user: and a user's id, such as user:1234567890123456"
        )
    return DiscordId("user" if kind == "user" else "channel", int(id_))


def _is_id(word: str) -> bool:
    return word.isascii() and word.isdecimal() and 15 <= len(word) <= 20


def _secret_keys(value: str) -> tuple[SecretStr, ...]:
    """Split at commas, and at line ends of a file; each key must be long enough to be unguessable."""
    keys = [key.strip() for key in re.split(r"[,\r\n]", value) if key.strip()]
    for place, key in enumerate(keys, 1):
        if len(key) < SECRET_KEY_LENGTH_MIN:
            raise ValueError(
                f"is too short: key {place} has {len(key)} characters and needs at least {SECRET_KEY_LENGTH_MIN}."
                ' Make one with: python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
            )
    return tuple(map(SecretStr, keys))


def _database(value: str) -> Path | PostgresUrl:
    """Make a path absolute, so that a later change of directory can't move the database."""
    if value.strip().startswith(POSTGRES_SCHEMES):
        return postgres_url(value.strip())
    if (instead := _instead_of(value.strip())) is not None:
        raise ValueError(instead)
    try:
        path = Path(value).expanduser().absolute()
    except RuntimeError:
        raise ValueError("names a home directory that does not exist. Write the whole path") from None
    if len(os.fsencode(path.name)) > FILE_NAME_BYTES_MAX:
        raise ValueError("has a name that is too long for the files next to it. Name a shorter one")
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise ValueError("has characters that this system's locale does not know. Set LC_ALL=C.UTF-8") from None
    if os.path.isdir(path):  # noqa: PTH112 - Path's raises for one that is closed to the bot
        raise ValueError(f"is a directory ({path}). Name a file, such as {path / 'cannon-bot.db'}")
    if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113 - the same
        raise ValueError(f"is a device or a pipe ({path}), whose permissions the bot would change. Name a file")
    return path


_NO_PATHS: Mapping[str, str] = {
    r" #": "has a comment in it, which is taken as part of it. Remove what follows the file's name",
    r"\b(host|dbname)\s*=": "has parameters, not an address. Write it like postgresql://name:password@host/database",
    r"^:memory:$": (
        "must be a file: a database in memory forgets what is paid. Write a path, such as data/cannon-bot.db"
    ),
}


def _instead_of(value: str) -> str | None:
    """Return what to write for an address of other libraries or databases, which is no file's name; None for a path.

    No part of the address that may hold a password is repeated.
    """
    for mistake, instead in _NO_PATHS.items():
        if re.search(mistake, value):
            return instead
    found = re.match(r"(file|[a-z][a-z0-9.+:-]+(?=:/)):(//)?", value, re.IGNORECASE)
    if found is None:
        return None
    scheme, rest = found[1].lower(), value[found.end() :]
    if "postgres" in scheme:
        return f"begins with {found[0]}, not as PostgreSQL's own tools need it. Begin it with postgresql:// instead"
    if scheme.startswith(("sqlite", "file")):
        path = re.split(r"[?#]", rest if scheme == "file" else rest.removeprefix("/"))[0]
        return f"begins with {found[0]}, which a path does not. Write the path alone: {path or 'data/cannon-bot.db'}"
    return f"is an address of {scheme}. Name an SQLite file, such as data/cannon-bot.db, or a postgresql:// database"


def postgres_url(value: str) -> PostgresUrl:
    """Return the address of a PostgreSQL database. Raises ValueError, saying what is wrong with it."""
    try:
        parts = urlsplit(value)
        has_database = len(parts.path) > 1 and "/" not in parts.path[1:]
        _ = parts.hostname
    except ValueError:
        has_database = False
    if not has_database:
        raise ValueError("is not the address of a database. Write it like postgresql://name:password@host/database")
    return PostgresUrl(value)


def _direct_database(value: str) -> PostgresUrl:
    if not value.strip().startswith(POSTGRES_SCHEMES):
        raise ValueError("is not the address of a database. Write it like postgresql://name:password@host/database")
    return postgres_url(value.strip())


def _file(value: str) -> Path:
    """Make the path absolute, like the database's."""
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError:
        raise ValueError("names a home directory that does not exist. Write the whole path") from None


def _days(value: str) -> int:
    text = value.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= RETENTION_DAYS_MAX):
        raise ValueError(f"must be a whole number of days from 0 to {RETENTION_DAYS_MAX} (0 keeps everything forever)")
    return int(text)


def _credits(value: str) -> Decimal:
    text = value.strip()
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,3})?", text, re.ASCII):
        raise ValueError("must be a number of credits, such as 500")
    return Decimal(text)


def _up_to(most: int) -> Callable[[str], int]:
    def whole_number(value: str) -> int:
        text = value.strip()
        if not (text.isascii() and text.isdecimal() and len(text) <= 6 and 1 <= int(text) <= most):
            raise ValueError(f"must be a whole number from 1 to {most}")
        return int(text)

    return whole_number


def _folder(value: str) -> Path:
    path = _file(value)
    if path.exists() and not path.is_dir():
        raise ValueError(f"is not a folder ({path}). Name a folder for backups")
    return path


def _port(value: str) -> int:
    text = value.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= 65535):
        raise ValueError("must be a whole number from 0 to 65535 (0 takes any free port)")
    return int(text)


def _host(value: str) -> str:
    host = value.strip().removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if not _HOST_NAME.fullmatch(host):
            raise ValueError("must be an address or a host name without http:// and port, such as 127.0.0.1") from None
    return host


def _networks(value: str) -> tuple[IpNetwork, ...]:
    """Turn `10.0.0.0/8, 192.0.2.1` into networks; an address is a network of one."""
    try:
        return tuple(ipaddress.ip_network(word, strict=False) for word in value.replace(",", " ").split())
    except ValueError:
        raise ValueError("must be addresses or networks with commas between them, such as 172.17.0.0/16") from None


def _log_level(value: str) -> str:
    return _one_of(value, LOG_LEVELS, str.upper)


def _log_format(value: str) -> str:
    return _one_of(value, LOG_FORMATS, str.lower)


def _one_of(value: str, choices: tuple[str, ...], fold: Callable[[str], str]) -> str:
    word = fold(value.strip())
    if word not in choices:
        raise ValueError(f"must be one of {', '.join(choices)}")
    return word


def _switch(value: str) -> str:
    return _one_of(value, SWITCHES, str.lower)


def _default_log_format() -> Literal["console", "json"]:
    return "console" if sys.stderr.isatty() else "json"


def _about(parse: Callable[[str], object], description: str) -> dict[str, Any]:
    """Return a field's metadata. `parse` turns a text into its value, or raises ValueError with the reason."""
    return {"parse": parse, "description": description}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings' values. The constructor reads neither the environment nor a file, and checks nothing.

    A field's description is what `.env.example` and docs/settings.md say about it.
    """

    discord_token: SecretStr | None = field(
        default=None,
        metadata=_about(_header_safe, "The bot's token, from the Bot page of your application. Required by `run`."),
    )
    discord_token_file: Path | None = field(
        default=None,
        metadata=_about(_file, "A file that holds `DISCORD_TOKEN`, as container platforms mount secrets."),
    )
    discord_api_url: str = field(
        default=DISCORD_API_URL,
        metadata=_about(
            _discord_api_url,
            "Where Discord's REST API is. Set it to a rate-limiting proxy, such as `http://nirn-proxy:8080`, which "
            "then paces the calls of all processes. `http://` works to private addresses and names without dots.",
        ),
    )
    shard_count: int | None = field(
        default=None,
        metadata=_about(
            _up_to(SHARDS_MAX),
            "How many connections to Discord's gateway the bot has, over all processes. Unset: as many as Discord "
            "recommends, for several processes those of the first start.",
        ),
    )
    cannon_api_url: str = field(
        default=CANNON_API_URL,
        metadata=_about(_api_url, "Cannon Studio's base URL. `http://` works on this machine only, for the sandbox."),
    )
    cannon_api_key: SecretStr | None = field(
        default=None,
        metadata=_about(_header_safe, "The host's own API key, for servers that have no key of their own."),
    )
    cannon_api_key_file: Path | None = field(
        default=None, metadata=_about(_file, "A file that holds `CANNON_API_KEY`.")
    )
    cannon_api_key_guilds: frozenset[int] | Literal["*"] | None = field(
        default=None,
        metadata=_about(
            _guilds,
            "Servers that may use the host's key: ids separated by commas, or `*` for all. Unset: every "
            "server if the Discord application is private, none if it is public.",
        ),
    )
    cannon_api_key_limit: Decimal | None = field(
        default=None,
        metadata=_about(
            _credits,
            "Credits that each server may spend on the host's key per calendar month (UTC). Moderators "
            "can't raise it. Unset: no limit.",
        ),
    )
    cannon_api_key_total: Decimal | None = field(
        default=None,
        metadata=_about(
            _credits,
            "Credits that all servers together may spend on the host's key per calendar month (UTC). Unset: no limit.",
        ),
    )
    price_list: Path | None = field(
        default=None,
        metadata=_about(
            _file,
            "A file with prices for servers whose moderators have set none: CSV as in `/studio settings`.",
        ),
    )
    top_up_url: str | None = field(
        default=None,
        metadata=_about(
            _link,
            "Where servers buy credits for their own accounts, in place of the credit packs that Cannon Studio offers. "
            "Unset: its packs are read daily.",
        ),
    )
    privacy_url: str | None = field(
        default=None,
        metadata=_about(
            _link, "Your privacy policy: a link in `/help` and `/me`. A template is in `docs/privacy-policy.md`."
        ),
    )
    terms_url: str | None = field(
        default=None,
        metadata=_about(_link, "Your terms of service: a link in `/help` and `/me`. A template is in `docs/terms.md`."),
    )
    support_url: str | None = field(
        default=None,
        metadata=_about(
            _link,
            "Where members get help with your bot, such as an invite to a support server: a link in `/help`, `/me`, "
            "and under failures that only you can fix.",
        ),
    )
    docs_url: str | None = field(
        default=None,
        metadata=_about(
            _link,
            "Where you publish the site of `make docs`: a refusal then links to the page that explains it. Unset: no "
            "link; `/help` with `why` shows the same.",
        ),
    )
    practice: Literal["on", "off"] = field(
        default="on",
        metadata=_about(
            _switch, "`on` or `off`: whether servers may practice in a sandbox on this machine, which costs nothing."
        ),
    )
    own_accounts: Literal["on", "servers", "off"] = field(
        default="on",
        metadata=_about(
            lambda value: _one_of(value, ("on", "servers", "off"), str.lower),
            "Whether members may link Cannon Studio accounts of their own with `/me` and pay with them: `on`, also in "
            "direct messages and where they have installed the bot for themselves; `servers`, only on servers; or "
            "`off`. Moderators can still turn that off for their server.",
        ),
    )
    host_reports: DiscordId | None = field(
        default=None,
        metadata=_about(
            _place_of_reports,
            "Where the bot tells you that it fell ill, or is well again: the id of a channel, or `user:` and a user's "
            "id for direct messages. Unset: by direct message to the owner of the application.",
        ),
    )
    database: Path | PostgresUrl = field(
        default_factory=lambda: Path("data/cannon-bot.db").absolute(),
        metadata=_about(
            _database,
            "Path of the SQLite file, relative to the current directory; or a PostgreSQL database, such as "
            "`postgresql://name:password@host/database`, for several processes.",
        ),
    )
    database_direct: PostgresUrl | None = field(
        default=None,
        metadata=_about(
            _direct_database,
            "The same PostgreSQL database without a pooler, if `DATABASE` leads through one with transaction pooling, "
            "such as PgBouncer. Unset: `DATABASE` gives each connection a session of its own.",
        ),
    )
    secret_keys: tuple[SecretStr, ...] = field(
        default=(),
        metadata=_about(
            _secret_keys,
            "Keys that encrypt the stored API keys: 32 characters or more each, separated by commas, newest "
            "first. Unset: a key file next to the database, created on the first start.",
        ),
    )
    secret_keys_file: Path | None = field(
        default=None,
        metadata=_about(_file, "A file that holds `SECRET_KEYS`: one key per line, or separated by commas."),
    )
    retention_days: int = field(
        default=365,
        metadata=_about(
            _days,
            "Days after which prompts, inputs, and links of ended jobs are erased. A server can choose "
            "fewer. `0` keeps them forever.",
        ),
    )
    backup_dir: Path | None = field(
        default=None,
        metadata=_about(
            _folder,
            "A folder for daily backups, of which seven are kept. Unset: the bot makes none by itself.",
        ),
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = field(
        default="INFO", metadata=_about(_log_level, "`DEBUG`, `INFO`, `WARNING`, `ERROR`, or `CRITICAL`.")
    )
    log_format: Literal["console", "json"] = field(
        default_factory=_default_log_format,
        metadata=_about(_log_format, "`console` or `json`. Unset: `console` on a terminal, otherwise `json`."),
    )
    http_host: str = field(
        default="127.0.0.1", metadata=_about(_host, "Address on which `/webhooks/` listens, if `PUBLIC_URL` is set.")
    )
    http_port: int = field(default=8080, metadata=_about(_port, "Port of `/webhooks/`; `0` picks a free one."))
    http_proxies: tuple[IpNetwork, ...] = field(
        default=(),
        metadata=_about(
            _networks,
            "Addresses or networks of your reverse proxies, separated by commas. A proxy may open 200 "
            "connections at once; any other address, except this machine, 20.",
        ),
    )
    health_host: str = field(
        default="127.0.0.1",
        metadata=_about(
            _host,
            "Address on which `/healthz` and `/metrics` listen. They contain no secrets, but do not expose "
            "them to the internet.",
        ),
    )
    health_port: int = field(
        default=8081, metadata=_about(_port, "Port of `/healthz` and `/metrics`; `0` picks a free one.")
    )
    public_url: str | None = field(
        default=None,
        metadata=_about(
            _public_url,
            "The https URL at which Cannon Studio reaches `/webhooks/`. Unset: the bot finds results by polling.",
        ),
    )

    sentry_dsn: SecretStr | None = field(
        default=None,
        metadata=_about(
            _sentry_dsn,
            "Address of a Sentry project: what is logged at level `ERROR` is reported there, masked as in the log. "
            "Needs the extra `sentry`. Unset: nothing is sent.",
        ),
    )

    @property
    def extras(self) -> dict[str, str]:
        """The package's extras that settings need, each with the setting's name."""
        return {} if self.sentry_dsn is None else {"sentry": "SENTRY_DSN"}

    def secrets(self) -> tuple[str, ...]:
        """Return every secret in plain text: only for the logs' mask."""
        held = (self.discord_token, self.cannon_api_key, *self.secret_keys, self.sentry_dsn)
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


SECRET_SETTINGS = frozenset({"DISCORD_TOKEN", "CANNON_API_KEY", "SECRET_KEYS", "SENTRY_DSN"})
"""Environment variables with secrets."""
_NO_POOLER = "DATABASE_DIRECT is set, and DATABASE names no PostgreSQL database. Set both, or remove the former."
_FROM_FILES: Mapping[str, str] = {
    "discord_token": "discord_token_file",
    "cannon_api_key": "cannon_api_key_file",
    "secret_keys": "secret_keys_file",
}
"""Secrets that may be in a file, as container platforms mount them, and the setting that names it."""

_SHOWN_DEFAULTS: Mapping[str, str] = {
    "database": "data/cannon-bot.db",
    "http_proxies": "",
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
    known = {setting.name.upper() for setting in fields(Settings)}
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

    `need_token`: a missing or malformed DISCORD_TOKEN is a problem too, and so is a missing extra of the package.
    """
    try:
        settings, problems = _read(env_file)
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        settings, problems = _read(None)
        problems.insert(0, f"{env_file} can't be read: {reason}. Fix or remove the file.")
    if need_token and not any(problem.startswith("DISCORD_TOKEN") for problem in problems):
        problems += _token_problems(settings.discord_token)
    return settings, problems + (_missing_extras(settings) if need_token else [])


def load_settings(env_file: Path | None = ENV_FILE, *, need_token: bool = False) -> Settings:
    """Return the settings. Raises SettingsError with every problem at once."""
    settings, problems = read_settings(env_file, need_token=need_token)
    if problems:
        raise SettingsError(problems)
    return settings


def _read(env_file: Path | None) -> tuple[Settings, list[str]]:
    settings, problems = _parsed(_texts(env_file))
    settings, wrong = _with_direct_address(settings)
    problems += wrong
    of_files, file_problems = _secrets_in_files(settings)
    from_files, new = _parsed(of_files)
    values = {name: getattr(from_files, name) for name in of_files}
    named = {f"{name.upper()} ": f"{_FROM_FILES[name].upper()} " for name in of_files}
    for plain, of_file in named.items():
        new = [of_file + problem.removeprefix(plain) if problem.startswith(plain) else problem for problem in new]
    return replace(settings, **values), problems + file_problems + new


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


def _secrets_in_files(settings: Settings) -> tuple[dict[str, str], list[str]]:
    values, problems = {}, []
    for name, file_setting in _FROM_FILES.items():
        path = getattr(settings, file_setting)
        if path is None:
            continue
        if getattr(settings, name):
            problems.append(f"{name.upper()} and {file_setting.upper()} are both set. Remove one of them.")
            continue
        try:
            values[name] = _text_of(path)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            problems.append(f"{file_setting.upper()} can't be read ({path}): {reason}.")
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


_EXTRA_MODULES: Mapping[str, str] = {"sentry": "sentry_sdk"}


def _missing_extras(settings: Settings) -> list[str]:
    """Return a sentence per extra that a setting needs and that is not installed."""
    return [
        f"{name} needs the extra `{extra}`. Install it with: {install_line(extra)}"
        for extra, name in settings.extras.items()
        if not _is_installed(_EXTRA_MODULES[extra])
    ]


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of the package that it is in
        return False


def _token_problems(token: SecretStr | None) -> list[str]:
    if token is None:
        return [_NOT_SET]
    return [] if _TOKEN.fullmatch(token.get_secret_value()) else [_MALFORMED]
