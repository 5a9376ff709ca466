from __future__ import annotations

import io

from PIL import Image

from bot.domain.models import JobState, LedgerKind
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import state_text


async def test_a_prompt_becomes_a_posted_picture_with_its_cost_settled(rig: Rig):
    result = await rig.member.slash(rig.channel, "image generate", prompt="a fox in fog")
    assert not result.ephemeral
    card = result.response.embeds[0]
    assert "a fox in fog" in card.description
    assert "Making it…" in state_text(result.response)

    await rig.work()

    [message] = rig.messages()
    [attachment] = message.attachments
    assert attachment.filename.startswith("a-fox-in-fog-")
    assert attachment.filename.endswith(".png")
    assert attachment.description == "a fox in fog (Made with AI · Seedream 5.0 Lite)"
    assert Image.open(io.BytesIO(rig.file(attachment))).format == "PNG"
    assert "took" in state_text(message)
    [job] = await rig.jobs()
    assert job.state is JobState.DELIVERED
    assert job.message_id == message.id
    rows = await rig.bot.parts.store.ledger.rows(rig.guild.id)
    assert [row.kind for row in rows] == [LedgerKind.SETTLE, LedgerKind.HOLD]
    assert rows[0].credits == job.cost == rig.sandbox.spent(HOST_KEY)
