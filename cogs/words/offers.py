"""The reply to words: a short message with a button for its author only, deleted after ten minutes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import discord
import structlog

from bot.delivery.channels.facts import DISCORD_ERRORS, in_time
from bot.delivery.channels.messages import custom_ids_of, nonce_of
from bot.domain.money.spend_request import ShownPrice
from bot.domain.money.spending_policy import needs_approval
from bot.domain.server.guild_rules import Rules
from bot.domain.server.places import Viewer
from bot.errors import BotError, InputError, NotAllowed
from bot.generation.generation import Generation
from bot.generation.own_defaults import OwnDefaults, Typed
from bot.generation.words.requests import WordRequest, WordRequests
from bot.generation.words.rules import Question, WordAct
from bot.jobs.second_copy import SecondCopy
from bot.language import Text, sentences
from bot.runtime.background import BackgroundTasks
from bot.store import GuildSettings, WordOffer
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import guild_of, viewer_of
from cogs.ui.prices import Total, pressed, priced, total_of
from cogs.ui.texts import APPROVED_FIRST
from cogs.words import texts
from cogs.workflows.asked.submit import submit

log = structlog.get_logger(__name__)

POINTERS: Mapping[Question, tuple[Text, str, Text]] = MappingProxyType(
    {
        Question.CREDITS: (texts.CREDITS_HERE, "me_open", texts.SHOW_CREDITS),
        Question.HOW: (texts.HELP_HERE, "help_open", texts.SHOW_HELP),
    }
)
"""The answer to a question, and its button: its action, in cogs/member, and label."""


ACTS: Mapping[WordAct, Text] = MappingProxyType(
    {WordAct.AGAIN: texts.AGAIN, WordAct.VARY: texts.VARY, WordAct.CONTINUE: texts.NEXT_SHOT}
)
"""What is offered where no operation says it."""


class WordAnswers:
    """Sends the replies, and deletes expired ones, also of an earlier run."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._rounds = BackgroundTasks()
        self._busy = False

    async def offer(self, message: discord.Message, request: WordRequest, viewer: Viewer) -> None:
        """Reply with the request and a button that has its price. Raises Discord's errors, with nothing kept."""
        guild_id, member_id = _guild_id(message), message.author.id
        requests = use(self._bot, WordRequests)
        total = await self._total(viewer, request)
        if total is not None and total.price is None:
            request = replace(request, up_to=total.most)
        draft_id = await requests.keep(guild_id, member_id, request)
        label = _label(total)
        button = Control.button("words", f"{draft_id}.{member_id}", label=label, style=discord.ButtonStyle.primary)
        try:
            rules = await use(self._bot, GuildSettings).get(guild_id)
            sent = await self._send(message, _offer_text(request, total, rules), view_of([button]))
        except DISCORD_ERRORS:
            await requests.take(guild_id, member_id, draft_id)
            raise
        if button.custom_id in custom_ids_of(sent):
            await self._note(sent)
        else:  # another copy of the bot has answered, with the same nonce: the answer and its button are its own
            await use(self._bot, SecondCopy).look(sent.id, custom_ids_of(sent))
            await requests.take(guild_id, member_id, draft_id)

    async def _total(self, viewer: Viewer, request: WordRequest) -> Total | None:
        """Return the price; None if the request can't be made: pressing says why."""
        try:
            generation = await _counted(self._bot, viewer, request)
            own = use(self._bot, OwnDefaults)
            generation = await own.applied(generation, viewer.guild_id, viewer.member_id, Typed())
        except BotError:
            return None
        steps = [(step.operation, step.input) for step in generation.before]
        given = {file.field: file.label for file in generation.files if file.field}
        last = (generation.operation, {**generation.values, **given})
        return await total_of(self._bot, viewer.guild_id, [*steps, last] * generation.count)

    async def point(self, message: discord.Message, question: Question) -> None:
        """Reply with a button that opens what is asked about, for its presser alone. Raises Discord's errors."""
        text, action, label = POINTERS[question]
        button = Control.button(action, "words", label=label)
        await self._note(await self._send(message, str(text), view_of([button])))

    async def say(self, message: discord.Message, sentence: str) -> None:
        """Reply with a sentence alone. Raises Discord's errors."""
        await self._note(await self._send(message, self._bot.responses.linked(sentence), None))

    async def _send(self, message: discord.Message, text: str, view: discord.ui.View | None) -> discord.Message:
        guild = message.guild
        may_reply = guild is not None and message.channel.permissions_for(guild.me).read_message_history
        reference = message.to_reference(fail_if_not_exists=False)
        return await in_time(
            message.channel.send(
                text,
                view=view or discord.utils.MISSING,
                nonce=nonce_of("words", str(message.id)),
                reference=reference if may_reply else discord.utils.MISSING,
                mention_author=False,
                allowed_mentions=discord.AllowedMentions.none(),
            )
        )

    async def _note(self, sent: discord.Message) -> None:
        offer = WordOffer(guild_id=_guild_id(sent), channel_id=sent.channel.id, message_id=sent.id)
        await use(self._bot, WordRequests).note_answer(offer)

    def delete_due(self) -> None:
        """Delete expired replies, unless already running."""
        if not self._busy:
            self._busy = True
            self._rounds.start(self._delete_due(), "words")

    async def _delete_due(self) -> None:
        try:
            for offer in await use(self._bot, WordRequests).old_answers():
                await delete_offer(self._bot, offer)
        except Exception:
            log.exception("words.round_failed")
        finally:
            self._busy = False

    async def finished(self) -> None:
        """Wait for the round of `delete_due`."""
        await self._rounds.finished()

    async def aclose(self) -> None:
        """Cancel the deletions: the next start does them."""
        await self._rounds.stop()


async def delete_offer(bot: Bot, offer: WordOffer) -> None:
    """Delete a reply of the bot; if Discord fails, the next round retries."""
    channel = bot.get_partial_messageable(offer.channel_id, guild_id=offer.guild_id)
    try:
        await in_time(channel.get_partial_message(offer.message_id).delete())
    except (discord.NotFound, discord.Forbidden):
        pass  # deleted, or out of reach for good
    except DISCORD_ERRORS as error:
        log.info("words.not_deleted", message=offer.message_id, error=type(error).__name__)
        return
    await use(bot, WordRequests).forget_answer(offer)


@on("words")
async def go_on(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Show the author the price of their request, to confirm. The reply is deleted.

    The draft is consumed, so that a second press finds none; the author's name in the custom id only words a refusal.
    """
    guild_id, bot = guild_of(interaction), interaction.client
    draft_id, _, author_id = subject.partition(".")
    if author_id != str(interaction.user.id):
        raise NotAllowed(texts.NOT_YOURS)
    requests = use(bot, WordRequests)
    request = await requests.take(guild_id, interaction.user.id, draft_id)
    if request is None:
        raise InputError(texts.EXPIRED)
    try:
        generation = await _counted(bot, await viewer_of(interaction), request)
        consent = pressed(interaction)
        # This button asked, with the price or the most that it can be: there is no second question.
        if consent.labelled is not None:
            consent = replace(consent, agreed=ShownPrice(credits=consent.labelled, known=True))
        elif request.up_to is not None:
            consent = replace(consent, agreed=ShownPrice(credits=request.up_to, known=False))
        await submit(interaction, replace(generation, consent=consent))
    finally:
        if interaction.message is not None:
            message = interaction.message
            await delete_offer(bot, WordOffer(guild_id=guild_id, channel_id=message.channel.id, message_id=message.id))


def _label(total: Total | None) -> str:
    if total is None:
        return str(texts.SEE_PRICE)
    return texts.CONTINUE_UP_TO(most=total.most) if total.price is None else priced(texts.CONTINUE, total.price)


def _offer_text(request: WordRequest, total: Total | None, rules: Rules) -> str:
    wish, price = request.wish, str(texts.PRICE_FIRST)
    if total is not None:
        about = texts.PRICE_UNKNOWN(most=total.most) if total.price is None else texts.PRICE_ON_BUTTON
        price = sentences(about, APPROVED_FIRST if needs_approval(total.shown, rules) else texts.NOT_CHARGED)
    if wish.act in ACTS:
        return texts.offer(ACTS[wish.act], "", price=price)
    return texts.offer(texts.MAKES[wish.operation], wish.values.get("aspect_ratio", ""), wish.count, price=price)


async def _counted(bot: Bot, viewer: Viewer, request: WordRequest) -> Generation:
    """Return the generation; of new pictures as many as said, or usual on the server. Raises as `generation` does."""
    generation = await use(bot, WordRequests).generation(viewer, request)
    if request.wish.count or not _is_new_picture(request):
        return generation
    rules = await use(bot, GuildSettings).get(viewer.guild_id)
    return replace(generation, count=int(rules.pictures))


def _is_new_picture(request: WordRequest) -> bool:
    return not request.job_id and request.kind is None and request.wish.operation == "image.generate"


def _guild_id(message: discord.Message) -> int:
    return 0 if message.guild is None else message.guild.id
