"""Who a card is for: by name and avatar, without a mention, and without storing either."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from bot.domain.models import JobState
from tests.support.following import ask_database
from tests.support.rig import Rig
from tests.support.surface import until


def author(rig: Rig, viewer: Any = None) -> tuple[str | None, str | None]:
    [message] = rig.messages(viewer=viewer)
    line = message.embeds[0].author
    return line.name, line.icon_url


async def test_a_card_names_its_author_from_the_first_answer_to_the_result(rig: Rig):
    answer = await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    first = answer.response.embeds[0].author
    assert first.name == rig.member.name
    assert first.icon_url is not None
    await rig.work()
    assert author(rig) == (first.name, first.icon_url)
    [message] = rig.messages()
    assert f"<@{rig.member.id}>" not in str(message.embeds[0].to_dict())


async def test_after_a_restart_the_name_is_read_off_the_card(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    await until(rig, JobState.PROCESSING)
    before = author(rig)
    await rig.restart()
    await rig.work()
    assert author(rig) == before


async def test_the_name_is_not_in_the_database(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    await rig.work()
    tables = [name for (name,) in ask_database(rig, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        try:
            rows = ask_database(rig, f"SELECT * FROM {table}")
        except sqlite3.OperationalError:
            continue
        assert not re.search(rf"\b{rig.member.name}\b", str(rows)), table
