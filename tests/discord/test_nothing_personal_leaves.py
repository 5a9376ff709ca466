"""Cannon Studio learns what is to be made, and neither who wants it nor where: docs/privacy-policy.md says so."""

from __future__ import annotations

from tests.support.rig import Rig


async def test_a_request_has_neither_names_nor_ids_of_discord(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    await rig.work()
    [request] = rig.sandbox.requests
    sent = repr((request.operation, request.input, request.idempotency_key, request.webhook_url))
    assert "a fox" in sent
    for personal in (rig.member.id, rig.member.name, rig.guild.id, rig.channel.id):
        assert str(personal) not in sent
