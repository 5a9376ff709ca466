"""`/finish`: lip sync, subtitles, motion and upscaling of existing media."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.models import MediaKind
from bot.generation.generation import Generation
from cogs.ui.interaction import Bot, Interaction, given
from cogs.workflows import texts
from cogs.workflows.asked.files import offered_file
from cogs.workflows.asked.options import PromptOption, offers
from cogs.workflows.asked.submit import submit

CLIPS = frozenset({MediaKind.VIDEO})
IMAGES_AND_CLIPS = frozenset({MediaKind.IMAGE, MediaKind.VIDEO})
CAMERA = ("pan", "tilt", "roll", "zoom", "horizontal", "vertical")


def object_of(**parts: Any) -> dict[str, Any] | None:
    """Return the given parts of an object, None without any."""
    return {name: part for name, part in parts.items() if part is not None} or None


@app_commands.guild_only()
class Finish(commands.GroupCog, group_name="finish", group_description=texts.FINISH_GROUP):
    """The workflow of finishing."""

    @app_commands.command(name="lipsync", description=texts.FINISH_LIPSYNC)
    @offers(
        "lipsync.generate",
        jobs={"video_job": CLIPS, "audio_job": frozenset({MediaKind.AUDIO})},
        uploads={"video": ["video_url"], "audio": ["audio_url"]},
        video=texts.LIPSYNC_VIDEO_OPTION,
        video_url=texts.LIPSYNC_VIDEO_URL_OPTION,
        video_job=texts.LIPSYNC_VIDEO_JOB_OPTION,
        audio=texts.LIPSYNC_AUDIO_OPTION,
        audio_url=texts.LIPSYNC_AUDIO_URL_OPTION,
        audio_job=texts.LIPSYNC_AUDIO_JOB_OPTION,
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
        spoiler: bool = False,
        preset: str | None = None,
    ) -> None:
        files = [
            *offered_file(
                texts.VIDEO_FILE, attachment=video, url=video_url, job=video_job, field="video_url", required=True
            ),
            *offered_file(
                texts.SPEECH_FILE, attachment=audio, url=audio_url, job=audio_job, field="audio_url", required=True
            ),
        ]
        values = given(interaction, "lipsync.generate")
        await submit(
            interaction,
            Generation(
                operation="lipsync.generate",
                values=values,
                files=files,
                private=private,
                spoiler=spoiler,
                typed=True,
            ),
        )

    @app_commands.command(name="subtitles", description=texts.FINISH_SUBTITLES)
    @offers(
        "subtitles.generate",
        jobs={"job": CLIPS},
        uploads={"video": ["video_url"]},
        video=texts.SUBTITLES_VIDEO_OPTION,
        font=texts.SUBTITLES_FONT_OPTION,
        font_size=texts.SUBTITLES_FONT_SIZE_OPTION,
        color=texts.SUBTITLES_COLOR_OPTION,
        stroke_color=texts.SUBTITLES_STROKE_COLOR_OPTION,
        stroke_width=texts.SUBTITLES_STROKE_WIDTH_OPTION,
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
        spoiler: bool = False,
        preset: str | None = None,
    ) -> None:
        files = offered_file(texts.VIDEO_FILE, attachment=video, url=url, job=job, field="video_url", required=True)
        style = object_of(
            font=font, fontSize=font_size, color=color, strokeColor=stroke_color, strokeWidth=stroke_width
        )
        values = {} if style is None else {"subtitle_settings": style}
        await submit(
            interaction,
            Generation(
                operation="subtitles.generate",
                values=values,
                files=files,
                private=private,
                spoiler=spoiler,
                typed=True,
            ),
        )

    @app_commands.command(name="motion", description=texts.FINISH_MOTION)
    @offers(
        "smartmotion.generate",
        jobs={"job": IMAGES_AND_CLIPS},
        uploads={"file": ["file_url"]},
        file=texts.MOTION_FILE_OPTION,
        pan=texts.MOTION_PAN_OPTION,
        tilt=texts.MOTION_TILT_OPTION,
        roll=texts.MOTION_ROLL_OPTION,
        zoom=texts.MOTION_ZOOM_OPTION,
        horizontal=texts.MOTION_HORIZONTAL_OPTION,
        vertical=texts.MOTION_VERTICAL_OPTION,
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
        enhance: bool = False,
        private: bool = False,
        spoiler: bool = False,
        preset: str | None = None,
    ) -> None:
        files = offered_file(texts.MOTION_FILE, attachment=file, url=url, job=job, field="file_url", required=True)
        values = given(interaction, "smartmotion.generate")
        camera = object_of(pan=pan, tilt=tilt, roll=roll, zoom=zoom, horizontal=horizontal, vertical=vertical)
        if camera is not None:
            # The API's sample gives all six, the unused ones as 0.
            values["camera_control"] = dict.fromkeys(CAMERA, 0) | camera
            values.setdefault("control_mode", "camera_control")
        await submit(
            interaction,
            Generation(
                operation="smartmotion.generate",
                values=values,
                files=files,
                private=private,
                spoiler=spoiler,
                enhance=enhance,
                typed=True,
            ),
        )

    @app_commands.command(name="upscale", description=texts.FINISH_UPSCALE)
    @offers(
        "video.upscale",
        jobs={"job": CLIPS, "thumbnail_job": frozenset({MediaKind.IMAGE})},
        uploads={"video": ["video_url"], "thumbnail": ["thumbnail_url"]},
        video=texts.UPSCALE_VIDEO_OPTION,
        thumbnail=texts.UPSCALE_THUMBNAIL_OPTION,
        thumbnail_url=texts.UPSCALE_THUMBNAIL_URL_OPTION,
        thumbnail_job=texts.UPSCALE_THUMBNAIL_JOB_OPTION,
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
        thumbnail_job: str | None = None,
        private: bool = False,
        spoiler: bool = False,
        preset: str | None = None,
    ) -> None:
        files = [
            *offered_file(texts.VIDEO_FILE, attachment=video, url=url, job=job, field="video_url", required=True),
            *offered_file(
                texts.THUMBNAIL_FILE,
                attachment=thumbnail,
                url=thumbnail_url,
                job=thumbnail_job,
                field="thumbnail_url",
            ),
        ]
        values = given(interaction, "video.upscale")
        await submit(
            interaction,
            Generation(
                operation="video.upscale",
                values=values,
                files=files,
                private=private,
                spoiler=spoiler,
                typed=True,
            ),
        )


async def setup(bot: Bot) -> None:
    await bot.add_cog(Finish())
