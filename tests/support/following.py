"""What the tests of long and broken lives ask of the rig: time that passes, what the books say, what was said to whom.

Nothing of the bot's inside is read but its database: the tables `jobs`, `ledger` and `guild_keys` are its memory.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace as replaced
from decimal import Decimal
from typing import Any

import discord

from bot.delivery.channels.messages import subjects_on
from tests.support.rig import Rig
from tests.support.surface import is_started, panel_text, private_messages, unlinked

MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86_400.0
ENDED = frozenset({"delivered", "failed", "cancelled", "refused", "expired", "held"})
REACHED = frozenset({"delivered", "held"})
"""The ends in which a member has the result, or can have it by *Post it*."""
GENERATE = "image generate"
PICTURE = Decimal(12)
"""What the sandbox charges for a picture, in credits."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What the tests need of a job's row."""

    id: str
    guild_id: int
    state: str
    prompt: str
    error: str
    remote_id: str | None
    idempotency_key: str

    @property
    def ended(self) -> bool:
        return self.state in ENDED


# ---------------------------------------------------------------------- the database


@contextlib.contextmanager
def database(rig: Rig) -> Iterator[sqlite3.Connection]:
    """Open the bot's database a second time; every statement is its own transaction."""
    connection = sqlite3.connect(rig.folder / "bot.db", isolation_level=None, timeout=30)
    try:
        yield connection
    finally:
        connection.close()


def ask_database(rig: Rig, query: str, *values: object) -> list[tuple[Any, ...]]:
    with database(rig) as db:
        return db.execute(query, values).fetchall()


def kept(rig: Rig) -> list[Row]:
    """Return all jobs of all servers, oldest first."""
    query = """
    SELECT id, guild_id, state, coalesce(input ->> 'prompt', ''), coalesce(error, ''), remote_id, idempotency_key
    FROM jobs ORDER BY created_at, position
    """
    names = ("id", "guild_id", "state", "prompt", "error", "remote_id", "idempotency_key")
    return [Row(**dict(zip(names, row, strict=True))) for row in ask_database(rig, query)]


def newest(rig: Rig) -> Row:
    return kept(rig)[-1]


def the_job(rig: Rig, job_id: str) -> Row:
    [row] = [row for row in kept(rig) if row.id == job_id]
    return row


def charged(rig: Rig, *job_ids: str) -> Decimal:
    """Return what the books say was truly paid: for these jobs, or for all."""
    query = "SELECT job_id, credits_milli FROM ledger WHERE kind IN ('settle', 'adjust')"
    rows = ask_database(rig, query)
    return sum((Decimal(milli) / 1000 for job_id, milli in rows if not job_ids or job_id in job_ids), Decimal(0))


def set_aside(rig: Rig) -> Decimal:
    """Return the credits in holds that are still open."""
    query = """
    SELECT coalesce(sum(credits_milli), 0) FROM ledger AS hold WHERE kind = 'hold'
    AND NOT EXISTS (SELECT 1 FROM ledger WHERE job_id = hold.job_id AND kind IN ('settle', 'release'))
    """
    return Decimal(ask_database(rig, query)[0][0]) / 1000


# ---------------------------------------------------------------------- time


async def tick(rig: Rig) -> None:
    """Let the bot do everything that is due now."""
    await rig.step()
    with rig.env.time_context():
        await rig.bot.parts.rounds.run_once()
        await rig.bot.parts.alerts.run_once()


def widening(seconds: float, step_s: float, *, share: float = 0.1) -> Iterator[float]:
    """Yield steps that make up so much time, each at least `step_s` and up to that share of what has passed.

    What the bot does comes ever more seldom, so that even steps would mostly find nothing to do.
    """
    passed = 0.0
    while passed < seconds:
        step = max(step_s, min(passed * share, seconds - passed))
        yield step
        passed += step


async def pass_time(rig: Rig, seconds: float, step_s: float = 30.0, *, even: bool = False) -> None:
    """Let so much time pass, in `widening` steps; in `even` ones where it matters when late events come."""
    for step in itertools.repeat(step_s, math.ceil(seconds / step_s)) if even else widening(seconds, step_s):
        await tick(rig)
        rig.advance(step)
    await tick(rig)


async def until_ended(rig: Rig, job_id: str, limit_s: float, step_s: float = 30.0) -> Row:
    """Let time pass until the job has ended, but no longer than `limit_s`; return it as it is then."""
    for step in widening(limit_s, step_s, share=0.05):
        if (job := the_job(rig, job_id)).ended:
            return job
        await tick(rig)
        rig.advance(step)
    return the_job(rig, job_id)


async def until_running(rig: Rig, job_id: str) -> Row:
    """Let time pass until Cannon Studio works on the job."""
    for _ in range(100):
        await tick(rig)
        if (job := the_job(rig, job_id)).state == "processing" or is_started(rig, job_id):
            return job
        rig.advance(0.5)
    raise AssertionError(f"it is {job.state}: {job.error}")


# ---------------------------------------------------------------------- members and moderators


@dataclass(frozen=True)
class Server:
    """A second server, with a key of its own or the host's."""

    guild: Any
    channel: Any
    member: Any
    moderator: Any


def another_server(rig: Rig, name: str = "Other") -> Server:
    guild = rig.env.create_guild(name)
    role = guild.create_role("mods", permissions=discord.Permissions(manage_guild=True))
    member = guild.add_member(rig.env.create_user(f"zoe of {name}"))
    moderator = guild.add_member(rig.env.create_user(f"boss of {name}"), roles=[role])
    return Server(guild, guild.create_text_channel("general"), member, moderator)


def own_server(rig: Rig) -> Server:
    return Server(rig.guild, rig.channel, rig.member, rig.moderator)


async def ask(rig: Rig, prompt: str = "a heron", *, server: Server | None = None, **options: Any) -> Row:
    """Ask for a picture by command and return its job. Fails if the command was refused."""
    there = server or own_server(rig)
    before = {row.id for row in kept(rig)}
    result = await there.member.slash(there.channel, GENERATE, prompt=prompt, **options)
    new = [row for row in kept(rig) if row.id not in before]
    assert new, f"refused: {said(result)}"
    return new[0]


async def set_key(rig: Rig, secret: str, *, server: Server | None = None) -> Any:
    """Let a moderator set the server's key by command."""
    there = server or own_server(rig)
    shown = await there.moderator.slash(there.channel, "studio key")
    [field] = rig.form_fields(shown)
    return await there.moderator.submit_modal(shown, {field: secret})


async def change_rules(rig: Rig, guild: Any = None, **changes: Any) -> None:
    await rig.bot.parts.store.settings.change((guild or rig.guild).id, lambda old: replaced(old, **changes))


def said(result: Any) -> str:
    """Return everything that an answer says, its embeds included."""
    messages = [message for message in (result.response, *result.followups) if message is not None]
    texts = (text for each in messages for text in (each.content, panel_text(each), *_in_embeds(each)))
    return unlinked("\n".join(texts))


def _in_embeds(message: Any) -> Iterator[str]:
    for embed in message.embeds:
        yield from (embed.title or "", embed.description or "")
        for field in embed.fields:
            yield f"{field.name}: {field.value}"


def card_text(rig: Rig, job_id: str, channel: Any = None) -> str:
    """Return what the messages that name the job say, the newest first."""
    messages = [m for m in (channel or rig.channel).history() if m.author.id == rig.bot.user.id]
    [(card_id,)] = ask_database(rig, "SELECT card_id FROM jobs WHERE id = ?", job_id)
    of_card = {each for (each,) in ask_database(rig, "SELECT id FROM jobs WHERE card_id = ?", card_id)}
    found = [m for m in messages if of_card & subjects_on(m)]
    return "\n".join(text for message in found for text in (message.content, panel_text(message), *_in_embeds(message)))


def log_channel_text(rig: Rig, *more: Any) -> str:
    """Return what the bot has written to the moderator directly, and in the channels `more`."""
    lines = [m.content for m in private_messages(rig, rig.moderator)]
    lines += [m.content for channel in more for m in channel.history() if m.author.id == rig.bot.user.id]
    return "\n".join(lines)


def files_of(channel: Any, rig: Rig, job_id: str) -> list[str]:
    """Return the names of the files that were posted for the job."""
    posted = [file.filename for m in channel.history() if m.author.id == rig.bot.user.id for file in m.attachments]
    return [name for name in posted if job_id[:4].lower() in name]
