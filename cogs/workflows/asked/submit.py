"""From a command, form or control to a card: the one way of every generation with an interaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any

import discord
import structlog
from structlog.contextvars import bind_contextvars

from bot.account.api_keys import ApiKeys
from bot.account.texts import pack_name
from bot.catalogue import Operation
from bot.delivery.answers.deferral import defer
from bot.delivery.answers.recovery import Recovery
from bot.delivery.channels.facts import ALREADY_ANSWERED, UPLOAD_TIMEOUT_S, in_time
from bot.delivery.posting.refresh import CardRefresh
from bot.delivery.texts import PRACTICE_MARK
from bot.domain.models import UNKNOWN, CreditPack
from bot.domain.money.limit_rules import HOST_LIMIT
from bot.domain.money.spend_request import Pays
from bot.domain.texts import EXPIRED
from bot.domain.words.text import shortened
from bot.errors import InputError, NoKey, Refused, StoreError
from bot.generation.generation import Generation, unflagged
from bot.generation.generations import Generations, Incomplete, ModeratorQuestions, Quote
from bot.generation.json_input import generation_typed, skeleton
from bot.jobs.intake import Accepted, JobService, Unconfirmed
from bot.language import sentences, tr
from bot.server.community.own_accounts import OwnAccounts
from bot.server.operations import OperationSwitches
from bot.store import Practice
from cogs.ui.controls import Control, job_of, on, view_of
from cogs.ui.forms import INPUT_CHARS, TITLE_CHARS, Form
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import guild_of, is_moderator, is_outside, missing_permissions, origin_of, require_moderator
from cogs.ui.prices import LABEL_CHARS
from cogs.ui.texts import APPROVED_FIRST, BUY, BUY_CREDITS, NO_PERMISSION_TO_POST
from cogs.ui.top_up import pack_label, server_pace
from cogs.workflows import texts
from cogs.workflows.asked.form import OperationForm
from cogs.workflows.asked.own import with_own

log = structlog.get_logger(__name__)

Send = Callable[[discord.Embed, list[discord.File], discord.ui.View | None], Awaitable[int | None]]
"""Sends a card to Discord; returns its message's id, None if Discord did not return it."""


async def answer(bot: Bot, accepted: Accepted, send: Send) -> None:
    """Send the card; its jobs start once Discord is known to have it.

    Raises what `send` raises, with everything refunded, unless Discord has the card anyway.
    """
    if not accepted.fresh:
        return
    card, jobs, delivery = accepted.card, accepted.jobs, use(bot, CardRefresh)
    bind_contextvars(guild=card.guild_id, card=card.id)
    drawn, files = await delivery.first_answer(card, jobs)
    try:
        message_id = await send(drawn.embed, files, await delivery.first_view(card, jobs))
    except Exception as error:
        is_taken = isinstance(error, discord.HTTPException) and error.code == ALREADY_ANSWERED
        if await use(bot, Recovery).settle_answer(card, is_taken=is_taken):
            return  # nothing to apologise for
        raise
    if message_id is None:
        await use(bot, Recovery).settle_answer(card)
        return
    delivery.note_answered(card, drawn, message_id, files)
    try:
        await use(bot, JobService).mark_answered(card, jobs, message_id=message_id, channel_id=card.channel_id)
    except StoreError as error:
        # Discord has the card; the next round of upkeep records that.
        log.warning("answer.not_noted", card=card.id, error=error)


CAUTIONS_MAX = 5
"""Cautions in a question: as many as always fit into a message."""


async def submit(interaction: Interaction, generation: Generation) -> None:
    """Have the generation accepted, and answer with its card, or with its price to confirm first.

    Without files every check is local: the hold comes first, and the card is the first answer. With files the
    interaction is deferred before they are checked, unless it is deferred already; members who may not spend here are
    refused at once. A later refusal is ephemeral, too, and nothing was spent. A refusal by a limit has a button that
    asks a moderator; a moderator whose account lacks credits has buttons that buy some.
    """
    try:
        await _submit(interaction, generation)
    except Refused as error:
        buttons = await _instead(interaction, generation, error)
        if not buttons:
            raise
        warn = interaction.client.responses.warn
        await warn(interaction, error.sentence, view_of(buttons), needs_host=error.needs_host)


async def _instead(interaction: Interaction, generation: Generation, error: Refused) -> list[discord.ui.Item[Any]]:
    """Return buttons for what can be done about a refusal: fewer jobs, asking a moderator, or buying credits."""
    guild_id, member_id = guild_of(interaction), interaction.user.id
    buttons: list[discord.ui.Item[Any]] = [*await _pack_buttons(interaction, error)]
    if error.fits:
        draft_id = await use(interaction, Generations).keep(generation.first(error.fits), guild_id, member_id)
        label = texts.MAKE_FEWER(count=error.fits, all=len(generation.before) + generation.count)
        buttons.append(Control.button("confirm", draft_id, label=label, style=discord.ButtonStyle.primary))
    if _is_of_server(error) and await use(interaction, OwnAccounts).may_pay(guild_id, member_id):
        draft_id = await use(interaction, Generations).keep(generation.paid_by(Pays.MINE), guild_id, member_id)
        buttons.append(Control.button("pay_once", draft_id, label=texts.PAY_WITH_MINE))
    if error.may_ask:
        question_id = await use(interaction, ModeratorQuestions).keep(guild_id, member_id, generation)
        if question_id is not None:
            buttons.append(Control.button("ask_moderators", question_id, label=str(texts.ASK_MODERATORS)))
    return buttons


async def _pack_buttons(interaction: Interaction, error: Refused) -> list[discord.ui.Button[Any]]:
    """Return buttons that buy credits, for one whose account lacks them: a moderator, a member outside servers."""
    bot, guild_id = interaction.client, guild_of(interaction)
    if error.reason != "balance" or not (is_outside(interaction) or await is_moderator(interaction)):
        return []
    keys = use(bot, ApiKeys)
    try:
        packs = keys.packs(await keys.for_guild(guild_id))
    except NoKey:
        return []
    a_day = await server_pace(bot, guild_id) if packs else Decimal(0)
    return [discord.ui.Button(label=_buy(each, a_day), url=each.url) for each in packs]


def _buy(pack: CreditPack, a_day: Decimal) -> str:
    label = BUY(pack=pack_label(pack, a_day)) if pack_name(pack) else str(BUY_CREDITS)
    return shortened(label, LABEL_CHARS)


def _is_of_server(error: Refused) -> bool:
    return isinstance(error, NoKey) or error.reason in {"limit", HOST_LIMIT, "ceiling", "balance"}


async def _submit(interaction: Interaction, generation: Generation) -> None:
    generation = unflagged(generation, interaction.client.catalogue.resolve_raw(generation.operation))
    generation = await with_own(interaction, generation)
    if generation.parent_id is not None:
        await job_of(interaction, generation.parent_id)  # a form takes minutes: its sender may no longer see it
    if generation.raw:
        await require_moderator(interaction)  # the sender may no longer be a moderator
    if not generation.private:
        require_may_post(interaction)
    generations = use(interaction, Generations)

    async def defer_once() -> None:
        if not interaction.response.is_done():
            await defer(interaction, ephemeral=generation.private, thinking=True)

    outcome = await generations.accept_or_quote(generation, await origin_of(interaction), defer=defer_once)
    if isinstance(outcome, Incomplete):
        await ask(interaction, outcome)
        return
    if isinstance(outcome, Quote):
        mark = str(PRACTICE_MARK) if await use(interaction, Practice).is_on(guild_of(interaction)) else None
        question = "\n".join(each for each in (mark, _question(outcome.terms)) if each)
        await interaction.client.responses.reply_privately(interaction, question, _question_view(outcome))
        return
    await _answer(interaction, outcome, is_late=interaction.response.is_done())


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
    """Refuse before anything is spent if the result could not be posted. Raises Refused.

    Outside servers the interaction itself may answer, and where the channel takes no files, links are posted.
    """
    if is_outside(interaction):
        return
    missing = missing_permissions(
        interaction.app_permissions, is_thread=isinstance(interaction.channel, discord.Thread)
    )
    if missing:
        raise Refused(
            sentences(
                NO_PERMISSION_TO_POST(channel=interaction.channel_id, permissions=missing), texts.GRANT_OR_PRIVATE
            )
        )


def _question_view(quote: Quote) -> discord.ui.View:
    yes_label = texts.YES_ASK if quote.terms.foreseen.needs_approval else texts.YES
    label, other = (texts.CONTINUE, texts.CANCEL) if quote.terms.cautions else (yes_label, texts.NO)
    if quote.terms.own is None:
        server = Control.button(
            "pay_server", quote.draft_id, label=texts.PAYS_SERVER, style=discord.ButtonStyle.success
        )
        mine = Control.button("pay_mine", quote.draft_id, label=texts.PAYS_MINE)
        return view_of([server, mine, Control.button("dismiss", quote.draft_id, label=texts.CANCEL)])
    yes = Control.button("confirm", quote.draft_id, label=label, style=discord.ButtonStyle.success)
    return view_of([yes, Control.button("dismiss", quote.draft_id, label=other)])


def _question(terms: Unconfirmed) -> str:
    shown = [f"⚠️ {each.sentence}" for each in terms.cautions[:CAUTIONS_MAX]]
    if len(terms.cautions) > CAUTIONS_MAX:
        shown.append(texts.MORE_CAUTIONS(count=len(terms.cautions) - CAUTIONS_MAX))
    return "\n".join([*shown, _price_text(terms)])


def _price_text(terms: Unconfirmed) -> str:
    if terms.basis == UNKNOWN:
        text = texts.PRICE_UNKNOWN(credits=terms.shown.credits)
    else:
        said = texts.PRICE_EXACT if terms.basis == "fixed" else texts.PRICE_ABOUT
        text = said(credits=terms.shown.credits)
    left = terms.foreseen.left
    if left is not None:
        text = sentences(text, left.sentence() if terms.basis == UNKNOWN else left.sentence_after())
    if terms.own is not False:
        text = sentences(text, texts.MINE_PAYS if terms.own else texts.WHO_PAYS)
    end = APPROVED_FIRST if terms.foreseen.needs_approval else texts.NOTHING_SPENT_YET
    return sentences(texts.MAY_PAY_TWICE if terms.may_pay_twice else "", text, end)


@on("confirm")
async def confirm(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    """Submit the draft for its author, with all checks repeated. A second press finds no draft."""
    await submit(interaction, await _taken(interaction, draft_id))


async def _taken(interaction: Interaction, draft_id: str) -> Generation:
    found = await use(interaction, Generations).take_draft(guild_of(interaction), interaction.user.id, draft_id)
    if found is None:
        raise InputError(EXPIRED)
    return found


def _pays(action: str, pays: Pays, *, remembered: bool) -> None:
    """Submit the draft on this account; `remembered`: it pays for the member's requests here from now on."""

    @on(action)
    async def paid(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
        generation = await _taken(interaction, draft_id)
        if remembered:
            await use(interaction, OwnAccounts).choose(guild_of(interaction), interaction.user.id, pays)
        await submit(interaction, generation.paid_by(pays))


_pays("pay_server", Pays.SERVER, remembered=True)
_pays("pay_mine", Pays.MINE, remembered=True)
_pays("pay_once", Pays.MINE, remembered=False)


@on("dismiss")
async def dismiss(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    generations = use(interaction, Generations)
    await generations.take_draft(guild_of(interaction), interaction.user.id, draft_id)
    await in_time(interaction.response.edit_message(content=texts.NOT_MADE, view=None))


@on("ask_moderators")
async def ask_moderators(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    """Submit a request above a limit as a question to the moderators, with all checks repeated."""
    questions = use(interaction, ModeratorQuestions)
    await submit(interaction, await questions.take(guild_of(interaction), interaction.user.id, draft_id))


async def ask(interaction: Interaction, incomplete: Incomplete) -> None:
    """Open the form for missing fields, or offer a button that opens it."""
    if not interaction.response.is_done() and interaction.type is not discord.InteractionType.modal_submit:
        form = _form_of(interaction.client, incomplete)
        if form.has_inputs:
            await form.open(interaction)
            return
    generations = use(interaction, Generations)
    draft_id = await generations.keep_incomplete(incomplete, guild_of(interaction), interaction.user.id)
    button = Control.button("fill", draft_id, label=texts.FILL_IN, style=discord.ButtonStyle.primary)
    await interaction.client.responses.warn(interaction, incomplete.sentence, view_of([button]))


def _form_of(bot: Bot, incomplete: Incomplete) -> OperationForm:
    return OperationForm(bot, incomplete.generation, only=incomplete.fields, send=submit)


@on("fill")
async def fill_in(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    """Open the form of a draft's missing fields, for its author, until it expires."""
    generations = use(interaction, Generations)
    incomplete = await generations.incomplete(guild_of(interaction), interaction.user.id, draft_id)
    if incomplete is None:
        raise InputError(EXPIRED)
    await _form_of(interaction.client, incomplete).open(interaction)


async def open_request(interaction: Interaction, operation_id: str, private: bool) -> None:
    """Open the form for an operation's input. Raises InputError for an unknown one, Refused if it is off."""
    await require_moderator(interaction)
    operation = interaction.client.catalogue.resolve_raw(operation_id.strip())
    use(interaction, OperationSwitches).require_on(guild_of(interaction), operation)
    await RequestForm(interaction.client, operation, private).open(interaction)


class RequestForm(Form):
    """Takes an operation's input as JSON."""

    def __init__(self, bot: Bot, operation: Operation, private: bool) -> None:
        super().__init__(bot, title=shortened(tr(operation.title), TITLE_CHARS), name="request")
        self.operation_id = operation.id
        self.private = private
        default = skeleton(operation, max_chars=INPUT_CHARS)
        self.typed = self.ask_text(texts.JSON_INPUT, text=default, chars=INPUT_CHARS, long=True)

    async def answer(self, interaction: Interaction) -> None:
        """Submit the input, if the sender still is a moderator. Its links are checked before anything is spent."""
        await require_moderator(interaction)
        catalogue = interaction.client.catalogue
        typed, local = self.typed.value, catalogue.allow_local
        generation = generation_typed(
            catalogue.resolve_raw(self.operation_id), typed, private=self.private, allow_local=local
        )
        await submit(interaction, generation)
