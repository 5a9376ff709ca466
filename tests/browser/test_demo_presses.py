"""The demo's page takes whatever is pressed or typed, in any order, and never stops answering."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.async_api import expect

from bot.domain.server.reaction_rules import Seeding
from sandbox.demo.demo import Demo
from tests.support.page import CHROMIUM, open_room, page_at, run_slash
from tests.support.presses import SETTLED_MS, Presses

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`"),
]

TROUBLE = re.compile(r"\[(?:warning|error|critical)")
LAST_WORDS = "the very last picture"


async def press_at_random(count: int, *, seed: int) -> list[str]:
    """Press that many things, then make a picture like anybody who has just come; return what was pressed.

    Each press must be answered in time (`Presses.settled`). How long all of them take is the machine's affair.
    """
    async with Demo(speed=20.0, lived_in=False) as demo, page_at(demo.url) as page:
        async with demo.turn:
            await demo.bot.parts.store.reactions.change(
                demo.bot.guilds[0].id, lambda now: replace(now, seeds=Seeding.ALL)
            )
        await run_slash(page, "image generate", prompt="a blue door")
        presses = Presses(page, seed)
        while len(presses.done) < count:
            await presses.press()
        assert presses.errors == []
        await page.reload()
        await open_room(page, "studio")
        await run_slash(page, "image generate", prompt=LAST_WORDS)
        await expect(page.get_by_alt_text(LAST_WORDS)).to_be_visible(timeout=SETTLED_MS)
        return presses.done


def troubles(out: str) -> list[str]:
    """Return the log lines of what went wrong; what the log says of the prompts that ask for a fault is expected."""
    return [line for line in out.splitlines() if TROUBLE.search(line) and "guild.alert" not in line]


@pytest.mark.long
async def test_the_page_answers_after_a_few_random_presses(capsys: pytest.CaptureFixture[str]):
    pressed = await press_at_random(20, seed=1)
    assert len({line.split(":")[0] for line in pressed}) > 4
    assert troubles(capsys.readouterr().out) == []


@pytest.mark.long
@pytest.mark.timeout(1800)  # for a hang
@pytest.mark.parametrize("seed", [2, 3, 4])
async def test_the_page_answers_after_three_hundred_random_presses_and_keys(
    seed: int, capsys: pytest.CaptureFixture[str]
):
    """Each takes about two minutes on a machine that does nothing else."""
    assert len(await press_at_random(300, seed=seed)) == 300
    assert troubles(capsys.readouterr().out) == []
