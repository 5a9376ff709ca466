"""The sealed columns, wherever they are: which keys they need, what is deleted when, and re-encrypting them."""

from __future__ import annotations

from bot.store.sql import Connection, Cursor
from bot.store.vault.secret_box import SecretBox, fingerprint_of

KEY_PURPOSE = "api key"
"""The purpose with which the API keys of guilds are sealed."""


def needed_fingerprints(db: Connection, now: float) -> set[str]:
    """Return the fingerprints of the secret keys without which something of value could not be decrypted.

    An interaction token that expired by `now` (Unix seconds) has no value.
    """
    rows = db.execute(
        "SELECT secret FROM guild_keys WHERE secret IS NOT NULL"
        " UNION ALL SELECT token FROM cards WHERE token IS NOT NULL AND token_expires_at > ?",
        (now,),
    )
    return {fingerprint_of(sealed) for (sealed,) in rows}


def forget_expired_tokens(db: Connection, now: float) -> None:
    """Delete interaction tokens that expired by `now` (Unix seconds)."""
    db.execute("UPDATE cards SET token = NULL WHERE token IS NOT NULL AND token_expires_at <= ?", (now,))


def forget_unneeded_keys(db: Connection, guild_id: int) -> None:
    """Forget the secrets of retired keys that no job needs: neither an open one nor one that is still rechecked."""
    db.execute(
        "UPDATE guild_keys SET secret = NULL"
        " WHERE guild_id = ? AND retired_at IS NOT NULL AND secret IS NOT NULL AND NOT EXISTS ("
        "  SELECT 1 FROM jobs WHERE jobs.guild_id = guild_keys.guild_id AND jobs.key_id = guild_keys.id"
        "  AND (state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')"
        "   OR recheck_at IS NOT NULL))",
        (guild_id,),
    )


def forget_keys(db: Connection, guild_id: int, now: float) -> bool:
    """Forget all secrets of a guild, and poll what was made with them no more; return whether there were any."""
    forgotten = db.execute(
        "UPDATE guild_keys SET secret = NULL, retired_at = coalesce(retired_at, ?)"
        " WHERE guild_id = ? AND secret IS NOT NULL",
        (now, guild_id),
    ).rowcount
    db.execute(
        "UPDATE jobs SET recheck_at = NULL WHERE guild_id = ? AND recheck_at IS NOT NULL AND key_id IS NOT NULL",
        (guild_id,),
    )
    return forgotten > 0


def reseal(db: Connection, box: SecretBox) -> int:
    """Seal with the newest key what an older one sealed; return how many."""
    newest = box.fingerprints[0]
    keys = _older(db.execute("SELECT id, secret FROM guild_keys WHERE secret IS NOT NULL"), newest)
    tokens = _older(db.execute("SELECT id, token FROM cards WHERE token IS NOT NULL"), newest)
    db.executemany("UPDATE guild_keys SET secret = ? WHERE id = ?", [(box.rotate(old), key) for key, old in keys])
    db.executemany("UPDATE cards SET token = ? WHERE id = ?", [(box.rotate(old), key) for key, old in tokens])
    return len(keys) + len(tokens)


def _older(rows: Cursor, newest: str) -> list[tuple[int | str, bytes]]:
    return [(key, sealed) for key, sealed in rows if fingerprint_of(sealed) != newest]
