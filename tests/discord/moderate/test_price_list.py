"""The price list on its page of the settings: by its form and from a file, with what was learned beside it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bot.domain.money.costs import ListedPrice, PriceUnit
from tests.support.rig import Rig
from tests.support.settings_pages import choose, opened, page_text, press, send, send_prices, set_price
from tests.support.surface import inputs, notice, private_sentence, settled_exactly

CLIP = "video generate"


async def price_lines(rig: Rig) -> list[Any]:
    return [each for each in await rig.bot.parts.store.decisions.all(rig.guild.id) if each.kind == "price"]


async def give(rig: Rig, *lines: str) -> Any:
    return await send_prices(rig, "\n".join(lines).encode())


async def test_a_price_by_the_second_holds_what_the_length_comes_to(rig: Rig):
    done = await set_price(rig, "video.generate", Credits="7.5", The_price_is_for="second", Model=["seedance2"])
    assert (
        notice(done.response)
        == f"✅ <@{rig.moderator.id}> set the price of `video.generate` with Seedance 2.0 to 7.5 credits per second."
    )
    await rig.member.slash(rig.channel, CLIP, prompt="#fast waves", model="seedance2", duration=8)
    [job] = await rig.jobs()
    assert (job.held, job.basis) == (60, "price list")
    await rig.work()
    await settled_exactly(rig)


async def test_the_form_shows_the_price_that_is_set(rig: Rig):
    await set_price(rig, "image.generate", Credits="4", The_price_is_for="output")
    price = ListedPrice(credits=Decimal(4), per=PriceUnit.OUTPUT)
    assert await rig.bot.parts.store.prices.all(rig.guild.id) == {("image.generate", ""): price}
    shown = await choose(rig, await opened(rig, "prices"), "price_choose", "image.generate")
    assert inputs(shown)["Credits"]["value"] == "4"
    assert [each["value"] for each in inputs(shown)["The price is for"]["options"] if each.get("default")] == ["output"]


async def test_a_form_that_a_member_no_longer_may_send_changes_nothing(rig: Rig):
    price = await choose(rig, await opened(rig, "prices"), "price_choose", "image.generate")
    file = await press(rig, await opened(rig, "prices"), "price_upload")
    rig.env.backend.remove_member_role(rig.guild.id, rig.moderator.id, rig.moderators.id)
    data = [("prices.csv", b"operation,credits\nimage.generate,7")]
    assert "Only moderators" in private_sentence(await send(rig, price, Credits="4"))
    assert "Only moderators" in private_sentence(await send(rig, file, CSV_file=data))
    assert await rig.bot.parts.store.prices.all(rig.guild.id) == {}


async def test_a_long_list_is_shown_in_parts(rig: Rig):
    for number in range(15):
        await rig.bot.parts.store.prices.set(rig.guild.id, "image.generate", f"model-{number:02}", Decimal(number + 1))
    panel = await opened(rig, "prices")
    seen = page_text(panel)
    for part in (1, 2):
        panel = (await rig.moderator.click(panel, custom_id=f"c1:set_page:prices.{part}")).response
        seen += page_text(panel)
    assert all(f"model-{number:02}" in seen for number in range(15))
    assert "Next" not in str(panel.components)


async def test_a_file_replaces_the_list_in_one_line_of_the_record(rig: Rig):
    store = rig.bot.parts.store
    await store.prices.set(rig.guild.id, "image.edit", "", Decimal(9))
    await store.prices.set(rig.guild.id, "image.generate", "", Decimal(9))
    done = await give(rig, "operation,model,per,credits", "image.generate,,output,12", "video.generate,,second,5")
    assert notice(done.response) == (
        f"✅ <@{rig.moderator.id}> replaced the price list with a file of 2 prices: 1 new, 1 changed, 1 removed."
    )
    assert await store.prices.all(rig.guild.id) == {
        ("image.generate", ""): ListedPrice(credits=Decimal(12), per=PriceUnit.OUTPUT),
        ("video.generate", ""): ListedPrice(credits=Decimal(5), per=PriceUnit.SECOND),
    }
    [line] = await price_lines(rig)
    assert line.about["after"] == [["image.generate", "", "output", "12"], ["video.generate", "", "second", "5"]]
    assert line.about["before"] == [["image.edit", "", "job", "9"], ["image.generate", "", "job", "9"]]


async def test_a_file_with_one_wrong_line_changes_nothing(rig: Rig):
    await rig.bot.parts.store.prices.set(rig.guild.id, "image.edit", "", Decimal(9))
    answer = await give(rig, "operation,credits", "image.generate,12", "image.generate,13")
    assert "Line 3: This operation and model already have a line." in answer.followups[-1].content
    assert list(await rig.bot.parts.store.prices.all(rig.guild.id)) == [("image.edit", "")]
    assert await price_lines(rig) == []


async def test_the_file_that_is_shown_can_be_given_back(rig: Rig):
    await rig.bot.parts.store.prices.set(rig.guild.id, "image.generate", "", Decimal(9), per=PriceUnit.OUTPUT)
    shown = await press(rig, await opened(rig, "prices"), "price_download")
    [file] = shown.response.attachments
    again = await send_prices(rig, rig.file(file))
    assert "Nothing has changed" in again.followups[-1].content
    assert await price_lines(rig) == []


async def test_help_shows_a_price_by_the_second_as_that_of_a_usual_length(rig: Rig):
    await rig.bot.parts.store.prices.set(rig.guild.id, "video.generate", "", Decimal(5), per=PriceUnit.SECOND)
    shown = await rig.member.slash(rig.channel, "help", topic="video")
    assert "about 25 credits for 5 s (from this server's price list)" in str(shown.response.embeds[0].to_dict())
