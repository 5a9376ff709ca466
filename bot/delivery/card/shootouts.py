"""What a shoot-out's card says: how far it is, and at its end which model made what, for how much, and who has won."""

from __future__ import annotations

from collections.abc import Sequence

from bot.catalogue import Catalogue, model_name
from bot.delivery import texts
from bot.domain.jobs.poll_schedule import whole_seconds
from bot.domain.models import MADE_STATES, Job, JobState, credits_words
from bot.domain.server.shootouts import LETTERS, Shootout, ShootoutEntry, has_result, letter
from bot.domain.words.text import harmless_within, stamp
from bot.language import sentences, span

MODEL_CHARS = 100


def shootout_lines(shootout: Shootout, jobs: Sequence[Job], catalogue: Catalogue) -> list[str]:
    """Return the lines between the prompt and the facts. Until the end none depends on which model made what."""
    if shootout.ended_at is not None:
        return _outcome(shootout, jobs, catalogue)
    if not all(job.state.ended for job in jobs):
        ready = sum(job.state in MADE_STATES for job in jobs)
        waits = [texts.STATES[JobState.AWAITING_APPROVAL]] if _any(jobs, JobState.AWAITING_APPROVAL) else []
        waits += [texts.WAITING_FOR_PRICE] if any(job.waits_for_price for job in jobs) else []
        return [texts.SHOOTOUT_MADE(ready=ready, count=len(jobs)), *map(str, waits)]
    lines = [texts.SHOOTOUT_WITHOUT(letter=letter(job)) for job in jobs if not has_result(job)]
    ends = "" if shootout.ends_at is None else texts.SHOOTOUT_ENDS(when=stamp(shootout.ends_at))
    return [str(texts.SHOOTOUT_ASKS), *lines, sentences(texts.SHOOTOUT_SO_FAR(count=shootout.votes), ends)]


def _any(jobs: Sequence[Job], state: JobState) -> bool:
    return any(job.state is state for job in jobs)


def _outcome(shootout: Shootout, jobs: Sequence[Job], catalogue: Catalogue) -> list[str]:
    made = [each for each in shootout.entries if each.seconds is not None]
    votes = sum(each.votes for each in made)
    winner = next((each for each in shootout.entries if each.won), None)
    if winner is not None:
        said = texts.SHOOTOUT_WON(letter=LETTERS[shootout.entries.index(winner)], model=_name(winner, jobs, catalogue))
    elif len(made) < 2:
        said = str(texts.SHOOTOUT_ALONE)
    else:
        said = str(texts.SHOOTOUT_TIE if votes else texts.SHOOTOUT_NO_VOTES)
    ranked = sorted(enumerate(shootout.entries), key=lambda each: -each[1].votes)
    return [said, *(_line(LETTERS[place], entry, jobs, catalogue) for place, entry in ranked)]


def _line(own: str, entry: ShootoutEntry, jobs: Sequence[Job], catalogue: Catalogue) -> str:
    name = _name(entry, jobs, catalogue)
    if entry.seconds is None:
        return texts.SHOOTOUT_MISSED(letter=own, model=name)
    cost = "" if entry.credits is None else credits_words(entry.credits)
    facts = [texts.SHOOTOUT_VOTES(count=entry.votes), cost, span(whole_seconds(entry.seconds))]
    return texts.SHOOTOUT_LINE(letter=own, model=name, facts=" · ".join(each for each in facts if each))


def _name(entry: ShootoutEntry, jobs: Sequence[Job], catalogue: Catalogue) -> str:
    operation = catalogue.find(jobs[0].operation)
    name = entry.model if operation is None else model_name(operation, entry.model)
    return harmless_within(name, MODEL_CHARS).strip()
