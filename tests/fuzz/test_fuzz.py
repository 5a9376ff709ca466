"""Two minutes of hostile commands, forms, controls, webhooks and answers: no traceback, no ping, no leak.

Each round draws from a seed that its failure names. What must hold is in `Verdict`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
from collections.abc import Iterator
from typing import Any

import aiohttp
import discord
import pytest
from discord import AppCommandOptionType, app_commands
from simcord.backend.errors import SetupError

from bot.catalogue import describe, merge
from bot.domain.models import LedgerKind
from bot.errors import InputError
from cogs.ui.controls import _ACTIONS, Control, view_of
from tests.fuzz.hostile import Chance
from tests.support.channels import hidden_channel, made_in
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig
from tests.support.surface import png, sends

ROUND_S = float(os.environ.get("FUZZ_ROUND_S", "") or 24)
"""Five rounds make the two minutes."""
SECRET_WORDS, PRIVATE_WORDS, FOREIGN_WORDS = "hiddenroomwords", "privatewords", "otherserverwords"
pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


class Verdict:
    """What no hostile act may lead to."""

    def __init__(self, rig: Rig, log: io.StringIO, seed: int) -> None:
        self.rig = rig
        self.log = log
        self.seed = seed
        self.checked = 0
        self.acts = 0

    def after(self, act: object) -> None:
        """Check what was sent and logged since the last act."""
        self.acts += 1
        named = f"seed {self.seed}, act {self.acts}: {act!r}"[:500]
        bodies = list(sends(self.rig))
        for call, body in bodies[self.checked :]:
            allowed = body.get("allowed_mentions") or {}
            assert not allowed.get("parse"), (named, call)
            assert not allowed.get("users"), (named, call)
            assert not allowed.get("roles"), (named, call)
            text = str(body)
            for secret in (SECRET_WORDS, PRIVATE_WORDS, FOREIGN_WORDS, HOST_KEY, GUILD_KEY):
                assert secret not in text, (named, call, secret)
            assert "went wrong on the bot's side" not in text, (named, call)
        self.checked = len(bodies)
        said = self.log.getvalue()
        assert "Traceback" not in said, (named, said[said.find("Traceback") - 2000 :][:4000])
        for secret in (SECRET_WORDS, PRIVATE_WORDS, FOREIGN_WORDS, HOST_KEY, GUILD_KEY):
            assert secret not in said, (named, secret)
        self.log.seek(0)
        self.log.truncate()

    async def books(self) -> None:
        """Check that no job was paid or released twice."""
        rows = await self.rig.bot.parts.store.ledger.rows(self.rig.guild.id)
        closings = [row.job_id for row in rows if row.kind in {LedgerKind.SETTLE, LedgerKind.RELEASE}]
        assert len(closings) == len(set(closings))
        assert await self.rig.bot.parts.store.check() == []


@pytest.fixture
async def mallory(rig: Rig) -> Any:
    """A member who sees none of what there is to see; it is made before anything is watched."""
    await made_in(rig, hidden_channel(rig, rig.moderator), rig.moderator, SECRET_WORDS)
    await made_in(rig, rig.channel, rig.member, PRIVATE_WORDS, private=True)
    elsewhere = rig.env.create_guild("Elsewhere")
    place: Any = elsewhere.create_text_channel("general")
    bob = elsewhere.add_member(rig.env.create_user("bob"))
    await made_in(rig, place, bob, FOREIGN_WORDS)
    await made_in(rig, rig.channel, rig.member, "a public fox")
    return rig.guild.add_member(rig.env.create_user("mallory"))


@pytest.fixture(params=range(1))
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of a round: of the day, so that every day looks elsewhere. A failure names it: FUZZ_SEED repeats it."""
    return int(os.environ.get("FUZZ_SEED", "") or time.time() // 86_400) * 10 + int(request.param)


@pytest.fixture
def verdict(rig: Rig, log: io.StringIO, seed: int, mallory: Any) -> Verdict:
    made = Verdict(rig, log, seed)
    made.checked = len(list(sends(rig)))
    log.seek(0)
    log.truncate()
    return made


def rounds() -> Iterator[int]:
    """Count until the time of a round is over."""
    ends, number = time.monotonic() + ROUND_S, 0
    while time.monotonic() < ends:
        yield number
        number += 1


def commands_of(rig: Rig) -> list[app_commands.Command[Any, ..., Any]]:
    return [each for each in rig.bot.tree.walk_commands() if isinstance(each, app_commands.Command)]


def option(rig: Rig, chance: Chance, parameter: app_commands.Parameter, subjects: list[str]) -> Any:
    """Return a value that Discord would let through for the option."""
    if parameter.choices:
        return chance.dice.choice(parameter.choices).value
    lowest, highest = parameter.min_value, parameter.max_value
    file = ("b.txt", chance.text(3000).encode("utf-8", "replace"))
    typed = chance.text(int(highest or 6000), int(lowest or 1))
    made: dict[AppCommandOptionType, Any] = {
        AppCommandOptionType.string: chance.dice.choice([typed, typed, chance.dice.choice(subjects)]),
        AppCommandOptionType.integer: int(chance.number(lowest, highest)),
        AppCommandOptionType.number: float(chance.number(lowest, highest)),
        AppCommandOptionType.boolean: chance.dice.random() < 0.5,
        AppCommandOptionType.attachment: chance.dice.choice([("a.png", png()), file, ("c", b"")]),
        AppCommandOptionType.channel: rig.channel,
    }
    return made.get(parameter.type, rig.member)


async def subjects_of(rig: Rig) -> list[str]:
    store, found = rig.bot.parts.store, []
    for guild_id in rig.env.backend.guilds:
        for job in await store.job_lists.recent(guild_id):
            found += [job.id, job.card_id, job.media[0].url if job.media else "x"]
    return found[:60]


async def answer_form(rig: Rig, chance: Chance, member: Any, result: Any, subjects: list[str]) -> None:
    """Fill a form that was shown with anything, and send it."""
    if getattr(result, "modal", None) is None:
        return
    values: dict[str, Any] = {}
    for row in result.modal["components"]:
        for item in [row["component"]] if "component" in row else row["components"]:
            if item["type"] == 4:
                most, least = item.get("max_length", 4000), item.get("min_length", 1 if item.get("required") else 0)
                typed = chance.dice.choice(subjects) if chance.dice.random() < 0.2 else chance.text(most, least)
                values[item["custom_id"]] = typed[:most]
            elif item["type"] == 3:
                values[item["custom_id"]] = [chance.dice.choice(item["options"])["value"]]
    with contextlib.suppress(SetupError):
        await member.submit_modal(result, values)


async def test_hostile_commands_and_forms(rig: Rig, mallory: Any, verdict: Verdict, seed: int):
    chance, commands = Chance(seed), commands_of(rig)
    for _ in rounds():
        command = chance.dice.choice(commands)
        subjects = await subjects_of(rig)
        given = {
            parameter.name: option(rig, chance, parameter, subjects)
            for parameter in command.parameters
            if parameter.required or chance.dice.random() < 0.4
        }
        with contextlib.suppress(SetupError):  # what Discord itself refuses
            result = await mallory.slash(rig.channel, command.qualified_name, **given)
            await answer_form(rig, chance, mallory, result, subjects)
        await rig.step()
        rig.advance(chance.dice.choice([0.5, 5.0, 61.0]))
        verdict.after((command.qualified_name, given))
    assert verdict.acts > 50
    await verdict.books()


async def test_hostile_controls_and_what_is_typed_into_lists(rig: Rig, mallory: Any, verdict: Verdict, seed: int):
    chance, actions = Chance(seed + 1), sorted(_ACTIONS)
    channel: Any = rig.bot.get_channel(rig.channel.id)
    for _ in rounds():
        subjects = [each for each in await subjects_of(rig) if "/" not in each]
        custom = chance.custom_id(subjects, actions)
        button: discord.ui.Button[Any] = discord.ui.Button(label="Press", custom_id=custom)
        with rig.env.time_context():
            message = await channel.send("forged", view=view_of([Control(button)]))
        verdict.checked = len(list(sends(rig)))
        with contextlib.suppress(SetupError):
            result = await mallory.click(message, label="Press")
            await answer_form(rig, chance, mallory, result, subjects)
            typed = chance.text(100)
            choices = await mallory.autocomplete(rig.channel, "image edit", "job", typed)
            assert not [each for each in choices if SECRET_WORDS in each["name"] or PRIVATE_WORDS in each["name"]]
        rig.advance(chance.dice.choice([0.5, 5.0, 61.0]))
        verdict.after(custom)
    assert verdict.acts > 50
    await verdict.books()


async def test_hostile_answers_of_the_api(rig: Rig, mallory: Any, verdict: Verdict, seed: int):
    chance = Chance(seed + 2)
    true = {
        "submit": {"id": "req_1", "operation": "image.generate", "status": "queued", "poll_after_ms": 500},
        "get": {
            "id": "req_1", "operation": "image.generate", "status": "succeeded", "billableCredits": 12,
            "output": {"image_url": f"{rig.sandbox.url}/media/none.png", "image_urls": [], "task_id": "t"},
        },
        "status": {"credits": {"remaining": 5}, "account": {"plan": "x"}, "apiKey": {"scopes": ["a"]}},
    }  # fmt: skip
    kinds = [
        "nan",
        "unknown_status",
        "missing",
        "extra",
        "wrong_types",
        "garbage",
        "empty",
        "truncated",
        "huge_headers",
    ]
    for number in rounds():
        where = chance.dice.choice(["submit", "get", "get", "get", "status"])
        if chance.dice.random() < 0.3:
            rig.sandbox.fault(where, chance.dice.choice(kinds))
        else:
            body = chance.bytes_of(chance.changed(true[where]))
            status = chance.dice.choice([200, 200, 200, 201, 400, 402, 403, 404, 409, 422, 429, 500, 503])
            headers = {"content-type": chance.dice.choice(["application/json", "application/json", "text/html", "x"])}
            rig.sandbox.fault(where, "status", status=status, body=body, headers=headers)
        if number % 3 == 0:
            with contextlib.suppress(SetupError):
                await rig.member.slash(rig.channel, "image generate", prompt=f"a fox {number} #fast")
        for _ in range(3):
            await rig.step()
            rig.advance(chance.dice.choice([0.5, 5.0, 61.0]))
        with rig.env.time_context():
            if number % 10 == 0:
                await rig.bot.parts.upkeep.run_once()
        verdict.after((where, rig.sandbox.faults.waiting()))
    assert verdict.acts > 50
    await verdict.books()


async def test_hostile_webhooks(rig: Rig, verdict: Verdict, seed: int):
    chance, server = Chance(seed + 3), rig.bot.parts.http
    await server.start()
    [job, *_] = await rig.jobs()
    good = rig.bot.parts.webhook_tokens.token(job.id)
    address = server.webhook_address
    assert address is not None
    try:
        async with aiohttp.ClientSession() as client:
            for _ in rounds():
                token = chance.dice.choice(
                    [good, good[:-1] + "0", job.id, "x" * 128, "%00", "..%2f..", chance.text(40)]
                )
                body = chance.bytes_of(chance.document()).encode("utf-8", "replace")
                path = f"{address}/webhooks/{token.encode('utf-8', 'replace').decode()}"
                method = chance.dice.choice(["POST", "POST", "POST", "GET", "PUT", "DELETE", "OPTIONS"])
                with contextlib.suppress(aiohttp.ClientError, ValueError):
                    async with client.request(
                        method, path, data=io.BytesIO(body * chance.dice.choice([1, 1, 40]))
                    ) as answer:
                        text = await answer.text()
                        assert answer.status in {202, 400, 404, 405, 413}, (seed, token, answer.status)
                        assert "Traceback" not in text
                        assert job.id not in text
                verdict.after((method, token))
    finally:
        await server.close()
    assert verdict.acts > 200


async def test_hostile_descriptions_of_the_api(rig: Rig, verdict: Verdict, seed: int):
    """The OpenAPI document is fetched again and again; each time it says something else."""
    chance = Chance(seed + 4)
    catalogue = rig.bot.catalogue
    true = json.loads(json.dumps(describe(catalogue)))
    for _ in rounds():
        document = chance.changed(true)
        start = time.process_time()
        learned, _drift = merge(catalogue, document)
        assert time.process_time() - start < 3, seed
        for operation in ("image.generate", "video.generate"):
            found = learned.resolve(operation)
            assert found.fixed_credits == catalogue.resolve(operation).fixed_credits
            with contextlib.suppress(InputError):
                learned.check(operation, {"prompt": chance.text(200), "nsfw_checker": False})
        verdict.after("description")
    assert verdict.acts > 10
