"""From a command, form or control to a card: the one way that every generation with an interaction takes."""

import discord

from bot.delivery.deadlines import UPLOAD_TIMEOUT_S, in_time
from bot.delivery.texts import PRACTICE_MARK
from bot.domain.models import UNKNOWN
from bot.errors import Refused
from bot.generation.generation import Generation
from bot.generation.generations import Incomplete, Quote
from bot.jobs.intake import Accepted
from cogs.ui.controls import Control, job_of, view_of
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import missing_permissions, require_moderator
from cogs.ui.texts import IN_SERVER_ONLY, may_not_post
from cogs.ui.viewer import origin_of
from cogs.workflows import texts
from cogs.workflows.answer import answer
from cogs.workflows.ends import end_notice, tell_end
from cogs.workflows.fill_in import ask
from cogs.workflows.own import with_own

CAUTIONS_MAX = 5
"""How many cautions a question shows: as many fit into a message, whatever they say."""


async def submit(interaction: Interaction, generation: Generation) -> None:
    """Have the generation accepted, and answer with its card, or with its price where that is to be confirmed first.

    Without files every check is local: the hold comes first, and the card is the first answer. With files the
    interaction is deferred before they are checked, unless it is deferred already; who may not spend here is refused
    at once, for whatever files. A later refusal is ephemeral, too, and nothing was spent. What a limit refuses has a
    button that asks a moderator.
    """
    try:
        await _submit(interaction, generation)
    except Refused as error:
        if interaction.guild_id is None or not error.may_ask:
            raise
        parts, responses = interaction.client.parts, interaction.client.responses
        draft_id = await parts.generation.asking.keep(interaction.guild_id, interaction.user.id, generation)
        if draft_id is None:
            raise
        button = Control.button("ask_moderators", draft_id, label=str(texts.ASK_MODERATORS))
        await responses.warn(interaction, error.sentence, view_of([button]))


async def _submit(interaction: Interaction, generation: Generation) -> None:
    if interaction.guild_id is None or interaction.channel_id is None:
        raise Refused(IN_SERVER_ONLY)
    generation = await with_own(interaction, generation)
    if generation.parent_id is not None:
        await job_of(interaction, generation.parent_id)  # a form takes minutes: who sent it may no longer see it
    if generation.raw:
        await require_moderator(interaction)  # who confirms it may no longer be one
    if not generation.private:
        require_may_post(interaction)
    generations = interaction.client.parts.generation.generations
    generations.require_on(interaction.guild_id, generation)
    origin = await origin_of(interaction)
    is_late = interaction.response.is_done()
    if not is_late and generations.is_slow(generation):
        await generations.require_admitted(generation, origin)
        await in_time(interaction.response.defer(ephemeral=generation.private, thinking=True))
        is_late = True
    outcome = await generations.accept_or_quote(generation, origin)
    if isinstance(outcome, Incomplete):
        await ask(interaction, outcome, submit)
        return
    notice = end_notice(interaction, generation)
    if isinstance(outcome, Quote):
        mark = str(PRACTICE_MARK) if await interaction.client.parts.practice.is_on(interaction.guild_id) else None
        question = "\n".join(each for each in (mark, notice, _question(outcome)) if each)
        await interaction.client.responses.reply_privately(interaction, question, _question_view(outcome))
        return
    await _answer(interaction, outcome, is_late=is_late)
    if notice is not None and generation.agreed is None:  # the question had it
        await tell_end(interaction, notice)


async def _answer(interaction: Interaction, accepted: Accepted, *, is_late: bool) -> None:
    async def send(embed: discord.Embed, files: list[discord.File], view: discord.ui.View | None) -> int | None:
        if is_late:
            return (
                await in_time(
                    interaction.edit_original_response(embed=embed, attachments=files, view=view), UPLOAD_TIMEOUT_S
                )
            ).id
        response = await in_time(
            interaction.response.send_message(
                embed=embed, files=files, view=view or discord.utils.MISSING, ephemeral=accepted.card.private
            ),
            UPLOAD_TIMEOUT_S,
        )
        return response.message_id

    await answer(interaction.client, accepted, send)


def require_may_post(interaction: Interaction) -> None:
    """Refuse before anything is spent where the result could not be posted. Raises Refused."""
    missing = missing_permissions(
        interaction.app_permissions, is_thread=isinstance(interaction.channel, discord.Thread)
    )
    if missing:
        raise Refused(f"{may_not_post(missing)} {texts.GRANT_OR_PRIVATE}")


def _question_view(quote: Quote) -> discord.ui.View:
    """Return the buttons of a question; cogs/workflows/confirm.py has their actions."""
    label, other = (texts.CONTINUE, texts.CANCEL) if quote.cautions else (texts.YES, texts.NO)
    yes = Control.button("confirm", quote.draft_id, label=label, style=discord.ButtonStyle.success)
    return view_of([yes, Control.button("dismiss", quote.draft_id, label=other)])


def _question(quote: Quote) -> str:
    """Return what a yes agrees to: the cautions, as far as there is room, and the price."""
    shown = [f"⚠️ {each}" for each in quote.cautions[:CAUTIONS_MAX]]
    if len(quote.cautions) > CAUTIONS_MAX:
        shown.append(texts.more_cautions(len(quote.cautions) - CAUTIONS_MAX))
    return "\n".join([*shown, _price_text(quote)])


def _price_text(quote: Quote) -> str:
    if quote.basis == UNKNOWN:
        text = texts.price_unknown(quote.seen)
    else:
        text = texts.price(quote.price, is_exact=quote.basis == "fixed")
    if quote.left is not None:
        text += f" {quote.left.sentence() if quote.basis == UNKNOWN else quote.left.sentence_after()}"
    warning = f"{texts.MAY_PAY_TWICE} " if quote.may_pay_twice else ""
    return f"{warning}{text} {texts.NOTHING_SPENT_YET}"
