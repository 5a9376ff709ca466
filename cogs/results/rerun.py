"""From a result back to a request: the same again, a variant, an edit, or another try of what failed."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bot.app.client import CannonBot
from bot.catalogue import FieldKind, Operation
from bot.domain.guild_rules import Payer, Rules
from bot.domain.models import PAID_STATES, Job, JobState, MediaKind
from bot.domain.templates import OutputRef, output_of_step, outputs_in, text_output, with_outputs, without_braces
from bot.errors import InputError, Refused
from bot.generation.generation import Generation, SourceFile
from bot.generation.sources import SourceRef
from bot.generation.steps import PROMPT_OF_STEP_BEFORE, enhancer_of
from bot.jobs.card_spec import JobSpec
from cogs.ui.interaction import Interaction

IMAGE_EDIT, VARIANT = "image.edit", "prompt.enhance.variant"
REWRITES: Mapping[str, str] = MappingProxyType(
    {
        "subtle": "Keep the subject and the composition. Change only small details, such as the light or the colours.",
        "strong": "Keep the subject only. Change the composition, the setting and the mood boldly.",
    }
)
"""What a variant's prompt is rewritten to, by strength."""
CARRIED = ("aspect_ratio", "resolution")
"""What of a picture's input its variant keeps."""
RETRIED = frozenset({JobState.FAILED, JobState.EXPIRED, JobState.CANCELLED})
"""What may be tried again; what a moderator has refused may not."""
SAME_AGAIN_MAX = 4
OFF = "This server's moderators have switched re-runs off. The commands still work."
AUTHORS_ONLY = "In this server only who asked for a result may make more of it this way. The commands still work."
TOO_SOON = "You have pressed this a moment ago; it is being made. Press again in a few seconds for another."
ERASED = "Its record was erased, so nobody knows any more what it was made from."
NOTHING_FAILED = "Nothing of this can be tried again: it did not fail, or a moderator refused it."


def require_payer(rules: Rules, job: Job, member_id: int) -> None:
    """Raise Refused if this member may not make more of the job at their own cost, as the server decides."""
    if rules.rerun_payer is Payer.OFF:
        raise Refused(OFF)
    if rules.rerun_payer is Payer.AUTHOR and member_id != job.author_id:
        raise Refused(AUTHORS_ONLY)


async def is_private(bot: CannonBot, job: Job) -> bool:
    """Whether only its author sees the job's card."""
    card = await bot.parts.store.cards.get(job.guild_id, job.card_id)
    return card is not None and card.private


async def may_go_on(interaction: Interaction, job: Job, action: str) -> None:
    """Refuse who may not make more of the job here, and a double press. Raises Refused."""
    rules = await interaction.client.parts.store.settings.get(job.guild_id)
    require_payer(rules, job, interaction.user.id)
    not_twice(interaction, job, action)


def not_twice(interaction: Interaction, job: Job, action: str) -> None:
    """Refuse the second of a double press. Raises Refused."""
    if not interaction.client.cooldowns.start((interaction.user.id, job.card_id, action)):
        raise Refused(TOO_SOON)


async def cards_jobs(bot: CannonBot, job: Job) -> Sequence[Job]:
    """Return all jobs of the job's card."""
    return await bot.parts.store.jobs.of_card(job.guild_id, job.card_id)


def results(jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs of a card that are its results: those that no other of the card waits for."""
    awaited = {before for job in jobs for before in job.after_ids}
    return [job for job in jobs if job.id not in awaited]


async def same_again(bot: CannonBot, member_id: int, job: Job, *, private: bool, count: int = 1) -> Generation:
    """Return the request for the same once more, with new seeds. Raises InputError if its record was erased."""
    values, files = await _input(bot, member_id, job)
    return Generation(
        operation=job.operation,
        values=values,
        files=files,
        count=min(count, SAME_AGAIN_MAX),
        private=private,
        parent_id=job.id,
        reseed=True,
    )


def alike(jobs: Sequence[Job], job: Job) -> int:
    """Return how many results of the card were made with the same input as `job`, but for the seed."""
    wanted = _without_seed(job)
    return sum(other.operation == job.operation and _without_seed(other) == wanted for other in results(jobs))


def _without_seed(job: Job) -> dict[str, Any]:
    return {name: value for name, value in job.input.items() if name != "seed"}


def can_vary(bot: CannonBot, job: Job) -> bool:
    """Whether there is a variant of the job: it has words that describe it, and what makes the variant is on here."""
    operation = _operation(bot, job)
    if operation is None or not _prompt(job) or operation.workflow == "prompt":
        return False
    needed = [VARIANT, IMAGE_EDIT] if _is_picture(job) else [enhancer_of(operation, VARIANT), operation.id]
    return all(bot.parts.switches.is_on(job.guild_id, each) for each in needed)


async def varied(bot: CannonBot, member_id: int, job: Job, strength: str, *, private: bool) -> Generation:
    """Return the request for a variant: of a picture by editing it, of anything else by other words.

    `strength` is `subtle` or `strong`. Raises InputError.
    """
    if not job.input:
        raise InputError(ERASED)
    if not can_vary(bot, job):
        raise InputError("There is no variant of this: it has no prompt, or what makes one is switched off here.")
    fill = dict(PROMPT_OF_STEP_BEFORE)
    if _is_picture(job):
        before = JobSpec(operation=VARIANT, input={"prompt": _prompt(job), "rewriteRequest": REWRITES[strength]})
        picture = SourceFile(offered=SourceRef(job_id=job.id), label="picture", field="image_url")
        kept = {name: job.input[name] for name in CARRIED if name in job.input}
        return Generation(
            operation=IMAGE_EDIT,
            values={**kept, **_model(bot, job)},
            files=[picture],
            private=private,
            parent_id=job.id,
            before=[before],
            fill=fill,
        )
    operation = bot.catalogue.resolve(job.operation)
    before = JobSpec(
        operation=enhancer_of(operation, VARIANT), input={"prompt": _prompt(job), "rewriteRequest": REWRITES[strength]}
    )
    values, files = await _input(bot, member_id, job)
    values.pop("prompt")
    return Generation(
        operation=operation.id,
        values=values,
        files=files,
        private=private,
        parent_id=job.id,
        before=[before],
        fill=fill,
        reseed=True,
    )


def _is_picture(job: Job) -> bool:
    return any(medium.kind is MediaKind.IMAGE for medium in job.media)


def _prompt(job: Job) -> str:
    """Return the words that describe the result. Words that are spoken in it are not these."""
    prompt = job.input.get("prompt")
    return prompt if isinstance(prompt, str) else ""


def _model(bot: CannonBot, job: Job) -> dict[str, str]:
    """Return the picture's model, if it edits too."""
    editors = {model.id for model in bot.catalogue.resolve(IMAGE_EDIT).models}
    return {"model": job.model} if job.model is not None and job.model in editors else {}


def _operation(bot: CannonBot, job: Job) -> Operation | None:
    try:
        return bot.catalogue.resolve(job.operation)
    except InputError:
        return None


async def _input(bot: CannonBot, member_id: int, job: Job) -> tuple[dict[str, Any], list[SourceFile]]:
    """Return a job's input, its links taken out as files to be looked at: they may have died. Raises InputError."""
    if not job.input:
        raise InputError(ERASED)
    parent = None
    if job.parent_id is not None:
        parent = await bot.parts.store.job_lists.visible(job.guild_id, member_id, job.parent_id)
    values, files = dict(job.input), []
    for field in bot.catalogue.resolve(job.operation).fields:
        if field.kind not in {FieldKind.URL, FieldKind.URLS} or field.name not in values:
            continue
        links = values.pop(field.name)
        is_list = not isinstance(links, str)
        files += [
            SourceFile(offered=_offered(str(link), parent), label=field.label, field=field.name, into_list=is_list)
            for link in (links if is_list else [links])
        ]
    return values, files


def _offered(link: str, parent: Job | None) -> SourceRef:
    """Return a link as that of the parent's result where it is that: it can then be had again."""
    media = () if parent is None else parent.media
    found = next((medium for medium in media if medium.url == link), None)
    is_first = found is not None and next(medium for medium in media if medium.kind is found.kind) == found
    return SourceRef(job_id=parent.id) if parent is not None and is_first else SourceRef(url=link)


async def edited(
    bot: CannonBot, member_id: int, job: Job, *, private: bool
) -> tuple[Generation, dict[str, str], dict[str, Any]]:
    """Return what an edit of the job starts from: the request with its files, the form's texts by path, and the rest.

    The rest is what holds where the form has no room to ask for it. Raises InputError if its record was erased.
    """
    values, files = await _input(bot, member_id, job)
    texts: dict[str, str] = {}
    for name, value in values.items():
        inner = {f"{name}.{key}": each for key, each in value.items()} if isinstance(value, Mapping) else {name: value}
        texts |= {path: _text(each) for path, each in inner.items() if isinstance(each, str | int | float)}
    request = Generation(operation=job.operation, values={}, files=files, private=private, parent_id=job.id)
    return request, texts, values


def _text(value: str | float) -> str:
    """Write a value as it is typed."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


# ---------------------------------------------------------------------- another try


def to_retry(jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs of an ended card that another try would make: the failed ones and those after them."""
    if not all(job.state.ended for job in jobs):
        return []
    left = [job for job in jobs if job.state not in PAID_STATES]
    return left if any(job.state in RETRIED for job in left) and all(job.state in RETRIED for job in left) else []


async def another_try(bot: CannonBot, member_id: int, jobs: Sequence[Job], *, private: bool) -> Generation:
    """Return the request for what a card still lacks; it takes over what the steps before have made.

    Their links are looked at, and renewed where they have died: not within Discord's three seconds. Raises InputError
    or a MediaError.
    """
    left = to_retry(jobs)
    if not left:
        raise InputError(NOTHING_FAILED)
    if any(not job.input and not job.fill for job in left):
        raise InputError(ERASED)
    done = {job.id: job for job in jobs if job.state in PAID_STATES}
    places = {job.id: place for place, job in enumerate(left)}
    steps = [await _step(bot, job, done, places) for job in left]
    *before, last = steps
    values: dict[str, Any] = dict(last.input)
    files: list[SourceFile] = []
    if len(left) == 1 and not left[0].after_ids:
        values, files = await _input(bot, member_id, left[0])
    return Generation(
        operation=last.operation,
        values=values,
        files=files,
        private=private,
        parent_id=left[-1].id,
        before=before,
        fill=last.fill,
    )


async def _step(bot: CannonBot, job: Job, done: Mapping[str, Job], places: Mapping[str, int]) -> JobSpec:
    """Return a job as a step of a new card: outputs that are there go into its input, others stay to be filled in."""
    values: dict[str, Any] = dict(job.input)
    fill: dict[str, Any] = {}
    for name, template in job.fill.items():
        refs = outputs_in(template)
        is_open = any(ref.source in places for ref in refs)
        found: dict[OutputRef, object] = {}
        for ref in refs:
            if ref.source in places:
                found[ref] = output_of_step(places[ref.source], ref.key)
            else:
                text = await _output(bot, done, ref)
                found[ref] = without_braces(text) if is_open else text
        (fill if is_open else values)[name] = with_outputs(template, found)
        if is_open:
            values.pop(name, None)
    return JobSpec(operation=job.operation, input=values, fill=fill)


async def _output(bot: CannonBot, done: Mapping[str, Job], ref: OutputRef) -> str:
    """Return an earlier job's output, a link to its medium alive. Raises InputError or a MediaError."""
    job = done.get(ref.source)
    found = None if job is None else text_output(job.output, ref.key)
    if job is None or found is None:
        raise InputError(ERASED)
    for medium in job.media:
        if medium.url == found:
            source = await bot.parts.sources.of_job(job, medium, frozenset({medium.kind}), f"{medium.kind} of before")
            return source.url
    return found
