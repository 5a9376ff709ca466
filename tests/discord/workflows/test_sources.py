"""Where a file may come from, what a member may reach with it, and that nothing is spent before it was looked at."""

from __future__ import annotations

import time
from typing import Any

import discord
import pytest

from bot.domain.models import Job, JobState
from tests.support.rig import Rig
from tests.support.surface import delete, nothing_happened, private_messages, private_sentence, watch
from tests.support.workflows import AUDIO, IMAGE, VIDEO, earlier, hosted, own_message, sample

EDIT = "image edit"


async def refused(rig: Rig, command: str, member: Any = None, channel: Any = None, **options: Any) -> str:
    """Return the sentence of a command that is refused; fail if anything was asked of Cannon Studio or held."""
    posts, jobs = rig.sandbox.posts, len(await rig.jobs())
    held = (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held
    result = await (member or rig.member).slash(channel or rig.channel, command, **options)
    assert rig.sandbox.posts == posts
    assert len(await rig.jobs()) == jobs
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == held
    return private_sentence(result)


async def sent_link(rig: Rig, **options: Any) -> str:
    """Return the link that an edit with these options sends."""
    await rig.member.slash(rig.channel, EDIT, prompt="x", **options)
    await rig.work()
    assert (await rig.jobs())[0].state is JobState.DELIVERED
    return rig.sandbox.requests[-1].input["image_url"]


def secret_channel(rig: Rig) -> Any:
    """Return a channel that the bot and the moderators read, and the member does not."""
    return rig.guild.create_text_channel(
        "secret", overwrites={rig.guild.default_role: discord.PermissionOverwrite(view_channel=False)}
    )


def let_in(rig: Rig, channel: Any, target_id: int, **permissions: bool) -> None:
    from simcord.backend.models import Overwrite
    from simcord.enums import OverwriteType

    allow, deny = discord.PermissionOverwrite(**permissions).pair()
    rig.env.backend.set_overwrite(channel.id, Overwrite(target_id, OverwriteType.MEMBER, allow.value, deny.value))


def expired(attachment: dict[str, Any], ex: str = "65000000") -> str:
    """Return the link to a file as Discord gave it out some time ago."""
    path = attachment["url"].partition("/attachments/")[2]
    return f"https://cdn.discordapp.com/attachments/{path}?ex={ex}&is=64000000&hm=abc"


# ---------------------------------------------------------------------- exactly one


@pytest.mark.parametrize(
    ("command", "options", "label"),
    [
        (EDIT, ("image", "url"), "picture"),
        (EDIT, ("url", "job"), "picture"),
        (EDIT, ("image", "url", "job"), "picture"),
        ("finish motion", ("file", "job"), "file"),
        ("video generate", ("start", "url"), "start picture or clip"),
        ("video generate", ("end_image", "end_image_url"), "end picture"),
    ],
)
async def test_a_file_is_given_in_exactly_one_way(rig: Rig, command: str, options: tuple[str, ...], label: str):
    name, data = sample(IMAGE)
    uploads = {"image", "file", "start", "end_image"}
    given = {each: (name, data) if each in uploads else hosted(rig, name, data) for each in options}
    prompt = {} if command == "finish motion" else {"prompt": "x"}
    sentence = await refused(rig, command, **prompt, **given)
    assert sentence == f"Give the {label} in exactly one way: as a file, as a link, or as an earlier job."
    await nothing_happened(rig)


@pytest.mark.parametrize(
    ("command", "options", "label"),
    [
        (EDIT, {"prompt": "x"}, "picture"),
        ("finish subtitles", {}, "video"),
        ("finish upscale", {"thumbnail": sample(IMAGE)}, "video"),
        ("finish motion", {"prompt": "x"}, "file"),
        ("finish lipsync", {"audio": sample(AUDIO)}, "video"),
        ("finish lipsync", {"video": sample(VIDEO)}, "speech"),
        ("sora character", {"name": "x"}, "video"),
    ],
)
async def test_a_file_that_is_needed_is_asked_for(rig: Rig, command: str, options: dict[str, Any], label: str):
    sentence = await refused(rig, command, **options)
    assert sentence == f"Give the {label}: upload it, give a link to it, or pick an earlier job."
    await nothing_happened(rig)


@pytest.mark.parametrize("options", [{}, {"sora_video_id": "video_1", "job": "7AB2CD3EF4"}])
async def test_a_sora_video_is_given_in_exactly_one_way(rig: Rig, options: dict[str, str]):
    assert "in exactly one way" in await refused(rig, "sora remix", prompt="x", **options)
    await nothing_happened(rig)


# ---------------------------------------------------------------------- looked at before anything is spent

TAKES_CLIP = [
    ("finish subtitles", "url", {}),
    ("finish upscale", "url", {}),
    ("finish lipsync", "video_url", {"audio": sample(AUDIO)}),
    ("audio soundfx", "url", {"prompt": "x"}),
    ("sora character", "url", {"name": "x"}),
    ("sora edit", "source_video_url", {"prompt": "x", "sora_video_id": "video_1"}),
]


@pytest.mark.parametrize(("command", "option", "others"), TAKES_CLIP)
async def test_a_picture_where_a_video_is_needed_costs_nothing(rig: Rig, command: str, option: str, others: dict):
    sentence = await refused(rig, command, **{option: hosted(rig, *sample(IMAGE))}, **others)
    assert sentence.endswith("cannot be used. The file is an image; a video is needed.")
    await nothing_happened(rig)


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("{sandbox}/media/nothing.png", "no longer there"),
        ("{sandbox}/media/page.png", "does not lead to an image"),
        ("{sandbox}/media/empty.png", "is empty"),
        ("http://127.0.0.1:9/cat.png", "https"),
        ("https://10.0.0.1/cat.png", "public"),
        ("https://[::ffff:127.0.0.1]/cat.png", "public"),
        ("http://example.com/cat.png", "https"),
        ("ftp://example.com/cat.png", "https"),
        ("javascript:alert(1)", "https"),
        ("cat.png", "https"),
        ("   ", "https"),
    ],
)
async def test_a_link_that_leads_to_nothing_usable_costs_nothing(rig: Rig, link: str, why: str):
    hosted(rig, "page.png", b"<!doctype html><html></html>")
    hosted(rig, "empty.png", b"")
    sentence = await refused(rig, EDIT, prompt="x", url=link.format(sandbox=rig.sandbox.url))
    assert sentence.startswith("The picture cannot be used.")
    assert why in sentence
    await nothing_happened(rig)


async def test_a_file_that_is_far_too_large_costs_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.generation.sources.SOURCE_MAX_BYTES", 100)
    assert "the limit is" in await refused(rig, EDIT, prompt="x", image=sample(IMAGE))
    await nothing_happened(rig)


async def test_the_second_of_two_files_is_looked_at_too(rig: Rig):
    sentence = await refused(rig, "finish lipsync", video=sample(VIDEO), audio=sample(IMAGE))
    assert sentence == "The speech `cat.png` cannot be used. The file is an image; a sound is needed."
    await nothing_happened(rig)


async def test_every_link_of_a_list_is_looked_at(rig: Rig):
    links = f"{hosted(rig, *sample(IMAGE))} {rig.sandbox.url}/media/nothing.png"
    assert "reference picture cannot be used" in await refused(rig, "image generate", prompt="x", reference_urls=links)
    await nothing_happened(rig)


# ---------------------------------------------------------------------- links to Discord


async def test_of_a_messages_files_the_one_of_the_needed_kind_is_taken(rig: Rig):
    link, files = own_message(rig, ("prompt.txt", b"words"), sample(VIDEO), sample(IMAGE))
    assert await sent_link(rig, url=link) == files[2]["url"]


@pytest.mark.parametrize("host", ["discord.com", "ptb.discord.com", "canary.discord.com", "discordapp.com"])
async def test_a_message_link_of_every_discord_client_is_understood(rig: Rig, host: str):
    link, [file] = own_message(rig, sample(IMAGE))
    assert await sent_link(rig, url=f" <{link.replace('discord.com', host)}/> ") == file["url"]


async def test_a_message_without_a_visible_file_is_told_with_what_works_instead(rig: Rig):
    message = await rig.moderator.send(rig.channel, "mine", attachments=[sample(IMAGE)])
    link = f"https://discord.com/channels/{rig.guild.id}/{rig.channel.id}/{message.id}"
    sentence = await refused(rig, EDIT, prompt="x", url=link)
    assert sentence.startswith("I see no image in that message, or it may not be read.")
    assert "Upload the file itself" in sentence
    await nothing_happened(rig)


async def test_a_message_of_a_channel_that_the_member_may_not_read_stays_closed(rig: Rig):
    secret = secret_channel(rig)
    let_in(rig, secret, rig.bot.user.id, view_channel=True, read_message_history=True)
    link, [file] = own_message(rig, sample(IMAGE), channel=secret)
    assert "may not be read" in await refused(rig, EDIT, prompt="x", url=link)
    await nothing_happened(rig)
    let_in(rig, secret, rig.member.id, view_channel=True, read_message_history=True)
    assert await sent_link(rig, url=link) == file["url"]


async def test_a_message_of_a_server_that_the_member_is_not_in_stays_closed(rig: Rig):
    other = rig.env.create_guild("Other")
    channel = other.create_text_channel("general")
    link, [file] = own_message(rig, sample(IMAGE), channel=channel)
    assert "may not be read" in await refused(rig, EDIT, prompt="x", url=link)
    assert "no longer there" in await refused(rig, EDIT, prompt="x", url=expired(file))
    await nothing_happened(rig)


async def test_a_private_result_is_found_again_by_the_link_to_its_direct_message(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a secret", private=True)
    await rig.step()
    rig.advance(16 * 60)
    await rig.work()
    [message] = private_messages(rig, rig.member)
    link = f"https://discord.com/channels/@me/{message.channel.id}/{message.id}"
    assert "may not be read" in await refused(rig, EDIT, rig.moderator, prompt="x", url=link)
    assert await sent_link(rig, url=link) == message.attachments[0].url


async def test_a_message_that_is_gone_is_told(rig: Rig):
    link, _ = own_message(rig, sample(IMAGE))
    assert "I see no image" in await refused(rig, EDIT, prompt="x", url=link[:-3] + "999")
    await nothing_happened(rig)


async def test_an_expired_file_link_is_renewed_from_its_message(rig: Rig):
    _, [_, second] = own_message(rig, sample(IMAGE), ("dog.png", sample(IMAGE)[1]))
    for _ in range(4):
        own_message(rig, sample(IMAGE))
    assert await sent_link(rig, url=expired(second)) == second["url"]


async def test_a_file_link_that_still_lives_is_passed_on_as_it_is(rig: Rig):
    _, [file] = own_message(rig, sample(IMAGE))
    link = expired(file, ex="ffffffff")
    rig.env.backend.cdn._blobs[link] = sample(IMAGE)[1]
    assert await sent_link(rig, url=link) == link


@pytest.mark.parametrize("ex", ["65000000", "zz", ""])
async def test_an_expired_link_whose_message_cannot_be_found_is_told(rig: Rig, ex: str):
    message = await rig.moderator.send(rig.channel, "mine", attachments=[sample(IMAGE)])
    [file] = message.attachments
    link = expired({"url": file.url}, ex=ex)
    assert "its link has expired" in await refused(rig, EDIT, prompt="x", url=link)
    await nothing_happened(rig)


async def test_an_expired_link_into_a_channel_that_the_member_may_not_read_is_not_renewed(rig: Rig):
    secret = secret_channel(rig)
    let_in(rig, secret, rig.bot.user.id, view_channel=True, read_message_history=True)
    _, [file] = own_message(rig, sample(IMAGE), channel=secret)
    assert "its link has expired" in await refused(rig, EDIT, prompt="x", url=expired(file))
    await nothing_happened(rig)


# ---------------------------------------------------------------------- earlier jobs


async def test_the_private_result_of_another_member_cannot_be_used(rig: Rig):
    job = await earlier(rig, IMAGE, private=True)
    sentence = await refused(rig, EDIT, rig.moderator, prompt="x", job=job.id)
    assert sentence == f"There is no job `{job.id}` here that you can see; pick one from the list."
    assert await sent_link(rig, job=job.id) == job.media[0].url


async def test_the_job_of_another_server_cannot_be_used(rig: Rig):
    job = await earlier(rig, IMAGE)
    other = rig.env.create_guild("Other")
    channel, same = other.create_text_channel("general"), other.add_member(rig.member.user)
    assert "There is no job" in await refused(rig, EDIT, same, channel, prompt="x", job=job.id)
    assert "There is no such job" in await refused(rig, "sora edit", same, channel, prompt="x", job=job.id)
    assert await same.autocomplete(channel, EDIT, "job", "") == []


async def test_a_job_without_the_needed_kind_is_told(rig: Rig):
    job = await earlier(rig, IMAGE)
    assert await refused(rig, "finish subtitles", job=job.id) == f"Job {job.id} has no video; pick one that has."
    assert "was not made by Sora" in await refused(rig, "sora edit", prompt="x", job=job.id)


async def test_a_job_that_is_not_done_yet_is_told(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="x")
    [job] = await rig.jobs()
    assert "has no image" in await refused(rig, EDIT, prompt="x", job=job.id)


async def test_a_job_id_is_taken_in_any_case_and_with_spaces(rig: Rig):
    job = await earlier(rig, IMAGE)
    assert await sent_link(rig, job=f" {job.id.lower()} ") == job.media[0].url


def moved(rig: Rig, job: Job) -> str:
    """Let Cannon Studio host a result under another link; the old one is dead. Return the new one."""
    old = job.media[0].url.rpartition("/")[2]
    request = rig.sandbox.request(job.remote_id or "")
    file = rig.sandbox.studio.files._files.pop(old)
    new = hosted(rig, f"again-{old}", file.data)
    request.urls = {kind: [new] for kind in request.urls}
    return new


async def test_a_dead_result_link_is_renewed_from_the_api(rig: Rig):
    job = await earlier(rig, IMAGE)
    new = moved(rig, job)
    assert await sent_link(rig, job=job.id) == new


async def test_a_result_that_the_api_has_lost_is_taken_from_its_card(rig: Rig):
    job = await earlier(rig, IMAGE)
    [message] = rig.messages()
    moved(rig, job)
    rig.sandbox.fault("get", "status", status=404)
    assert await sent_link(rig, job=job.id) == message.attachments[0].url


async def test_the_right_one_of_a_cards_files_is_taken(rig: Rig):
    await rig.member.slash(rig.channel, "audio soundfx", prompt="rain", video=sample(VIDEO))
    await rig.work()
    [job] = await rig.jobs()
    [message] = rig.messages()
    for medium in job.media:
        rig.sandbox.studio.files._files.pop(medium.url.rpartition("/")[2])
    await rig.member.slash(rig.channel, "finish subtitles", job=job.id)
    await rig.work()
    assert rig.sandbox.requests[-1].input["video_url"] == message.attachments[1].url


async def test_a_result_that_is_nowhere_any_more_costs_nothing(rig: Rig):
    job = await earlier(rig, IMAGE)
    delete(rig, rig.messages()[0])
    rig.sandbox.studio.files._files.clear()
    assert "no longer there" in await refused(rig, EDIT, prompt="x", job=job.id)


# ---------------------------------------------------------------------- the list of jobs


async def offered(rig: Rig, typed: str = "", command: str = EDIT, option: str = "job", member: Any = None) -> list[Any]:
    return await (member or rig.member).autocomplete(rig.channel, command, option, typed)


async def three(rig: Rig) -> list[Job]:
    """Have three pictures made, an hour apart; return their jobs, oldest first."""
    jobs = []
    for prompt in ("A red fox", "Éclair sur la mer", "a blue fox " + "so very blue " * 20):
        await rig.member.slash(rig.channel, "image generate", prompt=prompt)
        await rig.work()
        jobs.append((await rig.jobs())[0])
        rig.advance(3600)
    return jobs


async def test_the_newest_jobs_stand_first_with_id_prompt_and_age(rig: Rig):
    first, second, third = await three(rig)
    choices = await offered(rig)
    assert [choice["value"] for choice in choices] == [third.id, second.id, first.id]
    assert choices[2]["name"] == f"{first.id} · A red fox · 3 h ago"
    assert choices[1]["name"] == f"{second.id} · Éclair sur la mer · 2 h ago"
    assert choices[0]["name"].startswith(f"{third.id} · a blue fox so very")
    assert choices[0]["name"].endswith("… · 1 h ago")
    assert all(len(choice["name"]) <= 100 for choice in choices)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("fox", [2, 0]),
        ("FOX", [2, 0]),
        ("red", [0]),
        ("Éclair", [1]),
        ("éclair", []),
        ("mer ", [1]),
        ("%", []),
        ("zzz", []),
    ],
)
async def test_what_is_typed_narrows_the_list_down(rig: Rig, typed: str, found: list[int]):
    jobs = await three(rig)
    assert [choice["value"] for choice in await offered(rig, typed)] == [jobs[place].id for place in found]


async def test_part_of_an_id_finds_its_job(rig: Rig):
    first, *_ = await three(rig)
    assert first.id in [choice["value"] for choice in await offered(rig, first.id[2:8].lower())]


async def test_only_results_of_the_kind_that_the_option_takes_are_offered(rig: Rig):
    picture, clip, speech = [await earlier(rig, kind) for kind in (IMAGE, VIDEO, AUDIO)]
    for command, option, wanted in [
        (EDIT, "job", [picture]),
        ("image generate", "reference_job", [picture]),
        ("video generate", "job", [clip, picture]),
        ("finish subtitles", "job", [clip]),
        ("finish motion", "job", [clip, picture]),
        ("finish lipsync", "video_job", [clip]),
        ("finish lipsync", "audio_job", [speech]),
        ("audio soundfx", "job", [clip]),
        ("sora character", "job", [clip]),
        ("sora edit", "job", []),
    ]:
        choices = await offered(rig, "", command, option)
        assert [choice["value"] for choice in choices] == [job.id for job in wanted], (command, option)


async def test_private_results_are_offered_to_their_own_author_only(rig: Rig):
    public, private = await earlier(rig, IMAGE), await earlier(rig, IMAGE, private=True)
    assert [choice["value"] for choice in await offered(rig)] == [private.id, public.id]
    assert [choice["value"] for choice in await offered(rig, member=rig.moderator)] == [public.id]


async def test_jobs_that_have_no_result_are_not_offered(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="x #fail")
    await rig.work()
    await rig.member.slash(rig.channel, "image generate", prompt="still running")
    assert await offered(rig) == []


async def multiply(rig: Rig, job: Job, times: int) -> None:
    """Copy a delivered job with its row as it is, so many times, each a second older than the one before."""

    def copy(db: Any) -> None:
        row = dict(db.execute("SELECT * FROM jobs WHERE id = ?", (job.id,)).fetchone())
        columns = ", ".join(row)
        for number in range(times):
            changed = row | {
                "id": f"Z{number:09}",
                "idempotency_key": f"copy-{number}",
                "position": number + 1,
                "created_at": job.created_at - number,
            }
            db.execute(f"INSERT INTO jobs ({columns}) VALUES ({', '.join('?' * len(row))})", list(changed.values()))

    await rig.bot.parts.store._database.write(copy)


async def test_at_most_25_of_thousands_are_offered_from_memory_within_50_ms(rig: Rig):
    await multiply(rig, await earlier(rig, IMAGE), 5000)
    calls, before = watch(rig), len(rig.env.http_requests)
    for typed, many in (("", 25), ("earlier", 25), ("Z00000499", 10), ("nothing like it", 0)):
        spans = []
        for _ in range(3):
            started = time.perf_counter()
            found = await rig.bot.parts.store.job_lists.results(rig.guild.id, rig.member.id, kinds=[IMAGE], typed=typed)
            spans.append(time.perf_counter() - started)
            assert len(found) == many
        assert min(spans) < 0.05, (typed, spans)
        assert len(await offered(rig, typed)) == many
    assert calls == []
    assert all(request.path.endswith("/callback") for request in rig.env.http_requests[before:])


@pytest.mark.parametrize("typed", ["x" * 6000, "'; --", "\u0000", "\u202e", "%_", "```", "😀", "<@1>"])
async def test_any_text_typed_into_the_list_gets_an_answer(rig: Rig, typed: str):
    await earlier(rig, IMAGE)
    assert await offered(rig, typed) == []
