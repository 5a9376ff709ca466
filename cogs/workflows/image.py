"""`/image`: making and changing pictures."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.domain.models import MediaKind
from bot.generation.generation import Generation, SourceFile
from cogs.ui.interaction import Interaction, given
from cogs.workflows.files import offered_file
from cogs.workflows.options import Count, PromptOption, offers
from cogs.workflows.submit import submit

REFERENCE_HELP = "A picture to follow"
PICTURES = frozenset({MediaKind.IMAGE})


def references(*uploads: discord.Attachment | None, url: str | None = None, job: str | None = None) -> list[SourceFile]:
    """Return pictures to follow as files of the list field `reference_image_urls`; `url` may hold several links."""
    given_files = [offered_file("reference picture", attachment=upload) for upload in uploads]
    given_files += [offered_file("reference picture", url=link) for link in (url or "").replace(",", " ").split()]
    given_files.append(offered_file("reference picture", job=job))
    return [
        SourceFile(offered=file.offered, label=file.label, field="reference_image_urls", into_list=True)
        for files in given_files
        for file in files
    ]


@app_commands.guild_only()
class Image(commands.GroupCog, group_name="image", group_description="Make and change pictures"):
    """The workflow of pictures."""

    @app_commands.command(name="generate", description="Make a picture from words")
    @offers(
        "image.generate",
        jobs={"reference_job": PICTURES},
        reference=REFERENCE_HELP,
        reference_2=REFERENCE_HELP,
        reference_3=REFERENCE_HELP,
        reference_4=REFERENCE_HELP,
        reference_urls="Links to pictures to follow, with spaces between",
        reference_job="An earlier job whose picture is followed",
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
        count: Count = 1,
        enhance: bool = False,
        private: bool = False,
    ) -> None:
        """Make 1 to 4 pictures."""
        uploads = (reference, reference_2, reference_3, reference_4)
        files = references(*uploads, url=reference_urls, job=reference_job)
        values = given(interaction, "image.generate")
        await submit(
            interaction,
            Generation(
                operation="image.generate", values=values, files=files, count=count, enhance=enhance, private=private
            ),
        )

    @app_commands.command(name="edit", description="Change a picture by words")
    @offers("image.edit", jobs={"job": PICTURES}, image="The picture to change")
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
    ) -> None:
        """Change a picture, 1 to 4 times."""
        files = offered_file("picture", attachment=image, url=url, job=job, field="image_url", required=True)
        values = given(interaction, "image.edit")
        await submit(
            interaction,
            Generation(
                operation="image.edit", values=values, files=files, count=count, enhance=enhance, private=private
            ),
        )


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(Image())
