"""A language is a file: a copy of the project with one more speaks it everywhere, without another change."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polib  # type: ignore[import-untyped]
import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCALES = Path("bot/language/locales")
USES = """
import asyncio, json, sys

import aiohttp

from bot.app.entry_points import unconnected
from bot.delivery.answers.command_payload import Translator, payload_of
from bot.domain.server.guild_rules import SERVER_LANGUAGES, Rules
from bot.language import LANGUAGES, amount, from_discord, name_of, own_name, speaking, tr
from sandbox.demo.demo import Demo
from bot.settings import Settings
from tests.demo.test_demo_page_server import Browser


async def commands():
    async with unconnected(Settings(log_level="ERROR")) as bot:
        await bot.tree.set_translator(Translator())
        return await payload_of(bot.tree)


async def demo():
    async with Demo(joins=True, language="ko") as demo, aiohttp.ClientSession() as session:
        browser = Browser(session, demo.url)
        await browser.open()
        viewer, channel = demo.preview.viewers[0], demo.preview.channel
        _, offered = await browser.ask(f"/demo/offered?viewer={viewer.id}")
        async with demo.turn:
            answer = await viewer.slash(channel, "help")
        return {
            "locale": demo.bot.get_guild(channel.guild.id).preferred_locale.value,
            "offered": [each for each in offered["languages"] if each["here"]],
            "greeting": [each.description for message in channel.history() for each in message.embeds],
            "help": [each.description for each in answer.response.embeds],
        }


with speaking("ko"):
    said = [tr("Get support"), name_of("/image generate"), amount(1234.5)]
print(json.dumps({
    "language": LANGUAGES["ko"],
    "name": own_name("ko"),
    "from": from_discord("ko"),
    "setting": Rules.from_json({"language": "ko"}).language,
    "choices": list(SERVER_LANGUAGES),
    "said": said,
    "commands": asyncio.run(commands()),
    "demo": asyncio.run(demo()),
    "module": sys.modules["bot"].__file__,
}))
"""


def translated(place: Path) -> None:
    """Write a Korean file as a translator's tool does: each message in brackets, names as Discord takes them."""
    file = polib.pofile(str(ROOT / LOCALES / "messages.pot"))
    file.metadata |= {"Language": "ko", "Plural-Forms": "nplurals=1; plural=0;"}
    for entry in file:
        if entry.msgctxt == "name":
            entry.msgstr = f"{entry.msgid[:30]}_가"
        elif entry.msgid_plural:
            entry.msgstr_plural = {0: f"⟦{entry.msgid_plural}⟧"}
        else:
            entry.msgstr = f"⟦{entry.msgid}⟧"
    file.save(str(place))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("bot", "cogs", "sandbox"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.mo"))
    shutil.copy(ROOT / "cannon_bot.py", tmp_path)
    return tmp_path


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{ROOT}"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.long
def test_a_file_is_a_language_of_commands_answers_settings_and_the_demo(copy: Path):
    translated(copy / LOCALES / "ko.po")
    done = run(copy, "-c", USES)
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout.splitlines()[-1])
    assert got["module"] == str(copy / "bot" / "__init__.py")
    assert (got["language"], got["name"], got["from"], got["setting"]) == (["ko"], "한국어", "ko", "ko")
    assert "ko" in got["choices"]
    assert got["said"] == ["⟦Get support⟧", "/image_가 generate_가", "1,234.5"]
    assert {each["name_localizations"]["ko"] for each in got["commands"] if each["type"] == 1} >= {
        "image_가",
        "jobs_가",
    }
    demo = got["demo"]
    assert (demo["locale"], demo["offered"]) == ("ko", [{"id": "ko", "name": "한국어", "here": True}])
    assert demo["greeting"]
    assert demo["help"]
    assert all("⟦" in each for each in (*demo["greeting"], *demo["help"]))


def test_a_file_that_cannot_be_read_ends_the_start_with_its_line(copy: Path):
    (copy / LOCALES / "ko.po").write_text('msgid "Open"\n<<<<<<< ours\nmsgstr "열림"\n', encoding="utf-8")
    done = run(copy, "-m", "bot", "demo", "--no-browser")
    assert done.returncode == 1
    assert "a translation can't be read: ko.po:2: " in done.stderr
    assert "Traceback" not in done.stderr
