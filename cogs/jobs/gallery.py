"""The gallery of jobs and its controls. Jobs are read again at each press."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import discord

from bot.catalogue.checks.values import clean_text
from bot.delivery.answers.deferral import defer
from bot.delivery.card.states import state_of
from bot.delivery.channels.facts import in_time
from bot.delivery.channels.links import Thumbnails
from bot.delivery.channels.view import message_link
from bot.domain.jobs.card_jobs import job_words
from bot.domain.models import Card, Job
from bot.domain.server.places import Viewer
from bot.domain.texts import mention
from bot.domain.words.text import harmless, harmless_within, one_line, shortened, stamp
from bot.errors import InputError
from bot.generation.visible_jobs import ListedJob, VisibleJobs
from bot.language import tr
from bot.store import SEARCHED, Cards
from cogs.jobs import texts
from cogs.jobs.browsing import ALL, ANY, MINE, SEARCH_ACTION, STATES, WORDS_CHARS, Browsing, require_may_browse
from cogs.jobs.one_job import open_job
from cogs.ui.controls import Control, on
from cogs.ui.forms import TextForm
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.limit_text import cost_words
from cogs.ui.panels import box_of, layout, show_view
from cogs.ui.permissions import is_moderator, viewer_of
from cogs.ui.texts import GONE

PAGE_JOBS = 6
"""Keeps a page with pictures below Discord's 40 components."""
PROMPT_CHARS, TITLE_CHARS, LABEL_CHARS = 150, 60, 100
"""Escaped, keeps the texts of a page below Discord's 4000 characters."""

_NO_JOBS = texts.NOTHING_FOUND, texts.NOTHING_YET


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The content of a page."""

    browsing: Browsing
    jobs: Sequence[ListedJob]
    cards: Mapping[str, Card]
    """Cards of the visible jobs, by id."""
    pictures: Mapping[str, str]
    """Links to pictures, by job id."""
    has_more: bool
    for_moderator: bool


def gallery(bot: Bot, page: Page) -> discord.ui.LayoutView:
    box = box_of(_heading(page.browsing))
    for listed in page.jobs:
        box.add_item(discord.ui.Separator())
        text, picture = _job_text(bot, page, listed), page.pictures.get(listed.job.id)
        if picture is None:
            box.add_item(discord.ui.TextDisplay(text))
        else:
            box.add_item(discord.ui.Section(text, accessory=discord.ui.Thumbnail(picture)))
    if not page.jobs:
        is_narrowed = page.browsing != Browsing(whose=page.browsing.whose)
        found, yet = (texts.NO_RESULT_FOUND, texts.NOTHING_POSTED) if page.browsing.posted else _NO_JOBS
        box.add_item(discord.ui.TextDisplay(str(found if is_narrowed else yet)))
    return layout(box, rows=_rows(bot, page))


def _heading(browsing: Browsing) -> str:
    title = {MINE: str(texts.YOUR_JOBS), ALL: str(texts.ALL_JOBS)}.get(browsing.whose)
    if title is None:
        title = (texts.POSTED_BY if browsing.posted else texts.JOBS_OF)(member=browsing.member_id)
    number = browsing.number + 1
    small = texts.searched_line(number, SEARCHED) if browsing.typed else texts.PAGE_LINE(number=number)
    return f"### {title}\n-# {small}"


def _job_text(bot: Bot, page: Page, listed: ListedJob) -> str:
    """Return a job's text; without words and place if the reader may not see it."""
    job = listed.job
    facts = [f"**{_title(bot, job)}**", state_of(job), cost_words(job), stamp(job.created_at)]
    if page.browsing.whose != MINE:
        facts.append(mention(job.author_id))
    words = one_line(job_words(job)) if listed.seen else ""
    first = [f"> {harmless(shortened(words, PROMPT_CHARS))}"] if words else []
    card = page.cards.get(job.card_id)
    is_linked = card is not None and card.has_link
    last = [texts.OPEN_CARD(link=message_link(card))] if is_linked and card is not None else []
    return "\n".join([*first, " · ".join(facts), "-# " + " · ".join([f"`{job.id}`", *last])])


def _title(bot: Bot, job: Job) -> str:
    operation = bot.catalogue.find(job.operation)
    return harmless_within(job.operation if operation is None else tr(operation.title), TITLE_CHARS)


def _rows(bot: Bot, page: Page) -> Iterator[list[Control]]:
    if page.jobs:
        options = [_choice(bot, each) for each in page.jobs]
        yield [Control.select("jobs_open", "job", placeholder=texts.OPEN_JOB, options=options)]
    browsing = page.browsing
    if not browsing.posted:
        yield [_state_select(browsing)]
    turns = [(texts.NEWER, browsing.number - 1)] if browsing.number else []
    turns += [(texts.OLDER, browsing.number + 1)] if page.has_more else []
    buttons = [Control.button("jobs_page", browsing.at(number).subject, label=label) for label, number in turns]
    search = browsing.typed or str(texts.SEARCH)
    buttons.append(Control.button(SEARCH_ACTION, browsing.at(0).search_subject, label=search, emoji="🔎"))
    if page.for_moderator and not browsing.posted:
        whose, label = (ALL, texts.EVERYONES) if browsing.whose == MINE else (MINE, texts.MINE)
        other = Browsing(whose=whose, state=browsing.state)
        buttons.append(Control.button("jobs_whose", other.subject, label=label, emoji="👥"))
    yield buttons


def _state_select(browsing: Browsing) -> Control:
    options = [
        discord.SelectOption(label=str(name), value=value, default=value == browsing.state)
        for value, name in texts.STATES.items()
    ]
    return Control.select("jobs_state", browsing.at(0).subject, placeholder=texts.ANY_STATE, options=options)


def _choice(bot: Bot, listed: ListedJob) -> discord.SelectOption:
    job, operation = listed.job, bot.catalogue.find(listed.job.operation)
    title = job.operation if operation is None else tr(operation.title)
    words = one_line(job_words(job)) if listed.seen else ""
    label = shortened(words or title, LABEL_CHARS)
    return discord.SelectOption(label=label, value=job.id, description=shortened(f"{title} · {job.id}", LABEL_CHARS))


async def show_first(interaction: Interaction, browsing: Browsing) -> None:
    """Answer ephemerally with a page. Raises NotAllowed for others' jobs, unless the reader is a moderator."""
    await require_may_browse(interaction, browsing)
    await defer(interaction, ephemeral=True, thinking=True)
    view = gallery(interaction.client, await _page(interaction, browsing))
    await in_time(interaction.edit_original_response(view=view))


async def _show_instead(interaction: Interaction, browsing: Browsing) -> None:
    await require_may_browse(interaction, browsing)
    await defer(interaction)
    await show_view(interaction, gallery(interaction.client, await _page(interaction, browsing)))


async def _page(interaction: Interaction, browsing: Browsing) -> Page:
    bot, viewer = interaction.client, await viewer_of(interaction)
    listed = await _listed(use(bot, VisibleJobs), viewer, browsing)
    shown = listed[:PAGE_JOBS]
    cards = await _cards(bot, viewer.guild_id, shown)
    seen = [(cards[each.job.card_id], each.job) for each in shown if each.job.card_id in cards]
    return Page(
        browsing=browsing,
        jobs=shown,
        cards=cards,
        pictures=await use(bot, Thumbnails).of(viewer.member_id, seen),
        has_more=len(listed) > PAGE_JOBS,
        for_moderator=await is_moderator(interaction),
    )


async def _listed(jobs: VisibleJobs, viewer: Viewer, browsing: Browsing) -> list[ListedJob]:
    """Return the page's jobs, and one more if there is a next page."""
    limit, offset = PAGE_JOBS + 1, browsing.number * PAGE_JOBS
    if browsing.posted:
        return await jobs.posted(viewer, author_id=browsing.member_id, words=browsing.words, limit=limit, offset=offset)
    return await jobs.page(
        viewer,
        author_id=browsing.author_id(viewer.member_id),
        states=browsing.states,
        words=browsing.words,
        limit=limit,
        offset=offset,
    )


async def _cards(bot: Bot, guild_id: int, listed: Sequence[ListedJob]) -> dict[str, Card]:
    wanted = dict.fromkeys(each.job.card_id for each in listed if each.seen)
    found = [await use(bot, Cards).get(guild_id, card_id) for card_id in wanted]
    return {card.id: card for card in found if card is not None}


# ---------------------------------------------------------------------- its controls


@on("jobs_page")
async def turn_page(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    await _show_instead(interaction, Browsing.parse(subject, interaction.message))


@on("jobs_whose")
async def change_whose(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    await _show_instead(interaction, Browsing.parse(subject, interaction.message))


@on("jobs_state")
async def change_state(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    if not values or values[0] not in {ANY, *STATES}:
        raise InputError(GONE)
    await _show_instead(interaction, replace(Browsing.parse(subject, interaction.message), state=values[0]))


@on("jobs_open")
async def open_chosen(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    if not values:
        raise InputError(GONE)
    await open_job(interaction, values[0])


@on(SEARCH_ACTION)
async def ask_words(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    browsing = Browsing.parse(subject, interaction.message)
    await require_may_browse(interaction, browsing)

    async def found(sent: Interaction, words: str) -> None:
        await _show_instead(sent, replace(browsing.at(0), typed=clean_text(words)))

    about = (texts.SEARCH_FORM, texts.SEARCH_WORDS, texts.SEARCH_HINT)
    form = TextForm(interaction.client, *about, text=browsing.typed, chars=WORDS_CHARS, then=found)
    await form.open(interaction)
