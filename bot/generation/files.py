"""The files of a generation: each is checked, and its link filled in, before anything is spent."""

from __future__ import annotations

from dataclasses import replace

from bot.catalogue import Operation
from bot.domain.models import MediaKind
from bot.domain.visibility import Viewer
from bot.generation.generation import Generation, SourceFile
from bot.generation.sources import Source, Sources, probed


async def with_files(generation: Generation, operation: Operation, sources: Sources, viewer: Viewer) -> Generation:
    """Return the generation with its files among its values as links, and with what can be read from the files.

    Raises InputError or a MediaError.
    """
    values = dict(generation.values)
    found: dict[str, Source] = {}
    for file in generation.files:
        kinds = frozenset(file.by_kind) or _kinds(operation, file)
        source = await sources.find(viewer, file.ref, kinds, file.label)
        name = file.by_kind.get(source.facts.kind) or file.field or ""
        if file.into_list:
            values[name] = [*values.get(name, ()), source.url]
        else:
            values[name] = source.url
            found[name] = source
    return replace(generation, values={**probed(operation, values, found), **values}, files=())


def _kinds(operation: Operation, file: SourceFile) -> frozenset[MediaKind]:
    """Return the kinds that the file's field takes; those of the command if the operation's fields are not public."""
    for each in operation.fields:
        if each.name == file.field and each.media:
            return each.media
    return file.kinds
