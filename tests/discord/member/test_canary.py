"""Words, keys, tokens and signed links are planted and led through everything: they come out nowhere."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.domain.models import OPEN_STATES
from bot.runtime.logs import configure_logs
from tests.support.channels import press
from tests.support.erased import delete_data, left_in_files, sealed_key, send_key
from tests.support.recipes import new_recipe
from tests.support.rig import HOST_KEY, Rig
from tests.support.settings_pages import block_member, unblock_member
from tests.support.surface import fill, newest

WORDS = "canarywords"
PLAIN_KEY = "zz_plain_key_without_prefix_123"
OWN_KEY = "cs_test_canary_key_0000000001"
SIGNATURE = "canarysignature"
LINK = f"https://user.example/secret.png?sig={SIGNATURE}&x=1"
THEIRS = "moderatorswords"
"""What moderators write is the server's, and stays; it is logged no more than the rest."""
PARTS = (WORDS, THEIRS, PLAIN_KEY, OWN_KEY, OWN_KEY.removeprefix("cs_test_"), SIGNATURE, HOST_KEY)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that is logged at the most talkative level, libraries included."""
    out, root = io.StringIO(), logging.getLogger()
    before = (root.level, list(root.handlers), structlog.get_config())
    configure_logs(level="DEBUG", log_format="json", secrets=(HOST_KEY,), stream=out)
    yield out
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    structlog.configure(**before[2])


async def walk(rig: Rig) -> None:
    """Lead the canaries through commands that succeed, are refused, fail here, and fail at Cannon Studio."""
    ask: Any = rig.member.slash
    rig.sandbox.add_key(OWN_KEY, credits=500)
    await send_key(rig, PLAIN_KEY)
    await send_key(rig, OWN_KEY)
    for prompt in ("one", "#invalid", "#plan", "#fail", "#gone", "#html", "#none", "#drop", "\ud800"):
        await ask(rig.channel, "image generate", prompt=f"{WORDS} {prompt}")
    await ask(rig.channel, "image generate", prompt=f"{WORDS} two", enhance=True, private=True)
    await ask(rig.channel, "image generate", prompt=WORDS, model=WORDS)
    await ask(rig.channel, "image edit", prompt=WORDS, from_=LINK)
    await ask(rig.channel, "audio narration", text=f"{WORDS} x", voice_id=WORDS)
    raw = f'{{"prompt": "{WORDS}", "{WORDS}": 1}}'
    form = await rig.moderator.slash(rig.channel, "studio request", operation="image.generate")
    await rig.moderator.submit_modal(form, {rig.form_fields(form)[0]: raw})
    await ask(rig.channel, "batch", operation="image.generate", file=("p.txt", f"{WORDS} a\n{WORDS} b".encode()))
    form = await new_recipe(rig)
    texts = {"Name": THEIRS, "About": THEIRS, "Inputs": "prompt: what"}
    texts["Steps"] = "image.generate\nprompt: {prompt}"
    await rig.moderator.submit_modal(form, fill(form, texts))
    await block_member(rig, rig.member, Reason=THEIRS)
    await unblock_member(rig, rig.member)
    rig.env.inject_error("PATCH", "/webhooks/", status=400, code=50035, message=f"Invalid Form Body: {WORDS}", times=2)
    with contextlib.suppress(AssertionError):  # some of these are followed for hours
        await rig.work(limit_s=600)
    await press(rig, rig.member, "again", (await newest(rig)).id)
    await rig.member.autocomplete(rig.channel, "image edit", "from", WORDS)
    with contextlib.suppress(AssertionError):
        await rig.work(limit_s=120)


def found_in(text: str) -> list[str]:
    return [part for part in PARTS if part in text]


@pytest.mark.long
async def test_no_log_line_and_no_metric_holds_what_was_planted(rig: Rig, log: io.StringIO):
    await walk(rig)
    lines = log.getvalue().splitlines()
    assert len(lines) > 50
    assert [line for line in lines if found_in(line)] == []
    assert found_in(rig.bot.metrics.render().decode()) == []


async def test_no_traceback_holds_it_either(rig: Rig, log: io.StringIO, monkeypatch: pytest.MonkeyPatch):
    """A fault of our own, in the middle of a member's request, with all of it in the frames."""
    rig.forgiven = (RuntimeError,)

    async def broken(*_args: Any, **_more: Any) -> Any:
        raise RuntimeError(f"{WORDS} {OWN_KEY} {LINK}")

    monkeypatch.setattr(rig.bot.parts.store.cards, "accept", broken)
    await rig.member.slash(rig.channel, "image generate", prompt=WORDS)
    text = log.getvalue()
    assert "RuntimeError" in text, "the fault itself is logged"
    assert [part for part in (OWN_KEY, SIGNATURE) if part in text] == []


@pytest.mark.long
async def test_after_erasing_it_is_in_no_file_and_no_backup(rig: Rig, tmp_path: Path):
    await walk(rig)
    sealed = sealed_key(rig)
    assert left_in_files(rig.folder, WORDS)
    await rig.moderator.slash(rig.channel, "studio key", action="remove")
    for _ in range(60):
        rig.advance(6 * 3600)
        with rig.env.time_context():
            await rig.bot.parts.rounds.run_once()
        await rig.step()
    for member in (rig.member, rig.moderator):
        await delete_data(rig, member)
    backup = tmp_path / "backup"
    backup.mkdir()
    for file in rig.folder.glob("bot.db*"):
        (backup / file.name).write_bytes(file.read_bytes())
    assert left_in_files(backup, WORDS, SIGNATURE, PLAIN_KEY, OWN_KEY, sealed) == {}
    assert not {job.state for job in await rig.jobs()} & OPEN_STATES
