"""The gallery of jobs: what a member and a moderator see, find and open, and the completion of jobs."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from cogs.jobs import texts
from cogs.jobs.gallery import PAGE_JOBS
from cogs.results.family import SHOWN_MAX, chosen, line_in, total_words
from cogs.ui.texts import GONE, MODERATORS_ONLY
from tests.support.channels import press, rule, shown
from tests.support.jobs import as_if_none, ask, gallery, ids_in, on_job, pictures_in
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import (
    REMOVE,
    agreed,
    inputs,
    labels,
    newest,
    panel_text,
    parts,
    private_sentence,
    whole,
)

# ---------------------------------------------------------------------- the gallery


async def test_a_gallery_shows_ones_own_jobs_and_nobody_elses(rig: Rig):
    mine = await ask(rig, prompt="a *red* fox\nat night")
    theirs = await ask(rig, rig.moderator)
    result = await gallery(rig, rig.member)
    assert result.ephemeral
    text = panel_text(result.response)
    assert ids_in(result.response) == [mine.id]
    assert theirs.id not in text
    assert "> a \\*red\\* fox at night" in text
    assert f"[Open card]({rig.messages()[0].jump_url})" in text or f"[Open card]({rig.messages()[1].jump_url})" in text


async def test_only_moderators_see_others_and_no_word_of_what_they_may_not_see(rig: Rig):
    secret = await ask(rig, prompt="canary words", private=True)
    public = await ask(rig, prompt="a public fox")
    assert private_sentence(await gallery(rig, rig.member, member=rig.moderator)) == str(MODERATORS_ONLY)
    theirs = await gallery(rig, rig.moderator, member=rig.member)
    mine = await gallery(rig, rig.moderator)
    everyones = await rig.moderator.click(mine.response, label="Everyone's jobs")
    for page in (theirs.response, everyones.response):
        assert set(ids_in(page)) == {secret.id, public.id}
        assert f"<@{rig.member.id}>" in panel_text(page)
        assert "a public fox" in panel_text(page)
        assert "canary" not in str([row if isinstance(row, dict) else row.to_dict() for row in page.components])
    assert "Everyone's jobs" not in labels((await gallery(rig, rig.member)).response)


async def test_a_search_finds_all_words_in_any_case_and_nothing_that_may_not_be_seen(rig: Rig):
    secret = await ask(rig, prompt="ein ÖFFENTLICHER Fuchs", private=True)
    public = await ask(rig, prompt="ein öffentlicher Dachs")
    found = await gallery(rig, rig.member, search="öffentlicher EIN")
    assert set(ids_in(found.response)) == {secret.id, public.id}
    assert ids_in((await gallery(rig, rig.member, search="fuchs ein")).response) == [secret.id]
    assert ids_in((await gallery(rig, rig.member, search="wolf")).response) == []
    assert ids_in((await gallery(rig, rig.moderator, member=rig.member, search="ein")).response) == [public.id]


@pytest.mark.parametrize("restarted", [True])
async def test_a_search_goes_on_over_its_pages_and_can_be_changed(rig: Rig, restarted: bool):
    await rule(rig, queued_per_member=100)
    for number in range(PAGE_JOBS + 1):
        await ask(rig, prompt=f"fox {number}")
        await ask(rig, prompt=f"owl {number}")
    page = await gallery(rig, rig.member, search="fox")
    first = ids_in(page.response)
    if restarted:
        await rig.restart()
    older = await rig.member.click(page.response, label="Older")
    assert len({*first, *ids_in(older.response)}) == PAGE_JOBS + 1
    assert "owl" not in panel_text(older.response)
    form = await rig.member.click(older.response, label="fox")
    [words] = inputs(form).values()
    assert words["value"] == "fox"
    changed = await rig.member.submit_modal(form, {words["custom_id"]: "owl"})
    assert "fox" not in panel_text(changed.response)
    assert len(ids_in(changed.response)) == PAGE_JOBS
    form = await rig.member.click(changed.response, label="owl")
    [words] = inputs(form).values()
    everything = await rig.member.submit_modal(form, {words["custom_id"]: ""})
    assert {"fox", "owl"} <= set(re.findall("fox|owl", panel_text(everything.response)))


async def test_a_gallery_is_narrowed_to_a_state(rig: Rig):
    done = await ask(rig, prompt="a fox #fast")
    await rig.work()
    failed = await ask(rig, prompt="a fox #fail")
    await rig.work()
    for state, there in (("delivered", done), ("failed", failed)):
        assert ids_in((await gallery(rig, rig.member, state=state)).response) == [there.id]
    empty = await gallery(rig, rig.member, state="held")
    assert str(texts.NOTHING_FOUND) in panel_text(empty.response)
    [select] = [item for item in parts(empty.response) if "options" in item]
    again = await rig.member.select(empty.response, ["failed"], custom_id=select["custom_id"])
    assert ids_in(again.response) == [failed.id]


@pytest.mark.long
async def test_a_page_with_everything_stays_within_discords_limits(rig: Rig):
    await rule(rig, queued_per_member=100, running_per_member=100)
    for _ in range(PAGE_JOBS * 2 + 1):
        await ask(rig, rig.moderator, prompt="*" * 5900 + " #fast")
    await rig.work()
    mine = await gallery(rig, rig.moderator, search="#fast")
    page = await rig.moderator.click((await rig.moderator.click(mine.response, label="Older")).response, label="Newer")
    rows = [row if isinstance(row, dict) else row.to_dict() for row in page.response.components]
    assert len(pictures_in(page.response)) == PAGE_JOBS
    assert counted(rows) <= 40
    assert len(panel_text(page.response)) <= 4000


def counted(components: Any) -> int:
    """Return how many components Discord counts: nested ones and accessories are some."""
    return sum(
        1 + counted(each.get("components", ())) + counted([each["accessory"]] if "accessory" in each else [])
        for each in components
    )


async def test_a_page_of_others_is_refused_to_who_is_no_moderator_any_more(rig: Rig):
    for subject, sentence in (
        ("all.any.0", str(MODERATORS_ONLY)),
        (f"{rig.moderator.id}.any.0", str(MODERATORS_ONLY)),
        ("ours.any.0", str(GONE)),
        ("mine.odd.0", str(GONE)),
        ("mine.any.-1", str(GONE)),
        ("mine.any.9999999", str(GONE)),
        ("mine", str(GONE)),
    ):
        for action in ("jobs_page", "jobs_whose", "jobs_search"):
            assert private_sentence(await press(rig, rig.member, action, subject)) == sentence, (action, subject)


async def test_a_job_is_opened_from_its_page_with_what_can_be_done_about_it(rig: Rig):
    job = await ask(rig, prompt="a fox #fast")
    await rig.work()
    page = await gallery(rig, rig.member)
    select = parts(page.response)[0]
    opened = await rig.member.select(page.response, [job.id], custom_id=select["custom_id"])
    assert job.id in panel_text(opened.response)
    assert {"Re-run", "Fresh link", REMOVE} <= set(labels(opened.response))
    assert "Report" not in labels(opened.response), "it is their own"
    theirs = await on_job(rig, rig.moderator, "show", job.id)
    assert "Report" in labels(theirs.response)


async def test_a_moderator_cancels_a_private_job_from_its_panel_without_reading_it(rig: Rig):
    secret = await ask(rig, prompt="canary words", private=True)
    opened = await on_job(rig, rig.moderator, "show", secret.id)
    assert str(texts.HIDDEN_JOB) in panel_text(opened.response)
    assert labels(opened.response) == ["Cancel this job"]
    assert "canary" not in shown(opened)
    await rig.moderator.click(opened.response, label="Cancel this job")
    assert (await newest(rig)).state is JobState.CANCELLED


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
    result = await on_job(rig, rig.member, "show", child.id.lower())
    assert result.ephemeral
    shown = panel_text(result.response)
    head, *line = shown[shown.index("**Family**") : shown.index("**Cost**")].splitlines()
    jobs = {job.id: job for job in await rig.jobs()}
    assert line[::2] == ["**1.** a fox \\#fast", "**2.** a fox \\#fast", "**3.** 🎲 Subtle variation"]
    for told, job_id in zip(line[1::2], (root.id, child.id, variant.id), strict=True):
        cost, back = told.split(" · ")[1:]
        assert cost == f"{jobs[job_id].cost.normalize():f} credits"
        link = next(m.jump_url for m in rig.messages() if m.id == jobs[job_id].message_id)
        assert back == ("**this one**" if job_id == child.id else f"[Back to this one]({link})")
    total = sum((job.cost for job in jobs.values()), Decimal(0))
    assert head == f"**Family** · {total.normalize():f} credits in all"
    assert total == rig.sandbox.spent(HOST_KEY)


async def test_a_job_of_another_server_and_anothers_private_one_do_not_exist(rig: Rig):
    secret = await ask(rig, private=True)
    other = rig.env.create_guild("Elsewhere")
    place = other.create_text_channel("general")
    stranger = other.add_member(rig.env.create_user("eve"))
    public = await ask(rig)
    for act in ("show", "cancel", "recover", "retry", "link"):
        elsewhere = await on_job(rig, stranger, act, public.id, channel=place)
        assert private_sentence(elsewhere) == as_if_none(act, public.id)
        assert private_sentence(await on_job(rig, rig.member, act, "nothing")) == as_if_none(act, "nothing")
        if act not in {"cancel", "show"}:
            assert private_sentence(await on_job(rig, rig.moderator, act, secret.id)) == str(GONE), act
    assert len(await rig.jobs()) == 2


async def test_an_erased_job_says_so(rig: Rig):
    await ask(rig, prompt="canary words #fast")
    await rig.work()
    job = await newest(rig)
    await rig.bot.parts.store.cards.erase(rig.guild.id, job.card_id)
    result = await on_job(rig, rig.member, "show", job.id)
    assert "Its record was erased." in panel_text(result.response)
    assert "canary" not in str(result.response.components)


async def test_of_a_long_line_the_first_and_those_around_the_shown_job_are_shown(rig: Rig):
    job = await ask(rig)
    family = [replace(job, id=f"{n:010}", parent_id=f"{n - 1:010}") for n in range(100)]
    for at, numbers in ((50, [1, *range(47, 56)]), (0, range(1, 11)), (99, [1, *range(92, 101)])):
        found = chosen(line_in(family, f"{at:010}"), f"{at:010}")
        assert [number for number, _ in found] == list(numbers)
        assert len(found) == SHOWN_MAX
    assert total_words(family) == "0 credits and 2,000 credits held"


# ---------------------------------------------------------------------- completion


async def test_jobs_are_completed_with_ones_own_by_the_words_of_their_prompts(rig: Rig):
    fox = await ask(rig, prompt="a Fox in the snow")
    owl = await ask(rig, prompt="an owl")
    await ask(rig, rig.moderator, prompt="a fox of somebody else")
    for typed, expected in (("", [owl.id, fox.id]), ("snow fox", [fox.id]), (owl.id.lower(), [owl.id]), ("wolf", [])):
        offered = await rig.member.autocomplete(rig.channel, "jobs", "job", typed)
        assert [each["value"] for each in offered] == expected, typed


async def test_a_job_of_nobody_is_one_sentence_for_members_and_moderators(rig: Rig):
    for who in (rig.member, rig.moderator):
        refused = await who.slash(rig.channel, "jobs", job="AAAAAAAAAA")
        assert "You can't see a job AAAAAAAAAA here. Choose one from the list." in private_sentence(refused)
