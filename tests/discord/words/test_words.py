"""Members who mention the bot: what they are offered, who may press it, what it costs, and when nobody answers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import discord
import pytest

from bot.delivery.answers.texts import UNEXPECTED
from bot.domain.models import JobState
from bot.generation.generation import Generation
from bot.generation.generations import DRAFT_LIFE_S, Generations
from bot.generation.own_defaults import OwnDefaults
from bot.generation.texts import WHAT_TO_SAY
from cogs.ui.interaction import use
from cogs.ui.prices import priced
from cogs.ui.texts import APPROVED_FIRST, GONE
from cogs.words import texts
from tests.support.channels import hidden_channel, made_in, rule
from tests.support.channels import press as forged_press
from tests.support.menus import sent
from tests.support.prices import all_priced
from tests.support.reacting import made, other
from tests.support.rig import Rig
from tests.support.surface import (
    agreed,
    delete,
    deny,
    labels,
    nothing_happened,
    png,
    private_sentence,
    settled_exactly,
    state_text,
    unlinked,
    whole,
    without_page,
)

ON_BUTTON = str(texts.NOT_CHARGED)
UP_TO_20 = f"{texts.PRICE_UNKNOWN(guess=Decimal(20))} {texts.NOT_CHARGED}"


def offered(choice: str, *more: str) -> str:
    return " ".join([str(texts.MAKES[choice]), *more])


def at(rig: Rig, words: str) -> str:
    return f"<@{rig.bot.user.id}> {words}"


async def say(rig: Rig, words: str, *, member: Any = None, **more: Any) -> discord.Message | None:
    """Let a member say words to the bot; return its answer, None for silence."""
    before = {message.id for message in rig.messages()}
    await (member or rig.member).send(rig.channel, at(rig, words), **more)
    answers = [message for message in rig.messages() if message.id not in before]
    assert len(answers) <= 1
    return answers[0] if answers else None


async def press(rig: Rig, answer: discord.Message, member: Any = None) -> Any:
    return await (member or rig.member).click(answer, label=whole(answer, labels(answer)[0]))


async def done(rig: Rig, answer: discord.Message) -> None:
    """Press the answer, say yes to the price, and let it be made."""
    asked = await press(rig, answer)
    await agreed(rig.member, asked)
    await rig.work()


# ---------------------------------------------------------------------- what becomes of words


@pytest.mark.parametrize("small", [5])
async def test_words_make_a_picture_by_one_press_though_its_price_is_unknown(rig: Rig, small: int | None):
    await rule(rig, confirm_above=None if small is None else Decimal(small))
    answer = await say(rig, "a fox in the snow, 16:9")
    assert answer is not None
    assert unlinked(answer.content) == offered("image.generate", texts.RATIO(ratio="16:9"), UP_TO_20)
    assert "fox" not in answer.content
    assert whole(answer, "Continue") == "Continue · perhaps 20"
    await nothing_happened(rig)
    shown = await press(rig, answer)
    assert not shown.ephemeral
    assert answer.id not in {message.id for message in rig.messages()}
    await rig.work()
    assert "12 credits" in state_text(rig.messages()[0])
    assert sent(rig)[0] == "image.generate"
    assert (sent(rig)[1]["prompt"], sent(rig)[1]["aspect_ratio"]) == ("a fox in the snow", "16:9")
    [job] = await rig.jobs()
    assert (job.state, job.author_id) == (JobState.DELIVERED, rig.member.id)
    await settled_exactly(rig)


@pytest.mark.parametrize("restarted", [True])
@pytest.mark.parametrize("deleted", [True])
async def test_a_reply_changes_the_picture_also_after_a_restart_and_with_it_deleted(
    rig: Rig, restarted: bool, deleted: bool
):
    message = await made(rig)
    [source] = await rig.jobs()
    answer = await say(rig, "make it night, wider", reply_to=message)
    assert answer is not None
    assert unlinked(answer.content) == offered("image.edit", texts.RATIO(ratio="16:9"), UP_TO_20)
    if deleted:
        delete(rig, message)
    if restarted:
        await rig.restart()
    await done(rig, answer)
    operation, given = sent(rig)
    assert (operation, given["prompt"], given["aspect_ratio"]) == ("image.edit", "make it night", "16:9")
    assert given["image_url"] == source.media[0].url
    job = (await rig.jobs())[0]
    assert (job.state, job.parent_id) == (JobState.DELIVERED, source.id)


@pytest.mark.parametrize(
    ("words", "operation"),
    [("animate: slow zoom", "video.generate"), ("again", "image.generate"), ("vary", "image.edit")],
)
async def test_a_reply_animates_repeats_and_varies(rig: Rig, words: str, operation: str):
    message = await made(rig)
    answer = await say(rig, words, reply_to=message)
    assert answer is not None
    await done(rig, answer)
    assert sent(rig)[0] == operation


@pytest.mark.parametrize("is_known", [True])
async def test_an_offer_says_that_a_moderator_must_approve_it(rig: Rig, is_known: bool):
    if is_known:
        await all_priced(rig, rig.guild.id)
    await rule(rig, approve_above=Decimal(1))
    answer = await say(rig, "make 4 pictures of a fox")
    assert answer is not None
    assert answer.content.endswith(f" {APPROVED_FIRST}")
    await press(rig, answer)
    assert {job.state for job in await rig.jobs()} == {JobState.AWAITING_APPROVAL}


async def test_a_known_price_is_on_the_button_and_one_press_is_enough(rig: Rig):
    await all_priced(rig, rig.guild.id)
    await rule(rig, confirm_above=Decimal(1))
    answer = await say(rig, "make 4 pictures of a fox, 16:9")
    assert answer is not None
    assert answer.content == offered("image.generate", texts.HOW_MANY(count=4), texts.RATIO(ratio="16:9"), ON_BUTTON)
    label = whole(answer, str(texts.CONTINUE))
    assert label.startswith(f"{texts.CONTINUE} · ")
    await press(rig, answer)
    await rig.work()
    jobs = await rig.jobs()
    assert [(job.operation, job.prompt) for job in jobs] == [("image.generate", "a fox")] * 4
    assert label == priced(texts.CONTINUE, sum(job.held for job in jobs))
    assert len({job.card_id for job in jobs}) == 1
    await settled_exactly(rig)


@pytest.mark.parametrize("is_reply", [True])
@pytest.mark.parametrize("words", ["how many credits do I have?", "help"])
async def test_a_question_gets_the_line_of_help_and_no_job(rig: Rig, words: str, is_reply: bool):
    message = await made(rig) if is_reply else None
    answer = await say(rig, words, **({} if message is None else {"reply_to": message}))
    assert answer is not None
    assert unlinked(answer.content) == str(WHAT_TO_SAY)
    assert labels(answer) == []
    assert len(await rig.jobs()) == is_reply


@pytest.mark.parametrize("chosen", ["video.generate"])
async def test_a_word_of_another_medium_asks_which_and_each_button_makes_what_it_says(rig: Rig, chosen: str):
    await all_priced(rig, rig.guild.id)
    answer = await say(rig, "a 5 second video of waves, 16x9")
    assert answer is not None
    assert answer.content == f"{texts.WHICH_ONE} {texts.RATIO(ratio='16:9')} {ON_BUTTON}"
    titles = [rig.bot.catalogue.operations[each].title for each in ("video.generate", "image.generate")]
    assert [label.partition(" · ")[0] for label in labels(answer)] == titles
    await nothing_happened(rig)
    await rig.member.click(answer, label=whole(answer, rig.bot.catalogue.operations[chosen].title))
    await rig.work()
    operation, given = sent(rig)
    assert (operation, given["aspect_ratio"]) == (chosen, "16:9")
    assert given.get("duration") in ({"video.generate": {5, "5"}}.get(chosen, {None}))
    assert answer.id not in {message.id for message in rig.messages()}
    await settled_exactly(rig)


OF_EACH_MEDIUM = {
    "en": ("sing me a waltz", "say: welcome", "sound of thunder, 4 seconds", "a video of waves", "a fox"),
    "de": ("ein Lied im Wald", "sage: willkommen", "Geräusch von Regen", "Video von Wellen", "ein Fuchs"),
    "fr": ("une chanson douce", "dis : bienvenue", "bruit de pluie", "une vidéo de vagues", "un renard"),
    "es": ("una canción alegre", "di: hola a todos", "sonido de lluvia", "un vídeo de olas", "un zorro"),
    "pt-BR": ("cante uma valsa", "diga bem-vindos", "o som da chuva", "um vídeo de ondas", "uma raposa"),
    "ja": ("音楽を作って", "ようこそと言って", "効果音：雷", "波の動画", "雪の中のキツネ"),
}


@pytest.mark.parametrize("language", OF_EACH_MEDIUM)
async def test_a_wish_of_each_medium_is_offered_in_each_language(rig: Rig, language: str):
    await all_priced(rig, rig.guild.id)
    media = ("music.generate", "narration.generate", "soundfx.generate", "video.generate", "image.generate")
    for words, operation in zip(OF_EACH_MEDIUM[language], media, strict=True):
        rig.advance(61)
        answer = await say(rig, words)
        assert answer is not None, words
        title = rig.bot.catalogue.operations[operation].title
        alone = operation == "image.generate"
        assert labels(answer)[0].partition(" · ")[0] == (str(texts.CONTINUE) if alone else title), words


async def test_several_pictures_are_references_of_a_new_one(rig: Rig):
    files = [(f"{name}.png", png()) for name in ("a", "b", "c")]
    answer = await say(rig, "put these three on one poster", attachments=files)
    assert answer is not None
    await done(rig, answer)
    operation, given = sent(rig)
    assert operation == "image.generate"
    assert [link.partition("?")[0].rpartition("/")[2] for link in given["reference_image_urls"]] == [
        "a.png",
        "b.png",
        "c.png",
    ]


async def test_of_several_other_files_the_first_is_used_and_that_is_said(rig: Rig):
    answer = await say(rig, "make it night", attachments=[("a.png", png()), ("notes.mp3", b"ID3")])
    assert answer is not None
    assert texts.FIRST_FILE(count=2) in answer.content
    await done(rig, answer)
    assert (sent(rig)[0], "a.png" in sent(rig)[1]["image_url"]) == ("image.edit", True)


async def test_a_doubt_is_asked_about_and_nobody_else_sees_the_bot_think(rig: Rig):
    answer = await say(rig, "animate", attachments=[("cat.png", png())])
    assert answer is not None
    before = len(rig.messages(rig.moderator))
    asked = await press(rig, answer)
    shown = [m for m in (asked.response, *asked.followups) if m is not None]
    assert all(message.ephemeral for message in shown)
    assert labels(shown[-1]) == ["Continue anyway", "Cancel"]
    assert len(rig.messages(rig.moderator)) == before - 1
    await nothing_happened(rig)


# ---------------------------------------------------------------------- what is not understood


@pytest.mark.parametrize(
    ("files", "words", "sentence"),
    [
        ([("notes.txt", b"words")], "make it night", texts.UNUSABLE(file="notes.txt")),
    ],
)
async def test_what_cannot_be_done_with_a_file_is_said(rig: Rig, files: Any, words: str, sentence: str):
    answer = await say(rig, words, attachments=files)
    assert answer is not None
    assert without_page(answer.content) == sentence
    assert labels(answer) == []
    await nothing_happened(rig)


async def test_a_reply_to_somebody_elses_message_says_why_it_cannot_be_used(rig: Rig):
    message = await rig.moderator.send(rig.channel, "look", attachments=[("cat.png", png())])
    answer = await say(rig, "make it night", reply_to=message)
    assert answer is not None
    assert without_page(answer.content) == f"{texts.NOTHING_THERE} {texts.CANNOT_SEE_FILES}"


async def test_what_nobody_foresaw_is_said_in_one_sentence(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(OwnDefaults, "applied", lambda *_: {}["gone"])
    answer = await say(rig, "a fox")
    assert answer is not None
    assert (unlinked(without_page(answer.content)), labels(answer)) == (str(UNEXPECTED), [])


async def test_names_of_files_and_words_do_nothing_in_the_answer(rig: Rig):
    answer = await say(rig, "x", attachments=[("@everyone_[a](http_evil).txt", b"x")])
    assert answer is not None
    assert "@everyone" not in answer.content.replace("@\u200b", "")
    assert not answer.mentions
    assert not answer.mention_everyone


# ---------------------------------------------------------------------- who is answered, and where


async def test_nobody_is_answered_who_does_not_speak_to_the_bot(rig: Rig):
    message = await made(rig)
    count = len(rig.messages())
    await rig.member.send(rig.channel, "a fox")
    await rig.member.send(rig.channel, "make it night", reply_to=message)
    await rig.member.send(rig.channel, f"I think <@{rig.bot.user.id}> is great at foxes")
    await rig.member.send(rig.channel, at(rig, "thanks!"))
    await rig.moderator.send(rig.channel, at(rig, "@everyone look"))
    said = await rig.member.send(rig.channel, "hm")
    await rig.member.edit(said, at(rig, "a fox"))
    assert len(rig.messages()) == count


async def test_a_blocked_member_is_not_answered(rig: Rig):
    access = rig.bot.parts.moderation.access
    await access.block(rig.guild.id, rig.member.id, until=None, why="", by_id=rig.moderator.id)
    assert await say(rig, "a fox") is None


@pytest.mark.parametrize("what", ["switched off", "other channel", "may not write"])
async def test_the_bot_is_silent_where_it_may_not_answer(rig: Rig, what: str):
    changes: dict[str, Any] = {
        "switched off": {"answer_words": False},
        "other channel": {"allowed_channels": frozenset({1})},
    }
    if what == "may not write":
        deny(rig, embed_links=False)
    else:
        await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, **changes[what]))
    assert await say(rig, "a fox") is None


@pytest.mark.parametrize(
    ("who", "is_answered"),
    [
        ("author", True),
        ("other", True),
        ("blocked moderator", False),
    ],
)
@pytest.mark.parametrize("restarted", [True])
async def test_each_actors_reply_to_a_result_has_its_outcome(rig: Rig, who: str, is_answered: bool, restarted: bool):
    message = await made(rig)
    actors = {
        "author": rig.member,
        "other": other(rig),
        "moderator": rig.moderator,
        "blocked": other(rig, "carl"),
        "blocked moderator": rig.moderator,
        "bot": rig.guild.add_member(rig.env.create_user("robot", bot=True)),
    }
    actor, access = actors[who], rig.bot.parts.moderation.access
    if who.startswith("blocked"):
        await access.block(rig.guild.id, actor.id, until=None, why="", by_id=1)
    if restarted:
        await rig.restart()
    answer = await say(rig, "make it night", member=actor, reply_to=message)
    assert (answer is not None) is is_answered
    if answer is None:
        return
    asked = await press(rig, answer, actor)
    await agreed(actor, asked)
    job = (await rig.jobs())[0]
    assert (job.operation, job.author_id) == ("image.edit", actor.id)


async def test_a_stranger_reaches_no_result_of_a_channel_that_they_do_not_see(rig: Rig):
    hidden = hidden_channel(rig, rig.moderator)
    secret = await made_in(rig, hidden, rig.moderator, "a secret fox")
    request = Generation(operation="image.edit", values={"prompt": "make it night"}, parent_id=secret.id)
    draft_id = await use(rig.bot, Generations).keep(request, rig.guild.id, rig.member.id)
    asked = await forged_press(rig, rig.member, "words", f"{draft_id}.{rig.member.id}")
    assert private_sentence(asked) == str(GONE)
    assert await rig.jobs() == [secret]


async def test_a_bot_and_a_webhook_are_not_answered(rig: Rig):
    bot = rig.guild.add_member(rig.env.create_user("robot", bot=True))
    assert await say(rig, "a fox", member=bot) is None
    webhook = rig.guild.create_webhook(rig.channel)
    before = len(rig.messages())
    await webhook.send(at(rig, "a fox"))
    assert len(rig.messages()) == before


async def test_a_member_who_hurries_is_answered_four_times_a_minute(rig: Rig):
    answers = [await say(rig, f"fox number {number}") for number in range(6)]
    assert [answer is not None for answer in answers] == [True] * 4 + [False] * 2
    rig.advance(61)
    assert await say(rig, "one more fox please") is not None


async def test_a_result_that_the_member_may_not_see_is_as_none(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a secret #fast", private=True)
    await rig.work()
    answer = await say(rig, "make it night", member=rig.moderator)
    assert answer is not None  # of words alone: nothing of the private result is reachable by a reply
    assert unlinked(answer.content) == offered("image.generate", ON_BUTTON)


# ---------------------------------------------------------------------- who may press


@pytest.mark.parametrize("who", ["other"])
async def test_only_its_author_may_press(rig: Rig, who: str):
    answer = await say(rig, "a fox")
    assert answer is not None
    presser = rig.moderator if who == "moderator" else other(rig)
    assert private_sentence(await press(rig, answer, presser)) == str(texts.NOT_YOURS)
    await nothing_happened(rig)
    assert await agreed(rig.member, await press(rig, answer)) is not None
    assert len(await rig.jobs()) == 1


async def test_a_press_counts_once_and_only_in_time(rig: Rig):
    answer = await say(rig, "a fox")
    assert answer is not None
    rig.advance(DRAFT_LIFE_S + 1)
    assert private_sentence(await press(rig, answer)) == str(texts.EXPIRED)
    await nothing_happened(rig)


async def test_a_second_press_finds_nothing_and_deletes_what_could_not_be(rig: Rig):
    answer = await say(rig, "a fox")
    assert answer is not None
    path = f"/channels/{rig.channel.id}/messages/{answer.id}"
    rig.env.inject_error("DELETE", path, status=500, code=0, message="trouble", times=1)
    await agreed(rig.member, await press(rig, answer))
    assert private_sentence(await press(rig, answer)) == str(texts.EXPIRED)
    assert len(await rig.jobs()) == 1
    assert answer.id not in {message.id for message in rig.messages()}


async def test_privacy_deletes_the_words(rig: Rig):
    answer = await say(rig, "a fox in the snow")
    assert answer is not None
    await rig.bot.parts.store.privacy.erase(rig.guild.id, rig.member.id)
    assert private_sentence(await press(rig, answer)) == str(texts.EXPIRED)


async def test_flags_of_other_bots_are_left_out_after_a_word(rig: Rig):
    await all_priced(rig, rig.guild.id)
    answer = await say(rig, "a fox --ar 16:9 --v 7")
    assert answer is not None
    asked = await press(rig, answer)
    assert "--v 7" in asked.response.content
    await nothing_happened(rig)
    await agreed(rig.member, asked)
    await rig.work()
    assert (sent(rig)[1]["prompt"], sent(rig)[1]["aspect_ratio"]) == ("a fox", "16:9")


async def test_limits_hold_as_for_commands(rig: Rig):
    await rig.moderator.slash(rig.channel, "studio pause", switch="on")
    answer = await say(rig, "a fox")
    assert answer is not None
    asked = await press(rig, answer)
    assert (await agreed(rig.member, asked)) is not None
    assert rig.sandbox.posts == 0
