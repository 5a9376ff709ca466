"""The last form of a result: plain text."""

from __future__ import annotations

from decimal import Decimal

from bot.delivery.channels.facts import CONTENT_CHARS
from bot.delivery.files.downloads import ResultFiles
from bot.delivery.posting.places import plain_result
from bot.domain.models import Job, JobState


def make_job() -> Job:
    return Job(
        id="0123456789", card_id="c", guild_id=1, position=0, author_id=2, operation="image.generate", input={},
        state=JobState.READY, idempotency_key="k", key_id=None, held=Decimal(1), basis="fixed", created_at=0.0,
    )  # fmt: skip


def test_it_names_the_result_its_links_and_the_job_last():
    job = make_job()
    lines = plain_result(
        "Generate image", job, ResultFiles(links=["https://a.example/1", "https://a.example/2"]), spoiler=False
    )
    first, *links, last = lines.splitlines()
    assert "Generate image" in first
    assert links == ["https://a.example/1", "https://a.example/2"]
    assert job.id in last.split()


def test_what_a_message_cannot_hold_is_left_out_and_never_the_job():
    job = make_job()
    results = ResultFiles(links=[f"https://a.example/{'x' * 700}{n}" for n in range(5)], text="word " * 1000)
    text = plain_result("Generate image", job, results, spoiler=False)
    assert len(text) <= CONTENT_CHARS
    assert text.count("https://") == 2
    assert text.rpartition("\n")[2].endswith(job.id)


def test_a_text_can_neither_ping_nor_format():
    text = plain_result("Rewrite", make_job(), ResultFiles(text="**bold** @everyone"), spoiler=False)
    assert "**bold**" not in text
    assert "@everyone" not in text


def test_links_to_spoilers_are_hidden_and_still_found() -> None:
    text = plain_result("Generate image", make_job(), ResultFiles(links=["https://a.example/1"]), spoiler=True)
    assert "|| https://a.example/1 ||" in text
    assert "https://a.example/1" in text.split()
