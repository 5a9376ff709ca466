"""What a member's first tries meet when the API turns out otherwise only later: each is put right without a loss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.models import JobState
from tests.support.pseudo import speak_pseudo, spoken
from tests.support.rig import HOST_KEY, Rig, running
from tests.support.surface import agreed, labels, newest, private_sentence, settled_exactly, whole
from tests.support.workflows import COMMANDS

RENAMED = {"prompt.enhance.location": "prompt.enhance.place"}


async def read_document(rig: Rig) -> None:
    await rig.bot.parts.catalogue_refresh.refresh()
    await rig.bot.parts.command_sync.catch_up()


async def test_what_failed_under_a_guessed_id_works_by_try_again_once_the_true_one_is_known(tmp_path: Path):
    async with running(tmp_path, renamed=RENAMED) as rig:
        await rig.member.slash(rig.channel, "prompt for:location", prompt="a harbour at dawn")
        await rig.work()
        failed = await newest(rig)
        assert failed.state is JobState.FAILED
        assert 'Unknown operation "prompt.enhance.location"' in (failed.error or "")
        await read_document(rig)
        [card] = rig.messages()
        assert "Try again" in labels(card)
        await agreed(rig.member, await rig.member.click(card, label=whole(card, "Try again")))
        await rig.work()
        job = await newest(rig)
        assert job.state is JobState.DELIVERED
        assert [request.called for request in rig.sandbox.requests] == ["prompt.enhance.place"]
        await settled_exactly(rig)


async def test_every_failure_is_booked_where_the_api_bills_them_all(tmp_path: Path):
    async with running(tmp_path, bills_failures=True) as rig:
        await rig.member.slash(rig.channel, "image generate", prompt="a fox #fail")
        await rig.work()
        job = await newest(rig)
        assert job.state is JobState.FAILED
        balance = await rig.bot.parts.store.ledger.balance(rig.guild.id)
        assert balance.held == 0
        assert balance.spent == rig.sandbox.spent(HOST_KEY) > 0


async def test_an_account_that_may_nothing_yet_is_tried_again_once_a_moderator_has_looked(tmp_path: Path):
    async with running(tmp_path, plan_without=list(COMMANDS.values())) as rig:
        await rig.member.slash(rig.channel, "image generate", prompt="a fox")
        await rig.work()
        assert "Your plan does not include" in ((await newest(rig)).error or "")
        refused = private_sentence(await rig.member.slash(rig.channel, "image generate", prompt="a fox"))
        assert "after a moderator runs `/studio status`" in refused
        rig.sandbox.vary(plan_without=[])
        await rig.moderator.slash(rig.channel, "studio status")
        await rig.member.slash(rig.channel, "image generate", prompt="a fox")
        await rig.work()
        assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED, JobState.FAILED]
        await settled_exactly(rig)


async def test_a_field_that_only_a_refusal_names_is_asked_for_and_then_sent(tmp_path: Path):
    demanded = {"image.generate": ["displayName"]}
    async with running(tmp_path, required_fields=demanded, error_style="details") as rig:
        await rig.member.slash(rig.channel, "image generate", prompt="a fox")
        await rig.work()
        assert "is required" in ((await newest(rig)).error or "")
        shown = await rig.member.click(rig.messages()[-1], label="Try again")
        [field] = rig.form_fields(shown)
        await agreed(rig.member, await rig.member.submit_modal(shown, {field: "Foxy"}))
        await rig.work()
        assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED, JobState.FAILED]
        assert rig.sandbox.requests[-1].input["displayName"] == "Foxy"
        await settled_exactly(rig)


async def test_a_missing_field_is_asked_for_whatever_language_the_failure_is_told_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    speak_pseudo(monkeypatch)
    demanded = {"image.generate": ["displayName"]}
    async with running(tmp_path, required_fields=demanded) as rig:
        await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, language="ja"))
        await rig.member.slash(rig.channel, "image generate", prompt="a fox")
        await rig.work()
        job = await newest(rig)
        assert spoken(job.error or "") == {"ja"}
        shown = await rig.member.click(rig.messages()[-1], custom_id=f"c1:retry:{job.id}")
        [field] = rig.form_fields(shown)
        await agreed(rig.member, await rig.member.submit_modal(shown, {field: "Foxy"}))
        await rig.work()
        assert rig.sandbox.requests[-1].input["displayName"] == "Foxy"
