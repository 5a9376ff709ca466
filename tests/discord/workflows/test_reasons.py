"""What the API says is wrong with an input reaches the card with the field's name."""

from __future__ import annotations

import json

import pytest

from bot.domain.models import JobState
from tests.support.rig import Rig
from tests.support.surface import settled_exactly, state_text

ISSUES = [
    {"code": "custom", "path": ["input", "aspect_ratio"], "message": "Must be 1:1 or 16:9"},
    {"code": "invalid_type", "received": "undefined", "path": ["input", "display_name"], "message": "Required"},
]
WANTED = "aspect ratio: must be 1:1 or 16:9; display_name: is required"


@pytest.mark.parametrize("body", [{"error": {"issues": ISSUES}}])
async def test_a_refused_job_says_which_field_and_why(rig: Rig, body: dict):
    rig.sandbox.fault("submit", "status", status=422, body=json.dumps(body))
    await rig.member.slash(rig.channel, "image generate", prompt="gold")
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.FAILED
    assert job.error == f"Cannon Studio does not accept this: {WANTED}"
    [message] = rig.messages()
    assert "aspect ratio: must be 1:1 or 16:9" in state_text(message)
    await settled_exactly(rig)


async def test_a_request_that_failed_says_which_field_and_why(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="gold")
    await rig.step()
    [request] = rig.sandbox.requests
    request.fail(json.dumps(ISSUES))
    await rig.work()
    [job] = await rig.jobs()
    assert (job.state, job.error) == (JobState.FAILED, WANTED)
    await settled_exactly(rig)
