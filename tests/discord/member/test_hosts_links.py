"""The host's privacy policy, terms and support are one press away, where the host has set them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.errors import DatabaseFailing, InputError
from tests.support.rig import Rig, running

PRIVACY, TERMS = "https://example.org/privacy", "https://example.org/terms"
SUPPORT = "https://example.org/support"
WAY = [("Get support", SUPPORT)]


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
        (
            {"privacy_url": PRIVACY, "terms_url": TERMS},
            [("Privacy policy", PRIVACY), ("Terms of service", TERMS)],
        ),
        ({"support_url": SUPPORT}, WAY),
    ],
)
async def test_help_and_me_lead_to_what_the_host_has_published(
    tmp_path: Path, urls: dict[str, str], expected: list[tuple[str, str]]
):
    async with running(tmp_path, **urls) as rig:
        for page in await pages(rig):
            assert links(page) == expected


@pytest.mark.parametrize(
    ("error", "expected"), [(DatabaseFailing("The disk is full.", kind="full"), WAY), (InputError("Not a link."), [])]
)
async def test_a_failure_leads_to_support_if_only_the_host_can_mend_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, expected: list[tuple[str, str]]
):
    async def fail(*_: Any, **__: Any) -> None:
        raise error

    async with running(tmp_path, support_url=SUPPORT) as rig:
        shown = await rig.member.slash(rig.channel, "help")
        monkeypatch.setattr("cogs.member.help.show_help", fail)
        assert links((await rig.member.click(shown.response, label="Reactions and menus")).response) == expected


@pytest.mark.parametrize(("url", "expected"), [(SUPPORT, WAY)])
async def test_the_end_of_the_hosts_credits_leads_to_support(
    tmp_path: Path, url: str | None, expected: list[tuple[str, str]]
):
    async with running(tmp_path, support_url=url, cannon_api_key_limit=Decimal("0.5")) as rig:
        refused = await rig.member.slash(rig.channel, "prompt for:image", prompt="a fox")
        assert "host's credits" in refused.response.content
        assert links(refused.response) == expected


@pytest.mark.parametrize(("why", "expected"), [("bot.fault", WAY)])
async def test_the_page_of_a_refusal_leads_to_support_if_the_host_can_change_it(
    tmp_path: Path, why: str, expected: list[tuple[str, str]]
):
    async with running(tmp_path, support_url=SUPPORT) as rig:
        shown = await rig.member.slash(rig.channel, "help", why=why)
        assert [link for link in links(shown.response) if link[1] == SUPPORT] == expected
