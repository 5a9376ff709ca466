"""`/sora`: Sora 2, as long as its provider keeps it."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.domain.models import MediaKind
from bot.errors import InputError
from bot.generation.generation import Generation
from bot.generation.sources import native_video_id
from cogs.ui.interaction import Interaction, given
from cogs.workflows.files import offered_file
from cogs.workflows.options import JOB_HELP, PromptOption, offers
from cogs.workflows.submit import submit

CLIPS = frozenset({MediaKind.VIDEO})
VIDEO_ID_HELP = "The id of a Sora video, e.g. video_68c1…; or pick a job"
SOURCE_HELP = "The same video as a file, if Cannon Studio asks for it"
SOURCE_URL_HELP = "A link to the same video, if Cannon Studio asks for it"


async def video_id(interaction: Interaction, typed: str | None, job_id: str | None) -> str:
    """Return Sora's own id of the video that was given, as that id or as a job. Raises InputError."""
    if typed is not None and job_id is None:
        return typed.strip()
    if typed is not None or job_id is None:
        raise InputError("Give the Sora video in exactly one way: its id (`video_…`), or the job that made it.", "job")
    earlier = interaction.client.parts.generation.earlier
    return await earlier.sora_video_id(interaction.guild_id or 0, interaction.user.id, job_id)


Change = app_commands.Command["Sora", ..., None]


def change(name: str, description: str, operation: str) -> Change:
    """Return the command `/sora <name>`, which makes a new video of an earlier Sora video."""

    @offers(
        operation,
        jobs={"job": CLIPS},
        only=native_video_id,
        sora_video_id=VIDEO_ID_HELP,
        job=JOB_HELP,
        source_video=SOURCE_HELP,
        source_video_url=SOURCE_URL_HELP,
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
        enhance: bool = False,
        private: bool = False,
    ) -> None:
        files = offered_file("source video", attachment=source_video, url=source_video_url, field="source_video_url")
        values = given(interaction, operation)
        values["sora_video_id"] = await video_id(interaction, sora_video_id, job)
        await submit(
            interaction, Generation(operation=operation, values=values, files=files, private=private, enhance=enhance)
        )

    callback.__qualname__ = f"Sora.{name}"  # by which discord.py tells a method, whose first parameter is no option
    return app_commands.command(name=name, description=description)(callback)


@app_commands.guild_only()
class Sora(commands.GroupCog, group_name="sora", group_description="Sora 2: characters, edits, extensions, remixes"):
    """The workflow of Sora 2."""

    @app_commands.command(name="character", description="Make a Sora 2 character from a short video")
    @offers(
        "sora2.character.create",
        jobs={"job": CLIPS},
        name="The character's name, e.g. Captain Fog",
        video="A short video that shows the character, 2 to 4 seconds at other providers",
    )
    async def character(
        self,
        interaction: Interaction,
        name: app_commands.Range[str, 1, 80],
        video: discord.Attachment | None = None,
        url: str | None = None,
        job: str | None = None,
        private: bool = False,
    ) -> None:
        """Make a character."""
        files = offered_file("video", attachment=video, url=url, job=job, field="video_url", kinds=CLIPS, required=True)
        values = known(interaction, "sora2.character.create", {"name": name})
        await submit(
            interaction, Generation(operation="sora2.character.create", values=values, files=files, private=private)
        )

    @app_commands.command(name="video", description="Make a video with a Sora 2 character")
    @offers(
        "sora2.character.generate",
        prompt="What happens, e.g. Captain Fog waves from the bridge",
        character_id="The character's id, from the result of /sora character",
        model="Which model, e.g. sora-2-pro (1080p needs it)",
        duration="How long, in seconds: 4, 8, 12, 16 or 20",
        aspect_ratio="Portrait or landscape: 9:16 or 16:9",
        resolution="How sharp, e.g. 1080p (with sora-2-pro)",
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
    ) -> None:
        """Make a video with a character."""
        wishes = {
            "prompt": prompt,
            "character_id": character_id,
            "model": model,
            "duration": duration,
            "aspect_ratio": aspect_ratio,
            "resolution": resolution,
        }
        values = known(interaction, "sora2.character.generate", wishes)
        await submit(
            interaction,
            Generation(operation="sora2.character.generate", values=values, private=private, enhance=enhance),
        )

    edit = change("edit", "Change a Sora 2 video by words", "sora2.video.edit")
    extend = change("extend", "Let a Sora 2 video go on", "sora2.video.extend")
    remix = change("remix", "Make something else of a Sora 2 video", "sora2.video.remix")


def known(interaction: Interaction, operation_id: str, wishes: dict[str, Any]) -> dict[str, Any]:
    """Return the wishes that the operation has a field for; all, as long as its fields are not public."""
    fields = {field.name for field in interaction.client.catalogue.resolve(operation_id).fields}
    return {name: wish for name, wish in wishes.items() if wish is not None and (not fields or name in fields)}


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(Sora())
