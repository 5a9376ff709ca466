"""Encryption at rest, with a key outside the database; bound to guild and purpose."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import stat
import tempfile
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import structlog
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.runtime.machine import refusal
from bot.store import texts
from bot.store.sql import Connection, Cursor

SHORTEST_KEY_CHARS = 32
FINGERPRINT_CHARS = 8

_log = structlog.get_logger(__name__)


class SecretBox:
    """Encrypts texts as `fingerprint:token`, which names the key. The last that it decrypted stay in memory."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take `keys`, newest first: all decrypt, the first encrypts.

        A key is a Fernet key or any text of at least 32 characters. Raises StoreError for a shorter one or none.
        """
        if not keys:
            raise StoreError(texts.NO_KEYS, exit_code=RESTART_CANNOT_HELP)
        self._keys = {_fingerprint(key): Fernet(key) for key in map(_fernet_key, keys)}
        self.fingerprints = tuple(self._keys)
        self._opened = lru_cache(1024)(self._decrypt)
        self._signing = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"cannon-bot signatures").derive(
            _fernet_key(keys[0])
        )

    def __repr__(self) -> str:
        return f"SecretBox({', '.join(self.fingerprints)})"

    def seal(self, purpose: str, guild_id: int, text: str) -> bytes:
        """Encrypt `text` for this guild and purpose."""
        # The guild is inside: otherwise a token copied into another guild's row would decrypt.
        return self._encrypt(json.dumps({"purpose": purpose, "guild": guild_id, "text": text}).encode())

    def open(self, purpose: str, guild_id: int, sealed: bytes) -> str:
        """Decrypt text sealed for this guild and purpose. Raises StoreError for anything else."""
        content = json.loads(self._opened(sealed))
        if content["purpose"] != purpose or content["guild"] != guild_id:
            raise StoreError(texts.SEALED_ELSEWHERE)
        return str(content["text"])

    def sign(self, text: str) -> str:
        """Return an HMAC with SHA-256 of `text` by the newest key, 32 hex digits."""
        return hmac.new(self._signing, text.encode(), hashlib.sha256).hexdigest()[:32]

    def rotate(self, sealed: bytes) -> bytes:
        """Re-encrypt with the newest key. Raises StoreError if no key decrypts it."""
        return self._encrypt(self._decrypt(sealed))

    def _encrypt(self, plain: bytes) -> bytes:
        newest = self.fingerprints[0]
        return newest.encode() + b":" + self._keys[newest].encrypt(plain)

    def _decrypt(self, sealed: bytes) -> bytes:
        fingerprint = fingerprint_of(sealed)
        key = self._keys.get(fingerprint)
        if key is None:
            raise StoreError(texts.secret_key_missing([fingerprint]), exit_code=RESTART_CANNOT_HELP)
        try:
            return key.decrypt(sealed.partition(b":")[2])
        except InvalidToken:
            raise StoreError(texts.NOT_DECRYPTABLE) from None


def fingerprint_of(sealed: bytes) -> str:
    """Return the sealing key's fingerprint: 8 hex digits of its SHA-256."""
    return sealed.partition(b":")[0].decode("ascii", "replace")[:FINGERPRINT_CHARS]


def key_file_of(database: Path) -> Path:
    """Return the path of this database's key file: its name plus `.key`."""
    return database.with_name(f"{database.name}.key")


def fingerprints_of(key_file: Path) -> tuple[str, ...]:
    """Return the fingerprint of a key file's key; () without a file. Raises StoreError."""
    return SecretBox([_read(key_file)]).fingerprints if key_file.exists() else ()


def load_box(secret_keys: Sequence[str], key_file: Path | None, *, needed: Collection[str]) -> SecretBox:
    """Take the settings' keys, then the key file's; with neither, create the key file.

    Without a place for a key file the settings must have keys. `needed` are the fingerprints of the keys that the
    database needs. Raises StoreError if one is missing, so that no new key hides the loss, or if the file is
    unusable.
    """
    keys = [*secret_keys]
    if key_file is not None and key_file.exists():
        keys.append(_read(key_file))
    if not keys and not needed and key_file is not None:
        keys.append(_create(key_file))
    box = SecretBox(keys) if keys else None
    if missing := set(needed) - set(box.fingerprints if box else ()):
        raise StoreError(texts.secret_key_missing(missing), exit_code=RESTART_CANNOT_HELP)
    if box is None:
        raise ValueError("Keys, or a place for a key file, are needed.")
    return box


def _fernet_key(key: str) -> bytes:
    text = key.strip()
    try:
        if len(base64.b64decode(text.encode(), altchars=b"-_", validate=True)) == 32:
            return text.encode()
    except ValueError:
        pass
    if len(text) < SHORTEST_KEY_CHARS:
        raise StoreError(texts.SECRET_KEY_TOO_SHORT(least=SHORTEST_KEY_CHARS), exit_code=RESTART_CANNOT_HELP)
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"cannon-bot secret key").derive(text.encode())
    return base64.urlsafe_b64encode(derived)


def _fingerprint(fernet_key: bytes) -> str:
    return hashlib.sha256(fernet_key).hexdigest()[:FINGERPRINT_CHARS]


def _read(key_file: Path) -> str:
    try:
        mode = stat.S_IMODE(key_file.stat().st_mode)
        if mode & 0o077:
            key_file.chmod(0o600)
            _log.warning("secret key file was open to others; closed", mode=oct(mode))
        key = key_file.read_text(encoding="utf-8")
    except PermissionError as error:
        raise refusal(key_file, error) from None
    except (OSError, UnicodeDecodeError):
        raise StoreError(texts.KEY_FILE_UNREADABLE(key_file=key_file), exit_code=RESTART_CANNOT_HELP) from None
    if len(key.strip()) < SHORTEST_KEY_CHARS:
        raise StoreError(texts.KEY_FILE_HAS_NO_KEY(key_file=key_file), exit_code=RESTART_CANNOT_HELP)
    return key


def _create(key_file: Path) -> str:
    """Write a new key atomically; if another program was first, use its key."""
    try:
        with tempfile.NamedTemporaryFile(dir=key_file.parent, prefix=".key-", delete=True) as temporary:  # mode 600
            temporary.write(Fernet.generate_key() + b"\n")
            temporary.flush()
            os.fsync(temporary.fileno())
            try:
                os.link(temporary.name, key_file)
            except FileExistsError:
                return _read(key_file)
        _sync_directory(key_file.parent)
    except OSError as error:
        raise StoreError(texts.KEY_FILE_NOT_MADE(key_file=key_file, reason=error.strerror)) from None
    _log.info("secret key file made", path=key_file.name)
    return _read(key_file)


def _sync_directory(directory: Path) -> None:
    """Make a new file survive a power cut: secrets sealed with a lost key are lost."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


KEY_PURPOSE = "api key"
"""The purpose of sealed API keys of guilds."""


def needed_fingerprints(db: Connection, now: float) -> set[str]:
    """Return the fingerprints of the secret keys that valuable data needs.

    An interaction token expired by `now` (Unix seconds) has no value.
    """
    rows = db.execute(
        "SELECT secret FROM guild_keys WHERE secret IS NOT NULL"
        " UNION ALL SELECT token FROM cards WHERE token IS NOT NULL AND token_expires_at > ?",
        (now,),
    )
    return {fingerprint_of(sealed) for (sealed,) in rows}


def forget_expired_tokens(db: Connection, now: float) -> None:
    """Delete interaction tokens expired by `now` (Unix seconds)."""
    db.execute("UPDATE cards SET token = NULL WHERE token IS NOT NULL AND token_expires_at <= ?", (now,))


_NEEDS_IT = """
SELECT 1 FROM jobs WHERE {} AND jobs.key_id = guild_keys.id
    AND (state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
        OR recheck_at IS NOT NULL)
"""
_UNNEEDED = """
UPDATE guild_keys SET secret = NULL WHERE guild_id = ? AND retired_at IS NOT NULL AND secret IS NOT NULL
    AND NOT EXISTS ({})
    AND (own = 0 OR NOT EXISTS ({}))
""".format(
    _NEEDS_IT.format("jobs.guild_id = guild_keys.guild_id"),
    _NEEDS_IT.format("jobs.practice = 2 AND jobs.author_id = guild_keys.guild_id"),
)
_OF_FORGOTTEN = "guild_id = ? AND {} IN (SELECT id FROM guild_keys WHERE guild_id = ? AND own = 1 AND secret IS NULL)"


def forget_unneeded_keys(db: Connection, payers: Iterable[int]) -> None:
    """Forget retired keys' secrets that no open or rechecked job needs; of members' keys, all else as well."""
    for payer_id in set(payers):
        if db.execute(_UNNEEDED, (payer_id,)).rowcount:
            _drop_forgotten(db, payer_id)


def _drop_forgotten(db: Connection, payer_id: int) -> None:
    for table, column in (("account_checks", "key_id"), ("guild_keys", "id")):
        db.execute(f"DELETE FROM {table} WHERE {_OF_FORGOTTEN.format(column)}", (payer_id, payer_id))  # noqa: S608


def forget_keys(db: Connection, guild_id: int, now: float) -> bool:
    """Forget a guild's secrets and stop rechecking their jobs; return whether there were any."""
    forgotten = db.execute(
        "UPDATE guild_keys SET secret = NULL, retired_at = coalesce(retired_at, ?)"
        " WHERE guild_id = ? AND secret IS NOT NULL",
        (now, guild_id),
    ).rowcount
    db.execute(
        "UPDATE jobs SET recheck_at = NULL"
        " WHERE (guild_id = ? OR practice = 2 AND author_id = ?) AND recheck_at IS NOT NULL AND key_id IS NOT NULL",
        (guild_id, guild_id),
    )
    _drop_forgotten(db, guild_id)
    return forgotten > 0


def reseal(db: Connection, box: SecretBox) -> int:
    """Reseal with the newest key; return how many."""
    newest = box.fingerprints[0]
    keys = _older(db.execute("SELECT id, secret FROM guild_keys WHERE secret IS NOT NULL"), newest)
    tokens = _older(db.execute("SELECT id, token FROM cards WHERE token IS NOT NULL"), newest)
    db.executemany("UPDATE guild_keys SET secret = ? WHERE id = ?", [(box.rotate(old), key) for key, old in keys])
    db.executemany("UPDATE cards SET token = ? WHERE id = ?", [(box.rotate(old), key) for key, old in tokens])
    return len(keys) + len(tokens)


def _older(rows: Cursor, newest: str) -> list[tuple[int | str, bytes]]:
    return [(key, sealed) for key, sealed in rows if fingerprint_of(sealed) != newest]
