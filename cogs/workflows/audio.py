"""`/audio`: music, narration and sound effects."""

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
from cogs.workflows.voices import open_voices

CLIPS = frozenset({MediaKind.VIDEO})


@app_commands.guild_only()
class Audio(commands.GroupCog, group_name="audio", group_description=texts.AUDIO_GROUP):
    """The workflow of audio."""

    @app_commands.command(name="music", description=texts.AUDIO_MUSIC)
    @offers("music.generate")
    async def music(
        self,
        interaction: Interaction,
        prompt: PromptOption,
        title: str | None = None,
        style: str | None = None,
        duration_seconds: float | None = None,
        instrumental: bool | None = None,
        model: str | None = None,
        provider: str | None = None,
        mode: str | None = None,
        custom_mode: bool | None = None,
        vocal_gender: str | None = None,
        negative_tags: str | None = None,
        description_prompt: str | None = None,
        style_weight: float | None = None,
        weirdness_constraint: float | None = None,
        audio_weight: float | None = None,
        prompt_influence: float | None = None,
        persona_id: str | None = None,
        seed: int | None = None,
        count: Count = 1,
        enhance: bool = False,
        private: bool = False,
        spoiler: bool = False,
        preset: str | None = None,
    ) -> None:
        """Make 1 to 4 pieces."""
        values = given(interaction, "music.generate")
        await submit(
            interaction,
            Generation(
                operation="music.generate",
                values=values,
                count=count,
                enhance=enhance,
                private=private,
                spoiler=spoiler,
                typed=True,
            ),
        )

    @app_commands.command(name="narration", description=texts.AUDIO_NARRATION)
    @offers("narration.generate")
    async def narration(
        self,
        interaction: Interaction,
        text: PromptOption,
        voice_id: str | None = None,
        tone: str | None = None,
        speed: float | None = None,
        stability: float | None = None,
        similarity_boost: float | None = None,
        private: bool = False,
        spoiler: bool = False,
        preset: str | None = None,
    ) -> None:
        values = given(interaction, "narration.generate")
        await submit(
            interaction,
            Generation(
                operation="narration.generate",
                values=values,
                private=private,
                spoiler=spoiler,
                typed=True,
            ),
        )

    @app_commands.command(name="voices", description=texts.AUDIO_VOICES)
    async def voices(self, interaction: Interaction) -> None:
        await open_voices(interaction)

    @app_commands.command(name="soundfx", description=texts.AUDIO_SOUNDFX)
    @offers("soundfx.generate", jobs={"job": CLIPS}, uploads={"video": ["video_url"]}, video=texts.SOUNDFX_VIDEO_OPTION)
    async def soundfx(
        self,
        interaction: Interaction,
        prompt: PromptOption | None = None,
        video: discord.Attachment | None = None,
        url: str | None = None,
        job: str | None = None,
        title: str | None = None,
        duration_seconds: float | None = None,
        mode: str | None = None,
        description_prompt: str | None = None,
        negative_tags: str | None = None,
        prompt_influence: float | None = None,
        seed: int | None = None,
        count: Count = 1,
        enhance: bool = False,
        private: bool = False,
        spoiler: bool = False,
        preset: str | None = None,
    ) -> None:
        """Make 1 to 4 sound effects."""
        files = offered_file(texts.VIDEO_FILE, attachment=video, url=url, job=job, field="video_url")
        values = given(interaction, "soundfx.generate")
        if files:
            values.setdefault("mode", "video_context")
        await submit(
            interaction,
            Generation(
                operation="soundfx.generate",
                values=values,
                files=files,
                count=count,
                enhance=enhance,
                private=private,
                spoiler=spoiler,
                typed=True,
            ),
        )


async def setup(bot: Bot) -> None:
    await bot.add_cog(Audio())
