"""Exports: a server's or a member's ledger as CSV, a member's jobs as JSON, without keys."""

import asyncio
import csv
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import IO, Any, TypeAlias, cast

import discord

from bot.delivery.channels.facts import MIB, REQUEST_LIMIT_BYTES
from bot.domain.texts import numbered_member
from bot.domain.words.text import cell
from bot.errors import InputError
from bot.store import START, Mark, ReportPage
from cogs.member import texts

MEMORY_BYTES = 1024 * 1024
"""A larger file is written to disk."""
FILES_LIMIT_BYTES = REQUEST_LIMIT_BYTES - MIB
"""For all files of a response; the rest of the request limit is left for its other parts."""
LEDGER_COLUMNS = (
    "id", "time", "member_id", "kind", "credits", "job_id", "operation", "model", "channel_id",
    "practice", "own_account",
)  # fmt: skip

Rows: TypeAlias = Sequence[Mapping[str, Any]]
NextPage: TypeAlias = Callable[[Mark], Awaitable[ReportPage]]
Written: TypeAlias = Callable[[Rows, bool, bool], str]
"""Writes the rows of a page as text; flags say whether it is the first and the last."""


async def export_files(
    stack: ExitStack, sources: Mapping[str, tuple[NextPage, Written]], packed_name: str, *, file_limit: int
) -> list[discord.File]:
    """Return a file for each source by its name, zipped if one is above `file_limit` bytes; `stack` closes them.

    Raises InputError if the archive is too large too.
    """
    made: dict[str, IO[bytes]] = {}
    for name, (next_page, form) in sources.items():
        made[name] = _opened(stack)
        await _write(made[name], next_page, form)
    sizes = [_size(file) for file in made.values()]
    if max(sizes) > file_limit or sum(sizes) > FILES_LIMIT_BYTES:
        packed = _opened(stack)
        await asyncio.to_thread(_pack, packed, made)
        if _size(packed) > min(file_limit, FILES_LIMIT_BYTES):
            raise InputError(texts.TOO_LARGE)
        made = {packed_name: packed}
    return [discord.File(cast("io.BufferedIOBase", file), filename=name) for name, file in made.items()]


def as_csv(rows: Rows, is_first: bool, is_last: bool) -> str:  # noqa: ARG001 - CSV has no end to write
    """Write ledger rows as CSV; the first page has the heading."""
    text = io.StringIO()
    writer = csv.writer(text)
    if is_first:
        writer.writerow(LEDGER_COLUMNS)
    writer.writerows([cell(row[column]) for column in LEDGER_COLUMNS] for row in rows)
    return text.getvalue()


def as_json(rows: Rows, is_first: bool, is_last: bool) -> str:
    """Write rows as a part of one JSON array, one a line. Only the last page may be empty."""
    start = "[" if is_first else "," if rows else ""
    return start + ",".join(f"\n{json.dumps(row)}" for row in rows) + ("\n]\n" if is_last else "")


def _opened(stack: ExitStack) -> IO[bytes]:
    # A nameless file on disk: nothing is left of it, however the process ends.
    return stack.enter_context(tempfile.SpooledTemporaryFile(MEMORY_BYTES))


async def _write(file: IO[bytes], next_page: NextPage, form: Written) -> None:
    """Write page by page, each in a thread: a large server has many."""
    mark: Mark | None = START
    while mark is not None:
        page = await next_page(mark)
        await asyncio.to_thread(_put, file, form, page.rows, mark is START, page.after is None)
        mark = page.after


def _put(file: IO[bytes], form: Written, rows: Rows, is_first: bool, is_last: bool) -> None:
    file.write(form([_readable(row) for row in rows], is_first, is_last).encode())


def _readable(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Replace the random id of a member whose data was deleted by a word."""
    member_id = int(row.get("member_id", 0))
    return {**row, "member_id": numbered_member(member_id)} if member_id < 0 else row


def _size(file: IO[bytes]) -> int:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size


def _pack(packed: IO[bytes], files: Mapping[str, IO[bytes]]) -> None:
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in files.items():
            with archive.open(name, "w") as inside:
                shutil.copyfileobj(file, inside)
