"""`/sora`: Sora 2, while its provider offers it."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.catalogue import FieldKind, Operation
from bot.catalogue.operation import bare
from bot.domain.models import MediaKind
from bot.errors import InputError
from bot.generation.again.earlier_jobs import EarlierJobs
from bot.generation.generation import Generation
from bot.generation.sources import native_video_id
from cogs.ui.interaction import Bot, Interaction, given, use
from cogs.ui.permissions import viewer_of
from cogs.workflows import texts
from cogs.workflows.asked.files import offered_file
from cogs.workflows.asked.options import PromptOption, offers
from cogs.workflows.asked.submit import submit

CLIPS = frozenset({MediaKind.VIDEO})


async def video_id(interaction: Interaction, typed: str | None, job_id: str | None) -> str:
    """Return Sora's own id of a video, given by that id or by a job. Raises InputError unless by one."""
    if typed is not None and job_id is None:
        return typed.strip()
    if typed is not None or job_id is None:
        raise InputError(texts.SORA_VIDEO_NOT_GIVEN, "job")
    earlier = use(interaction, EarlierJobs)
    return await earlier.sora_video_id(await viewer_of(interaction), job_id)


ChangeCommand = app_commands.Command["Sora", ..., None]


def change_command(name: str, description: str, operation: str) -> ChangeCommand:
    """Return the command `/sora <name>`, which makes a new video of an earlier Sora video."""

    @offers(
        operation,
        jobs={"job": CLIPS, "source_video_job": CLIPS},
        uploads={"source_video": ["source_video_url"]},
        only=native_video_id,
        sora_video_id=texts.SORA_VIDEO_ID_OPTION,
        job=texts.JOB_OPTION,
        source_video=texts.SORA_SOURCE_OPTION,
        source_video_url=texts.SORA_SOURCE_URL_OPTION,
        source_video_job=texts.SORA_SOURCE_JOB_OPTION,
    )
    async def callback(
        self: "Sora",
        interaction: Interaction,
        prompt: PromptOption,
        job: str | None = None,
        sora_video_id: str | None = None,
        model: str | None = None,
        duration: float | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        source_video: discord.Attachment | None = None,
        source_video_url: str | None = None,
        source_video_job: str | None = None,
        enhance: bool = False,
        private: bool = False,
        spoiler: bool = False,
        preset: str | None = None,
    ) -> None:
        files = offered_file(
            texts.SOURCE_VIDEO_FILE,
            attachment=source_video,
            url=source_video_url,
            job=source_video_job,
            field="source_video_url",
        )
        values = given(interaction, operation)
        values["sora_video_id"] = await video_id(interaction, sora_video_id, job)
        await submit(
            interaction,
            Generation(
                operation=operation,
                values=values,
                files=files,
                private=private,
                spoiler=spoiler,
                enhance=enhance,
                typed=True,
            ),
        )

    callback.__qualname__ = f"Sora.{name}"  # discord.py recognises a method by it, whose first parameter is no option
    return app_commands.command(name=name, description=description)(callback)


@app_commands.guild_only()
class Sora(commands.GroupCog, group_name="sora", group_description=texts.SORA_GROUP):
    """The workflow of Sora 2."""

    @app_commands.command(name="character", description=texts.SORA_CHARACTER)
    @offers(
        "sora2.character.create",
        jobs={"job": CLIPS},
        uploads={"video": ["video_url"]},
        name=texts.CHARACTER_NAME_OPTION,
        video=texts.CHARACTER_VIDEO_OPTION,
    )
    async def character(
        self,
        interaction: Interaction,
        name: app_commands.Range[str, 1, 80],
        video: discord.Attachment | None = None,
        url: str | None = None,
        job: str | None = None,
        private: bool = False,
        spoiler: bool = False,
        preset: str | None = None,
    ) -> None:
        operation = interaction.client.catalogue.resolve("sora2.character.create")
        clip = wire_name(operation, "video_url", FieldKind.URL)
        files = offered_file(
            texts.VIDEO_FILE, attachment=video, url=url, job=job, field=clip, kinds=CLIPS, required=True
        )
        options = {wire_name(operation, "name", FieldKind.TEXT): name}
        values = supported(interaction, "sora2.character.create", options)
        await submit(
            interaction,
            Generation(
                operation="sora2.character.create",
                values=values,
                files=files,
                private=private,
                spoiler=spoiler,
                typed=True,
            ),
        )

    @app_commands.command(name="video", description=texts.SORA_VIDEO)
    @offers(
        "sora2.character.generate",
        prompt=texts.SORA_PROMPT_OPTION,
        character_id=texts.SORA_CHARACTER_OPTION,
        model=texts.SORA_MODEL_OPTION,
        duration=texts.SORA_DURATION_OPTION,
        aspect_ratio=texts.SORA_ASPECT_RATIO_OPTION,
        resolution=texts.SORA_RESOLUTION_OPTION,
    )
    async def video(
        self,
        interaction: Interaction,
        prompt: PromptOption,
        character_id: str,
        model: str | None = None,
        duration: float | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        enhance: bool = False,
        private: bool = False,
        spoiler: bool = False,
        preset: str | None = None,
    ) -> None:
        options = {
            "prompt": prompt,
            "character_id": character_id,
            "model": model,
            "duration": duration,
            "aspect_ratio": aspect_ratio,
            "resolution": resolution,
        }
        values = supported(interaction, "sora2.character.generate", options)
        await submit(
            interaction,
            Generation(
                operation="sora2.character.generate",
                values=values,
                private=private,
                spoiler=spoiler,
                enhance=enhance,
                typed=True,
            ),
        )

    edit = change_command("edit", texts.SORA_EDIT, "sora2.video.edit")
    extend = change_command("extend", texts.SORA_EXTEND, "sora2.video.extend")
    remix = change_command("remix", texts.SORA_REMIX, "sora2.video.remix")


def wire_name(operation: Operation, guess: str, kind: FieldKind) -> str:
    """Return the operation's field for our `guess`: the same name, one that ends alike, or the only one of its kind.

    No page names the fields: the live document may name them otherwise, such as `character_file_url`.
    """
    names = [field.name for field in operation.fields if field.kind is kind]
    alike = [name for name in names if bare(name).endswith(bare(guess))]
    if guess in names or not names:
        return guess
    return alike[0] if alike else names[0] if len(names) == 1 else guess


def supported(interaction: Interaction, operation_id: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with a field in the operation; all if its fields are not public."""
    fields = {field.name for field in interaction.client.catalogue.resolve(operation_id).fields}
    return {name: value for name, value in options.items() if value is not None and (not fields or name in fields)}


async def setup(bot: Bot) -> None:
    await bot.add_cog(Sora())
