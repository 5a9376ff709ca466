"""`/cast`: a page of the cast, one of them, and what can be done with it. Read again at each press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.delivery.answers.deferral import defer
from bot.delivery.posting.cast_pictures import CastPictures
from bot.domain.models import Job
from bot.domain.server.places import Viewer
from bot.domain.words.cast import Audience, CastKind, CastMember, name_key
from bot.domain.words.orders import SHEET
from bot.domain.words.text import harmless, harmless_within, shortened
from bot.errors import InputError
from bot.generation.again.next_steps import IMAGE
from bot.generation.generation import Generation
from bot.generation.sources import SourceRef
from bot.server.cast.changes import ServerCast, may_change
from bot.server.cast.texts import AUDIENCES, KINDS
from cogs.cast import texts
from cogs.cast.forms import MemberForm, audiences
from cogs.ui.controls import Control, on, on_job, searched_in
from cogs.ui.forms import TextForm
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.panels import box_of, layout, number_in, part_of, show_view, turns
from cogs.ui.permissions import require_unblocked, viewer_of
from cogs.ui.prices import pressed, priced, total_of
from cogs.ui.texts import GONE, OPTION_IS
from cogs.workflows.asked.form import OperationForm
from cogs.workflows.asked.own import as_typed
from cogs.workflows.asked.submit import submit

SEARCH_ACTION, SEARCHING = "cast_search", "typed"
"""With that subject, the button's label is the search."""
PAGE_MEMBERS = 6
"""Keeps a page with pictures below Discord's 40 components."""
LOOK_CHARS, OPTION_CHARS, SEARCH_CHARS = 120, 100, 32
DANGER = discord.ButtonStyle.danger


def _page(
    found: Sequence[CastMember], number: int, typed: str, links: Mapping[str, Sequence[str]]
) -> discord.ui.LayoutView:
    part = part_of(found, number, PAGE_MEMBERS)
    box = box_of(f"### {texts.TITLE}\n-# {texts.COUNTED(count=len(found))} · {texts.ABOUT}")
    for member in part.items:
        text = discord.ui.TextDisplay[Any](_line(member))
        box.add_item(discord.ui.Separator())
        first = next(iter(links[member.id]), None)
        box.add_item(text if first is None else discord.ui.Section(text, accessory=discord.ui.Thumbnail(first)))
    if not part.items:
        box.add_item(discord.ui.TextDisplay(str(texts.NOTHING_FOUND if typed else texts.NOTHING_YET)))
    rows = [
        [
            Control.button("cast_add", CastKind.CHARACTER.value, label=texts.ADD, style=discord.ButtonStyle.primary),
            Control.button("cast_add", CastKind.STYLE.value, label=texts.ADD_STYLE),
            Control.button(SEARCH_ACTION, SEARCHING if typed else "all", label=typed or texts.SEARCH, emoji="🔎"),
        ]
    ]
    if part.items:
        options = [
            discord.SelectOption(label=each.name, value=each.id, description=_about(each)) for each in part.items
        ]
        rows.insert(0, [Control.select("cast_open", "cast", placeholder=texts.OPEN, options=options)])
    if part.count > 1:
        rows.append(turns("cast_page", part))
    return layout(box, rows=rows)


def _about(member: CastMember) -> str:
    return (shortened(member.look, OPTION_CHARS) if member.made_by else "") or str(KINDS[member.kind])


def _line(member: CastMember) -> str:
    look = [harmless(shortened(member.look, LOOK_CHARS))] if member.look and member.made_by else []
    return "\n".join([f"**{harmless(member.name)}**", *look, _facts(member)])


def _facts(member: CastMember) -> str:
    kind, who = str(KINDS[member.kind]), str(AUDIENCES[member.audience])
    if not member.made_by:
        return texts.STARTER_LINE(kind=kind)
    if member.audience is Audience.ROLES:
        who = texts.ROLES_LINE(roles=" ".join(f"<@&{each}>" for each in sorted(member.role_ids)))
    line = texts.LINE(kind=kind, who=who, maker=member.made_by)
    return f"{line} · {texts.LOCKED_MARK}" if member.locked else line


async def show_cast(interaction: Interaction, number: int = 0, typed: str = "") -> None:
    """Show a page of the cast, ephemerally: a new message after a command, else in place."""
    found = await use(interaction, ServerCast).of(await viewer_of(interaction))
    if typed:
        found = [each for each in found if name_key(typed) in name_key(each.name)]
    shown = part_of(found, number, PAGE_MEMBERS).items
    if interaction.type is discord.InteractionType.application_command:
        await defer(interaction, ephemeral=True, thinking=True)
    else:
        await defer(interaction)
    pictures = await use(interaction, CastPictures).shown(shown)
    await show_view(interaction, _page(found, number, typed, pictures))


async def show_one(interaction: Interaction, member_id: str, said: str = "") -> None:
    """Show one of the cast with what its reader can do, in place."""
    viewer = await viewer_of(interaction)
    member = await use(interaction, ServerCast).get(viewer, member_id)
    if not interaction.response.is_done():
        await defer(interaction)
    links = (await use(interaction, CastPictures).shown([member]))[member.id]
    await show_view(interaction, await _one(interaction, viewer, member, links, said))


async def _one(
    interaction: Interaction, viewer: Viewer, member: CastMember, links: Sequence[str], said: str
) -> discord.ui.LayoutView:
    box = box_of(*([said] if said else []))
    if links:
        box.add_item(discord.ui.MediaGallery(*(discord.MediaGalleryItem(each) for each in links)))
    lines = [f"### {harmless(member.name)}", *([harmless(member.look)] if member.look else [])]
    facts = ((texts.VOICE, member.voice_id), (texts.MODEL, member.model), (texts.RATIO, member.aspect_ratio))
    lines += [OPTION_IS(option=label, value=harmless_within(each, OPTION_CHARS)) for label, each in facts if each]
    box.add_item(discord.ui.TextDisplay("\n".join([*lines, _facts(member)])))
    is_changeable = may_change(viewer, member)
    first = [Control.button("cast_use", member.id, label=texts.MAKE_IMAGE, style=discord.ButtonStyle.primary)]
    if is_changeable and not member.pictures and member.look:
        price = (await total_of(interaction.client, viewer.guild_id, [(IMAGE, _sheet_values(member))])).price
        first.append(Control.button("cast_sheet", member.id, label=priced(texts.MAKE_SHEET, price)))
    rows: list[list[Control]] = [first]
    if is_changeable:
        first.append(Control.button("cast_edit", member.id, label=texts.EDIT))
        options = audiences(discord.SelectOption, member.audience)
        rows.append([Control.select("cast_who", member.id, placeholder=texts.WHO, options=options)])
        guild = interaction.guild
        there = [each for each in sorted(member.role_ids) if guild is not None and guild.get_role(each) is not None]
        rows.append([Control.roles("cast_roles", member.id, placeholder=texts.WHO_ROLES, chosen=there, at_most=10)])
    last = [Control.button("cast_page", "0", label=texts.BACK)]
    if viewer.is_moderator and member.made_by:
        last.append(Control.button("cast_lock", member.id, label=texts.UNLOCK if member.locked else texts.LOCK))
    if is_changeable:
        last.append(Control.button("cast_ask", member.id, label=texts.REMOVE, style=DANGER))
    return layout(box, rows=[*rows, last])


def _sheet_values(member: CastMember) -> dict[str, Any]:
    return {"prompt": SHEET.format(look=member.look), "aspect_ratio": "16:9"}


# ---------------------------------------------------------------------- its controls


@on("cast_page")
async def turn_page(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    await show_cast(interaction, number_in(subject), searched_in(interaction.message, SEARCH_ACTION, SEARCHING))


@on("cast_open")
async def open_chosen(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    await show_one(interaction, values[0] if values else subject)


@on(SEARCH_ACTION)
async def search(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    async def found(sent: Interaction, words: str) -> None:
        await show_cast(sent, typed=words)

    before = searched_in(interaction.message, SEARCH_ACTION, SEARCHING)
    about = (texts.FORM_SEARCH, texts.WORDS, texts.NAME_HELP)
    await TextForm(interaction.client, *about, text=before, chars=SEARCH_CHARS, then=found).open(interaction)


@on("cast_add")
async def add(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    if subject not in set(CastKind):
        raise InputError(GONE)
    await require_unblocked(interaction)
    await MemberForm(interaction.client, CastKind(subject), show_one).open(interaction)


@on("cast_edit")
async def edit(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    member = await use(interaction, ServerCast).get(await viewer_of(interaction), subject)
    await MemberForm(interaction.client, member.kind, show_one, member=member).open(interaction)


@on("cast_who")
async def choose_audience(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    if not values or values[0] not in {Audience.EVERYONE, Audience.MAKER}:
        raise InputError(GONE)
    await use(interaction, ServerCast).show_to(await viewer_of(interaction), subject, Audience(values[0]))
    await show_one(interaction, subject, str(texts.SAVED))


@on("cast_roles")
async def choose_roles(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    roles = frozenset(map(int, values))
    audience = Audience.ROLES if roles else Audience.MAKER  # what was hidden stays so
    await use(interaction, ServerCast).show_to(await viewer_of(interaction), subject, audience, roles)
    await show_one(interaction, subject, str(texts.SAVED))


@on("cast_lock")
async def lock(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Lock one, or unlock it. Raises Refused for members."""
    await use(interaction, ServerCast).lock(await viewer_of(interaction), subject)
    await show_one(interaction, subject, str(texts.SAVED))


@on("cast_ask")
async def ask_to_remove(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    member = await use(interaction, ServerCast).get(await viewer_of(interaction), subject)
    yes = Control.button("cast_remove", subject, label=texts.YES_REMOVE, style=DANGER)
    no = Control.button("cast_open", subject, label=texts.BACK)
    view = layout(box_of(texts.SURE(name=harmless(member.name))), rows=[[yes, no]])
    await show_view(interaction, view)


@on("cast_remove")
async def remove(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    gone = await use(interaction, ServerCast).remove(await viewer_of(interaction), subject)
    back_to_all = Control.button("cast_page", "0", label=texts.BACK)
    view = layout(box_of(texts.REMOVED_NOW(name=harmless(gone.name))), rows=[[back_to_all]])
    await show_view(interaction, view)


# ---------------------------------------------------------------------- pictures with them


@on("cast_use")
async def make_picture(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Open the form of a picture whose prompt begins with the name."""
    await require_unblocked(interaction)
    member = await use(interaction, ServerCast).get(await viewer_of(interaction), subject)
    generation = as_typed(Generation(operation=IMAGE, values={}))
    form = OperationForm(interaction.client, generation, prefilled={"prompt": f"@{member.name} "}, send=submit)
    await form.open(interaction)


@on("cast_sheet")
async def make_sheet(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Make a sheet of a character that has only words, at the price on the label."""
    member = await use(interaction, ServerCast).get(await viewer_of(interaction), subject)
    generation = Generation(operation=IMAGE, values=_sheet_values(member), consent=pressed(interaction))
    await submit(interaction, generation)


@on_job("cast_result")
async def add_result(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Open the form for a character with the result's picture: a new one, or the one whose sheet it is."""
    await require_unblocked(interaction)
    known = await use(interaction, ServerCast).of(await viewer_of(interaction))
    sheet_of = (each for each in known if each.look and _sheet_values(each)["prompt"] == job.input.get("prompt"))
    of, ref = next(sheet_of, None), SourceRef(job_id=job.id)
    form = MemberForm(interaction.client, CastKind.CHARACTER, show_one, member=of, result=ref)
    await form.open(interaction)


class CastCommand(commands.Cog):
    """The gallery."""

    @app_commands.command(name="cast", description=texts.CAST)
    @app_commands.guild_only()
    async def cast(self, interaction: Interaction) -> None:
        await show_cast(interaction)


async def setup(bot: Bot) -> None:
    await bot.add_cog(CastCommand())
