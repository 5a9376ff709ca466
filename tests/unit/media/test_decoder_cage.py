"""What a decoder that somebody has taken over could reach: nothing of the bot, no network, and little memory."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import av
import pytest

from bot.media import decoder_cage
from bot.media.caged import CagedError
from bot.media.decoder_cage import Closes, closes
from bot.media.film import last_frame
from tests.support.decoders import FILES_SINCE, NETWORK_SINCE, as_bot, landlock, with_code

OPEN = """
import asyncio, pathlib, sys
from bot.media import film
from bot.media.caged import CagedError
from bot.runtime.process import close_to_others
close_to_others()
if sys.argv[2] != "-":
    film.INSTALLED = sys.argv[2]
try:
    asyncio.run(film.last_frame(pathlib.Path(sys.argv[1]), "a.mp4"))
    print("made")
except CagedError as error:
    print("nothing:", error)
"""
"""Opens a film as the bot does, from a process that is guarded as the bot's; prints what came of it."""

files_closed = pytest.mark.skipif(landlock() < FILES_SINCE, reason="the kernel has no Landlock")
network_closed = pytest.mark.skipif(landlock() < NETWORK_SINCE, reason="the kernel's Landlock closes no connections")


def filmed(folder: Path) -> None:
    """Write a short film."""
    with av.open(str(folder / "a.mp4"), "w") as made:
        stream = made.add_stream("libx264", rate=4)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(4):
            made.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        made.mux(stream.encode(None))


def said_by(tmp_path: Path, code: str) -> str:
    """Return how a decoder ends that runs `code`: with its own SystemExit, or with what it was refused."""
    folder = tmp_path / "films"
    folder.mkdir()
    filmed(folder)
    done = as_bot(OPEN, folder, with_code(tmp_path, code))
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
def test_a_frame_is_made_all_the_same_and_programs_beside_the_film_are_not_run(tmp_path: Path) -> None:
    planted = tmp_path / "ran"
    for name in ("PIL.py", "av.py", "json.py", "sitecustomize.py", "usercustomize.py", "resource.py"):
        (tmp_path / name).write_text(f"open({str(planted)!r}, 'w').close()")
    filmed(tmp_path)
    done = as_bot(OPEN, tmp_path, "-")
    assert done.stdout.startswith("made"), done.stdout + done.stderr
    assert not planted.exists()


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", b"MZ"])
async def test_what_is_no_film_leaves_no_frame(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(CagedError):
        await last_frame(tmp_path, "a.mp4")


ATTACK = """
import json, os, pathlib, sys
from bot.media.caged import confine
from bot.media.film import LIMITS
from tests.support.attack import attack
os.chdir(sys.argv[1])
if sys.argv[3:]:
    confine(LIMITS)
print(json.dumps(attack(pathlib.Path(sys.argv[2]))))
"""
"""Attacks the process from inside; with a third argument, after it was confined to the folder as the opening one is."""


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """Return a folder for films, and a file that is not in it."""
    folder, outside = tmp_path / "films", tmp_path / "outside"
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


def test_the_bot_loads_no_decoder_of_pictures() -> None:
    code = "import sys, bot.delivery, bot.media.film; sys.exit(bool({'PIL', 'av'} & sys.modules.keys()))"
    assert as_bot(code).returncode == 0


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
