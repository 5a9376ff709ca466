"""Deferring the answer to an interaction, by one way that a lost reply of Discord's does not break."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

import aiohttp
import discord

from bot.delivery.channels.facts import ALREADY_ANSWERED, DISCORD_ERRORS, in_time, may_pass

_failed_attempts: ContextVar[list[str]] = ContextVar("failed_attempts")


async def defer(interaction: discord.Interaction[Any], *, thinking: bool = False, ephemeral: bool = False) -> None:
    """Defer the answer. If Discord's reply was lost, ask whether it has the deferral.

    Raises the call's error, one of `DISCORD_ERRORS`, if it has none of this process: another program's is not ours.
    """
    failed = list[str]()
    before = _failed_attempts.set(failed)
    try:
        await in_time(interaction.response.defer(ephemeral=ephemeral, thinking=thinking))
    except DISCORD_ERRORS as error:
        # The library repeats a call that failed, and then reads that the interaction has an answer: its own.
        is_repeated = bool(failed) and getattr(error, "code", 0) == ALREADY_ANSWERED
        if not (is_repeated or may_pass(error)) or not await _is_deferred(interaction, thinking=thinking):
            raise
        kind = discord.InteractionResponseType
        made = kind.deferred_channel_message if thinking else kind.deferred_message_update
        interaction.response._response_type = made  # noqa: SLF001 - discord.py sets it only after a reply
    finally:
        _failed_attempts.reset(before)


async def _is_deferred(interaction: discord.Interaction[Any], *, thinking: bool) -> bool:
    try:
        original = await in_time(interaction.original_response())
    except DISCORD_ERRORS:
        return False
    return original.flags.loading or not thinking


def watch_attempts(trace: aiohttp.TraceConfig) -> aiohttp.TraceConfig:
    """Have the client's `http_trace` note failed attempts of deferrals, which the library itself repeats."""
    trace.on_request_end.append(_note_failed)
    trace.on_request_exception.append(_note_failed)
    return trace


async def _note_failed(_session: object, _context: object, params: Any) -> None:
    is_lost = isinstance(params, aiohttp.TraceRequestExceptionParams) or params.response.status >= 500
    if is_lost and (failed := _failed_attempts.get(None)) is not None:
        failed.append(params.method)
