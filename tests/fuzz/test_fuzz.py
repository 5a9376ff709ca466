"""Two minutes of hostile commands, forms, controls, webhooks and answers: no traceback, no ping, no leak.

Each round draws from a seed that its failure names. What must hold is in `Verdict`. Shorter: FUZZ_ROUND_S=5.
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

from bot.catalogue import Catalogue, describe, merge
from bot.domain.server.guild_rules import Rules
from bot.errors import InputError
from cogs.ui.controls import _ACTIONS, Control, view_of
from tests.fuzz.fuzz_verdict import FOREIGN_WORDS, PRIVATE_WORDS, SECRET_WORDS, SECRETS, Verdict
from tests.fuzz.hostile import Chance
from tests.fuzz.hostile_acts import DISCORD_REFUSES, commands_of, follow, options_for, subjects_of
from tests.support.channels import hidden_channel, made_in, open_to_all
from tests.support.rig import Rig
from tests.support.work import MERGE_CALLS_MAX, calls_of

ROUND_S = float(os.environ.get("FUZZ_ROUND_S", "") or 20)
"""Six rounds make the two minutes."""
ACTS_LEAST = 10
"""A round that does less has shown nothing."""
EMOJIS = ("🔁", "⭐", "❌", "📩", "🦊", "🗑️")
pytestmark = pytest.mark.long


@pytest.fixture
async def mallory(rig: Rig) -> Any:
    """A member who sees none of what there is to see; it is made before anything is watched."""
    open_to_all(rig)
    await made_in(rig, hidden_channel(rig, rig.moderator), rig.moderator, SECRET_WORDS)
    await made_in(rig, rig.channel, rig.member, PRIVATE_WORDS, private=True)
    elsewhere = rig.env.create_guild("Elsewhere")
    place: Any = elsewhere.create_text_channel("general")
    bob = elsewhere.add_member(rig.env.create_user("bob"))
    await made_in(rig, place, bob, FOREIGN_WORDS)
    await made_in(rig, rig.channel, rig.member, "a public fox")
    return rig.guild.add_member(rig.env.create_user("mallory"))


@pytest.fixture
def trudy(rig: Rig, mallory: Any) -> Any:
    """A moderator who does not see the hidden channel either."""
    return rig.guild.add_member(rig.env.create_user("trudy"), roles=[rig.moderators])


@pytest.fixture
def seed() -> int:
    """The seed of a round: of the day, so that every day looks elsewhere. A failure names it: FUZZ_SEED repeats it."""
    return int(os.environ.get("FUZZ_SEED", "") or time.time() // 86_400) * 10


@pytest.fixture
def verdict(rig: Rig, log: io.StringIO, seed: int, mallory: Any) -> Verdict:
    verdict = Verdict(rig, log, seed)
    verdict.pingable = {str(mallory.id), str(rig.member.id)}  # for their own long jobs, or as they chose in `/me`
    return verdict


def rounds() -> Iterator[int]:
    """Count until the time of a round is over, and far enough to have shown something."""
    ends, number = time.monotonic() + ROUND_S, 0
    while number <= ACTS_LEAST or time.monotonic() < ends:
        yield number
        number += 1


async def one_command(rig: Rig, chance: Chance, who: Any, verdict: Verdict) -> None:
    """Let them use some command with anything, and answer what it shows."""
    command, subjects = chance.dice.choice(commands_of(rig)), await subjects_of(rig)
    given = options_for(rig, chance, command, subjects)
    results = []
    with contextlib.suppress(*DISCORD_REFUSES):
        results.append(await who.slash(rig.channel, command.qualified_name, **given))
        results += [each async for each in follow(rig, chance, who, results[0], subjects)]
    await rig.step()
    rig.advance(chance.dice.choice([0.5, 5.0, 61.0]))
    verdict.after((command.qualified_name, given), *results)


async def test_hostile_commands_and_forms(rig: Rig, mallory: Any, verdict: Verdict, seed: int):
    chance = Chance(seed)
    for _ in rounds():
        await one_command(rig, chance, mallory, verdict)
    assert verdict.acts > ACTS_LEAST
    await verdict.books()


async def test_hostile_moderators(rig: Rig, mallory: Any, trudy: Any, verdict: Verdict, seed: int):
    """What they set is taken back again and again: a paused server would refuse all that follows."""
    chance = Chance(seed + 5)
    verdict.pingable.add(str(trudy.id))
    for number in rounds():
        await one_command(rig, chance, trudy if number % 3 else mallory, verdict)
        if number % 5 == 4:
            await rig.bot.parts.store.settings.change(rig.guild.id, lambda _: Rules())
    assert verdict.acts > ACTS_LEAST
    await verdict.books()


async def test_hostile_controls_menus_reactions_and_what_is_typed_into_lists(
    rig: Rig, mallory: Any, verdict: Verdict, seed: int
):
    chance, actions, commands = Chance(seed + 1), sorted(_ACTIONS), commands_of(rig)
    menus = [each.name for each in rig.bot.tree.get_commands(type=discord.AppCommandType.message)]
    channel: Any = rig.bot.get_channel(rig.channel.id)
    for _ in rounds():
        subjects = [each for each in await subjects_of(rig) if "/" not in each]
        custom, results = chance.custom_id(subjects, actions), []
        button: discord.ui.Button[Any] = discord.ui.Button(label="Press", custom_id=custom)
        with rig.env.time_context():
            forged = await channel.send("forged", view=view_of([Control(button)]))
        verdict.forgive()
        with contextlib.suppress(*DISCORD_REFUSES):
            results.append(await mallory.click(forged, label="Press"))
            results += [each async for each in follow(rig, chance, mallory, results[0], subjects)]
        message = chance.dice.choice(rig.messages())
        with contextlib.suppress(*DISCORD_REFUSES):
            results.append(await mallory.context_menu(rig.channel, chance.dice.choice(menus), message))
            results += [each async for each in follow(rig, chance, mallory, results[-1], subjects)]
        with contextlib.suppress(*DISCORD_REFUSES):
            await mallory.react(message, chance.dice.choice(EMOJIS))
        command = chance.dice.choice([each for each in commands if any(one.autocomplete for one in each.parameters)])
        listed = chance.dice.choice([each.display_name for each in command.parameters if each.autocomplete])
        with contextlib.suppress(*DISCORD_REFUSES):
            choices = await mallory.autocomplete(rig.channel, command.qualified_name, listed, chance.text(100))
            assert not [each for each in choices for secret in SECRETS if secret in str(each)], (seed, command)
        await rig.step()
        rig.advance(chance.dice.choice([0.5, 5.0, 61.0]))
        verdict.after((custom, command.qualified_name), *results)
    assert verdict.acts > ACTS_LEAST
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
            with contextlib.suppress(*DISCORD_REFUSES):
                await rig.member.slash(rig.channel, "image generate", prompt=f"a fox {number} #fast")
        for _ in range(3):
            await rig.step()
            rig.advance(chance.dice.choice([0.5, 5.0, 61.0]))
        with rig.env.time_context():
            if number % 10 == 0:
                await rig.bot.parts.rounds.run_once()
        verdict.after((where, rig.sandbox.faults.waiting()))
    assert verdict.acts > ACTS_LEAST
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
    assert verdict.acts > ACTS_LEAST


async def test_hostile_descriptions_of_the_api(rig: Rig, verdict: Verdict, seed: int):
    """The OpenAPI document is fetched again and again; each time it says something else."""
    chance = Chance(seed + 4)
    catalogue = rig.bot.catalogue
    true = json.loads(json.dumps(describe(catalogue)))
    for _ in rounds():
        document = chance.changed(true)
        read: list[Catalogue] = []
        assert calls_of(lambda: read.append(merge(catalogue, document))) < MERGE_CALLS_MAX, seed  # noqa: B023
        [learned] = read
        for operation in ("image.generate", "video.generate"):
            found = learned.resolve(operation)
            assert found.fixed_credits == catalogue.resolve(operation).fixed_credits
            with contextlib.suppress(InputError):
                learned.check(operation, {"prompt": chance.text(200), "nsfw_checker": False})
        verdict.after("description")
    assert verdict.acts > ACTS_LEAST
