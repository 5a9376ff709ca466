"""Any text in any option of any command gives a valid job or one clear private sentence, and never a ping."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.catalogue import Catalogue
from bot.domain.models import JobState
from tests.support.examples import examples
from tests.support.more import LABEL, REST
from tests.support.rig import Rig
from tests.support.surface import agreed, nothing_happened, panel_text, private_sentence, sends
from tests.support.workflows import IMAGE, VIDEO, hosted, sample

CATALOGUE = Catalogue(allow_local=True)
TEXT_OPTION, TEXT_INPUT = 3, 4
NEEDED = {
    "finish lipsync": {"from": VIDEO, "audio": True},
    "finish subtitles": {"from": VIDEO},
    "sora for:edit": {"prompt": "x", "sora_video_id": "video_1"},
}
ALWAYS = ("image generate", "finish subtitles")
MORE = ("audio music", "prompt for:video", "finish lipsync", "sora for:edit")
"""Most options, a form of its own, two files, and what is asked about; the kinds of the others' fields are the same."""

NASTY = [
    "@everyone @here <@1> <@&1> <#1> </image generate:1>",
    "**b** _i_ ~~s~~ `c` ||spoiler|| [x](https://evil.example) > q\n# title\n- item",
    "```\nfence\n``` ``` ``",
    "\u202eright to left\u202c שלום مرحبا",
    "zero\u200bwidth\u200djoiner\ufeff\u2060",
    "😀" * 100 + "🏳️‍🌈👩‍👩‍👧‍👦",
    "e\u0301" * 50 + "Z̴̧̛͍a̸̡̛l̷͎̈g̶̰̃o̷̙͗",
    "\x00\x01\x07\x1b[31m\x7f\x85\u2028\u2029",
    " \t\n\u3000\u00a0",
    "\u200b\u2800\u3164",
    "a" * 6000,
    "字" * 6000,
    "word " * 1200,
    "{prompt} %s {0} \\ \" ' ; DROP TABLE jobs; --",
    "null", "NaN", "-1", "1e999", "true", "[]", "{}", "../../etc/passwd", "<script>alert(1)</script>",
    "javascript:alert(1)", "http://127.0.0.1:9/x", "https://10.0.0.1/x", "https://[::1/x", "https://user:pw@host/x",
    "<https://>", "https://discord.com/channels/1/2/3", "https://discord.com/channels/@me/123456789012345678/123456789012345678",
    "https://cdn.discordapp.com/attachments/123456789012345678/123456789012345678/x.png?ex=zz&is=1",
]  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80),
    st.text(st.sampled_from("@everyone<>&#*_`|~[]()/\\:\n\u202e\u200b 😀ü-"), min_size=1, max_size=200),
)
BOUNDED = settings(
    max_examples=examples(quick=4, long=8),
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


async def options_of(rig: Rig, command: str) -> dict[str, dict[str, Any]]:
    """Return the text options of a command, as Discord has them registered, by name; without any, its form's inputs."""
    group, _, name = command.partition(" for:")[0].partition(" ")
    [root] = [each for each in rig.bot.tree.get_commands() if each.name == group]
    payload = root.to_dict(rig.bot.tree)
    [leaf] = [each for each in payload["options"] if each["name"] == name] if name else [payload]
    texts = [each for each in leaf["options"] if each["type"] == TEXT_OPTION and not each.get("choices")]
    if texts:
        return {option["name"]: option for option in texts}
    form = (await rig.member.slash(rig.channel, command)).modal
    assert form is not None, command
    inputs = [each["component"] for each in form["components"] if each["type"] == LABEL]
    return {each["custom_id"]: each for each in inputs if each["type"] == TEXT_INPUT and each["custom_id"] != REST}


def needed(rig: Rig, command: str) -> dict[str, Any]:
    """Return options with which the command would work."""
    given_options: dict[str, Any] = {}
    for option, value in NEEDED.get(command, {"prompt": "x"}).items():
        if value in (IMAGE, VIDEO):
            given_options[option] = hosted(rig, *sample(value))
        else:
            given_options[option] = (
                ("talk.mp3", b"ID3\x04\0\0\0\0\0\0" + b"\xff\xfb\x90\x64" * 64) if value is True else value
            )
    return given_options


async def hurry(rig: Rig) -> None:
    """Bring every open job to its end, without waiting for its usual time."""
    for _ in range(60):
        await rig.step()
        if not await rig.bot.parts.store.job_lists.open_total():
            return
        for request in rig.sandbox.requests:
            rig.sandbox.finish(request.id)
        rig.advance(5)
    raise AssertionError(await rig.jobs())


def within_limits(message: Any) -> None:
    """Fail if Discord would not take an embed or a file of the message (its docs' limits)."""
    for embed in message.embeds:
        assert len(embed) <= 6000
        assert len(embed.title or "") <= 256
        assert len(embed.description or "") <= 4096
        assert all(1 <= len(f.name) <= 256 and 1 <= len(f.value) <= 1024 for f in embed.fields)
    assert len(message.content) <= 2000
    assert len(message.attachments) <= 10
    for attachment in message.attachments:
        assert attachment.filename.isascii()
        assert len(attachment.filename) <= 100
        assert len(attachment.description or "") <= 1024


def silent(rig: Rig, since: int) -> None:
    """Fail if anything that was sent could ping anybody."""
    for call, body in list(sends(rig))[since:]:
        if call.startswith("POST") or body.get("content"):
            assert body.get("allowed_mentions") == {"parse": []}, call
    for message in rig.messages():
        assert not message.mentions
        assert not message.role_mentions
        assert not message.mention_everyone


async def tried(rig: Rig, command: str, options: dict[str, Any]) -> None:
    """Give the command these options, and fail unless it makes a valid job or says one private sentence."""
    jobs, requests = len(await rig.jobs()), len(rig.sandbox.requests)
    sent = len(list(sends(rig)))
    result = await rig.member.slash(rig.channel, command, **options)
    if result.modal is not None:  # what is missing is asked for
        assert len(await rig.jobs()) == jobs
        return
    result = await agreed(rig.member, result)
    if len(await rig.jobs()) == jobs:
        sentence = private_sentence(result)
        assert 10 < len(sentence) < 700
        assert "something went wrong" not in sentence.lower()
        assert len(rig.sandbox.requests) == requests
    else:
        within_limits(result.response)
        await hurry(rig)
        [job, *_] = await rig.jobs()
        assert job.state is JobState.DELIVERED, (job.state, job.error)
        request = rig.sandbox.requests[-1]
        assert CATALOGUE.check(request.operation, request.input) == request.input
        within_limits(next(m for m in rig.messages() if m.id == job.message_id))
    silent(rig, sent)
    for message in rig.messages():  # the next example begins with an empty channel
        rig.env.backend.delete_message(message.channel.id, message.id)


@pytest.mark.long
@pytest.mark.parametrize("command", [*ALWAYS, *MORE])
async def test_any_text_in_any_option_gives_a_job_or_one_private_sentence(rig: Rig, command: str):
    options, base = await options_of(rig, command), needed(rig, command)
    names = sorted(options)

    async def one(texts: dict[str, str]) -> None:
        cut = {name: text[: options[name].get("max_length", 6000)] for name, text in texts.items()}
        await tried(rig, command, base | cut)

    await one({})  # it would work
    # Each option alone with some of the worst, all in turn, so that none hides behind another's refusal.
    for place, name in enumerate(names):
        for text in NASTY[place % 11 :: 11]:
            await one({name: text})
    assert await rig.jobs()


@pytest.mark.parametrize("command", ALWAYS)
@BOUNDED
@given(data=st.data())
async def test_any_texts_together_give_a_job_or_one_private_sentence(rig: Rig, command: str, data: st.DataObject):
    options = await options_of(rig, command)
    chosen = data.draw(st.dictionaries(st.sampled_from(sorted(options)), TEXTS, min_size=1, max_size=4))
    cut = {name: text[: options[name].get("max_length", 6000)] for name, text in chosen.items()}
    await tried(rig, command, needed(rig, command) | cut)


async def test_any_file_name_of_an_unusable_upload_is_shown_harmlessly(rig: Rig):
    for name in ["a`b`c.png", "x" * 200 + ".png", "<@1>.png"]:
        result = await rig.member.slash(rig.channel, "image edit", prompt="x", image=(name, b"no picture"))
        sentence = private_sentence(result)
        assert sentence.count("`") in {0, 2}
        silent(rig, 0)
        await nothing_happened(rig)


HALF = "x\ud800"
"""Half of a surrogate pair: JSON can express it, UTF-8 cannot."""


async def test_half_a_character_names_and_finds_no_job_and_no_recipe(rig: Rig):
    assert "went wrong" not in private_sentence(await rig.member.slash(rig.channel, "jobs", job=HALF))
    found = await rig.member.slash(rig.channel, "jobs", search=HALF)
    assert "went wrong" not in panel_text(found.response)
    for command in ["recipe", "studio recipes"]:
        assert "went wrong" not in private_sentence(await rig.moderator.slash(rig.channel, command, recipe=HALF))


async def test_half_a_character_finds_nothing(rig: Rig, caplog: pytest.LogCaptureFixture):
    for command, option in [("image edit", "from"), ("jobs", "job"), ("recipe", "recipe")]:
        assert await rig.member.autocomplete(rig.channel, command, option, HALF) == []
        assert "Ignoring exception" not in caplog.text
