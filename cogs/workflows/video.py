"""`/video`: generating videos."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.models import MediaKind
from bot.generation.generation import Generation
from cogs.ui.interaction import Bot, Interaction, given
from cogs.workflows import texts
from cogs.workflows.asked.files import offered_file
from cogs.workflows.asked.options import Count, PromptOption, offers
from cogs.workflows.asked.submit import submit
from cogs.workflows.image import IMAGES, references

SOUNDS = frozenset({MediaKind.AUDIO})
IMAGES_AND_CLIPS = frozenset({MediaKind.IMAGE, MediaKind.VIDEO})
START = {MediaKind.IMAGE: "image_url", MediaKind.VIDEO: "source_video_url"}
"""An image starts the video; a clip is continued."""


@app_commands.guild_only()
class Video(commands.GroupCog, group_name="video", group_description=texts.VIDEO_GROUP):
    """The workflow of videos."""

    @app_commands.command(name="generate", description=texts.VIDEO_GENERATE)
    @offers(
        "video.generate",
        jobs={"job": IMAGES_AND_CLIPS, "end_image_job": IMAGES, "audio_job": SOUNDS},
        uploads={
            "start": list(START.values()),
            "end_image": ["end_image_url"],
            "audio": ["audio_url"],
            "reference": ["reference_image_urls"],
            "reference_2": ["reference_image_urls"],
        },
        start=texts.VIDEO_START_OPTION,
        url=texts.VIDEO_START_URL_OPTION,
        job=texts.VIDEO_START_JOB_OPTION,
        end_image=texts.VIDEO_END_OPTION,
        end_image_url=texts.VIDEO_END_URL_OPTION,
        end_image_job=texts.VIDEO_END_JOB_OPTION,
        audio=texts.VIDEO_AUDIO_OPTION,
        audio_url=texts.VIDEO_AUDIO_URL_OPTION,
        audio_job=texts.VIDEO_AUDIO_JOB_OPTION,
        reference_urls=texts.REFERENCE_URLS_OPTION,
    )
    async def generate(
        self,
        interaction: Interaction,
        prompt: PromptOption | None = None,
        model: str | None = None,
        duration: float | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        start: discord.Attachment | None = None,
        url: str | None = None,
        job: str | None = None,
        end_image: discord.Attachment | None = None,
        end_image_url: str | None = None,
        end_image_job: str | None = None,
        audio: discord.Attachment | None = None,
        audio_url: str | None = None,
        audio_job: str | None = None,
        reference: discord.Attachment | None = None,
        reference_2: discord.Attachment | None = None,
        reference_urls: str | None = None,
        negative_prompt: str | None = None,
        seed: int | None = None,
        prompt_extend: bool | None = None,
        watermark: bool | None = None,
        nsfw_checker: bool | None = None,
        count: Count = 1,
        enhance: bool = False,
        private: bool = False,
    ) -> None:
        """Generate 1 to 4 videos."""
        files = [
            *offered_file(texts.START_FILE, attachment=start, url=url, job=job, by_kind=START),
            *offered_file(
                texts.END_FILE, attachment=end_image, url=end_image_url, job=end_image_job, field="end_image_url"
            ),
            *offered_file(texts.AUDIO_FILE, attachment=audio, url=audio_url, job=audio_job, field="audio_url"),
            *references(reference, reference_2, url=reference_urls),
        ]
        values = given(interaction, "video.generate")
        await submit(
            interaction,
            Generation(
                operation="video.generate",
                values=values,
                files=files,
                count=count,
                enhance=enhance,
                private=private,
                typed=True,
            ),
        )


async def setup(bot: Bot) -> None:
    await bot.add_cog(Video())
