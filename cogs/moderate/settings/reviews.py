"""The page Review of `/studio settings`: whose results moderators review before they are posted."""

from collections.abc import Sequence
from typing import Any

import discord

from bot.delivery.channels.facts import OPTIONS_PER_SELECT
from bot.domain.server.setting import SettingsPage
from bot.domain.words.text import shortened
from bot.errors import InputError
from bot.moderation.questions import ReviewRuleChanges
from bot.store import ReviewRule, Reviews
from cogs.moderate.decisions.review import require_review_place
from cogs.moderate.settings import texts
from cogs.ui.controls import Control, on
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction, use
from cogs.ui.panels import FORUMS, OPTION_CHARS, PanelPage, settings_page, show_page
from cogs.ui.permissions import guild_of, require_may_post_in, require_moderator
from cogs.ui.texts import GONE

ADD, END = "review_add", "review_end"
_SCOPES = [
    discord.ChannelType.text,
    discord.ChannelType.voice,
    *FORUMS,
    discord.ChannelType.category,
]


async def reviews_page(interaction: Interaction) -> PanelPage:
    """Draw the rules, with their controls."""
    rules = await use(interaction, Reviews).rules(guild_of(interaction))
    lines = [texts.review_rule(rule.channel_id, rule.review_channel) for rule in rules]
    add = Control.button(ADD, "panel", label=str(texts.ADD_REVIEW), style=discord.ButtonStyle.primary)
    controls = [*([_end(interaction, rules)] if rules else []), add]
    return settings_page(SettingsPage.REVIEW, "\n".join(lines) or str(texts.NO_REVIEW), controls)


def _end(interaction: Interaction, rules: Sequence[ReviewRule]) -> Control:
    options = [
        discord.SelectOption(label=shortened(_named(interaction, rule), OPTION_CHARS), value=str(rule.channel_id))
        for rule in rules[:OPTIONS_PER_SELECT]
    ]
    return Control.select(END, "panel", placeholder=str(texts.END_REVIEW), options=options)


def _named(interaction: Interaction, rule: ReviewRule) -> str:
    if not rule.channel_id:
        return str(texts.WHOLE_SERVER)
    channel = None if interaction.guild is None else interaction.guild.get_channel_or_thread(rule.channel_id)
    return str(rule.channel_id) if channel is None else f"#{channel.name}"


@on(ADD)
async def add_review(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    """Ask where results are reviewed, and whose."""
    await require_moderator(interaction)
    await ReviewForm(interaction).open(interaction)


@on(END)
async def end_review(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    """Remove a rule; results under review can still be decided."""
    await require_moderator(interaction)
    if not values or not values[0].isdecimal():
        raise InputError(GONE)
    reviews = use(interaction, ReviewRuleChanges)
    removed = await reviews.remove_rule(guild_of(interaction), int(values[0]), by_id=interaction.user.id)
    await show_page(interaction, await reviews_page(interaction), texts.review_off(removed))


class ReviewForm(Form):
    """Takes the review channel, and the channel whose results are reviewed."""

    def __init__(self, interaction: Interaction) -> None:
        super().__init__(interaction.client, title=str(texts.REVIEW_FORM), name="review")
        channel = discord.ui.ChannelSelect[Any](channel_types=[discord.ChannelType.text])
        self._channel = self.ask(texts.REVIEW_CHANNEL, channel, texts.REVIEW_CHANNEL_HINT)
        only_in = discord.ui.ChannelSelect[Any](channel_types=_SCOPES, required=False, min_values=0)
        self._only_in = self.ask(texts.REVIEW_SCOPE, only_in, texts.REVIEW_SCOPE_HINT)

    async def answer(self, interaction: Interaction) -> None:
        """Set the rule, if the sender still is a moderator. Raises InputError for a channel that can't be used."""
        await require_moderator(interaction)
        channel_id = self._channel.values[0].id if self._channel.values else 0
        only_in = self._only_in.values[0].id if self._only_in.values else 0
        if not channel_id or only_in == channel_id:
            raise InputError(texts.REVIEW_IN_SAME_CHANNEL, "channel")
        require_may_post_in(interaction, channel_id, files=True)
        is_open = await require_review_place(interaction, channel_id)
        rule = ReviewRule(channel_id=only_in, review_channel=channel_id)
        reviews = use(interaction, ReviewRuleChanges)
        await reviews.set_rule(guild_of(interaction), rule, by_id=interaction.user.id)
        said = texts.review_on(texts.review_rule(only_in, channel_id), channel_id, is_open=is_open)
        await show_page(interaction, await reviews_page(interaction), said)
