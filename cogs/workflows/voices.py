"""`/audio voices`: voices that worked here, with samples (each paid once) and defaults."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import discord
from discord import app_commands

from bot.catalogue.fields import VOICE
from bot.delivery.answers.deferral import defer
from bot.delivery.card.context import NEUTRAL
from bot.delivery.channels.facts import OPTIONS_PER_SELECT, UPLOAD_TIMEOUT_S, in_time
from bot.delivery.posting.copies import ResultCopies
from bot.domain.models import Job, JobState
from bot.domain.texts import NOT_NOW, STILL_MADE
from bot.domain.words.text import harmless, harmless_within, shortened, stamp
from bot.errors import InputError, NotAllowed
from bot.generation.generation import Generation
from bot.generation.sources import LookPace, require_kept, require_shown
from bot.generation.texts import NO_JOB
from bot.generation.visible_jobs import VisibleJobs
from bot.language import aside
from bot.server.cast.changes import ServerCast
from bot.server.cast.voices import LABEL_CHARS, ServerVoices, Voice, VoiceList
from bot.store import Cards, Reviews
from cogs.ui.controls import Control, on, view_of
from cogs.ui.forms import TextForm
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.limit_text import fitting
from cogs.ui.permissions import (
    file_limit_of,
    guild_of,
    is_moderator,
    refused_places,
    require_moderator,
    viewer_of,
)
from cogs.ui.prices import pressed, priced, total_of
from cogs.ui.texts import GONE
from cogs.workflows import texts
from cogs.workflows.asked.submit import submit
from cogs.workflows.command import add_to_group

NARRATION: Final = "narration.generate"
LIST_CHARS, OPTION_CHARS = 3800, 100
KEPT_S: Final = 7 * 86_400.0
"""How long Cannon Studio keeps results (its docs): a missing file has expired after that."""


async def open_voices(interaction: Interaction) -> None:
    """Answer ephemerally with the list."""
    embed, view = _list(await _voices(interaction))
    await in_time(interaction.response.send_message(embed=embed, view=view, ephemeral=True))


async def _voices(interaction: Interaction) -> VoiceList:
    return await use(interaction, ServerVoices).of(guild_of(interaction), interaction.user.id)


def _list(found: VoiceList) -> tuple[discord.Embed, discord.ui.View]:
    if not found.voices:
        return discord.Embed(title=texts.VOICES_TITLE, description=texts.NO_VOICES, colour=NEUTRAL), view_of([])
    lines = [_line(each, found) for each in found.voices]
    embed = discord.Embed(title=texts.VOICES_TITLE, description=fitting(lines, LIST_CHARS), colour=NEUTRAL)
    embed.set_footer(text=texts.VOICES_ABOUT)
    options = [
        discord.SelectOption(label=shortened(each.label or each.id, OPTION_CHARS), value=_subject(each.id))
        for each in found.voices[:OPTIONS_PER_SELECT]
    ]
    return embed, view_of([Control.select("voice_pick", "list", placeholder=texts.CHOOSE_VOICE, options=options)])


def _line(voice: Voice, found: VoiceList) -> str:
    own = harmless_within(voice.id, OPTION_CHARS)
    name = aside(f"**{harmless(voice.label)}**", own) if voice.label else f"**{own}**"
    used = str(texts.NOT_USED)
    if voice.used_at is not None:
        used = texts.VOICE_USED(when=stamp(voice.used_at), operation=f"`{voice.operation}`")
    marks = [
        str(mark)
        for default, mark in ((found.own_default, texts.YOUR_DEFAULT), (found.server_default, texts.SERVERS_DEFAULT))
        if default == voice.id
    ]
    return " · ".join([name, used, *marks])


def _subject(voice_id: str) -> str:
    """Return a voice's subject: its id may have characters that a custom id can't."""
    return hashlib.sha256(voice_id.encode("utf-8", "replace")).hexdigest()[:16]


async def _chosen(interaction: Interaction, subject: str) -> tuple[VoiceList, Voice]:
    """Return a control's voice. Raises InputError if it is not listed any more."""
    found = await _voices(interaction)
    voice = next((each for each in found.voices if _subject(each.id) == subject), None)
    if voice is None:
        raise InputError(GONE)
    return found, voice


async def _show(interaction: Interaction, subject: str) -> None:
    found, voice = await _chosen(interaction, subject)
    embed = discord.Embed(title=texts.VOICES_TITLE, description=_line(voice, found), colour=NEUTRAL)
    view = view_of(await _controls(interaction, found, voice))
    await in_time(interaction.response.edit_message(embed=embed, view=view))


async def _controls(interaction: Interaction, found: VoiceList, voice: Voice) -> list[Control]:
    subject, guild_id, bot = _subject(voice.id), guild_of(interaction), interaction.client
    if await use(bot, ServerVoices).sample_of(guild_id, voice.id) is None:
        price = (await total_of(bot, guild_id, [(NARRATION, _sample_values(voice))])).price
        first = Control.button("voice_sample", subject, label=priced(texts.MAKE_SAMPLE, price))
    else:
        first = Control.button("voice_listen", subject, label=texts.LISTEN, style=discord.ButtonStyle.primary)
    is_mine, is_ours = found.own_default == voice.id, found.server_default == voice.id
    controls = [first, Control.button("voice_mine", subject, label=texts.DROP_MINE if is_mine else texts.MAKE_MINE)]
    if await is_moderator(interaction):
        controls += [
            Control.button("voice_ours", subject, label=texts.DROP_OURS if is_ours else texts.MAKE_OURS),
            Control.button("voice_label", subject, label=texts.NAME_VOICE),
        ]
    controls.append(Control.button("voice_list", "list", label=texts.ALL_VOICES))
    options = [
        discord.SelectOption(
            label=each.name, value=each.id, description=str(texts.HAS_VOICE) if each.voice_id == voice.id else None
        )
        for each in (await use(bot, ServerCast).speakers(await viewer_of(interaction)))[:OPTIONS_PER_SELECT]
    ]
    if options:
        controls.append(Control.select("voice_cast", subject, placeholder=texts.FOR_CHARACTER, options=options))
    return controls


def _sample_values(voice: Voice) -> dict[str, Any]:
    return {"text": str(texts.SAMPLE_WORDS), VOICE: voice.id}


@on("voice_list")
async def show_list(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    embed, view = _list(await _voices(interaction))
    await in_time(interaction.response.edit_message(embed=embed, view=view))


@on("voice_pick")
async def pick(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    await _show(interaction, values[0] if values else "")


@on("voice_mine")
async def toggle_mine(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Set or clear the voice as the member's default."""
    found, voice = await _chosen(interaction, subject)
    chosen = "" if found.own_default == voice.id else voice.id
    await use(interaction, ServerVoices).choose(guild_of(interaction), interaction.user.id, chosen)
    await _show(interaction, subject)


@on("voice_ours")
async def toggle_ours(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Set or clear the voice as the server's default."""
    await require_moderator(interaction)
    found, voice = await _chosen(interaction, subject)
    chosen = "" if found.server_default == voice.id else voice.id
    await use(interaction, ServerVoices).choose_for_all(guild_of(interaction), chosen, by_id=interaction.user.id)
    await _show(interaction, subject)


@on("voice_cast")
async def give_to_character(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    """Give the voice to a character of the cast, or take it back."""
    _, voice = await _chosen(interaction, subject)
    await use(interaction, ServerCast).give_voice(await viewer_of(interaction), values[0] if values else "", voice.id)
    await _show(interaction, subject)


@on("voice_label")
async def open_label(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    _, voice = await _chosen(interaction, subject)

    async def label(sent: Interaction, typed: str) -> None:
        await require_moderator(sent)
        await use(sent, ServerVoices).label(guild_of(sent), voice.id, typed, by_id=sent.user.id)
        await _show(sent, _subject(voice.id))

    about = (texts.NAME_VOICE_FORM, texts.NAME_VOICE_INPUT)
    await TextForm(interaction.client, *about, text=voice.label, chars=LABEL_CHARS, then=label).open(interaction)


# ---------------------------------------------------------------------- samples


@on("voice_sample")
async def make_sample(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Make the sample, at the price on the label; an existing one is not paid again."""
    _, voice = await _chosen(interaction, subject)
    if await use(interaction, ServerVoices).sample_of(guild_of(interaction), voice.id) is not None:
        await listen(interaction, subject, ())
        return
    generation = Generation(
        operation=NARRATION,
        values=_sample_values(voice),
        sample_of=voice.id,
        consent=pressed(interaction),
    )
    await submit(interaction, generation)


@on("voice_listen")
async def listen(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Send the sample as a file, ephemerally, for free."""
    _, voice = await _chosen(interaction, subject)
    job = await _sample(interaction, voice)
    bot = interaction.client
    await defer(interaction, ephemeral=True, thinking=True)
    found = await use(bot, Cards).get(job.guild_id, job.card_id)
    if found is None:
        raise InputError(GONE)
    opened = use(bot, ResultCopies).opened(
        found, [job], member_id=interaction.user.id, file_limit=file_limit_of(interaction)
    )
    with refused_places():
        async with use(bot, LookPace).request(interaction.user.id), opened as files:
            await _send(interaction, voice, job, files)


async def _sample(interaction: Interaction, voice: Voice) -> Job:
    """Return the job of the voice's sample. Raises InputError without one, NotAllowed for one elsewhere."""
    bot, guild_id = interaction.client, guild_of(interaction)
    job_id = await use(bot, ServerVoices).sample_of(guild_id, voice.id)
    if job_id is None:
        raise InputError(GONE)
    job = await use(bot, VisibleJobs).get(await viewer_of(interaction), job_id)
    if job is None:
        raise NotAllowed(NO_JOB(job=job_id))
    require_kept(job)
    await require_shown(use(bot, Reviews).withheld_of, guild_id, [job.id])
    if job.state is not JobState.DELIVERED:
        raise InputError(STILL_MADE)
    return job


async def _send(interaction: Interaction, voice: Voice, job: Job, files: Sequence[discord.File]) -> None:
    bot = interaction.client
    if files:
        name = harmless_within(voice.label or voice.id, OPTION_CHARS)
        await in_time(interaction.edit_original_response(content=name, attachments=list(files)), UPLOAD_TIMEOUT_S)
        return
    if bot.clock.wall() - (job.finished_at or job.created_at) < KEPT_S:
        raise InputError(NOT_NOW)
    await use(bot, ServerVoices).forget_sample(job.guild_id, job.id)
    raise InputError(texts.SAMPLE_GONE)


async def setup(bot: Bot) -> None:
    """Add the command to its group."""
    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name="voices", description=texts.AUDIO_VOICES, callback=open_voices
    )
    add_to_group(bot.tree, "audio", command)
