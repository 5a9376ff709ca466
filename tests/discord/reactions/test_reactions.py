from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.guild_rules import Limit, Payer, Period, Scope
from bot.domain.models import Job, JobState
from bot.domain.reaction_rules import DEFAULTS, Purse, ReactionAction, Who, read_emoji
from bot.generation.reactions import QUIET_S, TAKEN_BACK
from bot.runtime import failpoints
from cogs.reactions.actions import MEMBER_A_MINUTE, SERVER_A_MINUTE
from cogs.reactions.texts import NOT_DONE
from tests.support.reacting import CUSTOM, event, in_channel, made, newest, sent, told
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import close_private, delete, deny, png, settled_exactly

EMOJI = {rule.action: rule.shown for rule in DEFAULTS.values()}
OPERATION = {
    "rerun": "image.generate",
    "vary": "image.edit",
    "animate": "video.generate",
    "upscale": "video.upscale",
    "subtitles": "subtitles.generate",
}
ON_VIDEO = {"upscale", "subtitles"}
ACTORS = ["author", "other", "moderator", "blocked", "bot", "webhook"]
WEBHOOK_ID = 10**18 + 7
ALL_ACTIONS = ["rerun", "vary", "animate", "upscale", "subtitles", "send", "gallery", "remove"]


def other(rig: Rig, name: str = "bob") -> Any:
    return rig.guild.add_member(rig.env.create_user(name))


async def actor(rig: Rig, name: str) -> Any:
    """Return the one who reacts; None for a webhook."""
    if name == "author":
        return rig.member
    if name == "moderator":
        return rig.moderator
    if name == "bot":
        return rig.guild.add_member(rig.env.create_user("robot", bot=True))
    if name == "webhook":
        return None
    member = other(rig)
    if name == "blocked":
        await rig.bot.parts.store.blocks.add(rig.guild.id, member.id, until=None, reason="spam", by_id=1)
    return member


async def children(rig: Rig, parent: Job) -> list[Job]:
    return [job for job in await rig.jobs() if job.parent_id == parent.id]


async def map_emoji(rig: Rig, action: ReactionAction, shown: str | None = None, **values: Any) -> None:
    rule = next(each for each in DEFAULTS.values() if each.action is action)
    if shown is not None:
        key, text = read_emoji(shown)
        rule = dataclasses.replace(rule, emoji=key, shown=text)
    await rig.bot.parts.store.reactions.set(rig.guild.id, dataclasses.replace(rule, **values))


# ---------------------------------------------------------------------- the table of outcomes


@pytest.mark.parametrize(
    "circumstance", ["fresh", *(pytest.param(each, marks=pytest.mark.long) for each in ("restarted", "parent deleted"))]
)
@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("action", ALL_ACTIONS)
async def test_each_reaction_of_each_actor_has_its_outcome(rig: Rig, action: str, who: str, circumstance: str):
    message = await made(rig, "video generate" if action in ON_VIDEO else "image generate")
    parent = (await rig.jobs())[0]
    gallery = rig.guild.create_text_channel("gallery")
    await rig.bot.parts.store.reactions.change_settings(rig.guild.id, gallery=lambda _: (gallery.id, 1))
    member = await actor(rig, who)
    if circumstance == "restarted":
        await rig.restart(after_s=90 * 24 * 3600)
    if circumstance == "parent deleted":
        delete(rig, message)
        await rig.env._settle_internal(dispatch="deleted")
    before = [m.id for m in rig.messages()]
    await event(rig, message, EMOJI[ReactionAction(action)], WEBHOOK_ID if member is None else member.id)
    await rig.work()
    counts = who in {"author", "other", "moderator"} and not (action == "remove" and who == "other")
    new = await children(rig, parent)
    if action in OPERATION:
        assert len(new) == (0 if not counts else 2 if action == "vary" else 1)
        if counts:
            last = max(new, key=lambda job: job.position)
            assert last.operation == OPERATION[action]
            assert {job.author_id for job in new} == {member.id}
            assert {job.state for job in new} == {JobState.DELIVERED}
            card = newest(rig)
            assert card.id not in before
            assert card.attachments
            assert card.reference is not None
            assert card.reference.message_id == message.id
    else:
        assert new == []
        assert [m.id for m in rig.messages()] == ([] if action == "remove" and counts else before)
    if action == "send" and counts:
        [copy] = sent(rig, member)
        assert [file.description for file in copy.attachments] == ["a fox #fast"]
    shown = action == "gallery" and counts and circumstance != "parent deleted"
    assert len(in_channel(rig, gallery)) == (1 if shown else 0)
    if who == "blocked" or (action == "remove" and who == "other"):
        [sentence] = told(rig, member)
        assert sentence.startswith(f"⚠️ Your {EMOJI[ReactionAction(action)]} in <#{rig.channel.id}> did nothing: ")
        assert ("spam" in sentence) == (who == "blocked")
    elif member is not None:
        assert told(rig, member) == []
    await settled_exactly(rig)


async def test_the_bots_own_reactions_start_nothing(rig: Rig):
    message = await made(rig)
    await event(rig, message, "🔁", rig.bot.user.id)
    assert len(await rig.jobs()) == 1


async def test_an_emoji_counts_with_and_without_its_presentation_mark(rig: Rig):
    message = await made(rig)
    await event(rig, message, "✉", rig.member.id)
    await event(rig, message, "✉️", rig.moderator.id)
    assert len(sent(rig, rig.member)) == len(sent(rig, rig.moderator)) == 1


async def test_reactions_on_other_messages_do_nothing_and_those_of_known_others_cost_no_read(rig: Rig, monkeypatch):
    await made(rig)
    human = await rig.moderator.send(rig.channel, "look at this")
    await rig.member.react(human, "🔁")
    assert len(await rig.jobs()) == 1
    reads = []
    read = rig.bot.parts.store._database.read
    monkeypatch.setattr(rig.bot.parts.store._database, "read", lambda fn: reads.append(fn) or read(fn))
    await event(rig, human, "🔁", rig.member.id)
    assert len(reads) == 1
    await event(rig, human, "🔁", rig.member.id, message_author_id=str(rig.moderator.id))
    assert len(reads) == 1
    await event(rig, human, "🔁", rig.member.id, removed=True)
    assert len(reads) == 2


async def test_a_reaction_in_another_server_or_on_a_private_card_finds_nothing(rig: Rig):
    message = await made(rig, private=False)
    await event(rig, message, "🔁", rig.member.id, guild_id=str(rig.guild.id + 1))
    await rig.member.slash(rig.channel, "image generate", prompt="secret #fast", private=True)
    await rig.work()
    [private] = [m for m in rig.messages(viewer=rig.member) if m.id != message.id]
    await event(rig, private, "🔁", rig.moderator.id)
    assert len(await rig.jobs()) == 2


async def test_what_a_result_does_not_have_is_told(rig: Rig):
    message = await made(rig)
    await rig.member.react(message, "⬆️")
    [sentence] = told(rig, rig.member)
    assert "This needs a video, and there is none." in sentence
    assert len(await rig.jobs()) == 1


async def test_a_result_that_is_not_there_yet_is_not_made_again(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    await rig.member.react(newest(rig), "🔁")
    assert NOT_DONE in told(rig, rig.member)[0]
    assert len(await rig.jobs()) == 1


async def test_a_rerun_of_four_makes_four(rig: Rig):
    message = await made(rig, count=4)
    await rig.moderator.react(message, "🔁")
    await rig.work()
    assert len(newest(rig).attachments) == 4
    assert len(await rig.jobs()) == 8
    await settled_exactly(rig)


async def test_a_result_whose_link_has_died_is_still_sent(rig: Rig):
    message = await made(rig)
    rig.advance(3600)
    rig.sandbox.faults.add("media", "status", status=404, times=1)
    await rig.member.react(message, "✉️")
    [copy] = sent(rig, rig.member)
    assert copy.attachments


# ---------------------------------------------------------------------- once, until taken back


async def test_a_reaction_acts_once_until_it_is_taken_back(rig: Rig):
    message = await made(rig)
    await rig.moderator.react(message, "🔁")
    await event(rig, message, "🔁", rig.moderator.id)
    assert len(await rig.jobs()) == 2
    await rig.work()
    await rig.moderator.unreact(message, "🔁")
    assert {job.state for job in await rig.jobs()} == {JobState.DELIVERED}
    await rig.moderator.react(message, "🔁")
    await rig.work()
    assert len(await rig.jobs()) == 3
    await settled_exactly(rig)


@pytest.mark.parametrize("restarted", [False, True])
async def test_taking_it_back_before_the_job_is_sent_cancels_it(rig: Rig, restarted: bool):
    message = await made(rig)
    await rig.moderator.react(message, "🔁")
    if restarted:
        await rig.restart()
    await rig.moderator.unreact(message, "🔁")
    job = (await rig.jobs())[0]
    assert (job.state, job.error) == (JobState.CANCELLED, TAKEN_BACK)
    assert TAKEN_BACK in newest(rig).embeds[0].fields[0].value
    await rig.work()
    assert rig.sandbox.posts == 1
    await settled_exactly(rig)


async def test_taking_it_back_after_the_job_was_sent_changes_nothing(rig: Rig):
    message = await made(rig)
    await rig.moderator.react(message, "🔁")
    await rig.step()
    await rig.step()
    await rig.moderator.unreact(message, "🔁")
    await rig.work()
    assert (await rig.jobs())[0].state is JobState.DELIVERED
    await settled_exactly(rig)


async def test_taking_back_a_variant_cancels_both_its_steps(rig: Rig):
    message = await made(rig)
    await rig.moderator.react(message, "🎲")
    await rig.moderator.unreact(message, "🎲")
    assert [job.state for job in (await rig.jobs())[:2]] == [JobState.CANCELLED] * 2
    await rig.work()
    await settled_exactly(rig)


async def test_a_reaction_that_waits_for_a_moderator_is_not_asked_about_once_taken_back(rig: Rig):
    message = await made(rig)
    await rig.bot.parts.store.settings.change(
        rig.guild.id, lambda rules: dataclasses.replace(rules, approve_above=Decimal(1))
    )
    await rig.member.react(message, "🔁")
    job = (await rig.jobs())[0]
    assert job.state is JobState.AWAITING_APPROVAL
    await rig.member.unreact(message, "🔁")
    assert await rig.bot.parts.store.approvals.get(rig.guild.id, job.card_id) is None
    assert (await rig.jobs())[0].state is JobState.CANCELLED


@pytest.mark.parametrize("one", [True, False])
async def test_what_a_moderator_clears_may_act_again(rig: Rig, one: bool):
    message = await made(rig)
    await rig.member.react(message, "✉️")
    if one:
        rig.env.backend.clear_reaction(rig.channel.id, message.id, "✉️")
    else:
        rig.env.backend.clear_reactions(rig.channel.id, message.id)
    await rig.env._settle_internal(dispatch="cleared")
    await rig.member.react(message, "✉️")
    assert len(sent(rig, rig.member)) == 2


async def test_what_came_while_the_bot_was_away_is_not_made_up_for(rig: Rig):
    message = await made(rig)
    rig.env.backend.emit, emit = (lambda *args, **kwargs: None), rig.env.backend.emit
    rig.env.backend.set_reaction(rig.channel.id, message.id, "🔁", rig.member.id, True)
    rig.env.backend.emit = emit
    await rig.restart()
    await rig.work()
    assert len(await rig.jobs()) == 1


# ---------------------------------------------------------------------- bursts


async def test_a_burst_on_one_message_starts_what_a_server_may_and_is_told_once(rig: Rig):
    message = await made(rig)
    crowd = [other(rig, f"fan{number}") for number in range(100)]
    backend = rig.env.backend
    for fan in crowd:
        backend.set_reaction(rig.channel.id, message.id, "🔁", fan.id, True)
    await rig.env._settle_internal(dispatch="burst")
    assert len(await rig.jobs()) == 1 + SERVER_A_MINUTE
    assert len([fan for fan in crowd if told(rig, fan)]) == 1
    assert len(rig.messages()) == 1 + SERVER_A_MINUTE
    await rig.work()
    await settled_exactly(rig)


async def test_a_members_burst_starts_what_a_member_may_and_is_told_once(rig: Rig):
    messages = [await made(rig) for _ in range(20)]
    rig.advance(120)
    for message in messages:
        rig.env.backend.set_reaction(rig.channel.id, message.id, "🔁", rig.moderator.id, True)
    await rig.env._settle_internal(dispatch="burst")
    assert len(await rig.jobs()) == 20 + MEMBER_A_MINUTE
    assert len(told(rig, rig.moderator)) == 1
    await rig.work()
    await settled_exactly(rig)


async def test_a_burst_spends_no_more_than_the_limit(rig: Rig):
    message = await made(rig)
    limit = Limit(scope=Scope.SERVER, period=Period.MONTH, credits=Decimal(100))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=1)
    crowd = [other(rig, f"fan{number}") for number in range(30)]
    for fan in crowd:
        rig.env.backend.set_reaction(rig.channel.id, message.id, "🔁", fan.id, True)
    await rig.env._settle_internal(dispatch="burst")
    held = sum(job.held for job in await rig.jobs() if not job.state.ended)
    assert 0 < held <= 100
    assert len([fan for fan in crowd if told(rig, fan)]) <= 10


async def test_two_members_within_a_second_each_start_their_own(rig: Rig):
    message = await made(rig)
    for member in (rig.member, rig.moderator):
        rig.env.backend.set_reaction(rig.channel.id, message.id, "🔁", member.id, True)
    await rig.env._settle_internal(dispatch="both")
    assert {job.author_id for job in (await rig.jobs())[:2]} == {rig.member.id, rig.moderator.id}


async def test_a_refusal_is_told_again_only_after_a_while_and_never_in_the_channel(rig: Rig):
    messages = [await made(rig) for _ in range(3)]
    member = other(rig)
    await member.react(messages[0], "❌")
    await member.react(messages[1], "❌")
    assert len(told(rig, member)) == 1
    rig.advance(QUIET_S + 1)
    await member.react(messages[2], "❌")
    assert len(told(rig, member)) == 2
    assert len(rig.messages()) == 3


async def test_who_takes_no_direct_messages_is_not_told_and_nothing_breaks(rig: Rig):
    message = await made(rig)
    member = other(rig)
    close_private(rig, member)
    await member.react(message, "❌")
    await member.react(message, "✉️")
    assert len(rig.messages()) == 1
    await member.react(message, "🔁")
    assert len(await rig.jobs()) == 2


# ---------------------------------------------------------------------- rules, as for commands


@pytest.mark.parametrize("payer", [Payer.OFF, Payer.AUTHOR])
async def test_the_servers_rule_about_re_runs_holds(rig: Rig, payer: Payer):
    message = await made(rig)
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: dataclasses.replace(rules, rerun_payer=payer))
    await rig.moderator.react(message, "🔁")
    assert len(await rig.jobs()) == 1
    assert len(told(rig, rig.moderator)) == 1
    await rig.member.react(message, "🔁")
    assert len(await rig.jobs()) == (1 if payer is Payer.OFF else 2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"paused": True}, "paused"),
        ({"confirm_above": Decimal(1)}, "wants a yes first"),
        ({"job_ceiling": Decimal(1)}, "may cost 1 credits at most"),
        ({"words": ("fox",)}, "do not allow a word"),
    ],
)
async def test_what_a_command_is_refused_for_a_reaction_is_too(rig: Rig, changes: dict[str, Any], words: str):
    message = await made(rig)
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: dataclasses.replace(rules, **changes))
    await rig.moderator.react(message, "🔁")
    assert words in told(rig, rig.moderator)[0]
    assert len(await rig.jobs()) == 1
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == 0


async def test_a_roles_limit_counts_by_the_roles_that_the_reaction_says(rig: Rig):
    message = await made(rig)
    limit = Limit(scope=Scope.ROLE, scope_id=rig.moderators.id, period=Period.DAY, credits=Decimal(0))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=1)
    await rig.moderator.react(message, "🔁")
    assert "You may not use the bot here" in told(rig, rig.moderator)[0]
    await rig.member.react(message, "🔁")
    assert len(await rig.jobs()) == 2


async def test_what_is_switched_off_is_not_made_by_reaction(rig: Rig):
    message = await made(rig)
    operation = rig.bot.catalogue.resolve("video.generate")
    await rig.bot.parts.switches.switch(rig.guild.id, operation, on=False, by_id=1)
    await rig.member.react(message, "🎬")
    assert "switched off" in told(rig, rig.member)[0]


async def test_where_the_bot_cannot_post_nothing_is_spent(rig: Rig):
    message = await made(rig)
    deny(rig, embed_links=False)
    await event(rig, message, "🔁", rig.member.id)
    assert "I lack Embed Links here" in told(rig, rig.member)[0]
    assert len(await rig.jobs()) == 1


async def test_a_card_that_discord_does_not_take_is_given_back_and_told(rig: Rig):
    message = await made(rig)
    rig.env.inject_error("POST", f"/channels/{rig.channel.id}/messages", status=403, code=50013, message="no", times=1)
    await rig.member.react(message, "🔁")
    job = (await rig.jobs())[0]
    assert job.state is JobState.CANCELLED
    assert "nothing was made or spent" in told(rig, rig.member)[0]
    await rig.work()
    await settled_exactly(rig)


# ---------------------------------------------------------------------- the server's own map


async def test_a_custom_emoji_does_what_it_is_mapped_to(rig: Rig):
    message = await made(rig)
    await map_emoji(rig, ReactionAction.RERUN, "<:again:123456789012345678>")
    await rig.member.react(message, CUSTOM)
    assert len(await rig.jobs()) == 2
    await event(rig, message, "renamed:123456789012345678", rig.moderator.id)
    assert len(await rig.jobs()) == 3


async def test_only_whom_the_map_means_may(rig: Rig):
    message = await made(rig)
    role = rig.guild.create_role("artists")
    artist = rig.guild.add_member(rig.env.create_user("art"), roles=[role])
    await map_emoji(rig, ReactionAction.RERUN, who=Who.ROLE, role_id=role.id)
    await other(rig).react(message, "🔁")
    assert len(await rig.jobs()) == 1
    await artist.react(message, "🔁")
    assert len(await rig.jobs()) == 2
    await map_emoji(rig, ReactionAction.ANIMATE, who=Who.MODERATORS)
    await rig.member.react(message, "🎬")
    assert len(await rig.jobs()) == 2
    await rig.moderator.react(message, "🎬")
    assert len(await rig.jobs()) == 3


async def test_it_takes_as_many_as_the_map_says_and_fires_once(rig: Rig):
    message = await made(rig)
    await map_emoji(rig, ReactionAction.RERUN, needed=3)
    crowd = [other(rig, f"fan{number}") for number in range(5)]
    await crowd[0].react(message, "🔁")
    await crowd[1].react(message, "🔁")
    await crowd[1].unreact(message, "🔁")
    await crowd[1].react(message, "🔁")
    assert len(await rig.jobs()) == 1
    await crowd[2].react(message, "🔁")
    assert (await rig.jobs())[0].author_id == crowd[2].id
    await crowd[3].react(message, "🔁")
    await crowd[4].react(message, "🔁")
    assert len(await rig.jobs()) == 2


async def test_the_author_pays_where_the_map_says_so(rig: Rig):
    message = await made(rig)
    await map_emoji(rig, ReactionAction.ANIMATE, payer=Purse.AUTHOR)
    await other(rig).react(message, "🎬")
    assert (await rig.jobs())[0].author_id == rig.member.id
    await rig.bot.parts.store.blocks.add(rig.guild.id, rig.member.id, until=None, reason="", by_id=1)
    member = other(rig, "carl")
    await member.react(message, "🎬")
    assert len(await rig.jobs()) == 2
    assert "You may not use the bot" in told(rig, member)[0]


async def test_an_author_who_has_left_pays_for_nothing(rig: Rig):
    message = await made(rig)
    await map_emoji(rig, ReactionAction.ANIMATE, payer=Purse.AUTHOR)
    rig.env.backend.remove_member(rig.guild.id, rig.member.id)
    member = other(rig)
    await event(rig, message, "🎬", member.id)
    assert "no longer on the server" in told(rig, member)[0]
    assert len(await rig.jobs()) == 1


async def test_what_is_removed_from_the_map_or_switched_off_does_nothing(rig: Rig):
    message = await made(rig)
    store = rig.bot.parts.store
    await store.reactions.remove(rig.guild.id, "🔁")
    await rig.member.react(message, "🔁")
    assert len(await rig.jobs()) == 1
    await store.reactions.reset(rig.guild.id)
    await store.reactions.change_settings(rig.guild.id, is_on=False)
    await rig.moderator.react(message, "🔁")
    assert len(await rig.jobs()) == 1
    assert told(rig, rig.member) == told(rig, rig.moderator) == []


# ---------------------------------------------------------------------- /studio reactions


async def studio(rig: Rig, command: str, **options: Any) -> str:
    result = await rig.moderator.slash(rig.channel, f"studio reactions {command}", **options)
    assert result.response.ephemeral
    embeds = result.response.embeds
    return result.response.content or f"{embeds[0].description}\n{[f.value for f in embeds[0].fields]}"


async def test_a_moderator_sets_lists_removes_and_resets(rig: Rig):
    assert len((await studio(rig, "list")).splitlines()) == 9
    said = await studio(rig, "set", emoji="<:again:123456789012345678>", action="rerun", needed=2, payer="author")
    assert "<:again:123456789012345678> make it again · everyone · 2 members · the author pays" in said
    assert "<:again:123456789012345678>" in await studio(rig, "list")
    assert "removed the reaction 🔁" in await studio(rig, "remove", emoji="🔁")
    assert "🔁" not in await studio(rig, "list")
    assert "does nothing here" in await studio(rig, "remove", emoji="🔁")
    await studio(rig, "set", emoji="🔁", action="animate", role=rig.moderators)
    assert f"🔁 animate · <@&{rig.moderators.id}>" in await studio(rig, "list")
    assert "(2 changed)" in await studio(rig, "reset")
    assert "🔁 make it again · everyone · who reacts pays" in await studio(rig, "list")
    record = await rig.bot.parts.store.decisions.all(rig.guild.id)
    assert [each.by_id for each in record] == [rig.moderator.id] * 4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"emoji": "fox", "action": "rerun"}, "Give one emoji"),
        ({"emoji": "🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁", "action": "rerun"}, "Give one emoji"),
        ({"emoji": "🔁", "action": "rerun", "who": "role"}, "Name the role"),
        ({"emoji": "⭐", "action": "gallery", "needed": 4}, "/studio gallery"),
        ({"emoji": "❌", "action": "remove", "needed": 4}, "each alone"),
    ],
)
async def test_what_does_not_go_together_is_refused(rig: Rig, options: dict[str, Any], words: str):
    assert words in await studio(rig, "set", **options)
    assert await rig.bot.parts.store.reactions.changes(rig.guild.id) == {}


@pytest.mark.parametrize("command", ["list", "reset", "switch", "set", "remove"])
async def test_only_a_moderator_changes_the_map(rig: Rig, command: str):
    options = {"set": {"emoji": "🔁", "action": "vary"}, "remove": {"emoji": "🔁"}, "switch": {"seeds": "on"}}
    for made_command in rig.env.backend.commands[None].values():
        made_command["default_member_permissions"] = None  # as an admin's override does
    result = await rig.member.slash(rig.channel, f"studio reactions {command}", **options.get(command, {}))
    assert "Only moderators can do this" in result.response.content
    assert await rig.bot.parts.store.reactions.changes(rig.guild.id) == {}


async def test_the_bot_puts_the_fitting_emojis_on_results_only_if_wanted(rig: Rig):
    first = await made(rig)
    assert first.reactions == []
    await studio(rig, "switch", seeds="on")
    second = await made(rig)
    await settle_seeds(rig)
    shown = [str(each.emoji) for each in newest(rig).reactions]
    assert newest(rig).id == second.id
    assert shown == ["🔁", "🎲", "🎬", "✉️", "❌"]
    assert len(await rig.jobs()) == 2


async def settle_seeds(rig: Rig) -> None:
    surface: Any = rig.bot.surface
    await surface.seeds.finished()
    await rig.env._settle_internal(dispatch="seeds")


# ---------------------------------------------------------------------- crashes


@pytest.mark.parametrize("long_after", [False, True])
@pytest.mark.parametrize(
    ("point", "ends"),
    [
        ("accept.before", None),
        ("accept.stored", JobState.CANCELLED),
        ("answer.sent", JobState.DELIVERED),
        ("answer.stored", JobState.DELIVERED),
    ],
)
async def test_a_reactions_card_survives_a_crash_or_is_given_back(
    rig: Rig, point: str, ends: JobState | None, long_after: bool
):
    message = await made(rig)
    failpoints.arm([point])
    await rig.member.react(message, "🔁")
    assert failpoints.disarm() == []
    await rig.restart(after_s=3600 if long_after else 0)
    await rig.work()
    states = [job.state for job in await rig.jobs()]
    assert states == [JobState.DELIVERED] if ends is None else [ends, JobState.DELIVERED]
    assert len(rig.messages()) == (2 if ends is JobState.DELIVERED else 1)
    await settled_exactly(rig, HOST_KEY)


async def test_nothing_of_an_upload_is_needed_to_make_an_edit_again(rig: Rig):
    message = await made(rig, "image edit", image=("a.png", png()), prompt="blue #fast")
    await rig.moderator.react(message, "🔁")
    await rig.work()
    assert [job.operation for job in await rig.jobs()] == ["image.edit"] * 2
    await settled_exactly(rig)
