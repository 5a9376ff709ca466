"""`/finish`: what is done to a video or a picture afterwards."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.domain.models import MediaKind
from bot.generation.generation import Generation
from cogs.ui.interaction import Interaction, given
from cogs.workflows.files import offered_file
from cogs.workflows.options import PromptOption, offers
from cogs.workflows.submit import submit

CLIPS = frozenset({MediaKind.VIDEO})
PICTURES_AND_CLIPS = frozenset({MediaKind.IMAGE, MediaKind.VIDEO})
CAMERA = ("pan", "tilt", "roll", "zoom", "horizontal", "vertical")


def together(**parts: Any) -> dict[str, Any] | None:
    """Return the parts of an object that were given, None if none was."""
    return {name: part for name, part in parts.items() if part is not None} or None


@app_commands.guild_only()
class Finish(commands.GroupCog, group_name="finish", group_description="Lip sync, subtitles, motion and upscaling"):
    """The workflow of finishing."""

    @app_commands.command(name="lipsync", description="Move the lips in a video to a speech")
    @offers(
        "lipsync.generate",
        jobs={"video_job": CLIPS, "audio_job": frozenset({MediaKind.AUDIO})},
        video="The video whose lips are to move",
        video_url="A link to the video, or to a Discord message that has it",
        video_job="An earlier job whose video is taken",
        audio="The speech that they follow",
        audio_url="A link to the speech, or to a Discord message that has it",
        audio_job="An earlier job whose sound is taken",
    )
    async def lipsync(
        self,
        interaction: Interaction,
        video: discord.Attachment | None = None,
        video_url: str | None = None,
        video_job: str | None = None,
        audio: discord.Attachment | None = None,
        audio_url: str | None = None,
        audio_job: str | None = None,
        video_title: str | None = None,
        audio_title: str | None = None,
        private: bool = False,
    ) -> None:
        """Move the lips in a video to a speech."""
        files = [
            *offered_file("video", attachment=video, url=video_url, job=video_job, field="video_url", required=True),
            *offered_file("speech", attachment=audio, url=audio_url, job=audio_job, field="audio_url", required=True),
        ]
        values = given(interaction, "lipsync.generate")
        await submit(interaction, Generation(operation="lipsync.generate", values=values, files=files, private=private))

    @app_commands.command(name="subtitles", description="Burn subtitles into a video")
    @offers(
        "subtitles.generate",
        jobs={"job": CLIPS},
        video="The video that gets subtitles",
        font="The typeface, e.g. Arial",
        font_size="The size of the letters, e.g. 48",
        color="The colour of the letters, e.g. #FFFFFF",
        stroke_color="The colour of the outline, e.g. #000000",
        stroke_width="How thick the outline is, e.g. 4",
    )
    async def subtitles(
        self,
        interaction: Interaction,
        video: discord.Attachment | None = None,
        url: str | None = None,
        job: str | None = None,
        font: str | None = None,
        font_size: float | None = None,
        color: str | None = None,
        stroke_color: str | None = None,
        stroke_width: float | None = None,
        private: bool = False,
    ) -> None:
        """Burn subtitles into a video."""
        files = offered_file("video", attachment=video, url=url, job=job, field="video_url", required=True)
        look = together(font=font, fontSize=font_size, color=color, strokeColor=stroke_color, strokeWidth=stroke_width)
        values = {} if look is None else {"subtitle_settings": look}
        await submit(
            interaction, Generation(operation="subtitles.generate", values=values, files=files, private=private)
        )

    @app_commands.command(name="motion", description="Bring a picture or a video into motion")
    @offers(
        "smartmotion.generate",
        jobs={"job": PICTURES_AND_CLIPS},
        file="The picture or video that gets motion",
        pan="Camera: turn to the side, e.g. 10",
        tilt="Camera: turn up or down, e.g. -5",
        roll="Camera: lean, e.g. 3",
        zoom="Camera: zoom, e.g. 18",
        horizontal="Camera: move to the side, e.g. 10",
        vertical="Camera: move up or down, e.g. 10",
    )
    async def motion(
        self,
        interaction: Interaction,
        file: discord.Attachment | None = None,
        url: str | None = None,
        job: str | None = None,
        prompt: PromptOption | None = None,
        negative_prompt: str | None = None,
        motion: str | None = None,
        motion_scale: float | None = None,
        duration: float | None = None,
        control_mode: str | None = None,
        pan: float | None = None,
        tilt: float | None = None,
        roll: float | None = None,
        zoom: float | None = None,
        horizontal: float | None = None,
        vertical: float | None = None,
        private: bool = False,
    ) -> None:
        """Bring a picture or a video into motion."""
        files = offered_file("file", attachment=file, url=url, job=job, field="file_url", required=True)
        values = given(interaction, "smartmotion.generate")
        camera = together(pan=pan, tilt=tilt, roll=roll, zoom=zoom, horizontal=horizontal, vertical=vertical)
        if camera is not None:
            # The API's sample gives all six, the unused ones as 0.
            values["camera_control"] = dict.fromkeys(CAMERA, 0) | camera
            values.setdefault("control_mode", "camera_control")
        await submit(
            interaction, Generation(operation="smartmotion.generate", values=values, files=files, private=private)
        )

    @app_commands.command(name="upscale", description="Make a video larger and sharper")
    @offers(
        "video.upscale",
        jobs={"job": CLIPS},
        video="The video to make larger",
        thumbnail="A still picture that stands for the video",
        thumbnail_url="A link to a still picture that stands for the video",
    )
    async def upscale(
        self,
        interaction: Interaction,
        video: discord.Attachment | None = None,
        url: str | None = None,
        job: str | None = None,
        model: str | None = None,
        target_resolution: str | None = None,
        upscale_factor: float | None = None,
        target_fps: float | None = None,
        video_title: str | None = None,
        thumbnail: discord.Attachment | None = None,
        thumbnail_url: str | None = None,
        private: bool = False,
    ) -> None:
        """Make a video larger."""
        files = [
            *offered_file("video", attachment=video, url=url, job=job, field="video_url", required=True),
            *offered_file("thumbnail", attachment=thumbnail, url=thumbnail_url, field="thumbnail_url"),
        ]
        values = given(interaction, "video.upscale")
        await submit(interaction, Generation(operation="video.upscale", values=values, files=files, private=private))


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(Finish())
