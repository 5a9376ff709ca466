"""The price list on its page of the settings: by its form and from a file, with what was learned beside it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bot.domain.money.costs import ListedPrice, PriceUnit
from tests.support.rig import Rig
from tests.support.settings_pages import choose, opened, press, send_prices, set_price
from tests.support.surface import inputs, notice, settled_exactly

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
    wrong = await give(rig, "operation,credits", "image.generate,12", "image.generate,13")
    assert "Line 3: This operation and model already have a line." in wrong.followups[-1].content
    shown = await press(rig, await opened(rig, "prices"), "price_download")
    [file] = shown.response.attachments
    again = await send_prices(rig, rig.file(file))
    assert "Nothing has changed" in again.followups[-1].content
    assert len(await store.prices.all(rig.guild.id)) == 2
    assert len(await price_lines(rig)) == 1
