"""How a page of the gallery is drawn: a panel of Components V2 with a section for each job, and controls below it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.delivery.card_states import state_word
from bot.delivery.colours import NEUTRAL
from bot.delivery.formatting import message_link
from bot.domain.harmless_text import harmless, harmless_within
from bot.domain.models import Card, Job
from bot.domain.text import one_line, shortened, stamp
from bot.domain.texts import mention
from bot.generation.visible_jobs import ListedJob
from bot.language import tr
from bot.store.jobs.job_lists import SEARCHED
from cogs.jobs import texts
from cogs.jobs.browsing import ALL, MINE, SEARCH_ACTION, Browsing
from cogs.ui.controls import Control
from cogs.ui.limit_text import cost_words

PAGE_JOBS = 6
"""With a picture each, below the 40 components that such a message may have."""
PROMPT_CHARS, TITLE_CHARS, LABEL_CHARS = 150, 60, 100
"""Escaped, the texts of a page stay below the 4000 characters that all of a message may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is on a page."""

    browsing: Browsing
    jobs: Sequence[ListedJob]
    cards: Mapping[str, Card]
    """The cards of those that are seen, by their ids."""
    pictures: Mapping[str, str]
    """Links to pictures, by the jobs' ids."""
    has_more: bool
    for_moderator: bool


def gallery(bot: CannonBot, page: Page) -> discord.ui.LayoutView:
    """Draw a page."""
    box: discord.ui.Container[Any] = discord.ui.Container(accent_colour=NEUTRAL)
    box.add_item(discord.ui.TextDisplay(_heading(page.browsing)))
    for listed in page.jobs:
        box.add_item(discord.ui.Separator())
        text, picture = _job_text(bot, page, listed), page.pictures.get(listed.job.id)
        if picture is None:
            box.add_item(discord.ui.TextDisplay(text))
        else:
            box.add_item(discord.ui.Section(text, accessory=discord.ui.Thumbnail(picture)))
    if not page.jobs:
        is_narrowed = page.browsing != Browsing(whose=page.browsing.whose)
        box.add_item(discord.ui.TextDisplay(str(texts.NOTHING_FOUND if is_narrowed else texts.NOTHING_YET)))
    view: discord.ui.LayoutView = discord.ui.LayoutView(timeout=None)
    view.add_item(box)
    for row in _rows(bot, page):
        view.add_item(discord.ui.ActionRow(*row))
    return view


def _heading(browsing: Browsing) -> str:
    title = {MINE: str(texts.YOUR_JOBS), ALL: str(texts.ALL_JOBS)}.get(browsing.whose)
    number = browsing.number + 1
    small = texts.searched_line(number, SEARCHED) if browsing.typed else texts.page_line(number)
    return f"### {title or texts.jobs_of(int(browsing.whose))}\n-# {small}"


def _job_text(bot: CannonBot, page: Page, listed: ListedJob) -> str:
    """Return what is shown of a job; of one that the reader may not see neither words nor place."""
    job = listed.job
    facts = [f"**{_title(bot, job)}**", state_word(job.state), cost_words(job), stamp(job.created_at)]
    if page.browsing.whose != MINE:
        facts.append(mention(job.author_id))
    prompt = f"> {harmless(shortened(one_line(job.prompt), PROMPT_CHARS))}"
    first = [] if not listed.seen or not job.prompt.strip() else [prompt]
    card = page.cards.get(job.card_id)
    is_linked = card is not None and card.message_id is not None and card.is_in_channel and not card.private
    last = [texts.open_card(message_link(card))] if is_linked and card is not None else []
    return "\n".join([*first, " · ".join(facts), "-# " + " · ".join([f"`{job.id}`", *last])])


def _title(bot: CannonBot, job: Job) -> str:
    operation = bot.catalogue.find(job.operation)
    return harmless_within(job.operation if operation is None else tr(operation.title), TITLE_CHARS)


def _rows(bot: CannonBot, page: Page) -> Iterator[list[Control]]:
    """Yield the rows of controls below a page."""
    if page.jobs:
        options = [_choice(bot, each) for each in page.jobs]
        yield [Control.select("jobs_open", "job", placeholder=texts.OPEN_JOB, options=options)]
    browsing = page.browsing
    states = [
        discord.SelectOption(label=str(name), value=value, default=value == browsing.state)
        for value, name in texts.STATES.items()
    ]
    yield [Control.select("jobs_state", browsing.at(0).subject, placeholder=texts.ANY_STATE, options=states)]
    turns = [(texts.NEWER, browsing.number - 1)] if browsing.number else []
    turns += [(texts.OLDER, browsing.number + 1)] if page.has_more else []
    buttons = [Control.button("jobs_page", browsing.at(number).subject, label=label) for label, number in turns]
    search = browsing.typed or str(texts.SEARCH)
    buttons.append(Control.button(SEARCH_ACTION, browsing.at(0).search_subject, label=search, emoji="🔎"))
    if page.for_moderator:
        whose, label = (ALL, texts.EVERYONES) if browsing.whose == MINE else (MINE, texts.MINE)
        other = Browsing(whose=whose, state=browsing.state)
        buttons.append(Control.button("jobs_whose", other.subject, label=label, emoji="👥"))
    yield buttons


def _choice(bot: CannonBot, listed: ListedJob) -> discord.SelectOption:
    job, operation = listed.job, bot.catalogue.find(listed.job.operation)
    title = job.operation if operation is None else tr(operation.title)
    words = one_line(job.prompt).strip() if listed.seen else ""
    label = shortened(words or title, LABEL_CHARS)
    return discord.SelectOption(label=label, value=job.id, description=shortened(f"{title} · {job.id}", LABEL_CHARS))
