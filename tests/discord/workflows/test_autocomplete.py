from __future__ import annotations

from tests.support.rig import Rig
from tests.support.surface import watch

GENERATE = "image generate"


async def offered(rig: Rig, option: str, typed: str, **filled: object) -> list[dict]:
    return await rig.member.autocomplete(rig.channel, GENERATE, option, typed, **filled)


async def test_any_text_gets_an_answer_within_discords_limits(rig: Rig):
    for typed in ["x" * 6000, "\u202e\u0000", "```", "<@1>", " " * 50, "\n"]:
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
