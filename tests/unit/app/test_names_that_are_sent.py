"""Commands that texts name are ones that can be clicked where Discord reads Markdown, and plain names elsewhere."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import discord
import pytest
from discord import app_commands
from discord.http import HTTPClient
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

from bot.app.connection.names import CommandNames, pass_all
from bot.delivery.channels.facts import CONTENT_CHARS, EMBEDS_CHARS, TEXT_DISPLAYS_CHARS
from bot.language import named, speaking

JOBS, LINKED, HERE = "`/jobs`", "</jobs:7>", "/jobs"


@pytest.fixture
def names() -> CommandNames:
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    image = app_commands.Group(name="image", description="x")

    async def made(interaction: discord.Interaction) -> None: ...

    tree.add_command(app_commands.Command(name="jobs", description="x", callback=made))
    image.add_command(app_commands.Command(name="generate", description="x", callback=made))
    tree.add_command(image)
    names = CommandNames()
    names.learn(tree, {"jobs": 7, "image": 8})
    return names


def content(names: CommandNames, text: str) -> str:
    sent: str = names.sent({"content": text})["content"]
    return sent


def test_a_command_can_be_clicked_in_contents_embeds_and_panels(names: CommandNames):
    body = {
        "content": JOBS,
        "embeds": [{"description": JOBS, "fields": [{"name": "x", "value": JOBS}]}],
        "components": [{"type": 17, "components": [{"type": 9, "components": [{"type": 10, "content": JOBS}]}]}],
    }
    assert names.sent(body) == {
        "content": LINKED,
        "embeds": [{"description": LINKED, "fields": [{"name": "x", "value": LINKED}]}],
        "components": [{"type": 17, "components": [{"type": 9, "components": [{"type": 10, "content": LINKED}]}]}],
    }
    assert names.sent({"type": 4, "data": body}) == {"type": 4, "data": names.sent(body)}


def test_titles_labels_and_forms_have_the_plain_name(names: CommandNames):
    embed = {"title": JOBS, "footer": {"text": JOBS}, "author": {"name": JOBS}, "fields": [{"name": JOBS, "value": ""}]}
    select = {"type": 3, "placeholder": JOBS, "options": [{"label": JOBS, "description": JOBS, "value": JOBS}]}
    sent = names.sent(
        {"embeds": [embed], "components": [{"type": 1, "components": [{"type": 2, "label": JOBS}, select]}]}
    )
    assert sent["embeds"] == [
        {"title": HERE, "footer": {"text": HERE}, "author": {"name": HERE}, "fields": [{"name": HERE, "value": ""}]}
    ]
    button, chosen = sent["components"][0]["components"]
    assert button["label"] == chosen["placeholder"] == HERE
    assert chosen["options"] == [{"label": HERE, "description": HERE, "value": JOBS}], "what the bot reads stays"
    input_ = {"type": 4, "placeholder": JOBS, "value": JOBS}
    form: dict[str, Any] = {
        "title": JOBS,
        "components": [
            {"type": 10, "content": JOBS},
            {
                "type": 18,
                "label": JOBS,
                "description": JOBS,
                "component": input_,
            },
        ],
    }
    asked, label = names.sent({"type": 9, "data": form})["data"]["components"]
    assert asked["content"] == label["label"] == label["description"] == label["component"]["placeholder"] == HERE
    assert label["component"]["value"] == JOBS, "what a member typed stays"
    assert names.sent({"type": 8, "data": {"choices": [{"name": JOBS, "value": JOBS}]}})["data"] == {
        "choices": [{"name": HERE, "value": JOBS}]
    }


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt-BR", "ja"])
def test_a_name_in_any_language_is_the_same_command(names: CommandNames, language: str):
    with speaking(language):
        said = named("/image generate")
    assert content(names, f"→ {said}.") == "→ </image generate:8>."


@pytest.mark.parametrize(
    "text",
    ["`/image`", "`/jobs gone`", "`/gone`", "`private`", "/jobs", "`jobs`", "```/jobs```", "``/jobs``",
     "```\nsee `/jobs`\n```", "</jobs:1>", ""],
)  # fmt: skip
def test_what_is_no_command_stays_as_it_is(names: CommandNames, text: str):
    assert content(names, text) == text


def test_without_an_id_a_command_stays_as_it_is_written():
    assert content(CommandNames(), JOBS) == JOBS


def test_a_text_that_would_be_too_long_with_mentions_is_sent_without(names: CommandNames):
    longest = "x" * (CONTENT_CHARS - len(JOBS)) + JOBS
    assert content(names, longest) == longest
    embeds = [{"description": "x" * 3000}, {"description": "x" * (EMBEDS_CHARS - 3000 - len(JOBS)) + JOBS}]
    assert names.sent({"embeds": embeds})["embeds"] == embeds
    panel = [{"type": 10, "content": "x" * 3000}, {"type": 10, "content": "x" * (TEXT_DISPLAYS_CHARS - 3007) + JOBS}]
    assert names.sent({"components": panel})["components"] == panel


@pytest.mark.parametrize("body", [None, [], {}, [{"name": "`/jobs`"}], {"embeds": None, "content": None}])
def test_other_bodies_pass_unchanged(names: CommandNames, body: Any):
    assert names.sent(body) == body


async def test_each_body_of_discord_pys_own_clients_passes_once_also_with_files(
    names: CommandNames, monkeypatch: pytest.MonkeyPatch
):
    seen: list[dict[str, Any]] = []

    async def request(_caller: Any, *_args: Any, **options: Any) -> None:
        seen.append(options)

    monkeypatch.setattr(HTTPClient, "request", request)
    monkeypatch.setattr(AsyncWebhookAdapter, "request", request)
    http, shared = HTTPClient(asyncio.get_running_loop()), async_context.get()
    pass_all(http, names.sent)
    adapter = async_context.get()
    assert adapter is not shared, "another client of the process keeps its own"
    form = [{"name": "payload_json", "value": json.dumps({"content": JOBS})}, {"name": "files[0]", "value": b"x"}]
    await http.request("route", json={"content": JOBS})  # type: ignore[arg-type]
    await http.request("route", form=form)  # type: ignore[arg-type]
    await adapter.request("route", "session", payload={"content": JOBS})  # type: ignore[arg-type]
    await adapter.request("route", "session", multipart=form)  # type: ignore[arg-type]
    await shared.request("route", "session", payload={"content": JOBS})  # type: ignore[arg-type]
    linked = {"content": LINKED}
    assert [each.get("json") or each.get("payload") for each in (seen[0], seen[2])] == [linked, linked]
    forms = [each.get("form") or each.get("multipart") for each in (seen[1], seen[3])]
    assert [json.loads(parts[0]["value"]) for parts in forms] == [linked, linked]
    assert [parts[1] for parts in forms] == [form[1], form[1]]
    assert seen[4] == {"payload": {"content": JOBS}}
