"""/jobs list and /jobs show: what a member and a moderator see, and the completion of ids."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from cogs.jobs.pages import PAGE_JOBS
from cogs.results.family import family_text, total_words
from cogs.ui.texts import GONE, MODERATORS_ONLY
from tests.support.jobs import ask, jobs_command
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import agreed, labels, newest, panel_text, private_sentence, whole

# ---------------------------------------------------------------------- list


async def test_a_list_shows_ones_own_jobs_and_nobody_elses(rig: Rig):
    mine = await ask(rig)
    theirs = await ask(rig, rig.moderator)
    result = await jobs_command(rig, rig.member, "list")
    assert result.ephemeral
    text = result.response.embeds[0].description
    assert mine.id in text
    assert theirs.id not in text


async def test_only_moderators_list_all_and_no_prompt_is_shown(rig: Rig):
    secret = await ask(rig, prompt="canary words", private=True)
    assert private_sentence(await jobs_command(rig, rig.member, "list", whose="all")) == str(MODERATORS_ONLY)
    text = (await jobs_command(rig, rig.moderator, "list", whose="all")).response.embeds[0].description
    assert secret.id in text
    assert f"<@{rig.member.id}>" in text
    assert "canary" not in text


async def test_a_list_is_narrowed_to_a_state(rig: Rig):
    done = await ask(rig, prompt="a fox #fast")
    await rig.work()
    failed = await ask(rig, prompt="a fox #fail")
    await rig.work()
    for state, there, not_there in (("delivered", done, failed), ("failed", failed, done)):
        text = (await jobs_command(rig, rig.member, "list", state=state)).response.embeds[0].description
        assert there.id in text
        assert not_there.id not in text
    empty = await jobs_command(rig, rig.member, "list", state="held")
    assert empty.response.embeds[0].description == "None."


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_long_list_has_pages_that_survive_a_restart(rig: Rig, restarted: bool):
    for _ in range(PAGE_JOBS + 3):
        await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, queued_per_member=100))
        await ask(rig)
    shown = await jobs_command(rig, rig.member, "list")
    assert labels(shown.response) == ["Older"]
    first = ids_in(shown.response)
    if restarted:
        await rig.restart()
    turned = await rig.member.click(shown.response, label="Older")
    second = ids_in(turned.response)
    assert labels(turned.response) == ["Newer"]
    assert (len(first), len(second)) == (PAGE_JOBS, 3)
    assert len(first | second) == PAGE_JOBS + 3


def ids_in(message: Any) -> set[str]:
    return set(re.findall(r"• `([0-9A-Z]{10})`", message.embeds[0].description))


async def test_a_page_of_all_is_refused_to_who_is_no_moderator_any_more(rig: Rig):
    from cogs.ui.controls import Control, view_of

    channel: Any = rig.bot.get_channel(rig.channel.id)
    for subject, sentence in (
        ("all.any.0", str(MODERATORS_ONLY)),
        ("ours.any.0", str(GONE)),
        ("mine.odd.0", str(GONE)),
        ("mine.any.-1", str(GONE)),
        ("mine.any.9999999", str(GONE)),
        ("mine", str(GONE)),
    ):
        with rig.env.time_context():
            forged = await channel.send("x", view=view_of([Control.button("jobs_page", subject, label="Press")]))
        assert private_sentence(await rig.member.click(forged, label="Press")) == sentence, subject


# ---------------------------------------------------------------------- show


async def test_a_lineage_is_drawn_with_what_each_cost_and_the_total(rig: Rig):
    root = await ask(rig, prompt="a fox #fast")
    await rig.work()
    [card] = rig.messages()
    await rig.moderator.click(card, label=whole(card, "Re-run"))
    child = await newest(rig)
    await rig.work()
    [again] = [m for m in rig.messages() if m.id == (await newest(rig)).message_id]
    how = await rig.member.click(again, label="Vary")
    await agreed(rig.member, await rig.member.click(how.response, label=whole(how.response, "Subtle")))
    variant = await newest(rig)
    await rig.work()
    result = await jobs_command(rig, rig.member, "show", id=child.id.lower())
    assert result.ephemeral
    shown = panel_text(result.response)
    head, *tree = shown[shown.index("**Family**") :].splitlines()
    jobs = {job.id: job for job in await rig.jobs()}
    assert [re.search(r"[0-9A-Z]{10}", line)[0] for line in tree] == [root.id, child.id, variant.id]
    assert [line.count("\u2003") + line.count("└") for line in tree] == [0, 1, 2]
    assert "**" in tree[1]
    assert "**" not in tree[0]
    for line in tree:
        job = jobs[re.search(r"[0-9A-Z]{10}", line)[0]]
        assert f"{job.cost.normalize():f} credit" in line
    total = sum((job.cost for job in jobs.values()), Decimal(0))
    assert head == f"**Family** · {total.normalize():f} credits in all"
    assert total == rig.sandbox.spent(HOST_KEY)


async def test_a_job_is_shown_with_what_can_be_done_about_it(rig: Rig):
    await ask(rig, prompt="a fox #fast")
    await rig.work()
    result = await jobs_command(rig, rig.moderator, "show", id=(await newest(rig)).id)
    assert labels(result.response)[:3] == ["Post here again", "Re-run", "Vary"]
    await rig.moderator.click(result.response, label=whole(result.response, "Re-run"))
    assert (await newest(rig)).author_id == rig.moderator.id


async def test_a_job_of_another_server_and_anothers_private_one_do_not_exist(rig: Rig):
    secret = await ask(rig, private=True)
    other = rig.env.create_guild("Elsewhere")
    place = other.create_text_channel("general")
    stranger = other.add_member(rig.env.create_user("eve"))
    public = await ask(rig)
    for command in ("show", "cancel", "recover", "retry", "link"):
        assert private_sentence(await stranger.slash(place, f"jobs {command}", id=public.id)) == str(GONE), command
        assert private_sentence(await jobs_command(rig, rig.member, command, id="nothing")) == str(GONE), command
        if command != "cancel":
            assert private_sentence(await jobs_command(rig, rig.moderator, command, id=secret.id)) == str(GONE), command
    assert len(await rig.jobs()) == 2


async def test_a_private_job_of_a_lineage_is_neither_drawn_nor_counted_for_others(rig: Rig):
    root = await ask(rig, prompt="a fox #fast")
    await rig.work()
    secret = await ask(rig, private=True)
    await rig.bot.parts.store._database.write(
        lambda db: db.execute("UPDATE jobs SET parent_id = ? WHERE id = ?", (root.id, secret.id))
    )
    mine = await jobs_command(rig, rig.member, "show", id=root.id)
    assert secret.id in panel_text(mine.response)
    theirs = await jobs_command(rig, rig.moderator, "show", id=root.id)
    assert "Family" not in str(theirs.response.components)
    assert secret.id not in str(theirs.response.components)


async def test_an_erased_job_says_so(rig: Rig):
    await ask(rig, prompt="canary words #fast")
    await rig.work()
    job = await newest(rig)
    await rig.bot.parts.store.cards.erase(rig.guild.id, job.card_id)
    result = await jobs_command(rig, rig.member, "show", id=job.id)
    assert "Its record was erased." in panel_text(result.response)
    assert "canary" not in str(result.response.components)


async def test_a_large_lineage_fits_a_message(rig: Rig):
    job = await ask(rig)
    family = [replace(job, id=f"{n:010}", parent_id=f"{n - 1:010}") for n in range(100)]
    text = family_text(family, "0000000050")
    assert len(text) <= 1000
    assert "more" in text
    assert total_words(family) == "0 credits and 2,000 credits held"


# ---------------------------------------------------------------------- completion


@pytest.mark.parametrize(("command", "state"), [("cancel", "open"), ("retry", "failed"), ("link", "delivered")])
async def test_ids_are_completed_with_ones_own_jobs_in_a_fitting_state(rig: Rig, command: str, state: str):
    failed = await ask(rig, prompt="a fox #fail")
    done = await ask(rig, prompt="a fox #fast")
    await rig.work()
    running = await ask(rig)
    await ask(rig, rig.moderator)
    expected = {"open": running, "failed": failed, "delivered": done}[state]
    offered = await rig.member.autocomplete(rig.channel, f"jobs {command}", "id", "")
    assert [each["value"] for each in offered] == [expected.id]
