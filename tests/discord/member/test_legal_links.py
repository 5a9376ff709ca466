"""The host's privacy policy and terms are one press away, where the host has set them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.rig import Rig, running

PRIVACY, TERMS = "https://example.org/privacy", "https://example.org/terms"


def links(message: Any) -> list[tuple[str | None, str | None]]:
    items = [item for row in message.components for item in row["components"]]
    return [(item["label"], item["url"]) for item in items if item.get("url")]


async def pages(rig: Rig) -> tuple[Any, Any]:
    """Return the first page of the help, and the data page of the member's panel."""
    help_ = await rig.member.slash(rig.channel, "help")
    me = await rig.member.slash(rig.channel, "me")
    return help_.response, (await rig.member.click(me.response, custom_id="c1:me:data")).response


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        ({}, []),
        ({"privacy_url": PRIVACY}, [("Privacy policy", PRIVACY)]),
        (
            {"privacy_url": PRIVACY, "terms_url": TERMS},
            [("Privacy policy", PRIVACY), ("Terms of service", TERMS)],
        ),
    ],
)
async def test_help_and_me_lead_to_what_the_host_has_published(
    tmp_path: Path, urls: dict[str, str], expected: list[tuple[str, str]]
):
    async with running(tmp_path, **urls) as rig:
        for page in await pages(rig):
            assert links(page) == expected
