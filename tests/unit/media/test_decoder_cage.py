"""What a decoder that somebody has taken over could reach: nothing of the bot, no network, and little memory."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from bot.media import contact_sheet, decoder_cage
from bot.media.caged import CagedError
from bot.media.contact_sheet import Tile, draw
from bot.media.decoder_cage import Closes, closes
from tests.support.decoders import FILES_SINCE, NETWORK_SINCE, as_bot, landlock, with_code

SHEET_MAX_MIB = 256
AT_ONCE = 2
DRAW = """
import asyncio, pathlib, resource, sys
from bot.media import contact_sheet
from bot.media.caged import CagedError
from bot.runtime.process import close_to_others
close_to_others()
if sys.argv[2] != "-":
    contact_sheet.INSTALLED = sys.argv[2]
folder = pathlib.Path(sys.argv[1])
tiles = [contact_sheet.Tile(number=n, caption="x", file=name) for n, name in enumerate(sys.argv[3:], 1)]
try:
    asyncio.run(contact_sheet.draw(folder, tiles))
    print("drawn")
except CagedError as error:
    print("no sheet:", error)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""
"""Draws as the bot does, from a process that is guarded as the bot's; prints what came of it, and the child's MiB."""

files_closed = pytest.mark.skipif(landlock() < FILES_SINCE, reason="the kernel has no Landlock")
network_closed = pytest.mark.skipif(landlock() < NETWORK_SINCE, reason="the kernel's Landlock closes no connections")


def said_by(tmp_path: Path, code: str) -> str:
    """Return how a decoder ends that runs `code`: with its own SystemExit, or with what it was refused."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(folder / "a.png")
    done = as_bot(DRAW, folder, with_code(tmp_path, code), "a.png")
    assert done.returncode == 0, done.stderr
    return done.stdout


REACHED = "raise SystemExit(99)"
"""What the decoder does when it has what it must not have."""


@pytest.mark.long
def test_what_a_decoder_runs_is_seen_here(tmp_path: Path) -> None:
    assert "ended with 99" in said_by(tmp_path, REACHED), "the other tests show nothing without this"


@pytest.mark.long
@files_closed
def test_the_bots_environment_is_out_of_reach(tmp_path: Path) -> None:
    code = (
        "import os; found = open(f'/proc/{os.getppid()}/environ').read(); "
        f"exec('{REACHED}') if 'of-the-bot' in found else None"
    )
    assert "ended with 99" not in said_by(tmp_path, code)


@pytest.mark.long
@files_closed
def test_the_bots_memory_is_out_of_reach(tmp_path: Path) -> None:
    code = f"import os; open(f'/proc/{{os.getppid()}}/mem', 'rb'); {REACHED}"
    assert "ended with 99" not in said_by(tmp_path, code)


@pytest.mark.long
@files_closed
@pytest.mark.parametrize("name", ["bot.db", "bot.db.key"])
def test_the_database_and_its_key_are_out_of_reach(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("fernet-key-of-every-server")
    code = f"open({str(tmp_path / name)!r}).read(); {REACHED}"
    assert "ended with 99" not in said_by(tmp_path, code)


@files_closed
def test_nothing_can_be_written_outside_the_folder(tmp_path: Path) -> None:
    code = f"open({str(tmp_path / 'planted')!r}, 'w').write('x'); {REACHED}"
    assert "ended with 99" not in said_by(tmp_path, code)
    assert not (tmp_path / "planted").exists()


@pytest.mark.long
@network_closed
def test_no_connection_can_be_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2); {REACHED}"
        assert "ended with 99" not in said_by(tmp_path, code)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


@files_closed
def test_a_sheet_is_drawn_all_the_same(tmp_path: Path) -> None:
    for name in ("a.png", "b.jpg", "c.webp", "d.gif", "e.avif"):
        Image.new("RGB", (300, 200), "#336699").save(tmp_path / name)
    done = as_bot(DRAW, tmp_path, "-", "a.png", "b.jpg", "c.webp", "d.gif", "e.avif")
    assert done.stdout.startswith("drawn"), done.stdout + done.stderr


ATTACK = """
import json, os, pathlib, sys
from bot.media.caged import confine
from bot.media.contact_sheet import LIMITS, load
from tests.support.attack import attack
os.chdir(sys.argv[1])
load()
if sys.argv[3:]:
    confine(LIMITS)
print(json.dumps(attack(pathlib.Path(sys.argv[2]))))
"""
"""Attacks the process from inside; with a third argument, after it was confined to the folder as the drawing one is."""


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """Return a folder for pictures, and a file that is not in it."""
    folder, outside = tmp_path / "pictures", tmp_path / "outside"
    folder.mkdir()
    outside.write_text("of the bot")
    outside.chmod(0o600)
    return folder, outside


@files_closed
def test_an_attack_from_inside_finds_everything_closed_and_harms_nothing(places: tuple[Path, Path]) -> None:
    done = as_bot(ATTACK, *places, "confined")
    found = json.loads(done.stdout)
    if closes() is Closes.ALL:
        assert set(found.values()) == {"closed"}, found
    assert {"other files", "network", "programs", "processes", "namespaces", "priority", "processors"} <= set(found)


@files_closed
def test_what_is_open_without_the_cage_is_seen_by_the_attack(places: tuple[Path, Path]) -> None:
    done = as_bot(ATTACK, *places)
    assert json.loads(done.stdout) is None  # the program that it starts is all that is left of it


def test_the_filter_allows_the_same_calls_on_both_architectures_once_each() -> None:
    for column in (0, 1):
        numbers = [each[column] for each in decoder_cage._ALLOWED.values() if each[column] is not None]
        assert len(numbers) == len(set(numbers))
    assert all(each[1] is not None for name, each in decoder_cage._ALLOWED.items() if name not in OLD_CALLS)
    assert len(decoder_cage._ALLOWED) < 250  # a jump skips at most 255 instructions


OLD_CALLS = {"open", "stat", "lstat", "access", "unlink", "readlink", "gettimeofday", "time"}
"""aarch64 has their successors alone."""

SYSTEM_CALLS = """
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def peek():
    if libc.ptrace(16, os.getppid(), 0, 0):
        raise OSError
def look_into():
    if libc.process_vm_readv(os.getppid(), None, 0, None, 0, 0):
        raise OSError
for name, attempt in {
    "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "unix": lambda: socket.socket(socket.AF_UNIX),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "signal": lambda: os.kill(os.getppid(), 0),
    "ptrace": peek,
    "memory": look_into,
    "program": lambda: os.execv("/bin/true", ["true"]),
}.items():
    try:
        attempt()
    except OSError:
        continue
    raise SystemExit(f"reached: {name}")
raise SystemExit(98)
"""
"""Tries what a decoder has no use for; ends with 98 if it gets none of it."""


@pytest.mark.long
@pytest.mark.skipif(os.uname().machine not in {"x86_64", "aarch64"}, reason="the filter is for these alone")
def test_no_socket_no_program_and_no_other_process_is_reached(tmp_path: Path) -> None:
    assert "ended with 98" in said_by(tmp_path, f"exec({SYSTEM_CALLS!r}, {{}})")


def wide_png(width: int, height: int) -> bytes:
    """Return a small PNG in full colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer, row = zlib.compressobj(1), bytes(width * 3 + 1)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


LONG = pytest.mark.long


@pytest.mark.long
@pytest.mark.parametrize("width", [13_000, pytest.param(16_000, marks=LONG)], ids=["allowed", "refused"])
@pytest.mark.parametrize("form", ["webp", *(pytest.param(each, marks=LONG) for each in ("png", "gif", "jpg", "avif"))])
def test_a_sheet_of_huge_pictures_takes_little_memory(tmp_path: Path, form: str, width: int) -> None:
    """Few bytes that unpack to 39 or 48 million pixels; whether they are drawn or left out is not asked."""
    assert 13_000 * 3000 < contact_sheet.PIXELS_MAX < 16_000 * 3000
    name = f"a.{form}"
    if form == "png":
        (tmp_path / name).write_bytes(wide_png(width, 3000))
    else:
        more = {"webp": {"lossless": True, "method": 0}, "avif": {"speed": 10}}.get(form, {})
        Image.new("RGB", (width, 3000), "#204060").save(tmp_path / name, **more)
    done = as_bot(DRAW, tmp_path, "-", name)
    assert int(done.stdout.splitlines()[-1]) <= SHEET_MAX_MIB, done.stdout


@pytest.mark.long
@pytest.mark.parametrize("form", ["webp", *(pytest.param(each, marks=LONG) for each in ("png", "jpg", "gif", "avif"))])
def test_a_picture_in_4k_has_its_place(tmp_path: Path, form: str) -> None:
    Image.effect_noise((480, 270), 80).resize((3840, 2160)).convert("RGB").save(tmp_path / f"a.{form}")
    done = as_bot(DRAW, tmp_path, "-", f"a.{form}")
    assert done.stdout.startswith("drawn"), done.stdout + done.stderr


@pytest.mark.long
async def test_two_sheets_are_drawn_at_once_and_the_others_wait(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(3)]
    for folder in folders:
        folder.mkdir()
        os.mkfifo(folder / "never.png")  # opening it waits for somebody who writes
    tile = Tile(number=1, caption="x", file="never.png")
    drawing = [asyncio.create_task(draw(folder, [tile], timeout_s=1.0)) for folder in folders]
    most = 0
    while not all(task.done() for task in drawing):
        most = max(most, _running_in(folders))
        await asyncio.sleep(0.02)
    for task in drawing:
        with pytest.raises(CagedError):
            await task
    assert 0 < most <= AT_ONCE


def _running_in(folders: list[Path]) -> int:
    """Return how many processes have their working directory in one of the folders."""
    return sum(_is_in(each, folders) for each in Path("/proc").glob("[0-9]*/cwd"))


def _is_in(link: Path, folders: list[Path]) -> bool:
    with contextlib.suppress(OSError):
        return link.readlink() in folders
    return False


def test_a_guarded_process_hands_its_secrets_to_no_child() -> None:
    program = (
        "import os, subprocess, sys; from bot.settings import load_settings;"
        "settings = load_settings(None, need_token=False);"
        "from bot.runtime.process import close_to_others; close_to_others();"
        "print(subprocess.run([sys.executable, '-c', 'import os; print(dict(os.environ))'],"
        " capture_output=True, text=True).stdout)"
    )
    done = as_bot(program, CANNON_API_KEY="cs_live_of_the_host_000", SECRET_KEYS="s" * 40)
    assert done.returncode == 0, done.stderr
    for secret in ("of-the-bot", "of_the_host", "s" * 40):
        assert secret not in done.stdout


def test_a_guarded_process_is_not_dumped() -> None:
    program = (
        "import ctypes; from bot.runtime.process import close_to_others; close_to_others();"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"  # PR_GET_DUMPABLE
    )
    assert as_bot(program).stdout.strip() == "0"
