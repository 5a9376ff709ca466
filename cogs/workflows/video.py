"""`/video`: making films."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.domain.models import MediaKind
from bot.generation.generation import Generation
from cogs.ui.interaction import Interaction, given
from cogs.workflows.files import offered_file
from cogs.workflows.image import REFERENCE_HELP, references
from cogs.workflows.options import Count, PromptOption, offers
from cogs.workflows.submit import submit

PICTURES_AND_CLIPS = frozenset({MediaKind.IMAGE, MediaKind.VIDEO})
START = {MediaKind.IMAGE: "image_url", MediaKind.VIDEO: "source_video_url"}
"""An image is where the video starts; a clip is what it continues."""


@app_commands.guild_only()
class Video(commands.GroupCog, group_name="video", group_description="Make films"):
    """The workflow of films."""

    @app_commands.command(name="generate", description="Make a film from words, a picture or a clip")
    @offers(
        "video.generate",
        jobs={"job": PICTURES_AND_CLIPS},
        start="The picture it starts from, or the clip it goes on from (Wan 2.7)",
        url="A link to that picture or clip, or to a Discord message that has it",
        job="An earlier job whose picture or clip it starts from",
        end_image="The picture it ends on",
        end_image_url="A link to the picture it ends on",
        audio="The sound that goes with it (Wan 2.7)",
        audio_url="A link to the sound that goes with it",
        reference=REFERENCE_HELP,
        reference_2=REFERENCE_HELP,
        reference_urls="Links to pictures to follow, with spaces between",
    )
    async def generate(
        self,
        interaction: Interaction,
        prompt: PromptOption,
        model: str | None = None,
        duration: float | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        start: discord.Attachment | None = None,
        url: str | None = None,
        job: str | None = None,
        end_image: discord.Attachment | None = None,
        end_image_url: str | None = None,
        audio: discord.Attachment | None = None,
        audio_url: str | None = None,
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
        """Make 1 to 4 films."""
        files = [
            *offered_file("start picture or clip", attachment=start, url=url, job=job, by_kind=START),
            *offered_file("end picture", attachment=end_image, url=end_image_url, field="end_image_url"),
            *offered_file("sound", attachment=audio, url=audio_url, field="audio_url"),
            *references(reference, reference_2, url=reference_urls),
        ]
        values = given(interaction, "video.generate")
        await submit(
            interaction,
            Generation(
                operation="video.generate", values=values, files=files, count=count, enhance=enhance, private=private
            ),
        )


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(Video())
