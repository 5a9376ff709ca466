"""`/image`: making and changing pictures."""

from collections.abc import Mapping
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import CannonBot
from bot.models import MediaKind
from cogs.asking import Interaction, ask, checked_attachment, given
from cogs.options import COUNT_HELP, PRIVATE_HELP, offers

REFERENCE_HELP = "A picture to follow"
Count = app_commands.Range[int, 1, 4]


@app_commands.guild_only()
class Image(commands.GroupCog, group_name="image", group_description="Make and change pictures"):
    """The workflow of pictures."""

    @app_commands.command(name="generate", description="Make a picture from words")
    @offers(
        "image.generate",
        reference=REFERENCE_HELP,
        reference_2=REFERENCE_HELP,
        reference_3=REFERENCE_HELP,
        reference_4=REFERENCE_HELP,
        count=COUNT_HELP,
        private=PRIVATE_HELP,
    )
    async def generate(
        self,
        interaction: Interaction,
        prompt: app_commands.Range[str, 1, 6000],
        model: str | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        quality: str | None = None,
        style: str | None = None,
        reference: discord.Attachment | None = None,
        reference_2: discord.Attachment | None = None,
        reference_3: discord.Attachment | None = None,
        reference_4: discord.Attachment | None = None,
        reference_prompt_balance: float | None = None,
        count: Count = 1,
        private: bool = False,
    ) -> None:
        """Make 1 to 4 pictures."""
        references = [r for r in (reference, reference_2, reference_3, reference_4) if r is not None]

        async def prepare() -> Mapping[str, Any]:
            links = [await checked_attachment(interaction, each, MediaKind.IMAGE) for each in references]
            return {"reference_image_urls": links}

        await ask(
            interaction,
            "image.generate",
            given(interaction, "image.generate"),
            count=count,
            private=private,
            prepare=prepare if references else None,
        )

    @app_commands.command(name="edit", description="Change a picture by words")
    @offers("image.edit", image="The picture to change", count=COUNT_HELP, private=PRIVATE_HELP)
    async def edit(
        self,
        interaction: Interaction,
        image: discord.Attachment,
        prompt: app_commands.Range[str, 1, 6000],
        model: str | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        count: Count = 1,
        private: bool = False,
    ) -> None:
        """Change an uploaded picture, 1 to 4 times."""

        async def prepare() -> Mapping[str, Any]:
            return {"image_url": await checked_attachment(interaction, image, MediaKind.IMAGE)}

        await ask(
            interaction,
            "image.edit",
            given(interaction, "image.edit"),
            count=count,
            private=private,
            prepare=prepare,
        )


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(Image())
