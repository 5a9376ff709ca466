"""The controls of results: what each does for whom, which are offered, and that an error in one is never silent."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any

import discord
import pytest

from bot.delivery.channels.view import message_view
from bot.domain.models import JobState
from bot.domain.texts import OWNER_ONLY
from cogs.ui import controls
from cogs.ui.controls import Control
from cogs.ui.texts import GONE
from tests.support.results import RESULT, Press, block, card_of, count, picture
from tests.support.rig import Rig
from tests.support.surface import (
    DETAILS,
    labels,
    newest,
    private_sentence,
    settled_exactly,
    whole,
)

# ---------------------------------------------------------------------- the table of what is to happen


NEW, REFUSED, TAKEN_DOWN = "a new job of who pressed", "a refusal", "everything taken down"


@pytest.mark.parametrize(
    ("control", "who", "expected"),
    [
        *((control, "author", NEW) for control in ("rerun", "vary", "edit", "next_step")),
        ("rerun", "other", NEW),
        ("rerun", "blocked", REFUSED),
        ("remove", "author", TAKEN_DOWN),
        ("remove", "other", REFUSED),
    ],
)
async def test_each_control_does_after_a_restart_what_it_should_for_who_presses_it(
    rig: Rig, control: str, who: str, expected: str
):
    other = rig.guild.add_member(rig.env.create_user("otto"))
    member = rig.member if who == "author" else other
    _, parent = await picture(rig)
    if who == "blocked":
        await block(rig, other)
    await rig.restart(after_s=90 * 24 * 3600 if control in {"edit", "remove"} else 3600)
    message = card_of(rig, parent)
    spent = await rig.bot.parts.store.ledger.balance(rig.guild.id)
    result = await getattr(Press(message, member), control)()
    if expected == REFUSED:
        said = "".join(m.content for m in (result.response, *result.followups) if m is not None and m.ephemeral)
        assert (str(OWNER_ONLY) if control == "remove" else "A moderator has blocked you") in said
        assert await count(rig) == 1
        assert await rig.bot.parts.store.ledger.balance(rig.guild.id) == spent
        assert [m.id for m in rig.messages()] == [message.id]
    elif expected == TAKEN_DOWN:
        assert "removed" in result.response.content
        assert rig.messages() == []
        assert (await newest(rig)).input == parent.input
    else:
        assert not result.ephemeral
        job = await newest(rig)
        assert (job.author_id, job.parent_id) == (member.id, parent.id)
        await rig.work()
        assert {each.state for each in await rig.jobs()} == {JobState.DELIVERED}
        assert f"({message.jump_url})" in card_of(rig, await newest(rig)).embeds[0].description
    await settled_exactly(rig)


# ---------------------------------------------------------------------- what each offers


@pytest.mark.parametrize(
    ("command", "options", "expected"),
    [("image generate", {"prompt": "a fox #fast"}, RESULT), ("audio narration", {"text": "a fox #fast"}, RESULT[1:])],
)
async def test_a_result_offers_what_it_is_good_for(rig: Rig, command: str, options: Any, expected: list[str]):
    await rig.member.slash(rig.channel, command, **options)
    [card] = rig.messages()
    assert labels(card) == ["Don't post", DETAILS]
    await rig.work()
    [card] = rig.messages()
    assert labels(card) == expected
    assert all(len(item.custom_id) <= 100 for row in card.components for item in row.children)


@pytest.mark.parametrize(
    ("links", "kept"),
    [
        (0, ["u", "v", "s", "last"]),
        (8, ["u", "v", "s", "last"]),
        (9, ["u", "v", "last"]),
        (14, ["u", "last"]),
        (19, ["last"]),
        (24, []),
        (40, []),
    ],
)
def test_rows_give_way_to_links_in_a_messages_five_rows_the_last_longest(links: int, kept: list[str]):
    rows: list[list[Control]] = [[Control.button(name, f"{each}") for each in range(5)] for name in "uv"]
    rows.append([Control.select("s", "0", placeholder="x", options=[discord.SelectOption(label="x")])])
    rows.append([Control.button("last", f"{each}") for each in range(2)])
    view = message_view(rows, [f"https://example.com/{each}" for each in range(links)])  # raises ValueError if too many
    assert view is not None
    assert sum(getattr(item, "url", None) is not None for item in view.children) == min(links, 25)
    actions = [item.custom_id.split(":")[1] for item in view.children if isinstance(item, Control)]
    assert list(dict.fromkeys(actions)) == kept


# ---------------------------------------------------------------------- errors and memory


def test_every_action_has_a_name_that_fits_a_custom_id():
    released = {
        "again", "again_all", "vary", "vary_subtle", "vary_strong", "vary_look", "alone", "edit", "pick", "retry",
        "link", "remove", "remove_result", "remove_record", "recover", "jobs_page",
    }  # fmt: skip
    assert released <= controls._ACTIONS.keys()
    for name in controls._ACTIONS:
        controls.custom_id(name, "0123456789")


async def test_a_control_of_another_servers_result_has_the_constant_answer(rig: Rig):
    from cogs.ui.controls import view_of

    _, job = await picture(rig)
    other = rig.env.create_guild("Elsewhere")
    place = other.create_text_channel("general")
    stranger = other.add_member(rig.env.create_user("eve"))
    channel: Any = rig.bot.get_channel(place.id)
    actions = ("again", "vary", "vary_look", "alone", "edit", "pick", "retry", "link", "remove", "remove_record")
    for action in (*actions, "recover"):
        with rig.env.time_context():
            forged = await channel.send("forged", view=view_of([Control.button(action, job.id, label="Press")]))
        assert private_sentence(await stranger.click(forged, label="Press")) == str(GONE), action
    assert rig.messages()


def views_alive() -> int:
    """Return how many views live in this process; those of the tests before this one count as well."""
    gc.collect()
    return sum(isinstance(each, discord.ui.View) for each in gc.get_objects())


@pytest.mark.long
async def test_three_hundred_results_leave_no_views_alive_and_the_first_still_works(rig: Rig):
    message, job = await picture(rig)
    card, jobs = await rig.bot.parts.store.cards.with_jobs(rig.guild.id, job.card_id)
    other = replace(job, id="0000000001", position=1)
    channel: Any = rig.bot.get_channel(rig.channel.id)
    drawing = rig.bot.parts.delivery.cards.drawing
    before = views_alive()
    with rig.env.time_context():
        for number in range(300):
            links = ["https://example.com/large.mp4"] if number % 3 == 0 else []
            shown = (*jobs, other) if number % 2 else jobs
            sent = await channel.send("result", view=await drawing.view(card, shown, links))
            if number % 10 == 0:
                await sent.edit(view=await drawing.view(card, jobs, []))
    kept = rig.bot._connection._view_store
    assert kept._views == {}
    assert kept._synced_message_views == {}
    assert kept._modals == {}
    assert len(kept._dynamic_items) == 1
    assert views_alive() < before + 20
    await rig.member.click(message, label=whole(message, "Re-run"))
    assert await count(rig) == 2


async def test_ten_thousand_presses_are_not_all_remembered(rig: Rig):
    presses = rig.bot.presses
    for number in range(10_000):
        assert presses.wait_s(("member", number)) == 0
    assert len(presses) <= 4096
    rig.advance(10)
    assert presses.wait_s("another") == 0
    assert len(presses) == 1
