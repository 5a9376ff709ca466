"""Models and voices of an account: free text, the API's own sentence, and the voices of earlier results."""

from __future__ import annotations

from typing import Any

from bot.domain.models import AccountStatus, JobState
from tests.support.rig import GUILD_KEY, Rig


async def offered(rig: Rig, command: str, option: str, typed: str = "", **filled: object) -> list[tuple[str, str]]:
    found = await rig.member.autocomplete(rig.channel, command, option, typed, **filled)
    return [(each["value"], each["name"].partition(" · about")[0]) for each in found]


async def make(rig: Rig, command: str, **options: Any) -> None:
    await rig.member.slash(rig.channel, command, **options)
    await rig.work()


async def test_a_name_without_a_known_id_is_sent_as_typed_and_refused_in_the_apis_words(rig: Rig):
    rig.sandbox.vary(model_ids={"Flux 2": "flux-2"})
    await make(rig, "image generate", prompt="a fox", model="Flux 2")
    job = (await rig.jobs())[0]
    assert (job.state, job.input["model"], rig.sandbox.posts) == (JobState.FAILED, "Flux 2", 1)
    assert "Flux 2" in (job.error or "")
    assert [value for value, _ in await offered(rig, "image generate", "model")] == ["gptimage2", "seedream5"]


async def test_a_plan_without_one_model_does_not_lock_the_operation(rig: Rig):
    body = '{"error": {"message": "Your plan does not include the model veo31."}}'
    rig.sandbox.faults.add("submit", "status", status=403, body=body)
    await make(rig, "video generate", prompt="waves", model="veo31")
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


async def test_voices_of_results_are_offered_on_that_server_and_with_that_key_alone(rig: Rig):
    await make(rig, "audio narration", text="Good morning", voice_id="v_ada")
    assert await offered(rig, "audio narration", "voice_id") == [("v_ada", "v_ada")]
    other = rig.env.create_guild("Elsewhere")
    channel, member = other.create_text_channel("general"), other.add_member(rig.env.create_user("eve"))
    assert await member.autocomplete(channel, "audio narration", "voice_id", "") == []
    store, status = rig.bot.parts.store, AccountStatus(credits=None, plan=None, scopes=())
    await store.keys.set(rig.guild.id, GUILD_KEY, set_by=1, status=status)
    assert await offered(rig, "audio narration", "voice_id") == []


async def test_the_voice_of_an_erased_result_is_offered_no_more(rig: Rig):
    await make(rig, "audio narration", text="Good morning", voice_id="my-own-words")
    assert await offered(rig, "audio narration", "voice_id") != []
    await rig.bot.parts.member_data.erase(rig.guild.id, rig.member.id)
    assert await offered(rig, "audio narration", "voice_id") == []
