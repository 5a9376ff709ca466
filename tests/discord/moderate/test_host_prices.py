"""The host's price list: for servers that have set no price, read as a whole or not at all."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.app.entry_points import check
from bot.app.host.prices import HOST_FILE_BYTES_MAX, HOST_PRICES_MAX, read_host_prices
from bot.catalogue import Catalogue
from bot.domain.models import UNKNOWN
from bot.domain.money.costs import ListedPrice, PriceUnit
from bot.errors import InputError, StartError
from bot.runtime.clock import SystemClock
from bot.settings import Settings
from sandbox.studio.costs import fixed
from tests.support.erased import send_key
from tests.support.prices import priced
from tests.support.rig import GUILD_KEY, Rig, running
from tests.support.settings_pages import opened, page_text
from tests.support.surface import newest

HEADER = "operation,model,per,credits"
NO_UNIT = "A price of Generate Image is per `job` or `output`. Choose one of these."
FULL = "There can be up to 2,000 here. Remove one first. 2 more lines have errors."
CSV = f"{HEADER}\nimage.generate,,,7\nimage.generate,GPT Image 2,output,9.5\nvideo.generate,,second,4\n"
READ = {
    ("image.generate", ""): ListedPrice(credits=Decimal(7)),
    ("image.generate", "gptimage2"): ListedPrice(credits=Decimal("9.5"), per=PriceUnit.OUTPUT),
    ("video.generate", ""): ListedPrice(credits=Decimal(4), per=PriceUnit.SECOND),
}


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "prices"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [CSV, CSV.replace("\n", "\r\n"), "\ufeff" + CSV, CSV.replace(",", ";").replace("9.5", "9,5")],
    ids=["csv", "windows", "excel", "semicolons"],
)
def test_a_table_is_read(tmp_path: Path, content: str):
    assert read_host_prices(written(tmp_path, content), Catalogue()) == READ


@pytest.mark.parametrize("amount", ["-1", "NaN", "inf", "1e400", "1e9", "999999999999", "0x10", "seven", ""])
def test_a_wrong_amount_names_its_line(tmp_path: Path, amount: str):
    table = written(tmp_path, f"{HEADER}\nimage.generate,,,7\n\nvideo.generate,,,{amount}\n")
    with pytest.raises(InputError, match=r"Line 4: credits: enter credits as a number from 0 to 999,999,999"):
        read_host_prices(table, Catalogue())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"{HEADER}\nno such operation,,,7\n", "Line 2: "),
        (f"{HEADER}\nimage.generate,,hour,7\n", f"Line 2: {NO_UNIT}"),
        (f"{HEADER}\nimage.generate,,second,7\n", f"Line 2: {NO_UNIT}"),
        (f"{HEADER}\nprompt.enhance.image,,,7\n", "Line 2: .*always costs"),
        (f"{HEADER}\nimage.generate,,,7\nimage.generate,,,8\n", "Line 3: .*already have a line"),
        ("price,model\n7,flux\n", "must name each of these columns once"),
        ('operation,credits\n"image.generate,7\n', "each of these columns"),
        ("", "must name each of these columns once"),
        (HEADER + "\nimage.generate,x{},,7" * (HOST_PRICES_MAX + 3), f"Line 2002: {FULL}"),
        (b"\xff\xfe\x00", "not UTF-8 text"),
        (b" " * (HOST_FILE_BYTES_MAX + 1), "larger than 1 MB"),
    ],
)
def test_a_file_that_is_no_price_list_is_refused_in_a_sentence(tmp_path: Path, content: str | bytes, words: str):
    with pytest.raises(InputError, match=words):
        read_host_prices(written(tmp_path, content), Catalogue())


async def problems(path: Path) -> list[str]:
    return (await check(Settings(price_list=path), SystemClock(), is_online=False)).problems


async def test_a_start_with_a_wrong_line_says_which_and_a_check_too(tmp_path: Path):
    path = written(tmp_path, f"{HEADER}\nimage.generate,,,-7\n")
    sentence = f"PRICE_LIST ({path}) is not used: No price was changed. Line 2: credits: enter credits as a number"
    with pytest.raises(StartError) as refused:
        async with running(tmp_path, price_list=path):
            pass
    assert refused.value.sentence.startswith(sentence)
    assert (await problems(path))[0].startswith(sentence)
    await asyncio.to_thread(path.unlink)
    assert "can't be read: No such file" in (await problems(path))[0]
    await asyncio.to_thread(written, tmp_path, CSV)
    assert await problems(path) == []


async def picture(rig: Rig, **options: Any) -> tuple[Decimal, str]:
    await rig.member.slash(rig.channel, "image generate", **({"prompt": "a fox #fast"} | options))
    job = await newest(rig)
    return job.held, job.basis


async def test_every_server_has_the_hosts_prices_until_its_moderators_set_one(tmp_path: Path):
    async with running(tmp_path, price_list=written(tmp_path, CSV)) as rig:
        rig.sandbox.tariff.set("image.generate", fixed(5))
        assert await picture(rig, count=2) == (7, "host's price list")
        assert await picture(rig, model="gptimage2") == (Decimal("9.5"), "host's price list")
        shown = await rig.member.slash(rig.channel, "help", topic="image")
        assert "about 7 to 9.5 credits" in shown.response.embeds[0].description
        assert "Generate Image\n-# The host's price list: 7 credits" in page_text(await opened(rig, "prices"))
        await send_key(rig, GUILD_KEY)
        assert await picture(rig) == (7, "host's price list")
        await priced(rig, 6)
        assert await picture(rig) == (6, "price list")
        page = page_text(await opened(rig, "prices"))
        assert "**Generate Image**: 6 credits" in page
        assert "The host's price list: 9.5" not in page
        assert "The host's price list: 4 credits per second" in page
        assert await picture(rig, model="gptimage2") == (6, "price list")
        await rig.member.slash(rig.channel, "video generate", prompt="x", duration=5)
        assert ((await newest(rig)).held, (await newest(rig)).basis) == (20, "host's price list")


async def test_where_the_host_limits_their_key_a_server_lists_no_price_below_theirs(tmp_path: Path):
    limit = {"cannon_api_key_limit": Decimal(500)}
    async with running(tmp_path, price_list=written(tmp_path, CSV), **limit) as rig:
        await priced(rig, 1)
        assert await picture(rig, count=2) == (7, "host's price list")
        await priced(rig, 30)
        assert await picture(rig) == (7, "host's price list")
        await rig.member.slash(rig.channel, "audio music", prompt="x")
        assert (await newest(rig)).basis == UNKNOWN
