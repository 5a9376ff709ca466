"""A member's first ten minutes, on an API that is not what the bot guessed: each command works or says why not.

The sandbox's document has each of the forms that the live one may have; the operations whose ids no page names have
other ids than the bot's guesses, the account's plan has no Sora, and there is an operation that no page names.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.domain.models import Job, JobState
from tests.support.rig import HOST_KEY, Rig, running
from tests.support.surface import agreed, private_sentence, settled_exactly, state_text
from tests.support.workflows import AUDIO, COMMANDS, IMAGE, VIDEO, sample

RENAMED = {
    "sora2.character.create": "sora2.characters.create",
    "sora2.character.generate": "sora2.characters.generate",
    "prompt.enhance.location": "prompt.enhance.place",
}
SORA = frozenset(each for each in COMMANDS.values() if each.startswith("sora2."))
WORDS = {"prompt": "a lighthouse in fog"}
FIRST_TRY: Mapping[str, Mapping[str, Any]] = {
    "image generate": WORDS | {"model": "GPT Image 2", "aspect_ratio": "16:9", "resolution": "2K"},
    "image edit": {"prompt": "make it night", "image": sample(IMAGE)},
    "video generate": WORDS | {"model": "Wan 2.7", "duration": 5, "start": sample(IMAGE)},
    "audio music": {"prompt": "slow piano", "model": "V5", "instrumental": True},
    "audio narration": {"text": "Welcome aboard.", "voice_id": "voice_1"},
    "audio soundfx": {"prompt": "rain on tin", "duration_seconds": 2},
    "prompt for:image": WORDS,
    "prompt for:video": WORDS | {"duration": 8},
    "prompt for:location": WORDS,
    "prompt for:character variant": {"prompt": "a knight", "rewrite_request": "in linen"},
    "finish lipsync": {"video": sample(VIDEO), "audio": sample(AUDIO)},
    "finish subtitles": {"video": sample(VIDEO)},
    "finish motion": {"file": sample(IMAGE), "prompt": "leaves drift", "duration": 5},
    "finish upscale": {"video": sample(VIDEO), "target_resolution": "4k"},
    "prompt for:3D location (generates it)": {"prompt": "a harbour at dawn", "quality": "high"},
    "sora for:new character": {"video_url": sample(VIDEO), "name": "Captain Fog"},
    "sora for:character video": WORDS | {"character_id": "ch_1"},
    "sora for:edit": {"prompt": "it snows", "sora_video_id": "video_68c1"},
    "sora for:extend": {"prompt": "she turns", "sora_video_id": "video_68c1"},
    "sora for:remix": {"prompt": "at night", "sora_video_id": "video_68c1"},
}
"""What somebody who has just come gives each command."""


@pytest.fixture
async def rig(tmp_path):
    async with running(tmp_path, renamed=RENAMED, plan_without=SORA, added=["image.upscale"]) as made:
        await made.bot.parts.catalogue_refresh.refresh()
        await made.bot.parts.command_sync.catch_up()
        yield made


async def jobs_of(rig: Rig, before: set[str]) -> list[Job]:
    return [job for job in await rig.jobs() if job.id not in before]


async def outcome(rig: Rig, answer: Any, member: Any, before: set[str]) -> str:
    """Let what was begun end; return `` if it is delivered, else the sentence that says why not."""
    answer = await agreed(member, answer)
    if not (made := await jobs_of(rig, before)):
        return private_sentence(answer)
    await rig.work()
    made = await jobs_of(rig, before)
    assert {job.state for job in made} <= {JobState.DELIVERED, JobState.FAILED}, made
    failed = [job for job in made if job.state is JobState.FAILED]
    return "; ".join(one_sentence(rig, job) for job in failed)


def one_sentence(rig: Rig, job: Job) -> str:
    """Return why a job failed, as its card says it."""
    assert job.error is not None
    assert "\n" not in job.error
    assert job.error[-1] in ".!?"
    assert job.error in state_text(rig.messages()[-1]).replace("\\", "")
    return job.error


async def tried(rig: Rig, command: str, options: Mapping[str, Any], member: Any = None) -> str:
    who = member or rig.member
    before = {job.id for job in await rig.jobs()}
    return await outcome(rig, await who.slash(rig.channel, command, **options), who, before)


def test_every_command_is_tried():
    assert FIRST_TRY.keys() == {*COMMANDS, "prompt for:3D location (generates it)"}


@pytest.mark.long
async def test_each_command_works_or_says_why_not_and_only_what_came_is_paid(rig: Rig):
    told = {command: await tried(rig, command, options) for command, options in FIRST_TRY.items()}
    without = {command for command, operation in COMMANDS.items() if operation in SORA}
    assert {command for command, why in told.items() if why} == without, told
    for command in without:
        assert "Your plan does not include" in told[command], told[command]
    # Nothing is locked: neither the key nor the workflow.
    assert await tried(rig, "image generate", WORDS) == ""
    await settled_exactly(rig)
    paid = {job.operation for job in await rig.jobs() if job.cost}
    assert not paid & {*SORA, *RENAMED.values()} - {RENAMED["prompt.enhance.location"]}
    assert rig.sandbox.spent(HOST_KEY) == sum(job.cost or 0 for job in await rig.jobs())


async def test_an_operation_that_no_page_names_can_be_used(rig: Rig):
    assert await tried(rig, "image upscale", {"image": sample(IMAGE), "scale": 2}) == ""
    [job] = await rig.jobs()
    assert (job.operation, job.state) == ("image.upscale", JobState.DELIVERED)
    [card] = rig.messages()
    assert card.attachments
    await settled_exactly(rig)


ACCEPTED = {
    "image.generate": {"model": ["seedream5"]},
    "narration.generate": {"voice_id": ["v_ada"]},
    "music.generate": {"mode": ["manual"]},
}


async def test_a_refusal_in_any_form_of_error_locks_nothing_and_costs_nothing(tmp_path: Path):
    async with running(tmp_path, error_style="zod", accepted=ACCEPTED, plan_without=SORA) as rig:
        why = await tried(rig, "audio narration", {"text": "Welcome aboard.", "voice_id": "v_bob"})
        assert "v_bob" in why
        why = await tried(rig, "sora for:edit", FIRST_TRY["sora for:edit"])
        assert "Your plan does not include Edit Sora 2 Video" in why
        assert await tried(rig, "audio narration", {"text": "Welcome aboard.", "voice_id": "v_ada"}) == ""
        await settled_exactly(rig)
