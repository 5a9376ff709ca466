"""A server that the bot joins is greeted once: in its system channel, else its owner, with three buttons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.delivery.channels.facts import NEEDED, as_permissions
from bot.domain.texts import GONE
from bot.runtime import failpoints
from bot.server.welcome import FOUND_WITHIN_S, GIVE_UP_S
from cogs.moderate.setup import texts
from cogs.moderate.texts import PRACTICE_ON
from cogs.ui.texts import MODERATORS_ONLY
from tests.discord.test_removed_server import Removal
from tests.support.discord_trouble import refusal, trouble_with
from tests.support.following import ask_database, pass_time
from tests.support.joining import Joined, greet, join
from tests.support.rig import Rig, running
from tests.support.surface import labels, panel_text, private_sentence, unlinked

DAY_S = 86_400.0
CLOSED_TO_STRANGERS, MISSING_PERMISSION = 50007, 50013


def place(rig: Rig, joined: Joined) -> str | None:
    rows = ask_database(rig, f"SELECT place FROM welcomes WHERE guild_id = {joined.id}")
    return rows[0][0] if rows else None


async def test_the_system_channel_is_greeted_once_with_what_it_is_and_costs(rig: Rig):
    joined = await join(rig)
    await greet(rig)
    await greet(rig)
    [message] = joined.greetings()
    assert labels(message) == [str(texts.SET_UP), str(texts.PRACTICE), str(texts.HELP)]
    for line in (str(texts.WHAT_IT_IS), str(texts.WHAT_IT_COSTS), str(texts.PRIVACY), "Newcomers"):
        assert line in unlinked(message.content)
    assert joined.letters() == []
    assert place(rig, joined) == "channel"


async def test_practice_begins_by_its_button_for_who_manages_the_server(rig: Rig):
    joined = await join(rig)
    await greet(rig)
    [message] = joined.greetings()
    assert str(texts.PRACTICE_HINT) in message.content
    assert private_sentence(await joined.member.click(message, label=str(texts.PRACTICE))) == str(MODERATORS_ONLY)
    assert not await rig.bot.parts.store.practice.is_on(joined.id)
    answer = await joined.moderator.click(message, label=str(texts.PRACTICE))
    assert answer.ephemeral
    assert unlinked(answer.response.content) == str(PRACTICE_ON)
    assert await rig.bot.parts.store.practice.is_on(joined.id)


async def test_practice_is_not_offered_where_the_host_does_not_want_it(tmp_path: Path):
    async with running(tmp_path, practice="off") as rig:
        joined = await join(rig)
        await greet(rig)
        [message] = joined.greetings()
        assert labels(message) == [str(texts.SET_UP), str(texts.HELP)]
        assert str(texts.PRACTICE_HINT) not in message.content


@pytest.mark.parametrize("missing", NEEDED, ids=lambda each: each.flag)
async def test_a_missing_permission_is_named_and_who_can_be_reached_is_greeted(rig: Rig, missing: Any):
    joined = await join(rig)
    permissions = as_permissions()
    permissions.update(**{missing.flag: False})
    joined.permit(permissions)
    await rig.env.settle()
    await greet(rig)
    in_channel = missing.flag not in {"view_channel", "send_messages"}
    [message] = joined.greetings() if in_channel else joined.letters()
    assert f"**{missing.name}**" in message.content
    assert (joined.letters() if in_channel else joined.greetings()) == []


async def test_with_all_permissions_none_is_called_missing(rig: Rig):
    joined = await join(rig)
    joined.permit(as_permissions())
    await rig.env.settle()
    await greet(rig)
    [message] = joined.greetings()
    assert "I need" not in message.content


async def test_without_a_system_channel_the_owner_is_greeted(rig: Rig):
    joined = await join(rig, system=False)
    await greet(rig)
    [letter] = joined.letters()
    assert joined.greetings() == []
    assert str(texts.IN_YOUR_SERVER) in letter.content
    assert labels(letter) == [str(texts.SET_UP), str(texts.PRACTICE), str(texts.HELP)]
    for label, command in ((str(texts.SET_UP), "/studio setup"), (str(texts.HELP), "/help")):
        answer = await joined.owner.click(letter, label=label)
        assert unlinked(answer.response.content) == texts.OPEN_THERE(command=command, link=joined.id)
    answer = await joined.owner.click(letter, label=str(texts.PRACTICE))
    assert unlinked(answer.response.content) == str(PRACTICE_ON)
    assert await rig.bot.parts.store.practice.is_on(joined.id)
    key = await rig.bot.parts.store.keys.current(joined.id)
    assert key is not None
    assert key.set_by == joined.owner.id


async def test_a_press_that_is_not_the_owner_s_or_of_a_server_that_is_gone_starts_nothing(rig: Rig):
    joined = await join(rig, system=False)
    await greet(rig)
    [letter] = joined.letters()
    rig.env.backend.edit_guild(joined.id, {"owner_id": joined.moderator.id})
    await rig.env.settle()
    assert private_sentence(await joined.owner.click(letter, label=str(texts.PRACTICE))) == str(texts.ONLY_OWNER)
    assert not await rig.bot.parts.store.practice.is_on(joined.id)
    rig.env.backend.remove_guild(joined.id)
    await rig.env.settle()
    assert private_sentence(await joined.owner.click(letter, label=str(texts.SET_UP))) == str(GONE)


async def test_an_owner_who_takes_no_messages_is_not_asked_again_and_the_command_is_there(rig: Rig):
    joined = await join(rig, system=False)

    async def closed(call: Any) -> None:
        if call.is_message:
            raise refusal(403, CLOSED_TO_STRANGERS)

    with trouble_with(closed):
        await greet(rig)
    await greet(rig)
    assert joined.letters() == []
    assert place(rig, joined) == "nowhere"
    shown = await joined.moderator.slash(joined.channel, "studio setup")
    assert str(texts.WHAT_IT_COSTS) in panel_text(shown.response)


async def test_a_channel_that_is_closed_after_all_leaves_the_owner(rig: Rig):
    joined = await join(rig)

    async def closed(call: Any) -> None:
        if call.is_message and f"/{joined.channel.id}/" in call.path:
            raise refusal(403, MISSING_PERMISSION)

    with trouble_with(closed):
        await greet(rig)
    assert len(joined.letters()) == 1
    assert place(rig, joined) == "owner"


async def test_trouble_of_discord_is_tried_again_for_a_day(rig: Rig):
    joined = await join(rig)

    async def down(call: Any) -> None:
        if call.is_message:
            raise refusal(503)

    with trouble_with(down):
        await greet(rig)
        assert place(rig, joined) is None
    await greet(rig)
    assert len(joined.greetings()) == 1
    other = await join(rig, name="Others")
    with trouble_with(down):
        rig.advance(GIVE_UP_S + 1)
        await greet(rig)
    assert place(rig, other) == "nowhere"


async def test_a_message_whose_answer_was_lost_in_a_crash_is_found_and_not_sent_again(rig: Rig):
    await greet(rig)
    joined = await join(rig)
    end = rig.bot.parts.store.welcomes.end

    async def dies(guild_id: int, where: Any) -> None:
        if guild_id != joined.id:  # the server that was there before may be greeted at the same time
            return await end(guild_id, where)
        raise failpoints.Crash("welcome")

    rig.bot.parts.store.welcomes.end = dies  # type: ignore[method-assign]  # the process dies before it is noted
    with pytest.raises(failpoints.Crash):
        await greet(rig)
    rig.bot.parts.store.welcomes.end = end  # type: ignore[method-assign]  # as it was
    await rig.restart(after_s=3600)
    before = len(rig.env.http_requests)
    await greet(rig)
    posted = [call.path for call in rig.env.http_requests[before:] if call.method == "POST"]
    assert f"/channels/{joined.channel.id}/messages" not in posted  # a nonce would prevent it for minutes only
    assert len(joined.greetings()) == 1
    assert place(rig, joined) == "channel"


async def test_a_restart_greets_nobody_again(rig: Rig):
    joined = await join(rig)
    await greet(rig)
    await rig.restart(after_s=60)
    await greet(rig)
    assert len(joined.greetings()) == 1


async def test_who_joined_while_the_bot_was_off_is_greeted_at_its_start(rig: Rig):
    joined = await join(rig)
    ask = f"DELETE FROM welcomes WHERE guild_id = {joined.id}"
    await rig.bot.parts.store._database.write(lambda db: db.execute(ask))  # as if nobody had told the bot
    await rig.restart(after_s=60)
    await greet(rig)
    assert len(joined.greetings()) == 1


async def test_an_old_server_is_not_greeted_after_an_upgrade(rig: Rig):
    joined = await join(rig)
    ask = f"DELETE FROM welcomes WHERE guild_id = {joined.id}"
    await rig.bot.parts.store._database.write(lambda db: db.execute(ask))
    await rig.restart(after_s=FOUND_WITHIN_S + DAY_S)
    await greet(rig)
    assert (joined.greetings(), joined.letters()) == ([], [])


async def test_a_server_that_invites_the_bot_again_is_greeted_again_only_if_all_of_it_was_erased(rig: Rig):
    joined = await join(rig)
    await greet(rig)
    for days, greetings in ((1, 1), (31, 2)):
        removal = Removal(rig, guild_id=joined.id)
        await rig.env.settle()
        await pass_time(rig, days * DAY_S, DAY_S / 4)
        removal.back()
        await rig.env.settle()
        await rig.bot.parts.welcomes.joined(joined.id)
        await greet(rig)
        assert len(joined.greetings()) == greetings


async def test_a_server_that_left_before_it_was_greeted_is_left_alone(rig: Rig):
    await rig.env.settle()
    for _ in range(5):  # the rig's own server is greeted once its owner is known
        await greet(rig)
    assert await rig.bot.parts.store.welcomes.due() == []
    joined = await join(rig)
    rig.env.backend.remove_guild(joined.id)
    await rig.env.settle()
    before = len(rig.env.http_requests)
    await greet(rig)
    assert [call for call in rig.env.http_requests[before:] if "/messages" in call.path] == []


async def test_buttons_work_after_a_restart_and_a_member_gets_one_sentence(rig: Rig):
    joined = await join(rig)
    await greet(rig)
    [message] = joined.greetings()
    await rig.restart()
    assert private_sentence(await joined.member.click(message, label=str(texts.SET_UP))) == str(MODERATORS_ONLY)
    helped = await joined.member.click(message, label=str(texts.HELP))
    assert helped.ephemeral
    shown = await joined.moderator.click(message, label=str(texts.SET_UP))
    assert shown.ephemeral
    assert str(texts.WHAT_IT_COSTS) in panel_text(shown.response)
