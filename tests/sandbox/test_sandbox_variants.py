from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import aiohttp
import pytest

from sandbox.server import Sandbox
from sandbox.studio.error_bodies import STYLES
from sandbox.studio.variant import Variant

KEY = "cs_test_sandbox_key"
PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"
MCP = {"Accept": "application/json, text/event-stream"}
RENAMED = {"sora2.character.create": "sora2.cameo.create", "prompt.enhance.location": "prompt.enhance.place"}


def rows(heading: str) -> list[str]:
    table = PAGE.read_text("utf-8").partition(heading)[2].lstrip().partition("\n\n")[0]
    return re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)


def test_the_page_lists_exactly_the_options_the_shapes_and_the_styles_that_there_are():
    assert rows("| option | what it changes |") == [each.name for each in fields(Variant)]
    assert rows("| `error_style` | the body of an error |") == list(STYLES)


async def test_the_document_names_the_true_ids_and_nothing_that_is_gone(api, sandbox):
    vanished = ["sora2.video.remix"]
    sandbox.vary(renamed=RENAMED, vanished=vanished, added=["image.upscale"])
    async with api.get("/api/v1/openapi") as answer:
        text = await answer.text()
    assert answer.status == 200
    words = {*re.findall(r"[a-z0-9_]+(?:\.[a-z0-9_]+)+", text)}
    assert {"sora2.cameo.create", "prompt.enhance.place", "image.upscale", "image.generate"} <= words
    assert not {"sora2.character.create", "prompt.enhance.location", *vanished} & words
    json.loads(text)


async def test_only_the_true_id_of_a_renamed_operation_is_accepted(submit, sandbox):
    sandbox.vary(renamed=RENAMED)
    status, body = await submit("prompt.enhance.location", prompt="A harbor")
    assert (status, body["error"]["message"]) == (400, 'Unknown operation "prompt.enhance.location".')
    status, body = await submit("prompt.enhance.place", prompt="A harbor")
    assert (status, body["operation"]) == (202, "prompt.enhance.place")


async def test_the_output_repeats_the_true_id(submit, sandbox, finished):
    sandbox.vary(renamed=RENAMED)
    _, body = await submit("prompt.enhance.place", prompt="A harbor")
    document = await finished(body["id"])
    assert (document["operation"], document["output"]["operation"]) == ("prompt.enhance.place",) * 2


async def test_what_the_plan_lacks_is_refused_and_may_come_back(submit, sandbox):
    sandbox.vary(plan_without=["music.generate"])
    status, body = await submit("music.generate", prompt="A tune")
    assert (status, body["error"]["message"]) == (403, "Your plan does not include Generate Music.")
    assert (await submit("image.generate", prompt="A fox"))[0] == 202
    sandbox.vary(plan_without=[])
    assert (await submit("music.generate", prompt="A tune"))[0] == 202


async def test_what_vanished_is_unknown(submit, sandbox):
    sandbox.vary(vanished=["music.generate"])
    status, body = await submit("music.generate", prompt="A tune")
    assert (status, body["error"]["message"]) == (400, 'Unknown operation "music.generate".')


async def test_an_added_operation_makes_an_image(submit, sandbox, api, finished):
    sandbox.vary(added=["image.upscale"])
    _, picture = await submit(prompt="A fox")
    link = (await finished(picture["id"]))["output"]["image_url"]
    _, larger = await submit("image.upscale", image_url=link, scale=2)
    assert (await finished(larger["id"]))["output"]["image_url"].endswith(".png")


async def test_a_field_may_be_required_that_the_catalogue_does_not_know(submit, sandbox):
    sandbox.vary(required_fields={"image.generate": ["displayName"]}, error_style="zod")
    status, body = await submit(prompt="A fox")
    assert status == 400
    assert body["error"]["issues"] == [
        {"code": "custom", "path": ["input", "displayName"], "message": "displayName is required."}
    ]
    assert (await submit(prompt="A fox", displayName="Fox"))[0] == 202
    document = sandbox.api.document()
    branch = document["paths"]["/api/v1/requests"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    given = next(each for each in branch["oneOf"] if each["properties"]["operation"]["const"] == "image.generate")
    assert "displayName" in given["properties"]["input"]["required"]


async def test_only_the_accepted_values_are_accepted(submit, sandbox):
    sandbox.vary(accepted={"image.generate": {"model": ["gptimage2"]}}, error_style="fastapi")
    status, body = await submit(prompt="A fox", model="flux2")
    assert status == 400
    assert body["detail"] == [
        {"type": "value_error", "loc": ["body", "input", "model"], "msg": 'model: "flux2" is not available.'}
    ]
    assert (await submit(prompt="A fox", model="gptimage2"))[0] == 202


@pytest.mark.parametrize("style", STYLES)
async def test_every_style_of_error_has_the_reason(api, sandbox, style):
    sandbox.vary(error_style=style)
    body = {"operation": "image.generate", "input": {"prompt": "A fox", "aspect_ratio": 5}}
    async with api.post("/api/v1/requests", json=body) as answer:
        text = await answer.text()
    assert answer.status == 400
    assert "aspect ratio" in text.lower()
    assert answer.content_type == {"problem": "application/problem+json", "page": "text/html"}.get(
        style, "application/json"
    )


async def test_a_fault_that_twists_json_leaves_an_error_that_is_a_page_alone(api, sandbox):
    sandbox.vary(error_style="page")
    sandbox.fault("submit", "wrong_types")
    async with api.post("/api/v1/requests", json={"operation": "image.generate", "input": {}}) as answer:
        assert (answer.status, answer.content_type) == (400, "text/html")


async def test_the_document_may_need_a_key(sandbox):
    sandbox.vary(document_needs_key=True)
    async with aiohttp.ClientSession(sandbox.url) as nobody:
        async with nobody.get("/api/v1/openapi") as answer:
            assert answer.status == 401
        async with nobody.get("/api/v1/openapi", headers={"x-api-key": KEY}) as answer:
            assert answer.status == 200


async def test_the_estimate_tool_may_be_silent(api, sandbox):
    call = {"name": "estimate_generation_cost", "arguments": {"operation": "image.generate", "input": {"prompt": "A"}}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    async with api.post("/mcp", json=body, headers=MCP) as answer:
        assert "estimatedCredits" in await answer.text()
    sandbox.vary(silent_estimates=True)
    async with api.post("/mcp", json=body, headers=MCP) as answer:
        assert answer.status == 200
        assert "estimatedCredits" not in await answer.text()


async def test_a_failure_may_be_billed(submit, sandbox, finished):
    sandbox.vary(bills_failures=True)
    _, body = await submit(prompt="A fox #fail")
    document = await finished(body["id"])
    assert document["status"] == "failed"
    assert document["billableCredits"] == sandbox.spent(KEY) > 0


@pytest.mark.parametrize("times", ["", "missing", "now"])
async def test_the_times_of_a_request_may_be_missing_or_those_of_the_answer(submit, sandbox, finished, clock, times):
    sandbox.vary(times=times)
    _, body = await submit(prompt="A fox")
    clock.jump(30)
    document = await finished(body["id"])
    told = [document.get(name) for name in ("createdAtMs", "startedAtMs", "completedAtMs")]
    assert (None in told) == (times == "missing")
    if times != "missing":
        assert (len(set(told)) == 1) == (times == "now")


async def test_another_process_can_change_the_api_and_reads_what_it_did_wrong(api, sandbox):
    async with api.post("/_sandbox/api", json={"times": "now", "plan_without": ["image.edit"]}) as answer:
        assert answer.status == 200
    assert sandbox.api.variant == Variant(times="now", plan_without=frozenset({"image.edit"}))
    for wrong in ({"colour": 1}, {"renamed": 3}, {"added": ["video.dream"]}, [1], None):
        async with api.post("/_sandbox/api", json=wrong) as answer:
            assert answer.status == 400
    assert sandbox.api.variant == Variant(times="now", plan_without=frozenset({"image.edit"}))


async def test_a_sandbox_starts_as_a_variant():
    async with Sandbox(small=True, variant=Variant(vanished=frozenset({"image.edit"}))) as made:
        assert "image.edit" not in json.dumps(made.api.document())
