"""Review mode: `/studio review`, and the answers to a result that waits for a moderator's look."""

from collections.abc import Sequence
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.delivery.text import plain
from bot.domain.models import Job
from bot.domain.text import full_stop
from bot.errors import InputError
from bot.store import ReviewRule, ReviewVerdict
from cogs.ui.audit import record
from cogs.ui.controls import Control, on
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, lacking, require_moderator

DECIDED = "Somebody has decided about this already, or its time is over."
REASON_CHARS = 180
"""With the words around it, what a card's state line shows of a sentence."""
RULES_MAX = 50
NONE_SET = "Results are posted without review. `/studio review` with `channel` has moderators look at them first."

ReviewScope = discord.TextChannel | discord.VoiceChannel | discord.ForumChannel | discord.CategoryChannel


# ---------------------------------------------------------------------- the rules


async def set_review(
    interaction: Interaction, channel: discord.TextChannel | None, only_in: ReviewScope | None, switch: str | None
) -> None:
    """Show where results are reviewed, change it, or switch it off; what waits already is still decided about."""
    await require_moderator(interaction)
    if switch == "off":
        await _switch_off(interaction, only_in)
    elif channel is not None:
        await _switch_on(interaction, channel, only_in)
    elif only_in is not None:
        raise InputError("Name the channel where results are looked at, too.", "channel")
    else:
        rules = await interaction.client.parts.store.reviews.rules(guild_of(interaction))
        text = "\n".join(line(rule) for rule in rules) or NONE_SET
        await interaction.response.send_message(text, ephemeral=True)


def line(rule: ReviewRule) -> str:
    """Write a rule as one line."""
    where = f"of <#{rule.channel_id}>" if rule.channel_id else "of this server"
    return f"Results {where} are looked at in <#{rule.review_channel}> before they are posted."


async def _switch_on(interaction: Interaction, channel: discord.TextChannel, only_in: ReviewScope | None) -> None:
    guild_id, store = guild_of(interaction), interaction.client.parts.store
    if only_in is not None and only_in.id == channel.id:
        raise InputError("Results cannot be reviewed in the channel that they are kept back from.", "channel")
    if interaction.guild is not None:
        missing = lacking(channel.permissions_for(interaction.guild.me), is_thread=False)
        if missing:
            raise InputError(
                f"I could not post in {channel.mention}: give me {' and '.join(missing)} there.", "channel"
            )
    rule = ReviewRule(channel_id=0 if only_in is None else only_in.id, review_channel=channel.id)
    rules = {each.channel_id for each in await store.reviews.rules(guild_id)}
    if rule.channel_id not in rules and len(rules) >= RULES_MAX:
        raise InputError(f"A server may have {RULES_MAX} review rules; switch one off first.", "only_in")
    await store.reviews.set_rule(guild_id, rule)
    await interaction.response.send_message(
        f"Done: {line(rule)} Let only moderators read that channel.", ephemeral=True
    )
    where = "this server" if only_in is None else f"<#{only_in.id}>"
    await record(
        interaction.client,
        guild_id,
        interaction.user.id,
        "settings",
        f"switched review on: results of {where} go to <#{channel.id}> first.",
        {"channel": rule.channel_id, "review_channel": rule.review_channel},
    )


async def _switch_off(interaction: Interaction, only_in: ReviewScope | None) -> None:
    guild_id = guild_of(interaction)
    channel_id = None if only_in is None else only_in.id
    if not await interaction.client.parts.store.reviews.remove_rule(guild_id, channel_id):
        raise InputError("There is no such review rule, so there is nothing to switch off.")
    text = "switched review off" + ("." if channel_id is None else f" for <#{channel_id}>.")
    await interaction.response.send_message(
        f"Done: {text} What waits already can still be decided about.", ephemeral=True
    )
    await record(interaction.client, guild_id, interaction.user.id, "settings", text, {"channel": channel_id})


# ---------------------------------------------------------------------- the answers


def answers(job: Job) -> Sequence[discord.ui.Item[Any]]:
    """Return what moderators can say of a result."""
    return [
        Control.button("publish", job.id, label="Publish", style=discord.ButtonStyle.success),
        Control.button("keep_back", job.id, label="Refuse…", style=discord.ButtonStyle.danger),
    ]


async def _require_waiting(interaction: Interaction, job_id: str) -> None:
    """Raise NotAllowed unless a moderator asks, InputError unless this server's job waits for them."""
    await require_moderator(interaction)
    review = await interaction.client.parts.store.reviews.get(guild_of(interaction), job_id)
    if review is None or review.verdict is not None:
        raise InputError(DECIDED)


@on("publish")
async def publish(interaction: Interaction, job_id: str, _values: Sequence[str]) -> None:
    """Let the result go where it was asked for."""
    await _decide(interaction, job_id, ReviewVerdict.PUBLISHED, "")


@on("keep_back")
async def ask_why(interaction: Interaction, job_id: str, _values: Sequence[str]) -> None:
    """Open the form that asks why not."""
    await _require_waiting(interaction, job_id)
    await interaction.response.send_modal(RefusalForm(interaction.client, job_id))


class RefusalForm(Form):
    """Asks why the result is not to be posted."""

    reason: discord.ui.TextInput["RefusalForm"] = discord.ui.TextInput(
        label="Why? The member reads this", max_length=REASON_CHARS, required=False
    )

    def __init__(self, bot: CannonBot, job_id: str) -> None:
        super().__init__(bot, title="Refuse this result", name="review")
        self.job_id = job_id

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Refuse the result, if it still waits and the sender still is a moderator."""
        await _decide(interaction, self.job_id, ReviewVerdict.REFUSED, self.reason.value.strip())  # type: ignore[arg-type]  # our client's


async def _decide(interaction: Interaction, job_id: str, verdict: ReviewVerdict, reason: str) -> None:
    await _require_waiting(interaction, job_id)
    guild_id, bot = guild_of(interaction), interaction.client
    sentence = "" if verdict is ReviewVerdict.PUBLISHED else refusal(reason)
    job = await bot.parts.store.reviews.decide(guild_id, job_id, verdict, by_id=interaction.user.id, sentence=sentence)
    if job is None:
        raise InputError(DECIDED)
    bot.parts.worker.decided(job_id)
    because = f": {plain(reason)}" if reason else ""
    word = "Published" if verdict is ReviewVerdict.PUBLISHED else "Refused"
    await interaction.response.edit_message(
        content=full_stop(f"{word} by <@{interaction.user.id}>{because}"), view=None
    )
    await record(
        bot,
        guild_id,
        interaction.user.id,
        "review",
        full_stop(f"{word.lower()} <@{job.author_id}>'s result `{job.id}`{because}"),
        {"job": job.id, "member": job.author_id, "reason": reason},
    )


def refusal(reason: str) -> str:
    """Return what the member reads."""
    return f"A moderator refused to post it: {full_stop(reason)}" if reason else "A moderator refused to post it."


async def setup(_bot: CannonBot) -> None:
    """Do nothing more: the answers are registered as this is read."""
