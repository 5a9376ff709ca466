"""What the API took and refused on a server's account is offered accordingly there, and nowhere else."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from bot.app.catalogue import forget_published
from bot.domain.models import AccountStatus, JobState
from bot.store.jobs.tried_values import VALUES_OF_FIELD, VALUES_OF_GUILD
from tests.support.machine import slowness
from tests.support.rig import GUILD_KEY, Rig


async def offered(rig: Rig, command: str, option: str, typed: str = "", **filled: object) -> list[tuple[str, str]]:
    found = await rig.member.autocomplete(rig.channel, command, option, typed, **filled)
    return [(each["value"], each["name"].partition(" · about")[0]) for each in found]


def refuse(rig: Rig, said: str) -> None:
    rig.sandbox.faults.add("submit", "status", status=400, body=f'{{"error": {{"message": "{said}"}}}}')


async def make(rig: Rig, command: str, **options: Any) -> None:
    await rig.member.slash(rig.channel, command, **options)
    await rig.work()


@pytest.mark.long
async def test_after_one_success_a_model_a_voice_and_a_quality_are_offered_first_also_after_a_restart(rig: Rig):
    await make(rig, "image generate", prompt="a fox", model="Seedream 5.0 Lite", resolution="2K")
    await make(rig, "audio narration", text="Good morning", voice_id="v_ada")
    await make(rig, "location", description="a harbour", quality="fine")
    for _ in range(2):
        assert (await offered(rig, "image generate", "model"))[0] == ("seedream5", "Seedream 5.0 Lite (seedream5)")
        assert (await offered(rig, "image edit", "model"))[0][0] == "seedream5"
        assert (await offered(rig, "audio narration", "voice_id"))[0] == ("v_ada", "v_ada")
        assert [each[0] for each in await offered(rig, "location", "quality")] == ["fine", "standard"]
        await rig.restart()


async def test_completions_read_the_memory_once_and_take_less_than_50_ms_with_all_that_is_kept(rig: Rig):
    rows = [
        (rig.guild.id, operation, field, f"{field}-{number}", float(number))
        for operation in ("image.generate", "image.edit", "video.generate", "narration.generate")
        for field in (
            "model",
            "voice_id",
            "mode",
            "resolution",
            "style",
            "quality",
            "provider",
            "control_mode",
            "a",
            "b",
        )
        for number in range(VALUES_OF_FIELD)
    ]
    assert len(rows) == VALUES_OF_GUILD
    store = rig.bot.parts.store
    await store._database.write(
        lambda db: db.executemany(
            "INSERT INTO tried_values (guild_id, key_id, operation, field, value, uses, used_at)"
            " VALUES (?, 0, ?, ?, ?, 1, ?)",
            rows,
        )
    )
    assert (await offered(rig, "audio narration", "voice_id"))[0][0] == "voice_id-49"
    store.tried_values._database = None  # type: ignore[assignment]  # whoever reads it now fails
    operation, spans = rig.bot.catalogue.get("narration.generate"), []
    for _ in range(3):
        started = time.perf_counter()
        memory = await rig.bot.parts.memories.of(rig.guild.id)
        tried = memory.of(operation, "voice_id")
        assert len(rig.bot.catalogue.suggest("narration.generate", "voice_id", "voice", {}, tried)) == 25
        spans.append(time.perf_counter() - started)
    assert min(spans) < 0.05 * slowness(), spans


async def test_another_server_is_offered_none_of_it(rig: Rig):
    await make(rig, "audio narration", text="Good morning", voice_id="v_ada")
    other = rig.env.create_guild("Elsewhere")
    channel, member = other.create_text_channel("general"), other.add_member(rig.env.create_user("eve"))
    assert await member.autocomplete(channel, "audio narration", "voice_id", "") == []
    assert [each[0] for each in await offered(rig, "audio narration", "voice_id")] == ["v_ada"]


async def test_what_was_refused_comes_last_with_the_apis_word(rig: Rig):
    refuse(rig, "Model gptimage2 is not on your plan.")
    await make(rig, "image generate", prompt="a fox", model="gpt-image-2")
    found = await offered(rig, "image generate", "model")
    assert found[-1] == (
        "gptimage2",
        "GPT Image 2 (gptimage2) · rejected here: Model gptimage2 is not on your plan.",
    )
    await make(rig, "image generate", prompt="a fox", model="gpt-image-2")
    assert (await offered(rig, "image generate", "model"))[0] == ("gptimage2", "GPT Image 2 (gptimage2)")


async def test_a_name_without_a_known_id_is_tried_and_its_outcome_remembered(rig: Rig):
    await make(rig, "image generate", prompt="a fox", model="seedream5")
    refuse(rig, "Unknown model.")
    await make(rig, "image generate", prompt="a fox", model="Flux 2")
    job = (await rig.jobs())[0]
    assert (job.state, job.input["model"]) == (JobState.FAILED, "flux2")
    assert job.error == (
        "Cannon Studio does not accept the model Flux 2, sent as flux2. "
        "These models have worked here: Seedream 5.0 Lite. Cannon Studio says: Unknown model."
    )
    assert ("Flux 2", "Flux 2 (ID not known yet)") in await offered(rig, "image generate", "model")
    await make(rig, "image generate", prompt="a fox", model="Flux 2")
    assert (await rig.jobs())[0].input["model"] == "flux2image"
    found = await offered(rig, "image generate", "model")
    assert found[0] == ("flux2image", "Flux 2 (flux2image)")
    assert found[-1][0] == "flux2"
    assert "Flux 2" not in [value for value, _ in found]


async def test_what_a_member_erases_is_offered_no_more(rig: Rig):
    refuse(rig, "Unknown model.")
    await make(rig, "image generate", prompt="a fox", model="my own words")
    assert (await offered(rig, "image generate", "model"))[-1][0] == "my own words"
    await rig.bot.parts.member_data.erase(rig.guild.id, rig.member.id)
    assert "my own words" not in [each[0] for each in await offered(rig, "image generate", "model")]


async def test_a_plan_without_one_model_does_not_lock_the_operation(rig: Rig):
    body = '{"error": {"message": "Your plan does not include the model veo31."}}'
    rig.sandbox.faults.add("submit", "status", status=403, body=body)
    await make(rig, "video generate", prompt="waves", model="veo31")
    assert (await offered(rig, "video generate", "model"))[-1][0] == "veo31"
    await make(rig, "video generate", prompt="waves", model="seedance2")
    assert [each.state for each in await rig.jobs()] == [JobState.DELIVERED, JobState.FAILED]


async def test_a_plan_without_one_voice_says_so_and_does_not_lock_narration(rig: Rig):
    body = '{"error": {"message": "The voice_id v_gold needs a larger plan."}}'
    rig.sandbox.faults.add("submit", "status", status=403, body=body)
    await make(rig, "audio narration", text="Good morning", voice_id="v_gold")
    assert (await rig.jobs())[0].error == (
        "Cannon Studio rejected this input for Generate Narration: The voice_id v_gold needs a larger plan. "
        "Other inputs may work."
    )
    await make(rig, "audio narration", text="Good morning")
    assert (await rig.jobs())[0].state is JobState.DELIVERED


async def test_a_new_key_is_another_account_at_once(rig: Rig):
    await make(rig, "audio narration", text="Good morning", voice_id="v_ada")
    assert [each[0] for each in await offered(rig, "audio narration", "voice_id")] == ["v_ada"]
    store, status = rig.bot.parts.store, AccountStatus(credits=None, plan=None, scopes=())
    await store.keys.set(rig.guild.id, GUILD_KEY, set_by=1, status=status)
    assert await offered(rig, "audio narration", "voice_id") == []


PRO = {"Flux 2 Pro": "flux-2-pro"}


async def elsewhere(rig: Rig, name: str) -> tuple[Any, Any]:
    """Return a channel of another server, and a member there."""
    guild = rig.env.create_guild(name)
    return guild.create_text_channel("general"), guild.add_member(rig.env.create_user(name.lower()))


async def test_a_wrong_id_is_rejected_once_for_all_servers_and_the_right_one_is_known_to_all(rig: Rig):
    rig.sandbox.vary(model_ids=PRO)
    places = [(rig.channel, rig.member), await elsewhere(rig, "Second"), await elsewhere(rig, "Third")]
    for _ in range(3):
        for channel, member in places:
            await member.slash(channel, "image generate", prompt="a fox", model="Flux 2 Pro")
            await rig.work()
    assert rig.sandbox.posts == 9
    sent = [request.input["model"] for request in rig.sandbox.requests]
    assert sent == ["flux-2-pro"] * 7, "two wrong ids were rejected, once each"
    channel, member = await elsewhere(rig, "Fourth")
    found = [each["name"] for each in await member.autocomplete(channel, "image generate", "model", "flux 2 pro")]
    assert any(name.startswith("Flux 2 Pro (flux-2-pro)") for name in found)
    await rig.restart()
    assert rig.bot.live_catalogue.current.get("image.generate").knows_model("flux-2-pro")


async def test_jobs_that_wait_with_a_wrong_id_are_sent_with_the_next_one(rig: Rig):
    rig.sandbox.vary(model_ids=PRO)
    places = [(rig.channel, rig.member), await elsewhere(rig, "Second"), await elsewhere(rig, "Third")]
    for channel, member in places:
        for prompt in ("a fox", "a hare"):
            await member.slash(channel, "image generate", prompt=prompt, model="Flux 2 Pro")
    await rig.work()
    assert rig.sandbox.posts == 6
    assert [request.input["model"] for request in rig.sandbox.requests] == ["flux-2-pro"] * 4


async def test_a_job_that_fails_for_its_guessed_model_teaches_all_servers_too(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", model="Flux 2 Pro")
    await rig.step()
    failed = {"id": rig.sandbox.requests[-1].id, "operation": "image.generate", "status": "failed"}
    body = json.dumps(failed | {"errorMessage": 'Unknown model "flux2pro".'})
    rig.sandbox.faults.add("get", "status", status=200, body=body)
    await rig.work()
    assert (await rig.jobs())[0].state is JobState.FAILED
    channel, member = await elsewhere(rig, "Second")
    await member.slash(channel, "image generate", prompt="a fox", model="Flux 2 Pro")
    await rig.work()
    assert rig.sandbox.requests[-1].input["model"] == "flux2proimage"


async def test_what_a_member_typed_and_what_a_plan_lacks_stays_with_the_account(rig: Rig):
    for model, status, said in (("my own words", 400, "Unknown model."), ("flux2pro", 403, "flux2pro needs Pro.")):
        body = f'{{"error": {{"message": "{said}"}}}}'
        rig.sandbox.faults.add("submit", "status", status=status, body=body)
        await make(rig, "image generate", prompt="a fox", model=model)
    assert await rig.bot.parts.store.model_ids.all() == {}


async def test_a_model_whose_likely_ids_were_all_rejected_is_refused_before_it_is_sent(rig: Rig):
    rig.sandbox.vary(model_ids={"Flux 2 Pro": "unlike-any"})
    said = ""
    for _ in range(8):
        result = await rig.member.slash(rig.channel, "image generate", prompt="a fox", model="Flux 2 Pro")
        said = result.response.content or ""
        await rig.work()
    tried = len(await rig.bot.parts.store.model_ids.all())
    assert rig.sandbox.posts == tried == 5
    await forget_published(rig.bot.parts.store)
    assert await rig.bot.parts.store.model_ids.all() == {}
    assert "Cannon Studio doesn't publish the ID of Flux 2 Pro, and rejected flux2pro, " in said
