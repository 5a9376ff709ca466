"""Each interaction is answered in its member's language, and nothing of that reaches what others read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.errors import InputError
from bot.generation.visible_jobs import VisibleJobs
from bot.language import Text, current, speak
from cogs.moderate.api_key import KeyForm
from cogs.ui import controls
from cogs.ui.controls import Control
from cogs.ui.interaction import Interaction
from tests.support.channels import open_to_all
from tests.support.locales import speaks
from tests.support.pseudo import speak_pseudo, spoken
from tests.support.rig import ManualClock, Rig

NO = Text("This is not possible.")


@pytest.fixture(autouse=True)
def _pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    speak_pseudo(monkeypatch)


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have every control refuse, and note which language it did that in."""
    heard: list[str] = []

    async def refuse(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
        heard.append(current())
        await asyncio.sleep(0)
        raise InputError(NO)

    monkeypatch.setattr(controls, "_ACTIONS", dict.fromkeys(controls._ACTIONS, refuse))
    return heard


def filled(form: Any) -> dict[str, str]:
    """Return a form as it is sent, something typed into each of its inputs."""
    inputs = [each for row in form.modal["components"] for each in row.get("components", ())]
    return {each["custom_id"]: "cs_test_key_of_nobody_0000" for each in inputs}


async def panel(rig: Rig) -> Any:
    return (await rig.moderator.slash(rig.channel, "studio settings")).response


async def test_a_refusal_of_a_command_is_in_the_member_s_language(rig: Rig):
    open_to_all(rig)
    speaks(rig.member, "ja")
    refused = await rig.member.slash(rig.channel, "studio status")
    assert spoken(refused.response.content) == {"ja"}


async def test_a_refusal_of_a_control_is_in_the_language_of_who_presses(rig: Rig, probe: list[str]):
    shown = await panel(rig)
    speaks(rig.moderator, "pt-BR")
    refused = await rig.moderator.click(shown, custom_id="c1:set_page:operations")
    assert spoken(refused.response.content) == {"pt-BR"}
    assert probe == ["pt-BR"]


@dataclass
class Pressed:
    """As much of an interaction as a control needs to fail: two at once are more than simcord plays."""

    locale: discord.Locale
    reported: list[str] = field(default_factory=list)
    id: int = 1

    @property
    def client(self) -> Any:
        return SimpleNamespace(responses=self, clock=ManualClock())

    @property
    def response(self) -> Any:
        return SimpleNamespace(is_done=lambda: True)

    async def report(self, _interaction: Any, error: Exception) -> None:
        await asyncio.sleep(0)
        self.reported += [str(error), str(NO)]


async def test_two_members_who_press_at_once_each_read_their_own(probe: list[str]):
    french, japanese = Pressed(discord.Locale.french), Pressed(discord.Locale.japanese)
    button: discord.ui.Button[Any] = discord.ui.Button(custom_id="c1:set_page:panel")
    await asyncio.gather(*(Control(button).callback(each) for each in (french, japanese)))  # type: ignore[arg-type]
    assert french.reported == ["⟦fr:This is not possible.⟧"] * 2
    assert japanese.reported == ["⟦ja:This is not possible.⟧"] * 2
    assert sorted(probe) == ["fr", "ja"]


async def test_choices_are_listed_in_the_member_s_language(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    heard: list[str] = []
    search = VisibleJobs.results

    async def noting(visible: VisibleJobs, *args: Any, **values: Any) -> Any:
        heard.append(current())
        return await search(visible, *args, **values)

    monkeypatch.setattr(VisibleJobs, "results", noting)
    speaks(rig.member, "de")
    await rig.member.autocomplete(rig.channel, "image edit", "from", "")
    assert heard
    assert set(heard) == {"de"}


async def test_a_form_is_refused_in_the_member_s_language(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    async def refuse(_form: KeyForm, _interaction: Interaction) -> None:
        raise InputError(NO)

    monkeypatch.setattr(KeyForm, "answer", refuse)
    form = await rig.moderator.slash(rig.channel, "studio key", action="set")
    speaks(rig.moderator, "ja")
    refused = await rig.moderator.submit_modal(form, filled(form))
    assert spoken(refused.response.content) == {"ja"}


@pytest.mark.long
async def test_a_task_that_an_interaction_begins_speaks_no_member_s_language(rig: Rig):
    heard: list[str] = []

    async def note() -> None:
        heard.append(current())

    speak("ja")
    rig.bot._background.start(note(), "note")
    await rig.bot._background.finished()
    assert heard == ["en"]
    assert current() == "ja"
