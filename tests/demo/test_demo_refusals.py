"""On the demo's page a refusal is an answer like any other; only what the bot did not expect is a failed press."""

from __future__ import annotations

import pytest

from bot.errors import InputError
from bot.generation.generations import Generations
from sandbox.demo.demo import Demo
from tests.support.surface import private_sentence


async def test_a_refused_command_is_no_failure_and_an_unexpected_one_is(monkeypatch: pytest.MonkeyPatch):
    async with Demo(speed=20.0, lived_in=False) as demo:
        member, channel = demo.preview.viewers[0], demo.preview.channel

        async def generate() -> str:
            async with demo.turn:
                return private_sentence(await member.slash(channel, "image generate", prompt="a fox"))

        def refuses(*_given: object, **_named: object) -> None:
            raise InputError("Choose another prompt.")

        monkeypatch.setattr(Generations, "accept_or_quote", refuses)
        assert "Choose another prompt." in await generate()
        assert demo.env.errors == []

        def fails(*_given: object, **_named: object) -> None:
            raise LookupError("nobody expected this")

        monkeypatch.setattr(Generations, "accept_or_quote", fails)
        await generate()
        assert len(demo.env.errors) == 1


async def test_a_refused_form_is_no_failure():
    async with Demo(speed=20.0, lived_in=False) as demo:
        moderator = next(each for each in demo.preview.viewers if each.name == "morgan")
        channel = demo.preview.channel
        async with demo.turn:
            form = await moderator.slash(channel, "studio key")
            field = form.modal["components"][0]["components"][0]["custom_id"]
            answer = await moderator.submit_modal(form, {field: "nothing like a key"})
        assert private_sentence(answer)
        assert demo.env.errors == []
