"""Pictures that mean harm to their decoder: bounded in time and memory, and nothing beside them is run."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from bot.media.caged import CagedError
from bot.media.contact_sheet import Tile, draw

BOMB_BYTES = 100_000_000


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(extra: bytes) -> bytes:
    """Return a picture of 10 x 10 with a chunk more."""
    head = struct.pack(">IIBBBBB", 10, 10, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(31) * 10)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


BOMBS = {
    "zTXt": lambda packed: chunk(b"zTXt", b"Comment\0\0" + packed),
    "iTXt": lambda packed: chunk(b"iTXt", b"Comment\0\1\0\0\0" + packed),
    "iCCP": lambda packed: chunk(b"iCCP", b"x\0\0" + packed),
}


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(BOMBS))
async def test_a_text_or_profile_that_unpacks_to_a_hundred_megabytes_is_left_packed(tmp_path: Path, name: str) -> None:
    packed = zlib.compress(b"A" * BOMB_BYTES, 9)
    bad, good = tmp_path / "bad.png", tmp_path / "good.png"
    bad.write_bytes(png(BOMBS[name](packed)))
    Image.new("RGB", (64, 64), "#ff0000").save(good)
    tiles = [Tile(number=number, caption="x", file=file) for number, file in enumerate(("bad.png", "good.png"), 1)]
    assert (await draw(tmp_path, tiles)).stat().st_size > 1000


async def test_programs_that_lie_beside_the_pictures_are_not_run(tmp_path: Path) -> None:
    planted = tmp_path / "ran"
    for name in ("PIL.py", "json.py", "sitecustomize.py", "usercustomize.py", "resource.py"):
        (tmp_path / name).write_text(f"open({str(planted)!r}, 'w').close()")
    (tmp_path / "0.png").write_bytes(png(b""))
    await draw(tmp_path, [Tile(number=1, caption="x", file="0.png")])
    assert not planted.exists()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", marks=pytest.mark.long),
        b"<svg onload=alert(1)>",
        pytest.param(b"PK\x03\x04", marks=pytest.mark.long),
        pytest.param(b"MZ", marks=pytest.mark.long),
        pytest.param(b"GIF89a", marks=pytest.mark.long),
        b"\x89PNG\r\n\x1a\n",
    ],
)
async def test_what_is_no_picture_leaves_no_sheet_and_no_process(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(CagedError):
        await draw(tmp_path, [Tile(number=1, caption="x", file="a.png")])
