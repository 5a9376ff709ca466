"""`/prompt`: rewriting a prompt."""

from discord import app_commands
from discord.ext import commands

from bot.generation.generation import Generation
from cogs.ui.interaction import Bot, Interaction, given
from cogs.workflows import texts
from cogs.workflows.asked.options import PromptOption, offers
from cogs.workflows.asked.submit import submit

OPTIONS = {"style": "visualStyle", "aspect_ratio": "aspectRatio", "rewrite_request": "rewriteRequest"}
"""Discord's option names are lower case; Cannon Studio's prompt fields are not."""
WIRE = {wire: option for option, wire in OPTIONS.items()}


async def rewrite(interaction: Interaction, operation: str, private: bool) -> None:
    await submit(
        interaction,
        Generation(operation=operation, values=given(interaction, operation, **WIRE), private=private, typed=True),
    )


@app_commands.guild_only()
class PromptCommands(commands.GroupCog, group_name="prompt", group_description=texts.PROMPT_GROUP):
    """The workflow of prompts."""

    @app_commands.command(name="image", description=texts.PROMPT_IMAGE)
    @offers("prompt.enhance.image", renamed=OPTIONS)
    async def image(
        self,
        interaction: Interaction,
        prompt: PromptOption,
        style: str | None = None,
        aspect_ratio: str | None = None,
        rewrite_request: str | None = None,
        private: bool = False,
        preset: str | None = None,
    ) -> None:
        await rewrite(interaction, "prompt.enhance.image", private)

    @app_commands.command(name="video", description=texts.PROMPT_VIDEO)
    @offers("prompt.enhance.video", renamed=OPTIONS)
    async def video(
        self,
        interaction: Interaction,
        prompt: PromptOption,
        style: str | None = None,
        duration: float | None = None,
        aspect_ratio: str | None = None,
        rewrite_request: str | None = None,
        private: bool = False,
        preset: str | None = None,
    ) -> None:
        await rewrite(interaction, "prompt.enhance.video", private)

    @app_commands.command(name="location", description=texts.PROMPT_LOCATION)
    @offers("prompt.enhance.location", renamed=OPTIONS)
    async def location(
        self,
        interaction: Interaction,
        prompt: PromptOption,
        style: str | None = None,
        aspect_ratio: str | None = None,
        rewrite_request: str | None = None,
        private: bool = False,
        preset: str | None = None,
    ) -> None:
        await rewrite(interaction, "prompt.enhance.location", private)

    @app_commands.command(name="variant", description=texts.PROMPT_VARIANT)
    @offers("prompt.enhance.variant", renamed=OPTIONS)
    async def variant(
        self,
        interaction: Interaction,
        prompt: PromptOption,
        rewrite_request: str | None = None,
        private: bool = False,
        preset: str | None = None,
    ) -> None:
        await rewrite(interaction, "prompt.enhance.variant", private)


async def setup(bot: Bot) -> None:
    await bot.add_cog(PromptCommands())
