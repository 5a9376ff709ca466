"""Files given to a command or a form: an upload, a link, or an earlier job."""

from collections.abc import Mapping
from dataclasses import replace

import discord

from bot.domain.models import SOURCE_KINDS, MediaKind
from bot.errors import InputError
from bot.generation.generation import SourceFile
from bot.generation.sources import SourceRef
from bot.language import Text, tr
from cogs.workflows import texts


def offered_file(
    label: str | Text,
    *,
    attachment: discord.Attachment | None = None,
    url: str | None = None,
    job: str | None = None,
    field: str | None = None,
    by_kind: Mapping[MediaKind, str] | None = None,
    kinds: frozenset[MediaKind] = SOURCE_KINDS,
    required: bool = False,
) -> list[SourceFile]:
    """Return the file given in one of three ways, [] without one. Raises InputError if one is required.

    `label` names it in sentences; a `str` is the label of a field of the catalogue.
    A link option takes a job's id too: a command may have no room for an option of its own.
    """
    typed = SourceRef() if url is None else SourceRef.of_text(url.strip())
    offered = SourceRef(
        attachment=None if attachment is None else (attachment.url, attachment.filename),
        url=url if job is not None else typed.url,
        job_id=typed.job_id if job is None else job,
    )
    if offered.count == 0:
        if required:
            raise InputError(texts.FILE_NOT_GIVEN(file=_said(label)), field)
        return []
    return [SourceFile(ref=offered, label=_said(label), field=field, by_kind=by_kind or {}, kinds=kinds)]


def offered_files(
    label: str | Text,
    *uploads: discord.Attachment | None,
    url: str | None = None,
    job: str | None = None,
    field: str,
    kinds: frozenset[MediaKind] = SOURCE_KINDS,
    required: bool = False,
) -> list[SourceFile]:
    """Return the files of a list field; `url` may hold several links.

    Raises InputError if one is required and none was given.
    """
    files = [offered_file(label, attachment=upload, field=field, kinds=kinds) for upload in uploads]
    files += [offered_file(label, url=link, field=field, kinds=kinds) for link in (url or "").replace(",", " ").split()]
    files.append(offered_file(label, job=job, field=field, kinds=kinds))
    found = [replace(file, into_list=True) for given in files for file in given]
    if required and not found:
        raise InputError(texts.FILE_NOT_GIVEN(file=_said(label)), field)
    return found


def _said(label: str | Text) -> str:
    return str(label) if isinstance(label, Text) else tr(label)
