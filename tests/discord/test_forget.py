"""`cannon-bot forget`: a host erases a server or a member whom the bot no longer sees."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from tests.support.erased import left_in_files, left_in_tables, sealed_key, send_key
from tests.support.recipes import new_recipe
from tests.support.rig import GUILD_KEY, Rig
from tests.support.surface import fill
from tests.unit.test_cli import cannon_bot

WORDS, TITLE, ELSEWHERE, NEIGHBOUR = "canary-prompt-xyzzy", "canary-recipe", "canary-elsewhere", "kept-neighbour"


async def lived_in(rig: Rig) -> tuple[int, int]:
    """Have a member ask here and on another server, and another member ask here; return the other server and him."""
    await send_key(rig, GUILD_KEY)
    await rig.member.slash(rig.channel, "image generate", prompt=f"{WORDS} #fast")
    await rig.moderator.slash(rig.channel, "image generate", prompt=f"{NEIGHBOUR} #fast")
    other = rig.env.create_guild("Other")
    place = other.create_text_channel("general")
    ada: Any = other.add_member(rig.member.user)
    await ada.slash(place, "image generate", prompt=f"{ELSEWHERE} #fast")
    await rig.work()
    own = rig.bot.parts.own_settings
    await own.set_style(rig.guild.id, rig.member.id, WORDS)
    await own.keep_preset(rig.guild.id, rig.member.id, WORDS, operation="image.generate", values={"style": WORDS})
    await own.set_style(other.id, rig.member.id, ELSEWHERE)
    form = await new_recipe(rig)
    texts = {"Name": TITLE, "About": "", "Inputs": "prompt: what", "Steps": "image.generate\nprompt: {prompt}"}
    await rig.moderator.submit_modal(form, fill(form, texts))
    return other.id, rig.member.id


def forget(folder: Path, *arguments: str, yes: bool = True) -> subprocess.CompletedProcess[str]:
    sure = ["--yes"] if yes else []
    return cannon_bot("forget", *arguments, *sure, cwd=folder, DATABASE=str(folder / "bot.db"))


async def test_a_server_is_forgotten_and_no_other(rig: Rig):
    await lived_in(rig)
    await rig.die()
    done = forget(rig.folder, "--guild", str(rig.guild.id))
    assert done.returncode == 0, done.stderr
    assert "2" in done.stdout, "it says how many jobs were erased"
    assert left_in_files(rig.folder, WORDS, TITLE, NEIGHBOUR) == {}
    assert left_in_tables(rig.folder, str(rig.moderator.id)) == {}, "nothing counts by members there any more"
    assert left_in_tables(rig.folder, ELSEWHERE)
    again = forget(rig.folder, "--guild", str(rig.guild.id))
    assert again.returncode == 0, "twice is no error"
    await rig.restart()


@pytest.mark.long
async def test_it_is_said_first_what_would_be_erased_also_next_to_a_running_bot(rig: Rig):
    _, member_id = await lived_in(rig)
    for arguments, said in (
        (("--guild", str(rig.guild.id)), f"would erase server {rig.guild.id} for good: 2 jobs"),
        (("--member", str(member_id)), "for good on 2 servers"),
    ):
        done = forget(rig.folder, *arguments, yes=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr
        assert "add --yes" in done.stderr
    assert left_in_tables(rig.folder, WORDS)


@pytest.mark.long
async def test_an_unknown_id_is_an_error(rig: Rig):
    other_id, member_id = await lived_in(rig)
    await rig.die()
    for arguments in (("--guild", "123456789012345678"), ("--member", "123456789012345678")):
        done = forget(rig.folder, *arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert "There is nothing of a" in done.stderr
    done = forget(rig.folder, "--member", str(member_id), "--guild", str(other_id + 1))
    assert (done.returncode, f"on server {other_id + 1}" in done.stderr) == (1, True)
    assert left_in_tables(rig.folder, WORDS)
    await rig.restart()


@pytest.mark.long
async def test_its_key_goes_too_even_sealed(rig: Rig):
    await lived_in(rig)
    sealed = sealed_key(rig)
    await rig.die()
    assert forget(rig.folder, "--guild", str(rig.guild.id)).returncode == 0
    assert left_in_files(rig.folder, sealed) == {}
    await rig.restart()


@pytest.mark.long
async def test_a_member_is_forgotten_on_all_servers_and_nobody_else_is(rig: Rig):
    _, member_id = await lived_in(rig)
    await rig.die()
    done = forget(rig.folder, "--member", str(member_id))
    assert done.returncode == 0, done.stderr
    assert left_in_files(rig.folder, WORDS, ELSEWHERE) == {}
    assert left_in_tables(rig.folder, NEIGHBOUR)
    assert left_in_tables(rig.folder, TITLE), "a recipe is the server's"
    await rig.restart()
    assert len(await rig.bot.parts.store.ledger.rows(rig.guild.id)) == 4


@pytest.mark.long
async def test_while_the_bot_runs_nothing_is_forgotten(rig: Rig):
    await lived_in(rig)
    done = forget(rig.folder, "--guild", str(rig.guild.id))
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "stop" in done.stderr.lower()
    assert left_in_tables(rig.folder, WORDS)


def test_whom_to_forget_is_said_by_number(tmp_path: Path) -> None:
    done = forget(tmp_path, "--guild", "x")
    assert done.returncode == 2
    assert "usage: cannon-bot" in done.stderr
    assert not (tmp_path / "bot.db").exists()


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE", str(tmp_path / "nothing.db"))
    monkeypatch.chdir(tmp_path)
    assert main(["forget", "--guild", "123456789012345678"]) != 0
    assert list(tmp_path.iterdir()) == []
