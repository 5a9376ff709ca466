from __future__ import annotations

import time

import discord
import pytest

from tests.support.machine import slowness
from tests.support.rig import Rig
from tests.support.surface import state_text, watch

GENERATE = "image generate"


async def offered(rig: Rig, option: str, typed: str, **filled: object) -> list[dict]:
    return await rig.member.autocomplete(rig.channel, GENERATE, option, typed, **filled)


@pytest.mark.parametrize("option", ["model", "aspect_ratio"])
async def test_known_values_are_offered_before_anything_is_typed(rig: Rig, option: str):
    choices = await offered(rig, option, "")
    assert 1 <= len(choices) <= 25
    assert all(1 <= len(choice["name"]) <= 100 and 1 <= len(str(choice["value"])) <= 100 for choice in choices)
    assert len({choice["value"] for choice in choices}) == len(choices)


@pytest.mark.parametrize(
    "typed", ["brand-new-model-9", pytest.param("Ünïcode 模型", marks=pytest.mark.long), "🦊", "a" * 100]
)
async def test_what_is_typed_is_offered_first_as_itself(rig: Rig, typed: str):
    first = (await offered(rig, "model", typed))[0]
    assert first["value"] == typed


async def test_a_free_model_id_is_taken_and_sent_as_typed(rig: Rig):
    await rig.member.slash(rig.channel, GENERATE, prompt="x", model="brand-new-model-9")
    await rig.work()
    [request] = rig.sandbox.requests
    assert request.input["model"] == "brand-new-model-9"
    [message] = rig.messages()
    assert state_text(message).startswith("Made with AI · brand-new-model-9 · ")


async def test_typing_narrows_the_offers_down(rig: Rig):
    everything = await offered(rig, "model", "")
    name = everything[-1]["name"].split()[0]
    found = await offered(rig, "model", name)
    assert any(choice["value"] == everything[-1]["value"] for choice in found)
    assert all(name.casefold() in (c["name"] + str(c["value"])).casefold() for c in found)


async def test_what_the_other_options_rule_out_is_not_offered(rig: Rig):
    choices = await rig.member.autocomplete(rig.channel, "finish upscale", "upscale_factor", "", model="Topaz Proteus")
    assert [choice["value"] for choice in choices] == [1, 2, 4]


@pytest.mark.parametrize(
    "typed",
    [
        "x" * 6000,
        pytest.param("\u202e\u0000", marks=pytest.mark.long),
        pytest.param("```", marks=pytest.mark.long),
        "<@1>",
        pytest.param(" " * 50, marks=pytest.mark.long),
        "\n",
    ],
)
async def test_any_text_gets_an_answer_within_discords_limits(rig: Rig, typed: str):
    for option in ("model", "aspect_ratio"):
        before = len(rig.env.http_requests)
        choices = await offered(rig, option, typed)
        assert len(rig.env.http_requests) == before + 1
        assert len(choices) <= 25
        assert all(1 <= len(choice["name"]) <= 100 and 1 <= len(choice["value"]) <= 100 for choice in choices)


async def test_offers_come_from_memory_alone_even_when_the_api_is_down(rig: Rig):
    calls = watch(rig)
    await rig.sandbox.close()
    before = len(rig.env.http_requests)
    assert await offered(rig, "model", "g")
    assert calls == []
    [answer] = rig.env.http_requests[before:]
    assert answer.path.endswith("/callback")


async def test_an_offer_takes_less_than_50_ms(rig: Rig, monkeypatch):
    emit, answer = rig.env.backend.emit, discord.InteractionResponse.autocomplete
    marks: list[float] = []

    def marked(event: str, payload: object) -> None:
        marks.append(time.perf_counter())
        emit(event, payload)

    async def answered(self: discord.InteractionResponse, choices: object) -> None:
        marks.append(time.perf_counter())
        await answer(self, choices)

    rig.env.backend.emit = marked
    monkeypatch.setattr(discord.InteractionResponse, "autocomplete", answered)
    for _ in range(5):
        await offered(rig, "model", "gpt")
    spans = [after - before for before, after in zip(marks[::2], marks[1::2], strict=True)]
    assert len(spans) == 5
    assert min(spans) < 0.05 * slowness()


async def test_models_learned_from_the_live_description_are_offered_at_once(rig: Rig):
    rig.sandbox.document = {
        "openapi": "3.1.0",
        "paths": {
            "/api/v1/requests": {
                "post": {
                    "requestBody": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "oneOf": [
                                        {
                                            "title": "Image Generation",
                                            "properties": {
                                                "operation": {"const": "image.generate"},
                                                "input": {
                                                    "type": "object",
                                                    "required": ["prompt"],
                                                    "properties": {
                                                        "prompt": {"type": "string"},
                                                        "model": {"type": "string", "enum": ["fresh-one", "fresh-two"]},
                                                    },
                                                },
                                            },
                                        }
                                    ]
                                }
                            }
                        }
                    }
                }
            }
        },
    }
    await rig.bot.parts.catalogue_refresh.refresh()
    values = {choice["value"] for choice in await offered(rig, "model", "fresh")}
    assert {"fresh-one", "fresh-two"} <= values
    await rig.restart()
    values = {choice["value"] for choice in await offered(rig, "model", "fresh")}
    assert {"fresh-one", "fresh-two"} <= values
