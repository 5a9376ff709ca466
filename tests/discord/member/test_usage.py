from __future__ import annotations

import csv
import datetime as dt
import io
import sys
import zipfile
from decimal import Decimal
from typing import Any

import discord
import pytest
from PIL import Image

from bot.domain.models import LedgerKind, credits_text
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.media import chart as charts
from cogs.member import texts
from cogs.member.export import LEDGER_COLUMNS
from cogs.member.usage import CHART_NAME
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig, running
from tests.support.surface import panel_text, private_sentence, report_facts

GENERATE = "image generate"
DAY_S = 86_400


def page(result: Any) -> str:
    assert result.ephemeral
    assert result.followups == []
    text: str = result.response.embeds[0].description
    return text


def reported(result: Any) -> dict[str, str]:
    assert result.ephemeral
    return report_facts(result.response)


def facts(result: Any) -> dict[str, str]:
    assert result.ephemeral
    return {field.name: field.value for field in result.response.embeds[0].fields}


async def limit(rig: Rig, amount: int, **values: Any) -> None:
    made = Limit(credits=Decimal(amount), **{"scope": Scope.EVERYONE, "period": Period.WEEK, **values})
    await rig.bot.parts.store.limits.set(rig.guild.id, made, by_id=rig.moderator.id)


async def spent(rig: Rig, **match: Any) -> Decimal:
    rows = await rig.bot.parts.store.ledger.rows(rig.guild.id)
    chosen = [row for row in rows if row.kind is LedgerKind.SETTLE]
    chosen = [row for row in chosen if all(getattr(row, name) == value for name, value in match.items())]
    return sum((row.credits for row in chosen), Decimal(0))


async def spend(rig: Rig) -> None:
    """Some days of work: two members, two operations, one failure, one job that is still open."""
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox", model="=cmd|' /C calc'!A0")
    await rig.work()
    rig.advance(2 * DAY_S)
    await rig.moderator.slash(rig.channel, GENERATE, prompt="@SUM(1+1)*cmd")
    await rig.moderator.slash(rig.channel, "prompt for:image", prompt="a fox", private=True)
    await rig.member.slash(rig.channel, GENERATE, prompt="#fail")
    await rig.work()
    rig.advance(DAY_S)
    await rig.member.slash(rig.channel, GENERATE, prompt="open", count=2)


def numbers(chart: charts.Chart, panel: str) -> list[Decimal]:
    return [bar.value for bar in chart.bars if bar.panel == panel]


@pytest.fixture
def drawn(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> list[charts.Chart]:
    """The charts that are drawn from now on."""
    found: list[charts.Chart] = []
    draw = charts.draw

    def noted(*args: Any, **options: Any) -> charts.Chart:
        found.append(draw(*args, **options))
        return found[-1]

    monkeypatch.setattr(sys.modules["cogs.member.usage"], "draw", noted)  # as the bot of this rig has loaded it
    return found


@pytest.fixture
def host(rig: Rig) -> None:
    """The moderator is the bot's host too, who alone reads what the host's account has left."""
    rig.bot._application.owner = discord.Object(rig.moderator.id)  # type: ignore[union-attr, assignment]  # as for Discord


# ---------------------------------------------------------------------- me


async def test_me_shows_a_member_all_their_limits_with_what_is_left_and_when_they_refill(rig: Rig):
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox")
    await rig.work()
    cost = await spent(rig)
    await rig.member.slash(rig.channel, GENERATE, prompt="another")
    held = (await rig.jobs())[0].held
    used = cost + held
    await limit(rig, 1000, scope=Scope.SERVER, period=Period.MONTH)
    await limit(rig, 200)
    await limit(rig, 300, period=Period.TOTAL)
    await limit(rig, 10, operation="image.generate", period=Period.DAY)
    await limit(rig, 77, operation="video.generate", channel_id=rig.channel.id)
    shown = page(await rig.member.slash(rig.channel, "me"))
    start = dt.datetime.fromtimestamp(rig.clock.wall(), dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = int((start + dt.timedelta(days=1)).timestamp())
    monday = int((start + dt.timedelta(days=7 - start.weekday())).timestamp())
    text = credits_text(used)
    use = f"{text} spent or held"
    everyone = "(limit for every member)"
    for line in (
        f"• 200 credits a week {everyone}: {use}, {credits_text(200 - used)} left, resets <t:{monday}:R>",
        f"• 300 credits in total {everyone}: {use}, {credits_text(300 - used)} left\n",
        f"• 10 credits a day for Generate Image {everyone}: {use}, {credits_text(used - 10)} over",
        f" over, resets <t:{tomorrow}:R>",
        f"• 77 credits a week for Generate Video in <#{rig.channel.id}> {everyone}: 0 spent or held, 77 left",
        "• 1,000 credits a month (limit for the whole server)",
        f": {use}, {credits_text(1000 - used)} left, resets <t:",
        "1 running, 0 waiting",
    ):
        assert line in shown


async def test_me_is_about_the_one_who_asks_and_there_with_nothing_set(rig: Rig):
    await rig.moderator.slash(rig.channel, GENERATE, prompt="x")
    await rig.bot.parts.store.grants.add(rig.guild.id, rig.moderator.id, Decimal(30), note="", by_id=1, expires_at=None)
    result = await rig.member.slash(rig.channel, "me")
    assert "There's no credit limit here." in page(result)
    assert "30" not in page(result)
    assert facts(result) == {"Spent today": "0 credits", "Spent this month": "0 credits", "Last job": "None yet."}
    shown = page(await rig.moderator.slash(rig.channel, "me"))
    assert "• 30 of 30 credits left" in shown


@pytest.mark.long
async def test_me_fits_into_discords_limits_however_much_there_is(rig: Rig):
    for number in range(120):
        await limit(rig, 99_999_999, operation=f"image.generate{'x' * 60}{number}", channel_id=10**18 + number)
        await rig.bot.parts.store.grants.add(
            rig.guild.id, rig.member.id, Decimal(30), note="n" * 200, by_id=1, expires_at=None
        )
    shown = page(await rig.member.slash(rig.channel, "me"))
    assert len(shown) <= 4096
    assert shown.count("more\n") == 2


# ---------------------------------------------------------------------- report


@pytest.mark.long
async def test_the_numbers_of_the_report_are_the_ledgers(rig: Rig, drawn: list[charts.Chart], host: None):
    await spend(rig)
    result = await rig.moderator.slash(rig.channel, "usage", period="week")
    total = await spent(rig)
    assert total == rig.sandbox.spent(HOST_KEY) > 0
    [chart] = drawn
    rows = [row for row in await rig.bot.parts.store.ledger.rows(rig.guild.id) if row.kind is LedgerKind.SETTLE]
    today = dt.datetime.fromtimestamp(rig.clock.wall(), dt.UTC).date()
    by_day = [
        sum(
            (
                r.credits
                for r in rows
                if dt.datetime.fromtimestamp(r.at, dt.UTC).date() == today - dt.timedelta(days=back)
            ),
            Decimal(0),
        )
        for back in range(6, -1, -1)
    ]
    assert numbers(chart, "days") == by_day
    assert sum(value > 0 for value in by_day) == 2
    by_member = {
        "ada": await spent(rig, member_id=rig.member.id),
        "morgan": await spent(rig, member_id=rig.moderator.id),
    }
    assert {bar.label: bar.value for bar in chart.bars if bar.panel == "members"} == by_member
    jobs = {job.id: job.operation for job in await rig.jobs()}
    of_image = sum((row.credits for row in rows if jobs[row.job_id] == "image.generate"), Decimal(0))
    assert numbers(chart, "operations") == [of_image, total - of_image]

    shown = reported(result)
    assert shown["Spent"] == f"{credits_text(total)} credits for 3 jobs"
    most, amount = max(((rig.member, by_member["ada"]), (rig.moderator, by_member["morgan"])), key=lambda each: each[1])
    assert shown["Most by"] == f"<@{most.id}> · {credits_text(amount)} credits ({amount / total:.0%})"
    assert shown["Most for"] == f"Generate Image · {credits_text(of_image)} credits ({of_image / total:.0%})"
    held = (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held
    assert held == 24  # two guesses of 12, the one cost that was told
    assert f"({credits_text(10_000 - total - held)} credits left)" in shown["Credits last for"]


@pytest.mark.long
async def test_the_picture_is_attached_with_its_numbers_in_words(rig: Rig, drawn: list[charts.Chart]):
    await spend(rig)
    result = await rig.moderator.slash(rig.channel, "usage")
    attachment, _ = result.response.attachments
    picture = Image.open(io.BytesIO(rig.file(attachment)))
    assert picture.format == "PNG"
    assert picture.width > picture.height  # Discord shows a high one small
    assert rig.file(attachment) == drawn[0].png
    title, chart, lines, _ = result.response.components[0]["components"]
    assert title["content"] == "### Credits spent in the last 30 days"
    [item] = chart["items"]
    assert (item["media"]["url"], item["description"]) == (attachment.url, attachment.description)
    assert lines["content"].startswith("**Spent** · ")
    words = attachment.description
    assert words is not None
    assert len(words) <= 1024
    assert words.startswith(f"Credits spent in the last 30 days: {credits_text(await spent(rig))}.")
    for bar in drawn[0].bars:
        assert (f"{bar.label} {credits_text(bar.value)}" in words) is (bar.value > 0)


async def test_without_spending_the_report_says_so_without_a_picture(rig: Rig, host: None):
    result = await rig.moderator.slash(rig.channel, "usage")
    shown = reported(result)
    assert shown == {
        "Spent": "Nothing", "Average": "0 credits a day", "Credits left": "10,000 credits"
    }  # fmt: skip
    assert result.response.attachments == []


async def test_the_report_also_comes_without_a_key(tmp_path: Any):
    async with running(tmp_path, cannon_api_key=None) as rig:
        shown = reported(await rig.moderator.slash(rig.channel, "usage"))
        assert shown["Credits left"] == str(texts.BALANCE_NOT_KNOWN)


async def test_a_name_that_the_font_lacks_is_numbered_in_the_chart_and_listed_below_it(rig: Rig):
    member = rig.guild.add_member(rig.env.create_user("sam"), nick="*สมชาย*")
    await member.slash(rig.channel, GENERATE, prompt="x")
    await rig.work()
    result = await rig.moderator.slash(rig.channel, "usage")
    _, _, lines, _ = result.response.components[0]["components"]
    assert lines["content"].endswith("**In the image** · #1 สมชาย")


# ---------------------------------------------------------------------- the report's file


async def ledger_of(rig: Rig, member: Any = None, **options: Any) -> dict[str, bytes]:
    """Return the files of a report besides its chart."""
    result = await (member or rig.moderator).slash(rig.channel, "usage", **options)
    assert result.ephemeral
    return {file.filename: rig.file(file) for file in result.response.attachments if file.filename != CHART_NAME}


@pytest.mark.long
async def test_the_report_has_every_line_of_the_ledger_as_a_file(rig: Rig):
    await spend(rig)
    files = await ledger_of(rig)
    assert list(files) == ["ledger.csv"]
    rows = list(csv.DictReader(io.StringIO(files["ledger.csv"].decode())))
    ledger = list(reversed(await rig.bot.parts.store.ledger.rows(rig.guild.id)))
    assert tuple(rows[0]) == LEDGER_COLUMNS
    assert [(row["id"], row["kind"], Decimal(row["credits"]), row["member_id"]) for row in rows] == [
        (str(line.id), line.kind, line.credits, str(line.member_id)) for line in ledger
    ]
    settled = sum((Decimal(row["credits"]) for row in rows if row["kind"] == "settle"), Decimal(0))
    assert settled == await spent(rig) == rig.sandbox.spent(HOST_KEY)


async def test_no_key_token_or_link_stands_in_the_file(rig: Rig):
    result = await rig.moderator.slash(rig.channel, "studio key")
    await rig.moderator.submit_modal(result, {rig.form_fields(result)[0]: GUILD_KEY})
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox")
    await rig.work()
    [job] = await rig.jobs()
    card = await rig.bot.parts.store.cards.get(rig.guild.id, job.card_id)
    assert card is not None
    assert card.token is not None
    assert job.media
    everything = b"".join((await ledger_of(rig)).values()).decode()
    assert job.id in everything
    for secret in (GUILD_KEY, GUILD_KEY[8:-4], card.token, job.idempotency_key, job.remote_id, "http"):
        assert str(secret) not in everything


@pytest.mark.long
async def test_a_large_ledger_comes_packed(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    await spend(rig)
    plain = await ledger_of(rig)
    monkeypatch.setattr("cogs.member.export.FILES_LIMIT_BYTES", len(plain["ledger.csv"]) - 1)
    monkeypatch.setattr("cogs.member.export.MEMORY_BYTES", 16)  # on disk from the first line on
    files = await ledger_of(rig)
    assert list(files) == ["ledger.zip"]
    with zipfile.ZipFile(io.BytesIO(files["ledger.zip"])) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == plain


async def test_a_ledger_that_is_too_large_even_packed_is_refused_with_what_to_do(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox")
    await rig.work()
    monkeypatch.setattr("cogs.member.export.FILES_LIMIT_BYTES", 10)
    result = await rig.moderator.slash(rig.channel, "usage")
    assert result.ephemeral
    assert "`period`" in result.response.content
    assert result.response.attachments == []


# ---------------------------------------------------------------------- who may


@pytest.mark.long
async def test_the_servers_books_are_refused_to_a_plain_member(rig: Rig):
    await spend(rig)
    result = await rig.member.slash(rig.channel, "usage", scope="server")
    assert "Only moderators" in private_sentence(result)
    assert result.response.attachments == []


@pytest.mark.long
async def test_a_members_own_report_is_about_them_alone(rig: Rig, drawn: list[charts.Chart]):
    await spend(rig)
    mine = await spent(rig, member_id=rig.member.id)
    result = await rig.member.slash(rig.channel, "usage")
    shown = reported(result)
    assert set(shown) == {"Spent", "Most for"}
    assert shown["Spent"] == f"{credits_text(mine)} credits for 1 job"
    assert "(100%)" in shown["Most for"]
    assert str(rig.moderator.id) not in panel_text(result.response)
    [chart] = drawn
    assert sum(numbers(chart, "days")) == mine
    assert {bar.label: bar.value for bar in chart.bars if bar.panel == "members"} == {"Images": mine}
    of_moderator = reported(await rig.moderator.slash(rig.channel, "usage", scope="mine"))
    assert of_moderator["Spent"].startswith(credits_text(await spent(rig, member_id=rig.moderator.id)))


@pytest.mark.long
async def test_a_member_gets_their_own_ledger_and_nobody_elses(rig: Rig):
    await spend(rig)
    files = await ledger_of(rig, rig.member)
    assert list(files) == ["my-ledger.csv"]
    rows = list(csv.DictReader(io.StringIO(files["my-ledger.csv"].decode())))
    ledger = [
        row for row in reversed(await rig.bot.parts.store.ledger.rows(rig.guild.id)) if row.member_id == rig.member.id
    ]
    assert [(row["id"], Decimal(row["credits"])) for row in rows] == [(str(row.id), row.credits) for row in ledger]
    assert str(rig.moderator.id) not in files["my-ledger.csv"].decode()
    stranger = rig.guild.add_member(rig.env.create_user("eve"))
    assert await ledger_of(rig, stranger) == {}
