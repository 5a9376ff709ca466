"""*Details* of a job, ephemerally: settings, ids, times, costs, family.

In Components V2, unlike the cards: sections, with the picture above.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import discord

from bot.catalogue import Catalogue, Operation
from bot.delivery.answers.deferral import defer
from bot.delivery.card.card import marked_words
from bot.delivery.card.states import cost_of_all, state_of, took_words
from bot.delivery.channels.facts import (
    COMPONENTS_PER_MESSAGE,
    FILES_PER_MESSAGE,
    TEXT_DISPLAYS_CHARS,
    UPLOAD_TIMEOUT_S,
    in_time,
)
from bot.delivery.channels.view import Controls, in_five_rows, message_link
from bot.delivery.posting.copies import ResultCopies, shown_jobs
from bot.delivery.texts import BASES, ENDED_BECAUSE, ON_OWN_ACCOUNT, WITH_CAST
from bot.domain.jobs.card_jobs import job_words, open_part
from bot.domain.models import PROMPT_FIELDS, Card, Job, JobState, credits_words
from bot.domain.money.limit_rules import WhatIsLeft
from bot.domain.server.shootouts import veiled
from bot.domain.words.text import harmless, harmless_within, shortened, stamp
from bot.errors import InputError
from bot.generation.sources import LookPace
from bot.jobs.surface import Later, NoPlace
from bot.language import listed, tr
from bot.store import Cards, Reviews, SpendingViews
from cogs.results import texts
from cogs.results.family import FamilyLine, back_select, drawn, line_of, with_pictures
from cogs.results.post_again import copy_buttons
from cogs.ui.controls import Control, on_job
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.panels import box_of, layout
from cogs.ui.permissions import file_limit_of
from cogs.ui.texts import GONE

DETAILS, REPORT = "details", "report"
ICON, REPORT_ICON = "\N{INFORMATION SOURCE}\N{VARIATION SELECTOR-16}", "🚩"
PROMPT_CHARS, ERROR_CHARS, VALUE_CHARS, SETTINGS_CHARS, IDS_SHOWN = 300, 300, 150, 1100, 25
"""Below what a panel's texts may have; the line gets what is left."""
SHOWN_INLINE = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".mp4", ".webm", ".mov")
"""Files that a gallery shows; others are listed by name."""


def details_button(job: Job) -> Control:
    """Return the button that every card has; through it a card's message names its job."""
    return Control.button(DETAILS, job.id, emoji=ICON)


def report_buttons(job: Job, reader_id: int) -> list[Control]:
    """Return the report button: none for the author, who can remove the result; one for each job of a vote."""
    if job.author_id == reader_id or not (job.is_secret or shown_jobs([job])):
        return []
    return [Control.button(REPORT, job.id, label=texts.REPORT, emoji=REPORT_ICON)]


def is_details(item: discord.ui.Item[Any]) -> bool:
    return isinstance(item, Control) and item.custom_id.split(":")[1] == DETAILS


@on_job(DETAILS, when_erased=True)
async def show_details(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Show a job's details ephemerally, if the member may see it: its line's pictures as soon as they are found."""
    known = await _known(interaction, job)
    await in_time(interaction.response.send_message(view=panel(known, []), ephemeral=True))
    known = await _with_pictures(interaction, known)
    if known.line.pictures:
        await in_time(interaction.edit_original_response(view=panel(known, [])))


async def show_job(interaction: Interaction, job: Job, rows: Sequence[Controls]) -> None:
    """Show the details with the job's files, as far as this member may have them, and rows of controls."""
    known = await _known(interaction, job)
    rows = [[item for item in row if not is_details(item)] for row in rows]
    if job.is_secret or job.state is not JobState.DELIVERED or not job.media:
        await in_time(interaction.response.send_message(view=panel(known, rows), ephemeral=True))
        return
    await defer(interaction, ephemeral=True, thinking=True)
    known = await _with_pictures(interaction, known)
    async with _files(interaction, known) as files:
        view = panel(known, rows, [file.filename for file in files])
        await in_time(interaction.edit_original_response(view=view, attachments=files), UPLOAD_TIMEOUT_S)


@contextlib.asynccontextmanager
async def _files(interaction: Interaction, known: JobFacts) -> AsyncIterator[list[discord.File]]:
    bot = interaction.client
    async with use(bot, LookPace).request(interaction.user.id), contextlib.AsyncExitStack() as stack:
        files: list[discord.File] = []
        with contextlib.suppress(NoPlace, Later):
            opened = use(bot, ResultCopies).opened(
                known.card, [known.job], member_id=interaction.user.id, file_limit=file_limit_of(interaction)
            )
            files = await stack.enter_async_context(opened)
        yield files[:FILES_PER_MESSAGE]


# ---------------------------------------------------------------------- what is known


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """What a member may know of a job."""

    card: Card
    job: Job
    jobs: Sequence[Job]
    """All jobs of the card."""
    catalogue: Catalogue
    operation: Operation | None
    line: FamilyLine
    reader_id: int
    """The reader."""
    left: WhatIsLeft | None = None
    """What the author has left, if they read it and a limit applies."""


async def _known(interaction: Interaction, job: Job) -> JobFacts:
    bot = interaction.client
    found = await use(bot, Cards).with_jobs(job.guild_id, job.card_id)
    if found is None:
        raise InputError(GONE)
    withheld = await use(bot, Reviews).withheld_of(job.guild_id, [each.id for each in found[1]])
    jobs = [veiled(each) for each in open_part(found[1], withheld)]
    is_own = found[0].author_id == interaction.user.id
    return JobFacts(
        left=await use(bot, SpendingViews).left_of(*found) if is_own and not (job.is_secret or job.own) else None,
        card=found[0],
        job=next(each for each in jobs if each.id == job.id),
        jobs=jobs,
        catalogue=bot.catalogue,
        operation=_operation(bot, job),
        line=await line_of(interaction, job),
        reader_id=interaction.user.id,
    )


async def _with_pictures(interaction: Interaction, known: JobFacts) -> JobFacts:
    return replace(known, line=await with_pictures(interaction, known.line))


def _operation(bot: Bot, job: Job) -> Operation | None:
    return bot.catalogue.find(job.operation)


# ---------------------------------------------------------------------- how it is drawn


def panel(facts: JobFacts, rows: Sequence[Controls], files: Sequence[str] = ()) -> discord.ui.LayoutView:
    """Draw the panel with these rows of controls; `files` are the attached files' names."""
    box = box_of()
    inline = [name for name in files if name.endswith(SHOWN_INLINE)]
    if inline:
        pictures = [discord.MediaGalleryItem(f"attachment://{name}", spoiler=facts.card.spoiler) for name in inline]
        box.add_item(discord.ui.MediaGallery(*pictures))
    for name in files:
        if name not in inline:
            box.add_item(discord.ui.File(f"attachment://{name}", spoiler=facts.card.spoiler))
    head, *others = sections(facts)
    box.add_item(discord.ui.TextDisplay(head))
    if facts.line.is_shown:
        box.add_item(discord.ui.Separator())
        for item in drawn(facts.line, facts.catalogue, room=TEXT_DISPLAYS_CHARS - len(head) - sum(map(len, others))):
            box.add_item(item)
    for text in others:
        box.add_item(discord.ui.Separator())
        box.add_item(discord.ui.TextDisplay(text))
    may_copy = shown_jobs([facts.job]) and not (facts.job.is_secret or facts.card.is_at_home)
    copying = copy_buttons(facts.job) if may_copy else []
    report = report_buttons(facts.job, facts.reader_id)
    view = layout(box, rows=in_five_rows([*rows, copying], report))
    back = back_select(facts.line, facts.catalogue)
    if back is not None and view.total_children_count + 2 <= COMPONENTS_PER_MESSAGE:
        view.add_item(discord.ui.ActionRow(back))
    return view


def sections(known: JobFacts) -> list[str]:
    """Return the texts of the panel, from top to bottom."""
    job = known.job
    parts = [_head(known)]
    settings = _within("\n".join(setting_lines(known.operation, job)), SETTINGS_CHARS)
    if settings:
        parts.append(f"{texts.SETTINGS}\n{settings}")
    parts.append("\n".join(_facts(known)))
    return parts


def _head(known: JobFacts) -> str:
    job = known.job
    title = tr(known.operation.title) if known.operation is not None else job.operation
    state = state_of(job)
    if job.error:
        state = ENDED_BECAUSE(state=state, reason=shortened(job.error, ERROR_CHARS))
    lines = [texts.heading(harmless_within(title, VALUE_CHARS)), state]
    words = job_words(job, marked_words(limit=PROMPT_CHARS // 2))
    lines += [f"> {line}" for line in words.splitlines()]
    players = job.casting.shown_to(is_author=known.reader_id == job.author_id)
    if players:
        lines.append(WITH_CAST(names=[harmless(name) for name in players]))
    if job.erased_at is not None:
        lines.append(str(texts.RECORD_ERASED))
    return "\n".join(lines)


def setting_lines(operation: Operation | None, job: Job) -> list[str]:
    """Return every sent field by label; of a link only the host, as it may be a key to a private file."""
    labels = {} if operation is None else {field.name: field.label for field in operation.fields}
    return [
        texts.SETTING(label=harmless_within(tr(labels.get(name, name)), VALUE_CHARS).capitalize(), value=_value(value))
        for name, value in job.input.items()
        if not (name in PROMPT_FIELDS and value == job.prompt and len(job.prompt) <= PROMPT_CHARS)
    ]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(texts.YES if value else texts.NO)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return listed(dict.fromkeys(map(_value, value)))
    text = value if isinstance(value, str) else json.dumps(_without_links(value), ensure_ascii=False)
    return harmless_within(_link_host(text) or text, VALUE_CHARS) or str(texts.NOTHING)


def _without_links(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_links(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_links(each) for each in value]
    return (_link_host(value) or value) if isinstance(value, str) else value


def _link_host(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        return ""
    try:
        return texts.FILE_FROM(host=urlsplit(text).hostname or "?")
    except ValueError:
        return texts.FILE_FROM(host="?")


def _within(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    whole_lines, _, _ = text[: limit - 2].rpartition("\n")
    return f"{whole_lines}\n…"


def _facts(known: JobFacts) -> Iterator[str]:
    card, job = known.card, known.job
    if not job.own or known.reader_id == job.author_id:  # what an own account pays is for its owner alone
        costs = cost_of_all([job]) if job.is_secret else texts.COSTS(cost=cost_of_all([job]), held=_held(job))
        if job.own:
            costs = f"{costs} · {ON_OWN_ACCOUNT}"
        yield costs if known.left is None else f"{costs} · {known.left.sentence()}"
    times = [
        (texts.REQUESTED_AT, job.created_at),
        (texts.SENT_AT, job.submitted_at),
        (texts.STARTED_AT, job.started_at),
    ]
    times += [(texts.FINISHED_AT, job.finished_at), (texts.POSTED_AT, job.delivered_at)]
    lines = [said(when=stamp(when, "T")) for said, when in times if when is not None]
    took = took_words(job)
    yield texts.TIMES(day=stamp(job.created_at, "d"), times=[*lines, *([texts.TOOK(span=took)] if took else [])])
    if card.has_link:
        yield texts.CARD_AT(link=message_link(card), member=card.author_id)
    else:
        yield texts.REQUESTED_BY(member=card.author_id)
    made_by = job.output.get("model")
    if isinstance(made_by, str) and made_by.strip():
        yield texts.MADE_BY(name=harmless_within(made_by, VALUE_CHARS))
    remote_id = harmless_within(job.remote_id or "", VALUE_CHARS)
    yield texts.IDS[bool(remote_id)](job_id=job.id, remote_id=remote_id, operation=job.operation)
    if len(known.jobs) > 1:
        yield texts.ALL_IDS(ids=[f"`{each.id}`" for each in known.jobs[:IDS_SHOWN]])


def _held(job: Job) -> str:
    basis = str(BASES[job.basis]) if job.basis in BASES else job.basis
    if job.raised and job.expected is None:
        return texts.HELD_AND_MORE(amount=credits_words(job.held), basis=basis, more=credits_words(job.raised))
    return texts.HELD(amount=credits_words(job.reserved), basis=basis)
