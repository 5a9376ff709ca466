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
    typed: str | None = None,
    field: str | None = None,
    by_kind: Mapping[MediaKind, str] | None = None,
    kinds: frozenset[MediaKind] = SOURCE_KINDS,
    required: bool = False,
) -> list[SourceFile]:
    """Return the file given by upload, or by a link or a job's id; [] without one. Raises InputError if it is required.

    `label` names it in sentences; a `str` is the label of a field of the catalogue.
    """
    ref = SourceRef() if not typed else SourceRef.of_text(typed.strip())
    if attachment is not None:
        ref = replace(ref, attachment=(attachment.url, attachment.filename))
    if ref.count == 0:
        if required:
            raise InputError(texts.FILE_NOT_GIVEN(file=_said(label)), field)
        return []
    return [SourceFile(ref=ref, label=_said(label), field=field, by_kind=by_kind or {}, kinds=kinds)]


def offered_files(
    label: str | Text,
    *uploads: discord.Attachment | None,
    typed: str | None = None,
    field: str,
    kinds: frozenset[MediaKind] = SOURCE_KINDS,
    required: bool = False,
) -> list[SourceFile]:
    """Return the files of a list field; `typed` may hold several links and jobs' ids.

    Raises InputError if one is required and none was given.
    """
    files = [offered_file(label, attachment=upload, field=field, kinds=kinds) for upload in uploads]
    files += [
        offered_file(label, typed=each, field=field, kinds=kinds) for each in (typed or "").replace(",", " ").split()
    ]
    found = [replace(file, into_list=True) for given in files for file in given]
    if required and not found:
        raise InputError(texts.FILE_NOT_GIVEN(file=_said(label)), field)
    return found


def _said(label: str | Text) -> str:
    return str(label) if isinstance(label, Text) else tr(label)
