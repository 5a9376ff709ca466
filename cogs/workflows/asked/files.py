"""Files given to a command or a form: an upload, a link, or an earlier job."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import discord

from bot.catalogue import Field, FieldKind
from bot.catalogue.catalogue import kinds_of
from bot.domain.models import SOURCE_KINDS
from bot.errors import InputError
from bot.generation.generation import SourceFile
from bot.generation.sources import SourceRef
from bot.language import Text, tr
from cogs.workflows import texts


def offered_files(
    fields: Sequence[Field],
    uploads: Iterable[discord.Attachment | None],
    typed: str,
    *,
    required: bool,
    label: str | Text = "",
) -> list[SourceFile]:
    """Return what was given for a field by upload, or typed as a link or a job's id; several for a list.

    Of several `fields`, the file's kind chooses. `label` names the file in sentences, instead of the field's.
    Raises InputError if one is required and none was given.
    """
    first, attachments = fields[0], [(each.url, each.filename) for each in uploads if each is not None]
    is_list, said = first.kind is FieldKind.URLS, str(label) if isinstance(label, Text) else tr(label or first.label)
    if is_list:
        links = map(SourceRef.of_text, typed.replace(",", " ").split())
        refs = [*(SourceRef(attachment=each) for each in attachments), *links]
    else:
        ref = SourceRef.of_text(typed.strip()) if typed else SourceRef()
        refs = [replace(ref, attachment=next(iter(attachments), None))]
    by_kind, name = {kind: each.name for each in fields for kind in kinds_of(each)}, first.name
    if required and not any(each.count for each in refs):
        raise InputError(texts.FILE_NOT_GIVEN(file=said), name)
    return [
        SourceFile(
            ref=each,
            label=said,
            field=name if len(fields) == 1 else None,
            by_kind=by_kind if len(fields) > 1 else {},
            kinds=frozenset(by_kind) or SOURCE_KINDS,
            into_list=is_list,
        )
        for each in refs
        if each.count
    ]
