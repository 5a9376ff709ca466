"""Jobs and cards to rows and back."""

from __future__ import annotations

import json
import sqlite3

from bot.domain.models import Card, Job, JobState
from bot.store.engine.columns import (
    from_milli,
    from_milli_or_none,
    mapping_from_json,
    media_from_json,
    media_to_json,
    to_json,
    to_milli,
    to_milli_or_none,
    to_text,
    to_text_or_none,
)
from bot.store.vault.secret_box import SecretBox

TOKEN_PURPOSE = "interaction token"  # noqa: S105 - what the token is for, not a token

Row = dict[str, str | int | float | bytes | None]


def card_row(card: Card, box: SecretBox) -> Row:
    """Return the columns of a card, by name."""
    return {
        "id": card.id,
        "guild_id": card.guild_id,
        "channel_id": card.channel_id,
        "author_id": card.author_id,
        "interaction_id": card.interaction_id,
        "token": None if card.token is None else box.seal(TOKEN_PURPOSE, card.guild_id, card.token),
        "token_expires_at": card.token_expires_at,
        "message_id": card.message_id,
        "message_channel_id": card.message_channel_id,
        "private": card.private,
        "answered": card.answered,
        "locale": card.locale,
        "created_at": card.created_at,
        "parent_channel_id": card.parent_channel_id,
        "category_id": card.category_id,
        "label": to_text(card.label),
    }


def card_of(row: sqlite3.Row, box: SecretBox) -> Card:
    """Return the card of a row. Raises StoreError if its token was sealed for another guild."""
    sealed = row["token"]
    return Card(
        id=row["id"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        author_id=row["author_id"],
        interaction_id=row["interaction_id"],
        token=None if sealed is None else box.open(TOKEN_PURPOSE, row["guild_id"], sealed),
        token_expires_at=row["token_expires_at"],
        message_id=row["message_id"],
        message_channel_id=row["message_channel_id"],
        private=bool(row["private"]),
        answered=bool(row["answered"]),
        locale=row["locale"],
        created_at=row["created_at"],
        parent_channel_id=row["parent_channel_id"],
        category_id=row["category_id"],
        label=row["label"],
    )


def new_job_row(job: Job) -> Row:
    """Return all columns of a job, by name: those that never change, and `job_row`."""
    return {
        "id": job.id,
        "card_id": job.card_id,
        "guild_id": job.guild_id,
        "position": job.position,
        "author_id": job.author_id,
        "operation": job.operation,
        "idempotency_key": job.idempotency_key,
        "held_milli": to_milli(job.held),
        "basis": job.basis,
        "created_at": job.created_at,
        "parent_id": job.parent_id,
        "after_ids": to_json(job.after_ids),
        "fill": to_json(job.fill),
        **job_row(job),
    }


def job_row(job: Job) -> Row:
    """Return the columns of a job that change during its life, by name."""
    return {
        "state": job.state,
        "input": to_json(job.input),
        "model": to_text_or_none(job.model),
        "key_id": job.key_id,
        "cost_milli": to_milli_or_none(job.cost),
        "remote_id": to_text_or_none(job.remote_id),
        "lease": job.lease,
        "attempts": job.attempts,
        "first_attempt_at": job.first_attempt_at,
        "next_at": job.next_at,
        "submitted_at": job.submitted_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "delivered_at": job.delivered_at,
        "message_id": job.message_id,
        "output": to_json(job.output),
        "media": media_to_json(job.media),
        "error": to_text_or_none(job.error),
    }


def job_of(row: sqlite3.Row) -> Job:
    """Return the job of a row."""
    return Job(
        id=row["id"],
        card_id=row["card_id"],
        guild_id=row["guild_id"],
        position=row["position"],
        author_id=row["author_id"],
        operation=row["operation"],
        input=mapping_from_json(row["input"]),
        state=JobState(row["state"]),
        idempotency_key=row["idempotency_key"],
        key_id=row["key_id"],
        held=from_milli(row["held_milli"]),
        basis=row["basis"],
        cost=from_milli_or_none(row["cost_milli"]),
        remote_id=row["remote_id"],
        lease=row["lease"],
        attempts=row["attempts"],
        first_attempt_at=row["first_attempt_at"],
        next_at=row["next_at"],
        created_at=row["created_at"],
        submitted_at=row["submitted_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        delivered_at=row["delivered_at"],
        message_id=row["message_id"],
        output=mapping_from_json(row["output"]),
        media=media_from_json(row["media"]),
        error=row["error"],
        parent_id=row["parent_id"],
        after_ids=tuple(json.loads(row["after_ids"])),
        fill=mapping_from_json(row["fill"]),
    )
