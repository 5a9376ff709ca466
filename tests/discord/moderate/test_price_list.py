"""The price list: by command, by form and from a file, with what was learned beside it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bot.domain.price_list import ListedPrice, PriceUnit
from tests.support.rig import Rig
from tests.support.surface import fill, private_sentence, settled_exactly

CLIP = "video generate"


async def price_lines(rig: Rig) -> list[Any]:
    return [each for each in await rig.bot.parts.store.decisions.all(rig.guild.id) if each.kind == "price"]


async def give(rig: Rig, *lines: str) -> Any:
    return await rig.moderator.slash(rig.channel, "studio prices", file=("prices.csv", "\n".join(lines).encode()))


async def test_a_price_by_the_second_holds_what_the_length_comes_to(rig: Rig):
    done = await rig.moderator.slash(
        rig.channel, "studio price", operation="video.generate", credits=7.5, per="second", model="Seedance 2"
    )
    assert done.response.content == (
        "Done: set the price of `video.generate` with Seedance 2.0 to 7.5 credits per second."
    )
    await rig.member.slash(rig.channel, CLIP, prompt="#fast waves", model="seedance2", duration=8)
    [job] = await rig.jobs()
    assert (job.held, job.basis) == (60, "price list")
    await rig.work()
    await settled_exactly(rig)


async def test_a_form_sets_a_price(rig: Rig):
    shown = await rig.moderator.slash(rig.channel, "studio price", credits=4, per="output")
    assert shown.modal is not None
    await rig.moderator.submit_modal(
        shown, fill(shown, {"Operation": "image.generate", "Model": "", "The price is for": ["output"], "Credits": "4"})
    )
    prices = await rig.bot.parts.store.prices.all(rig.guild.id)
    assert prices == {("image.generate", ""): ListedPrice(credits=Decimal(4), per=PriceUnit.OUTPUT)}


async def test_a_file_replaces_the_list_in_one_line_of_the_record(rig: Rig):
    store = rig.bot.parts.store
    await store.prices.set(rig.guild.id, "image.edit", "", Decimal(9))
    await store.prices.set(rig.guild.id, "image.generate", "", Decimal(9))
    done = await give(rig, "operation,model,per,credits", "image.generate,,output,12", "video.generate,,second,5")
    assert done.response.content == ("Done: replaced the price list by a file: 2 prices (1 new, 1 changed, 1 removed).")
    assert await store.prices.all(rig.guild.id) == {
        ("image.generate", ""): ListedPrice(credits=Decimal(12), per=PriceUnit.OUTPUT),
        ("video.generate", ""): ListedPrice(credits=Decimal(5), per=PriceUnit.SECOND),
    }
    [line] = await price_lines(rig)
    assert line.about["after"] == [["image.generate", "", "output", "12"], ["video.generate", "", "second", "5"]]
    assert line.about["before"] == [["image.edit", "", "job", "9"], ["image.generate", "", "job", "9"]]


async def test_a_file_with_one_wrong_line_changes_nothing(rig: Rig):
    await rig.bot.parts.store.prices.set(rig.guild.id, "image.edit", "", Decimal(9))
    said = private_sentence(await give(rig, "operation,credits", "image.generate,12", "image.generate,13"))
    assert "Line 3: there is a line for this operation and model already." in said
    assert list(await rig.bot.parts.store.prices.all(rig.guild.id)) == [("image.edit", "")]
    assert await price_lines(rig) == []


async def test_the_file_that_is_shown_can_be_given_back(rig: Rig):
    await rig.bot.parts.store.prices.set(rig.guild.id, "image.generate", "", Decimal(9), per=PriceUnit.OUTPUT)
    shown = (await rig.moderator.slash(rig.channel, "studio prices")).response
    [file] = shown.attachments
    again = await rig.moderator.slash(rig.channel, "studio prices", file=("prices.csv", rig.file(file)))
    assert "prices that are set already" in private_sentence(again)
    assert await price_lines(rig) == []


async def test_what_jobs_have_cost_stands_beside_the_list(rig: Rig):
    await rig.bot.parts.store.prices.set(rig.guild.id, "image.generate", "", Decimal(9))
    for number in range(3):
        await rig.member.slash(rig.channel, "image generate", prompt=f"#fast fox {number}")
        await rig.work()
    shown = (await rig.moderator.slash(rig.channel, "studio prices")).response
    assert shown.embeds[0].description == (
        "`image.generate`: 9 credits\n-# paid so far: 12 credits per output (3 jobs)"
    )
    assert b"image.generate,,job,9,12 credits per output (3 jobs)" in rig.file(shown.attachments[0])


async def test_help_shows_a_price_by_the_second_as_such(rig: Rig):
    await rig.bot.parts.store.prices.set(rig.guild.id, "video.generate", "", Decimal(5), per=PriceUnit.SECOND)
    shown = await rig.member.slash(rig.channel, "help", topic="video")
    assert "about 5 credits per second (this server's price list)" in str(shown.response.embeds[0].to_dict())
