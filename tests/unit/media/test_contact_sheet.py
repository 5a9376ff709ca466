"""The contact sheet: real pictures, hostile ones, and a process that is never left behind."""

from __future__ import annotations

import io
import os
import struct
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from bot.media import contact_sheet
from bot.media.caged import CagedError
from bot.media.contact_sheet import GAP, TILE, Tile, draw
from tests.support.decoders import with_code


def picture(folder: Path, name: str, colour: str, size: tuple[int, int] = (96, 64)) -> str:
    Image.new("RGB", size, colour).save(folder / name)
    return name


def bomb(folder: Path, edge: int = 30_000) -> str:
    """Write a small file that claims to be, and unpacks to, 900 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\0" * (edge // 8 + 1)
    packed = b"".join(packer.compress(row) for _ in range(edge)) + packer.flush()
    head = struct.pack(">IIBBBBB", edge, edge, 1, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    assert len(data) < 200_000
    (folder / "bomb.png").write_bytes(data)
    return "bomb.png"


def tiles(*files: str | None) -> list[Tile]:
    return [Tile(number=number, caption=f"fox {number}", file=file) for number, file in enumerate(files, start=1)]


def middle_of(sheet: Image.Image, place: int) -> tuple[int, ...]:
    """Return the colour in the middle of a tile of the first row."""
    pixel = sheet.getpixel((GAP + place * (TILE + GAP) + TILE // 2, GAP + TILE // 2))
    assert isinstance(pixel, tuple)
    return pixel


def is_near(pixel: tuple[int, ...], colour: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 12 for one, other in zip(pixel, colour, strict=True))


async def test_pictures_stand_in_their_order_in_tiles_of_one_size(tmp_path: Path):
    names = [
        picture(tmp_path, "a.png", "#ff0000"),
        picture(tmp_path, "b.jpg", "#00ff00", (640, 64)),
        picture(tmp_path, "c.webp", "#0000ff", (32, 900)),
    ]
    path = await draw(tmp_path, tiles(*names))
    with Image.open(path) as sheet:
        assert sheet.format == "JPEG"
        assert sheet.width == GAP + 3 * (TILE + GAP)
        for place, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255)]):
            assert is_near(middle_of(sheet, place), colour)


async def test_twenty_pictures_with_any_captions_are_a_sheet_of_a_moderate_size(tmp_path: Path):
    captions = ["", "a fox " * 40, "日本語", "é\x00\ud800", "\n|`"]
    made = [
        Tile(number=place + 1, caption=captions[place % 5], file=picture(tmp_path, f"{place}.png", "#808080"))
        for place in range(20)
    ]
    path = await draw(tmp_path, made)
    with Image.open(path) as sheet:
        assert sheet.width == GAP + 5 * (TILE + GAP)
    assert path.stat().st_size < 1_000_000


@pytest.mark.long
async def test_a_decompression_bomb_is_refused_and_the_others_are_shown(tmp_path: Path):
    path = await draw(tmp_path, tiles(bomb(tmp_path), picture(tmp_path, "b.png", "#00ff00")))
    with Image.open(path) as sheet:
        assert is_near(middle_of(sheet, 0), (0x34, 0x36, 0x3C))
        assert is_near(middle_of(sheet, 1), (0, 255, 0))


@pytest.mark.long
async def test_without_a_single_picture_that_can_be_read_there_is_no_sheet(tmp_path: Path):
    (tmp_path / "not.png").write_bytes(b"\x89PNG\r\n\x1a\nnot a picture")
    (tmp_path / "ps.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    with pytest.raises(CagedError, match="none of the pictures"):
        await draw(tmp_path, tiles("not.png", "ps.png", None, "gone.png", bomb(tmp_path)))


async def test_a_name_leads_nowhere_outside_the_folder(tmp_path: Path):
    inner = tmp_path / "inner"
    inner.mkdir()
    picture(tmp_path, "outside.png", "#ff0000")
    with pytest.raises(CagedError):
        await draw(inner, tiles("../outside.png", str(tmp_path / "outside.png")))


@pytest.mark.long
async def test_a_process_that_hangs_is_cut_and_gone(tmp_path: Path):
    os.mkfifo(tmp_path / "never.png")  # opening it waits for somebody who writes
    with pytest.raises(CagedError, match="not done within"):
        await draw(tmp_path, tiles("never.png"), timeout_s=1.5)
    assert working_in(tmp_path) == []


def working_in(folder: Path) -> list[Path]:
    """Return the processes whose working directory is the folder."""
    return [each for each in Path("/proc").glob("[0-9]*/cwd") if _leads_to(each, folder)]


def _leads_to(link: Path, folder: Path) -> bool:
    try:
        return link.readlink() == folder
    except OSError:
        return False


async def run_restricted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Run `code` in place of the drawing, under the same limits."""
    monkeypatch.setattr(contact_sheet, "INSTALLED", str(with_code(tmp_path, code)))
    await draw(tmp_path, tiles(picture(tmp_path, "a.png", "#ff0000")))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("bytearray(2 * 1024**3)", "MemoryError"),
        ("open('big', 'wb').write(bytes(64 * 1024**2))", "ended with"),
        ("import os; assert set(os.environ) <= {'PYTHONPATH', 'LC_CTYPE'}; raise SystemExit(7)", "ended with 7"),
    ],
    ids=["memory", "file size", "no environment"],
)
async def test_what_runs_there_has_little_to_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, said: str):
    with pytest.raises(CagedError, match=said):
        await run_restricted(tmp_path, monkeypatch, code)


def test_the_bot_does_not_load_a_decoder_for_it():
    import subprocess

    code = "import sys, bot.media.contact_sheet; sys.exit(any(name.startswith('PIL') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_picture_with_transparency_stands_on_grey(tmp_path: Path):
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    sheet = contact_sheet.drawn(tiles("clear.png"), tmp_path)
    assert sheet is not None
    assert is_near(middle_of(sheet, 0), (0x34, 0x36, 0x3C))
    sheet.save(io.BytesIO(), "JPEG")
