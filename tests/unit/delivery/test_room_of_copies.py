"""Copies of results: all their files together fit one request."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bot.delivery.channels.facts import FILE_LIMIT_BYTES, MIB, REQUEST_LIMIT_BYTES
from bot.delivery.posting.copies import ResultCopies
from bot.domain.models import MediaKind
from bot.errors import MediaTooLarge
from bot.media.fetcher import LocalFile
from tests.unit.delivery.test_attachments import job

SIZE = 9 * MIB


class Host:
    """Serves files of one size to whoever takes so much, and notes how much each may have."""

    def __init__(self) -> None:
        self.limits: list[int] = []

    def of(self, **_: Any) -> Host:
        return self

    async def download(self, _url: str, folder: Path, stem: str, *, max_bytes: int, **_: Any) -> LocalFile:
        self.limits.append(max_bytes)
        if max_bytes < SIZE:
            raise MediaTooLarge("too large")
        path = folder / stem
        path.write_bytes(b"")
        return LocalFile(path=path, kind=MediaKind.IMAGE, content_type="image/png", size=SIZE, extension=".png")


async def test_the_files_of_a_copy_fit_one_request_together(tmp_path: Path):
    async def nothing(*_: Any, **__: Any) -> str:
        return ""

    host: Any = Host()
    nobody: Any = SimpleNamespace(require_person=nothing, made_with=nothing)
    copies = ResultCopies(
        nobody,
        gate=nobody,
        store=nobody,
        media=host,
        sources=nobody,
        drawing=nobody,
        languages=nobody,
        folder=tmp_path,
    )
    card: Any = SimpleNamespace(spoiler=False, guild_id=1)
    jobs = [job(0, files=2), job(1, files=2)]
    async with copies.opened(card, jobs, member_id=2, file_limit=FILE_LIMIT_BYTES) as files:
        assert len(files) == 2
    left = REQUEST_LIMIT_BYTES - 2 * SIZE
    assert host.limits == [FILE_LIMIT_BYTES, FILE_LIMIT_BYTES, left, left]
