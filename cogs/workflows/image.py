"""`/image`: generating and editing images."""

from dataclasses import replace

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.models import MediaKind
from bot.domain.money.spending_policy import UNKNOWN_PRICE
from bot.domain.server.guild_rules import PictureCount
from bot.errors import Refused
from bot.generation.generation import Generation, SourceFile
from bot.store import GuildSettings
from cogs.ui.interaction import Bot, Interaction, given, use
from cogs.workflows import texts
from cogs.workflows.asked.files import offered_file, offered_files
from cogs.workflows.asked.options import REFERENCES, Count, PromptOption, offers
from cogs.workflows.asked.submit import submit

IMAGES = frozenset({MediaKind.IMAGE})


async def submit_usual(interaction: Interaction, one: Generation) -> None:
    """Submit the usual number of pictures: one if the first has to show the price.

    Raises as `submit` does.
    """
    rules = await use(interaction, GuildSettings).get(interaction.guild_id or 0)
    try:
        await submit(interaction, replace(one, count=int(rules.pictures)))
    except Refused as error:
        if error.reason != UNKNOWN_PRICE or rules.pictures is PictureCount.ONE:
            raise
        await submit(interaction, one)


def references(*uploads: discord.Attachment | None, url: str | None = None, job: str | None = None) -> list[SourceFile]:
    """Return reference images as files of the list field `reference_image_urls`; `url` may hold several links."""
    return offered_files(texts.REFERENCE_FILE, *uploads, url=url, job=job, field="reference_image_urls")


@app_commands.guild_only()
class Image(commands.GroupCog, group_name="image", group_description=texts.IMAGE_GROUP):
    """The workflow of images."""

    @app_commands.command(name="generate", description=texts.IMAGE_GENERATE)
    @offers(
        "image.generate",
        jobs={"reference_job": IMAGES},
        uploads={option: ["reference_image_urls"] for option in REFERENCES},
        reference_urls=texts.REFERENCE_URLS_OPTION,
        reference_job=texts.IMAGE_REFERENCE_JOB_OPTION,
        count=texts.PICTURES_OPTION,
    )
    async def generate(
        self,
        interaction: Interaction,
        prompt: PromptOption,
        model: str | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        quality: str | None = None,
        style: str | None = None,
        reference: discord.Attachment | None = None,
        reference_2: discord.Attachment | None = None,
        reference_3: discord.Attachment | None = None,
        reference_4: discord.Attachment | None = None,
        reference_urls: str | None = None,
        reference_job: str | None = None,
        reference_prompt_balance: float | None = None,
        count: Count | None = None,
        enhance: bool = False,
        private: bool = False,
        spoiler: bool = False,
        preset: str | None = None,
        reference_5: discord.Attachment | None = None,
        reference_6: discord.Attachment | None = None,
        reference_7: discord.Attachment | None = None,
        reference_8: discord.Attachment | None = None,
        reference_9: discord.Attachment | None = None,
        reference_10: discord.Attachment | None = None,
    ) -> None:
        """Generate 1 to 4 images; as many as the server has set where the member does not say."""
        first, rest = (reference, reference_2, reference_3, reference_4), (reference_5, reference_6, reference_7)
        uploads = (*first, *rest, reference_8, reference_9, reference_10)
        files = references(*uploads, url=reference_urls, job=reference_job)
        values = given(interaction, "image.generate")
        one = Generation(
            operation="image.generate",
            values=values,
            files=files,
            enhance=enhance,
            private=private,
            spoiler=spoiler,
            typed=True,
        )
        if count is None:
            await submit_usual(interaction, one)
        else:
            await submit(interaction, replace(one, count=count))

    @app_commands.command(name="edit", description=texts.IMAGE_EDIT)
    @offers("image.edit", jobs={"job": IMAGES}, uploads={"image": ["image_url"]}, image=texts.IMAGE_TO_EDIT_OPTION)
    async def edit(
        self,
        interaction: Interaction,
        prompt: PromptOption,
        image: discord.Attachment | None = None,
        url: str | None = None,
        job: str | None = None,
        model: str | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        count: Count = 1,
        enhance: bool = False,
        private: bool = False,
        spoiler: bool = False,
        preset: str | None = None,
    ) -> None:
        """Edit an image, 1 to 4 times."""
        files = offered_file(texts.PICTURE_FILE, attachment=image, url=url, job=job, field="image_url", required=True)
        values = given(interaction, "image.edit")
        await submit(
            interaction,
            Generation(
                operation="image.edit",
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
    await bot.add_cog(Image())
