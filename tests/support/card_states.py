"""Every state of every card, drawn by the bot's own `card_embed` and `offered`. English only."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.delivery.card.card import card_embed
from bot.delivery.card.context import CardContext
from bot.domain.jobs.poll_schedule import Expected, JobProgress
from bot.domain.models import END_STATES, UNKNOWN, Books, Card, Job, JobState, Media, WaitsFor
from cogs.results.buttons import offered

DrawnCard = tuple[str, str, discord.Embed, list[list[discord.ui.Item[Any]]]]
NOW = 1_795_600_000.0
AUTHOR, CHANNEL, GUILD = 157_000_000_000_000_001, 157_000_000_000_000_002, 157_000_000_000_000_003
PROMPT = "A lighthouse in fog, the first ferry of the day, **grain** and a `long` line that has to wrap somewhere"
ERROR = "The model could not finish this request."


@dataclass(frozen=True, slots=True)
class CardKind:
    """A kind of card: its name and, for each job, operation, input and output."""

    name: str
    jobs: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any]]]
    label: str = ""


def _image(number: int) -> tuple[str, Mapping[str, Any], Mapping[str, Any]]:
    return (
        "image.generate",
        {"prompt": PROMPT, "model": "gptimage2", "aspect_ratio": "16:9", "seed": 40 + number},
        {"image_url": "https://files.invalid/1.png", "model": "fal-ai/gpt-image-2", "seed": 40 + number},
    )


KINDS: tuple[CardKind, ...] = (
    CardKind("one image", (_image(1),)),
    *(CardKind(f"{count} images", tuple(map(_image, range(count)))) for count in (2, 3, 4, 7)),
    CardKind(
        "video",
        (("video.generate", {"prompt": PROMPT, "duration": 8}, {"video_url": "https://files.invalid/1.mp4"}),),
    ),
    CardKind("sound", (("narration.generate", {"text": PROMPT}, {"audio_url": "https://files.invalid/1.mp3"}),)),
    CardKind(
        "rewritten prompt",
        (("prompt.enhance.image", {"prompt": PROMPT}, {"enhancedPrompt": "A lighthouse, soft light, fog banks"}),),
    ),
    CardKind(
        "recipe",
        (
            ("prompt.enhance.image", {"prompt": PROMPT}, {"enhancedPrompt": "A lighthouse, soft light, fog banks"}),
            _image(1),
            ("subtitles.generate", {}, {"video_url": "https://files.invalid/1.mp4"}),
        ),
        label="trailer",
    ),
)


@dataclass(frozen=True, slots=True)
class CardState:
    """A state: its name, and changes of the jobs and of the context."""

    name: str
    state: JobState
    values: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)
    delivered: int = 0
    """How many of its first jobs are posted already."""


def _states() -> Iterator[CardState]:
    """Every state of a job, then each variation of a state's text."""
    for state in JobState:
        ended = {"finished_at": NOW - 20, "submitted_at": NOW - 55} if state in END_STATES else {}
        failed = {"error": ERROR} if state in {JobState.FAILED, JobState.HELD, JobState.REFUSED} else {}
        yield CardState(state.value, state, {**ended, **failed})
    yield CardState("waiting, second in the queue", JobState.WAITING, context={"places": 2})
    yield CardState("waiting while paused", JobState.WAITING, context={"paused": True})
    yield CardState("waiting for a step", JobState.WAITING, {"after_ids": ("J1",)})
    yield CardState("price not known", JobState.SUBMITTING, {"basis": UNKNOWN})
    in_sight, short = JobProgress(expected=Expected(NOW + 40), share=0.45), JobProgress(expected=Expected(NOW + 8))
    guess = JobProgress(expected=Expected(NOW + 90), share=0.0, is_guess=True)
    late = JobProgress(expected=Expected(NOW + 75, is_late=True), share=0.93)
    hopeless = JobProgress(expected=Expected(None, is_late=True), share=0.97)
    yield CardState("expected in seconds", JobState.SUBMITTING, context={"progress": short})
    yield CardState("the first of its kind", JobState.SUBMITTING, context={"progress": guess})
    yield CardState("queued, with an end in sight", JobState.QUEUED, context={"progress": in_sight})
    yield CardState("processing, with an end in sight", JobState.PROCESSING, context={"progress": in_sight})
    yield CardState("taking longer than usual", JobState.PROCESSING, context={"progress": late})
    yield CardState("taking so long that nobody can say", JobState.PROCESSING, context={"progress": hopeless})
    yield CardState(
        "not wanted any more",
        JobState.PROCESSING,
        {"dropped_by": AUTHOR},
        context={"progress": in_sight, "dropped": True},
    )
    yield CardState("the first is there", JobState.PROCESSING, delivered=1)
    yield CardState("all but one failed", JobState.FAILED, {"error": ERROR}, delivered=1)
    yield CardState("the last two failed", JobState.FAILED, {"error": ERROR}, delivered=2)
    yield CardState("practice", JobState.DELIVERED, {"finished_at": NOW - 20, "books": Books.PRACTICE})
    yield CardState("charged for nothing", JobState.HELD, {"error": ERROR, "unusable": True})
    yield CardState("unusually long", JobState.PROCESSING, {"overdue_at": NOW - 900})
    for waits_for in (WaitsFor.CANNON, WaitsFor.ERROR):
        yield CardState(f"kept by {waits_for.value}", JobState.QUEUED, {"waits_for": waits_for, "next_at": NOW + 600})
    for waits_for in (WaitsFor.FILE, WaitsFor.DISCORD):
        yield CardState(f"kept by {waits_for.value}", JobState.READY, {"waits_for": waits_for, "next_at": NOW + 600})
    yield CardState("in review", JobState.READY, context={"withheld": True})
    yield CardState("private, reviewed", JobState.PROCESSING, context={"is_reviewed": True}, card={"private": True})
    yield CardState("private, for approval", JobState.AWAITING_APPROVAL, card={"private": True})
    yield CardState("what is left", JobState.SUBMITTING, context={"left": "488 of 500 credits a week"})
    yield CardState(
        "made from another",
        JobState.DELIVERED,
        {"finished_at": NOW - 20},
        {"made_from": "https://discord.com/channels/1/2/3"},
    )
    yield CardState("failed and billed", JobState.FAILED, {"error": ERROR, "cost": Decimal(12)})
    yield CardState("erased", JobState.DELIVERED, {"erased_at": NOW - 5, "input": {}, "output": {}, "media": ()})


def _jobs(kind: CardKind, state: CardState, card: Card, numbers: Iterator[int]) -> tuple[Job, ...]:
    jobs = []
    for position, (operation, given, output) in enumerate(kind.jobs):
        media = tuple(
            Media(url=str(value), kind=_media_kind(key), key=key)
            for key, value in output.items()
            if key.endswith("url")
        )
        number = next(numbers)
        is_there = position < state.delivered
        of = JobState.DELIVERED if is_there else state.state
        made = of in {JobState.READY, JobState.DELIVERED, JobState.HELD}
        job = Job(
            id=f"J{number:06}XYZ", card_id=card.id, guild_id=GUILD, position=position, author_id=AUTHOR,
            operation=operation, input=given, state=of, idempotency_key=f"key-{number}", key_id=None,
            held=Decimal(12), basis="estimate tool", cost=Decimal(12) if made else None, created_at=NOW - 60,
            started_at=NOW - 30 if state.state is JobState.PROCESSING else None,
            output=output if made else {}, media=media if made else (),
        )  # fmt: skip
        jobs.append(job if is_there else replace(job, **state.values))
    return tuple(jobs)


def _media_kind(key: str) -> Any:
    return {"image_url": "image", "video_url": "video", "audio_url": "audio"}[key]


def _context(bot: CannonBot, state: CardState, jobs: Sequence[Job]) -> CardContext:
    given = dict(state.context)
    shown = given.pop("progress", None)
    progress = {} if shown is None else {job.id: shown for job in jobs}
    dropped = frozenset(job.id for job in jobs) if given.pop("dropped", False) else frozenset()
    first = given.pop("places", None)
    places = {} if first is None else {job.id: first + number for number, job in enumerate(jobs)}
    withheld = frozenset(job.id for job in jobs) if given.pop("withheld", False) else frozenset()
    return CardContext(
        catalogue=bot.catalogue, now=NOW, author_name="Ada", progress=progress, places=places, withheld=withheld,
        dropped=dropped, **given,
    )  # fmt: skip


def drawn(bot: CannonBot) -> Iterator[DrawnCard]:
    """Yield every card: its kind, its state, its embed, and its rows of controls."""
    numbers = itertools.count(1)
    for kind in KINDS:
        for state in _states():
            card = Card(
                id="C1", guild_id=GUILD, channel_id=CHANNEL, author_id=AUTHOR, interaction_id=1,
                label=kind.label, created_at=NOW - 60,
            )  # fmt: skip
            card = replace(card, **state.card)
            jobs = _jobs(kind, state, card, numbers)
            embed = card_embed(card, jobs, _context(bot, state, jobs))
            yield kind.name, state.name, embed, offered(bot, jobs, linked=False, shown_above=None, private=False)
