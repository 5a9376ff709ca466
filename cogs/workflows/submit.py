"""From a command to a job: the one road that all generating commands take."""

import dataclasses
import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.catalogue import Catalogue, Operation
from bot.domain.models import MediaKind, credits_text
from bot.domain.templates import output_of_step
from bot.errors import InputError, Refused
from bot.generation.card_spec import CardSpec, JobSpec
from bot.generation.generation import Generation, SourceFile
from bot.generation.sources import Source, SourceRef, probed
from bot.jobs.intake import Accepted, Unconfirmed
from cogs.ui.controls import Control, view_of
from cogs.ui.interaction import IN_SERVER_ONLY, Interaction, place_of
from cogs.ui.permissions import lacking

NOT_IN_DRAFTS = frozenset({"files", "confirmed"})
"""Files were looked at before and stand among the values as links."""
DRAFT_LIFE_S = 15 * 60.0
"""How long a price may wait for a yes: as long as Discord lets the private message be answered."""
SEED_MAX = 2**31 - 1
"""The docs give no range; every provider's seeds known to us go at least as far."""
ENHANCED_KEY = "enhancedPrompt"
ENHANCERS = {"image": "prompt.enhance.image", "video": "prompt.enhance.video", "sora": "prompt.enhance.video"}
"""Which prompt operation fits a workflow; the others have none."""


def offered_file(
    label: str,
    *,
    attachment: discord.Attachment | None = None,
    url: str | None = None,
    job: str | None = None,
    field: str | None = None,
    by_kind: Mapping[MediaKind, str] | None = None,
    kinds: frozenset[MediaKind] = frozenset(MediaKind),
    required: bool = False,
) -> list[SourceFile]:
    """Return the file that was given in one of three ways, [] if it was not given. Raises InputError if required."""
    offered = SourceRef(
        attachment=None if attachment is None else (attachment.url, attachment.filename),
        url=url,
        job_id=job,
    )
    if offered.count == 0:
        if required:
            raise InputError(f"Give the {label}: upload it, give a link to it, or pick an earlier job.", label)
        return []
    return [SourceFile(offered=offered, label=label, field=field, by_kind=by_kind or {}, kinds=kinds)]


async def ask(interaction: Interaction, request: Generation) -> None:
    """Take a request in and answer with its card.

    Without files every check is local: the hold comes first, and the card is the first answer. With files Discord is
    put off first, if it was not yet, and they are looked at; what is wrong is then told privately, and nothing was
    spent.
    """
    bot = interaction.client
    if interaction.guild_id is None or interaction.channel_id is None:
        raise Refused(IN_SERVER_ONLY)
    if not request.private:
        _may_post(interaction)
    bot.parts.switches.require_on(interaction.guild_id, bot.catalogue.resolve(request.operation))
    is_late = interaction.response.is_done()
    slow = is_late or bool(request.files) or (await bot.parts.store.settings.get(interaction.guild_id)).estimate_tool
    values = request.values
    if slow:
        if not is_late:
            await interaction.response.defer(ephemeral=request.private, thinking=True)
        values = await with_files(interaction, request)
    try:
        taken = await bot.parts.jobs.accept(_card_spec(interaction, request, values))
    except Unconfirmed as unconfirmed:
        await offer(interaction, dataclasses.replace(request, values=values, files=()), unconfirmed)
        return
    await (_answer_late if slow else _answer_at_once)(interaction, taken)


async def offer(interaction: Interaction, request: Generation, unconfirmed: Unconfirmed) -> None:
    """Tell the price privately and wait for the member's own yes; nothing is held until then."""
    bot = interaction.client
    names = [each.name for each in dataclasses.fields(request) if each.name not in NOT_IN_DRAFTS]
    data = {name: getattr(request, name) for name in names}
    data["before"] = [{"operation": each.operation, "input": each.input, "fill": each.fill} for each in request.before]
    draft_id = await bot.parts.store.drafts.keep(
        interaction.guild_id or 0, interaction.user.id, data, expires_at=bot.clock.wall() + DRAFT_LIFE_S
    )
    await bot.responses.reply_privately(interaction, _price_text(unconfirmed), _price_view(draft_id))


def _price_view(draft_id: str) -> discord.ui.View:
    """Return what a price offers; `confirm` answers both buttons."""
    yes = Control.button("confirm", draft_id, label="Yes, make it", style=discord.ButtonStyle.success)
    return view_of([yes, Control.button("dismiss", draft_id, label="No")])


def _price_text(unconfirmed: Unconfirmed) -> str:
    about = "costs" if unconfirmed.basis == "fixed" else "will cost about"
    text = f"This {about} **{credits_text(unconfirmed.price)} credits**."
    if unconfirmed.balance is not None:
        after = max(unconfirmed.balance - unconfirmed.price, Decimal(0))
        text += f" The server's account has {credits_text(unconfirmed.balance)}; {credits_text(after)} would be left."
    return f"{text} Nothing is spent before you say yes."


def request_from_draft(data: Mapping[str, Any]) -> Generation:
    """Return the request that a draft holds, now confirmed."""
    return Generation(**{**data, "before": [JobSpec(**step) for step in data["before"]]}, confirmed=True)


async def with_files(interaction: Interaction, request: Generation) -> dict[str, Any]:
    """Return the request's values with its files looked at and filled in, and with what can be read from them.

    Raises InputError or a MediaError.
    """
    return await look_at_files(interaction.client, interaction.guild_id or 0, interaction.user.id, request)


async def look_at_files(bot: CannonBot, guild_id: int, member_id: int, request: Generation) -> dict[str, Any]:
    """Do as `with_files`, for a member who may have asked without an interaction."""
    operation = bot.catalogue.resolve(request.operation)
    values = dict(request.values)
    found: dict[str, Source] = {}
    for file in request.files:
        kinds = frozenset(file.by_kind) or _kinds(operation, file)
        source = await bot.parts.sources.find(guild_id, member_id, file.offered, kinds, file.label)
        name = file.by_kind.get(source.facts.kind) or file.field or ""
        if file.into_list:
            values[name] = [*values.get(name, ()), source.url]
        else:
            values[name] = source.url
            found[name] = source
    return {**probed(operation, values, found), **values}


def _kinds(operation: Operation, file: SourceFile) -> frozenset[MediaKind]:
    """Return what the file's field takes; where its operation's fields are not public, what its command says."""
    for each in operation.fields:
        if each.name == file.field and each.media:
            return each.media
    return file.kinds


def _card_spec(interaction: Interaction, request: Generation, values: Mapping[str, Any]) -> CardSpec:
    return CardSpec(
        place=place_of(interaction),
        author_id=interaction.user.id,
        interaction_id=interaction.id,
        token=interaction.token,
        steps=steps(interaction.client.catalogue, request, values),
        private=request.private,
        locale=str(interaction.locale),
        parent_id=request.parent_id,
        label=request.label,
        confirmed=request.confirmed,
    )


def new_seed() -> int:
    """Return a random seed."""
    return 1 + secrets.randbelow(SEED_MAX)


def steps(catalogue: Catalogue, request: Generation, values: Mapping[str, Any]) -> list[JobSpec]:
    """Return the jobs of a request: with `enhance`, the prompt is rewritten first and the others wait for it."""
    operation = catalogue.resolve(request.operation)
    if not request.enhance:
        reseed = request.reseed and any(each.name == "seed" for each in operation.fields)
        inputs = [{**values, "seed": new_seed()} if reseed else values for _ in range(request.count)]
        return [*request.before, *(JobSpec(operation=operation.id, input=each, fill=request.fill) for each in inputs)]
    enhancer = catalogue.resolve(ENHANCERS.get(operation.workflow, ENHANCERS["image"]))
    known = {each.name for each in enhancer.fields}
    hints = {
        "prompt": values.get("prompt"),
        "aspectRatio": values.get("aspect_ratio"),
        "visualStyle": values.get("style"),
        "duration": values.get("duration"),
    }
    first = JobSpec(operation=enhancer.id, input={name: hint for name, hint in hints.items() if name in known})
    rest = JobSpec(operation=request.operation, input=values, fill={"prompt": str(output_of_step(0, ENHANCED_KEY))})
    return [first, *[rest] * request.count]


async def _answer_at_once(interaction: Interaction, taken: Accepted) -> None:
    if not taken.fresh:
        return
    delivery = interaction.client.parts.delivery
    embed, files = await delivery.cards.first_answer(taken.card, taken.jobs)
    view = delivery.cards.first_view(taken.card, taken.jobs) or discord.utils.MISSING
    try:
        made = await interaction.response.send_message(
            embed=embed, files=files, view=view, ephemeral=taken.card.private
        )
    except Exception:
        if await interaction.client.parts.recovery.settle_answer(taken.card):
            return  # Discord has it all the same, and its jobs go on: nothing to apologise for
        raise
    await _note_answer(interaction, taken, made.message_id)


async def _answer_late(interaction: Interaction, taken: Accepted) -> None:
    if not taken.fresh:
        return
    delivery = interaction.client.parts.delivery
    embed, files = await delivery.cards.first_answer(taken.card, taken.jobs)
    view = delivery.cards.first_view(taken.card, taken.jobs)
    try:
        made = await interaction.edit_original_response(embed=embed, attachments=files, view=view)
    except Exception:
        if await interaction.client.parts.recovery.settle_answer(taken.card):
            return  # Discord has it all the same, and its jobs go on: nothing to apologise for
        raise
    await _note_answer(interaction, taken, made.id)


async def _note_answer(interaction: Interaction, taken: Accepted, message_id: int | None) -> None:
    bot = interaction.client
    if message_id is None:
        await bot.parts.recovery.settle_answer(taken.card)
        return
    await bot.parts.jobs.mark_answered(taken.card, message_id=message_id, channel_id=taken.card.channel_id)


def _may_post(interaction: Interaction) -> None:
    """Refuse before anything is spent where the result could not be posted. Raises Refused."""
    missing = lacking(interaction.app_permissions, is_thread=isinstance(interaction.channel, discord.Thread))
    if missing:
        raise Refused(
            f"I could not post the result in this channel: I lack {' and '.join(missing)} here. "
            "A moderator can grant it, or use `private`."
        )
