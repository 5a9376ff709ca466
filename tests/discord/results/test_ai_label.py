"""“Made with AI”: on cards and in alt texts unless the server's rule says otherwise; and files stay as they came."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from bot.delivery.channels.facts import ALT_TEXT_CHARS
from sandbox.studio.files import Files, StoredFile
from tests.support.channels import rule
from tests.support.rig import Rig
from tests.support.surface import below_prompt, newest, settled_exactly

LABEL, LABELLED = "Made with AI", "(Made with AI · Seedream 5.0 Lite)"
PROVENANCE = b"\x00\x00\x00\x1ejumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9bq\x03c2pa\x00signed by its maker"
"""A box as C2PA writes it: in a PNG it is the chunk `caBX` (spec.c2pa.org, Embedding manifests into PNG)."""


async def make(rig: Rig, **options: Any) -> Any:
    """Have a picture made; return its card."""
    await rig.member.slash(rig.channel, "image generate", **{"prompt": "a fox #fast", **options})
    await rig.work()
    return max(rig.messages(), key=lambda each: each.id)


def facts(card: Any) -> str:
    return below_prompt(card.embeds[0])[-1]


async def test_a_card_says_that_ai_made_it_and_which_model_only_once_there_is_a_result(rig: Rig):
    result = await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    assert LABEL not in str(result.response.embeds[0].to_dict())
    await rig.work()
    [card] = rig.messages()
    assert facts(card).startswith("Made with AI · Seedream 5.0 Lite · ")
    assert card.attachments[0].description == f"a fox fast {LABELLED}"
    await settled_exactly(rig)


@pytest.mark.long
@pytest.mark.parametrize("on", [False])
async def test_the_servers_rule_decides_for_the_card_its_sheet_and_copies(rig: Rig, on: bool):
    await rule(rig, ai_label=on)
    card = await make(rig, count=2)
    assert (LABEL in facts(card)) is on
    await rig.member.click(card, label="U1")
    await rig.member.slash(rig.channel, "batch", operation="image.generate", prompts="a fox #fast | an owl #fast")
    await rig.work()
    files = [file for message in rig.messages() for file in message.attachments]
    assert any(file.filename.startswith("contact") for file in files)
    assert {str(file.description).endswith(LABELLED) for file in files} == {on}


async def test_a_long_prompt_leaves_room_for_the_label(rig: Rig):
    card = await make(rig, prompt=f"#fast {'fox ' * 400}")
    [alt] = [file.description for file in card.attachments if file.filename.endswith(".png")]
    assert len(alt) <= ALT_TEXT_CHARS
    assert alt.endswith(f"… {LABELLED}")


def signed(png: bytes) -> bytes:
    """Return a PNG with a manifest of its provenance before its last chunk."""
    body = b"caBX" + PROVENANCE
    chunk = len(PROVENANCE).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)
    end = png.rindex(b"IEND") - 4
    return png[:end] + chunk + png[end:]


async def test_a_file_is_posted_byte_for_byte_so_that_its_provenance_stays(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    put = Files.put
    monkeypatch.setattr(
        Files, "put", lambda files, name, file: put(files, name, StoredFile(signed(file.data), file.content_type))
    )
    card = await make(rig)
    job = await newest(rig)
    served = rig.sandbox.studio.files.get(job.media[0].url.rpartition("/")[2])
    assert served is not None
    assert PROVENANCE in served.data
    assert rig.file(card.attachments[0]) == served.data
    await settled_exactly(rig)
