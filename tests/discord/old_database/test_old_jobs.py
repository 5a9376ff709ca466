"""The open jobs of a database that an earlier commit has written end once."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.support.old_database import KEYS, PICTURE, OldRig, rows, send_form, write_database
from tests.support.rig import HOST_KEY

NEW_KEY = "cs_test_workshop_new_000004"
STATES = {
    "awaiting_approval", "waiting", "submitting", "queued", "processing", "ready",
    "delivered", "held", "failed", "expired", "cancelled", "refused",
}  # fmt: skip
AFTERWARDS = {
    PICTURE: ["delivered", "delivered", "delivered"],  # the third was requested with a reaction
    "old first key #slow": ["delivered"],
    "old steps #slow": ["delivered", "delivered"],
    "old private #slow": ["delivered"],
    "old guest #slow": ["delivered"],
    "old dropped #slow": ["held"],
    "old line one #slow": ["delivered"],
    "old line two #slow": ["delivered"],
    "old line three #slow": ["delivered"],
    "old line four #slow": ["delivered"],
    "old line five #slow": ["delivered"],
    "old line six #slow": ["delivered"],
    "old sent #slow": ["delivered"],
    "old ready #fast": ["delivered"],
    "old posted #fast": ["delivered"],
    "old queued #slow": ["delivered"],
    "old submitting": ["delivered"],
    "old unnoted #fast": ["delivered"],
    "old unanswered #fast": ["cancelled"],
    "old blocked #fast": ["delivered"],
    "old song one": ["delivered"],
    "old song two": ["delivered"],
    "old song three": ["refused"],
    "old shown #fast": ["delivered"],
    "old hidden #fast": ["held"],
}
"""How the open jobs end, once moderators have decided about those that wait for them."""


@pytest.mark.long
async def test_every_open_job_ends_once_and_is_paid_once(rig: OldRig):
    write_database(rig.folder / "before.db")
    assert {state for (state,) in rows(rig.folder / "before.db", "SELECT state FROM jobs")} == STATES
    before = rig.states()
    requests_before = len(rig.sandbox.requests)
    await decide(rig)
    open_ids = [each for prompt in AFTERWARDS for each in rig.jobs_at_start[prompt] if not ended(rig, each)]
    await rig.until_ended(*open_ids)
    assert rig.states() == {**before, **AFTERWARDS}

    # Nine had not reached Cannon Studio before. "old sent" had, unknown to the bot, and is not made twice.
    assert len(rig.sandbox.requests) == requests_before + 9
    sent = Counter(request.idempotency_key for request in rig.sandbox.requests)
    assert max(sent.values()) == 1

    # Each result is on one message only, and on that of its review if it had one.
    private = rig.job("old private #slow")
    for job_id in open_ids:
        if rig.state(job_id) == "delivered" and job_id != private:
            [[operation, message_id]] = rig.rows("SELECT operation, message_id FROM jobs WHERE id = ?", job_id)
            files = [each for each in rig.attachments() if re.search(rf"-{job_id[:4].lower()}[.-]", each)]
            reviewed = rig.value("SELECT count(*) FROM reviews WHERE job_id = ?", job_id)
            assert len(files) == (0 if operation.startswith("prompt.") else 1 + reviewed), (job_id, files)
            assert message_id == rig.card(job_id).id
    assert rig.card(private).flags.ephemeral
    assert len(rig.card(private).attachments) == 1

    # What was settled with each key is what Cannon Studio charged for what it made; nothing is on hold any more.
    now = rig.clock.wall()
    query = (
        "SELECT coalesce(sum(credits_milli), 0) FROM ledger JOIN jobs ON jobs.id = ledger.job_id"
        " WHERE kind = 'settle' AND key_id IS ?"
    )
    for key_id, secret in {**KEYS, 4: NEW_KEY, None: HOST_KEY}.items():
        made = [each for each in rig.sandbox.requests if each.key == secret and each.status(now) == "succeeded"]
        assert made
        assert rig.value(query, key_id) == 1000 * sum(each.cost for each in made), key_id
    assert not rig.rows(
        "SELECT job_id FROM ledger WHERE job_id IS NOT NULL GROUP BY job_id"
        " HAVING group_concat(kind) NOT IN ('hold,settle', 'hold,release')"
    )
    # No job needs the first key any more, nor the refused one, so their secrets are gone.
    assert rig.rows("SELECT id FROM guild_keys WHERE secret IS NOT NULL") == [(3,), (4,)]
    assert rig.rows("PRAGMA integrity_check") == [("ok",)]
    assert rig.rows("PRAGMA foreign_key_check") == []


def ended(rig: OldRig, job_id: str) -> bool:
    return rig.state(job_id) in {"delivered", "held", "failed", "expired", "cancelled", "refused"}


async def decide(rig: OldRig) -> None:
    """Have moderators answer everything that waits for them, with the stored controls."""
    morgan, ada = rig.moderator, rig.member
    one, two, three = (
        rig.value("SELECT card_id FROM jobs WHERE id = ?", rig.job(f"old song {each}"))
        for each in ("one", "two", "three")
    )
    shown, hidden = rig.job("old shown #fast"), rig.job("old hidden #fast")
    for custom_id in (f"c1:approve:{one}", f"c1:turn_down:{three}", f"c1:publish:{shown}"):
        refused = await rig.press(ada, custom_id)
        assert refused.ephemeral
    assert rig.state(rig.job("old song one")) == "awaiting_approval"
    await rig.press(morgan, f"c1:approve:{one}")
    await rig.press(morgan, f"c1:approve_grant:{two}")
    granted = rig.rows("SELECT member_id, credits_milli FROM grants ORDER BY id DESC LIMIT 1")
    assert granted == [(rig.members["otto"].id, 250_000)]
    await send_form(morgan, await rig.press(morgan, f"c1:turn_down:{three}"), "too long a song")
    await rig.press(morgan, f"c1:publish:{shown}")
    await send_form(morgan, await rig.press(morgan, f"c1:keep_back:{hidden}"), "too wild a picture")
    for prompt, reason in (("old song three", "too long a song"), ("old hidden #fast", "too wild a picture")):
        await rig.step()
        assert reason in rig.value("SELECT error FROM jobs WHERE id = ?", rig.job(prompt))
    # The second server's key is refused by now; a new one lets its job go on.
    rig.sandbox.add_key(NEW_KEY)
    mona = rig.members["mona"]
    await send_form(mona, await mona.slash(rig.channels["bench"], "studio key"), NEW_KEY)
