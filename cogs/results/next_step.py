"""From a medium on to what can be made of it: which operations fit, and the form for what they still need."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.catalogue import Operation
from bot.catalogue.compatible import NATIVE_ID, field_for, fitting, takes_native_id
from bot.catalogue.fields import FieldKind
from bot.delivery.colours import NEUTRAL
from bot.delivery.discord_facts import OPTIONS_PER_SELECT
from bot.domain.models import Job, MediaKind
from bot.errors import InputError
from bot.generation.generation import Generation, SourceFile
from bot.generation.sources import SourceRef, native_video_id
from cogs.ui.controls import GONE, Control, view_of
from cogs.ui.interaction import Interaction
from cogs.workflows.operation_form import OperationForm
from cogs.workflows.submit import submit

WORDS = {MediaKind.IMAGE: "a picture", MediaKind.VIDEO: "a video", MediaKind.AUDIO: "a sound"}
JOB_ACTION, LINK_ACTION = "next", "next_of"
SENSIBLE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        # A short clip is the cheap one.
        "video.generate": {"duration": "5"},
        "smartmotion.generate": {"duration": "5"},
        # The pairs and the look that Cannon Studio's samples show.
        "video.upscale": {"model": "wavespeed", "target_resolution": "4k"},
        "subtitles.generate": {
            "subtitle_settings.font": "Arial",
            "subtitle_settings.fontSize": "48",
            "subtitle_settings.color": "#FFFFFF",
            "subtitle_settings.strokeColor": "#000000",
            "subtitle_settings.strokeWidth": "4",
        },
    }
)
"""What stands in a form at first, by operation and field."""
FIXED: Mapping[str, Mapping[str, str]] = MappingProxyType({"soundfx.generate": {"mode": "video_context"}})
"""What follows from going on from a medium at all."""
SAME_WORDS = frozenset({"video.generate", "smartmotion.generate", "soundfx.generate"})
"""What takes a description of the same scene, so that the words which made the source are a good start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """Something to go on from: a job's result, or a file in a message."""

    kinds: tuple[MediaKind, ...]
    """What it is; a job may have made several kinds."""
    offered: SourceRef
    job: Job | None = None
    private: bool = False
    """Whether only one member sees it, who alone is to see what is made of it."""

    @property
    def native_id(self) -> str | None:
        """Sora's own id of it, if Sora made it."""
        return None if self.job is None else native_video_id(self.job)


async def of_job(bot: CannonBot, job: Job) -> Medium | None:
    """Return a job's result, None if it has none."""
    kinds = tuple(dict.fromkeys(medium.kind for medium in job.media))
    if not kinds:
        return None
    card = await bot.parts.store.cards.get(job.guild_id, job.card_id)
    private = card is not None and card.private
    return Medium(kinds=kinds, offered=SourceRef(job_id=job.id), job=job, private=private)


def steps(bot: CannonBot, guild_id: int, medium: Medium) -> list[Operation]:
    """Return the operations that fit the medium and are on in this server."""
    fit = fitting(bot.catalogue, medium.kinds, native=medium.native_id is not None)
    return [operation for operation in fit if bot.parts.switches.is_on(guild_id, operation.id)]


async def open_form(interaction: Interaction, operation_id: str, medium: Medium) -> None:
    """Open the form of an operation on the medium. Raises Refused if it is switched off, InputError if it is no fit."""
    bot = interaction.client
    operation = bot.catalogue.resolve(operation_id)
    bot.parts.switches.require_on(interaction.guild_id or 0, operation)
    request, kind = request_of(operation, medium)
    form = OperationForm(bot, request, prefilled=prefilled(operation, medium), source=kind)
    if not form.asks:
        await submit(interaction, request)
        return
    await interaction.response.send_modal(form)


def request_of(operation: Operation, medium: Medium) -> tuple[Generation, MediaKind]:
    """Return what is known of the request from the medium alone, and as what kind it is taken. Raises InputError."""
    parent_id = None if medium.job is None else medium.job.id
    fixed: dict[str, Any] = dict(FIXED.get(operation.id, {}))
    for kind in medium.kinds:
        field = field_for(operation, kind)
        if field is None:
            continue
        files = []
        if takes_native_id(operation) and medium.native_id is not None:
            fixed[NATIVE_ID] = medium.native_id
        else:
            is_list = field.kind is FieldKind.URLS
            files = [SourceFile(offered=medium.offered, label=field.label, field=field.name, into_list=is_list)]
        request = Generation(
            operation=operation.id, values=fixed, files=files, private=medium.private, parent_id=parent_id
        )
        return request, kind
    raise InputError(f"{operation.title} does not take {either(medium.kinds)}.")


def prefilled(operation: Operation, medium: Medium) -> dict[str, str]:
    """Return what stands in the operation's form at first."""
    texts = dict(SENSIBLE.get(operation.id, {}))
    if medium.job is None:
        return texts
    ratio = medium.job.input.get("aspect_ratio")
    if isinstance(ratio, str):
        texts["aspect_ratio"] = ratio
    if operation.id in SAME_WORDS and medium.job.prompt:
        texts["prompt"] = medium.job.prompt
    return texts


async def offer(interaction: Interaction, medium: Medium) -> None:
    """Answer privately with a select of everything that fits the medium. Raises InputError if nothing does.

    What the select needs later stands in its custom id and in its own message, so that it outlives the process. A
    file's link cannot be had again from its message: Discord shows other people's files only in the menu itself.
    """
    found = steps(interaction.client, interaction.guild_id or 0, medium)[:OPTIONS_PER_SELECT]
    if not found:
        raise InputError(f"Nothing here takes {either(medium.kinds)}.")
    options = [discord.SelectOption(label=each.title[:100], value=each.id) for each in found]
    embed = discord.Embed(title="Next step", description="Choose what to make of it.", colour=NEUTRAL)
    if medium.job is not None:
        embed.set_footer(text=f"From job {medium.job.id}")
        action, subject = JOB_ACTION, medium.job.id
    else:
        assert medium.offered.attachment is not None
        embed.url = medium.offered.attachment[0]
        action, subject = LINK_ACTION, medium.kinds[0]
    select = Control.select(action, subject, placeholder="What next?", options=options)
    await interaction.response.send_message(embed=embed, view=view_of([select]), ephemeral=True)


def of_offer(message: discord.Message | None, subject: str) -> Medium:
    """Return the file that a select of `offer` is about, from its own message. Raises InputError."""
    link = message.embeds[0].url if message is not None and message.embeds else None
    if link is None or subject not in set(MediaKind):
        raise InputError(GONE)
    return Medium(
        kinds=(MediaKind(subject),), offered=SourceRef(url=link)
    )  # as a link, for which a fresh one is sought


def name_in(link: str) -> str:
    """Return the file name at the end of a link, to be shown."""
    return re.split(r"[?#]", link)[0].rpartition("/")[2] or "file"


def either(kinds: Sequence[MediaKind]) -> str:
    """Name kinds in a sentence: `a picture or a video`."""
    *first, last = (WORDS[kind] for kind in kinds)
    return f"{', '.join(first)} or {last}" if first else last
