"""Results that are neither picture nor video nor sound: attached by their own name, or a link that names its host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.domain.models import JobState
from sandbox.media import render
from sandbox.studio import studio
from sandbox.studio import studio as work
from tests.support.results import card_of
from tests.support.rig import Rig
from tests.support.surface import labels, links, links_on, newest

OPERATION = "three_d.model.generate"
SRT = b"1\n00:00:01,000 --> 00:00:02,500\nHello\n"


async def made(rig: Rig) -> tuple[Any, Any]:
    shown = await rig.moderator.slash(rig.channel, "studio request", operation=OPERATION)
    [field] = rig.form_fields(shown)
    result = await rig.moderator.submit_modal(shown, {field: '{"prompt": "a boat"}'})
    if result.ephemeral:
        await rig.moderator.click(result.response, label="Send")
    await rig.work()
    job = await newest(rig)
    assert job.state is JobState.DELIVERED
    return card_of(rig, job), job


@pytest.fixture
def make_instead(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes, str], None]]:
    """Let the sandbox make other bytes than a 3D model. Small files it makes once in a process, for all requests."""

    def make(data: bytes, extension: str) -> None:
        studio._make_small.cache_clear()
        monkeypatch.setattr(work, "_glb", lambda _: render.Rendered(data, "application/octet-stream", extension))

    yield make
    studio._make_small.cache_clear()


async def test_a_3d_model_is_attached_with_its_name_and_type(rig: Rig):
    message, job = await made(rig)
    names = [each.filename for each in message.attachments]
    assert [name.rpartition(".")[2] for name in names] == ["png", "glb"]
    assert all(name.startswith("a-boat-") for name in names)
    assert links_on(message) == []
    assert "```" not in (message.embeds[0].description or "") + message.content
    assert "model_url" not in str(message.embeds[0].to_dict())
    rig.sandbox.studio.files._files.clear()
    rig.advance(8 * 86400)  # Cannon Studio has deleted them
    assert await rig.bot.parts.sources.fresh_link(job, job.media[1]) == message.attachments[1].url


@pytest.mark.parametrize(("data", "ending"), [(SRT, "srt")])
async def test_captions_archives_and_data_are_attached(rig: Rig, make_instead: Any, data: bytes, ending: str):
    make_instead(data, ending)
    message, _ = await made(rig)
    assert message.attachments[1].filename.endswith(f".{ending}")
    assert links_on(message) == []


@pytest.mark.parametrize("data", [b"<!doctype html><script>"])
async def test_a_page_or_a_program_is_a_link_that_names_its_host(rig: Rig, make_instead: Any, data: bytes):
    make_instead(data, "srt")
    message, job = await made(rig)
    assert [each.filename.rpartition(".")[2] for each in message.attachments] == ["png"]
    assert links_on(message) == [job.media[1].url]
    assert labels(message)[-1] == "Open result (127.0.0.1)"
    result = await rig.moderator.click(message, label="Fresh link")
    assert links(result.response) == [each.url for each in job.media]
