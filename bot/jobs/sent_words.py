"""The words that a job sends to Cannon Studio, for the server's word list: every text of its input, at any depth."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.catalogue import Field, FieldKind
from bot.domain.templates import Template, words_in
from bot.domain.word_list import WordList
from bot.jobs.pricing import CheckedJob

_LINKS = frozenset({FieldKind.URL, FieldKind.URLS})


async def judged(job: CheckedJob, words: Sequence[str]) -> CheckedJob:
    """Return the job with the word list's verdict; it is made outside of transactions, in which others would wait."""
    is_forbidden = await has_forbidden_word(words, job.operation.fields, job.input, job.spec.fill)
    return replace(job, has_forbidden_word=is_forbidden)


async def has_forbidden_word(
    words: Sequence[str], fields: Sequence[Field], values: Mapping[str, Any], fill: Mapping[str, Template]
) -> bool:
    """Whether a text that is sent, or the words of a template of it, has one of `words`.

    Links to a job's files are no texts. A text is read in milliseconds, and others have their turn after each.
    """
    forbidden = WordList.of(words)
    for text in (*_texts(values, fields), *_texts_of_templates(fill, fields)) if words else ():
        if forbidden.first_in([text]) is not None:
            return True
        await asyncio.sleep(0)
    return False


def _texts(value: object, fields: Sequence[Field]) -> Iterator[str]:
    """Yield the texts of a value; of an object with these fields, the names that are none of theirs, too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        known = {each.name: each for each in fields}
        for name, inner in value.items():
            field = known.get(name)
            if field is None:
                yield name
                yield from _texts(inner, ())
            elif field.kind not in _LINKS:
                yield from _texts(inner, field.item_fields)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each, fields)


def _texts_of_templates(fill: Mapping[str, Template], fields: Sequence[Field]) -> Iterator[str]:
    links = {each.name for each in fields if each.kind in _LINKS}
    for name, template in fill.items():
        if name not in links:
            yield from words_in(template)
