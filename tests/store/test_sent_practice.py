"""What a sandbox adopts of practice: the requests of jobs, those that one needs before it."""

from __future__ import annotations

from typing import Any

from bot.catalogue import Catalogue, LiveCatalogue
from bot.domain import practice
from bot.domain.models import Books, Job, JobState
from bot.server.practice import SentPractice
from bot.store import Store
from tests.store.conftest import GUILD

FIRST, SECOND, THIRD, PAID = "req_00000000aaa1", "req_00000000aaa2", "req_00000000aaa3", "req_00000000aaa4"


async def sent(store: Store, accepted: Any, remote_id: str, *, guild_id: int = GUILD, **values: Any) -> Job:
    _, (job,) = await accepted(store, guild_id=guild_id, **values)
    changed = await store.jobs.change(job, JobState.QUEUED, remote_id=remote_id, submitted_at=1_000_010.0)
    assert changed is not None
    return changed


async def practising(store: Store, made: Any, guild_id: int = GUILD) -> dict[str, Any]:
    """Let a server practise; return what its jobs have."""
    key = practice.new_practice_key()
    done = await store.keys.set(guild_id, key, set_by=2, status=made.status(), practice=True)
    return {"books": Books.PRACTICE, "key_id": done.key.id}


async def test_a_request_is_found_with_its_key_and_after_what_it_needs(store: Store, made: Any, accepted: Any) -> None:
    of_practice = await practising(store, made)
    await sent(store, accepted, FIRST, input={"prompt": "a fox"}, **of_practice)
    link = f"{practice.URL}/media/00000000aaa1-0.png"
    edit = {"prompt": "red", "image_url": link}
    job = await sent(store, accepted, SECOND, operation="image.edit", input=edit, **of_practice)
    await sent(store, accepted, THIRD, input={"prompt": "a wolf"}, **of_practice)
    await sent(store, accepted, PAID, input={"prompt": "paid"})
    key = await store.keys.current(GUILD)
    assert key is not None
    known = SentPractice(store, LiveCatalogue(Catalogue()))
    first, second = await known.find({SECOND, PAID, "req_00000000ffff"})
    assert (first["id"], second["id"]) == (FIRST, SECOND)
    assert second == {
        "id": SECOND,
        "key": key.secret,
        "body": {"operation": "image.edit", "input": edit},
        "sent_at": 1_000_010.0,
        "idempotency_key": job.idempotency_key,
    }
    assert await known.find(set()) == []


async def test_what_was_erased_or_has_lost_its_key_is_not_found(store: Store, made: Any, accepted: Any) -> None:
    of_practice, others = await practising(store, made), await practising(store, made, GUILD + 1)
    erased = await sent(store, accepted, FIRST, **of_practice)
    await sent(store, accepted, SECOND, guild_id=GUILD + 1, **others)
    known = SentPractice(store, LiveCatalogue(Catalogue()))
    assert len(await known.find({FIRST, SECOND})) == 2
    await store._database.write(lambda db: db.execute("UPDATE jobs SET erased_at = 1 WHERE id = ?", (erased.id,)))
    await store.keys.end_practice(GUILD + 1)
    assert await known.find({FIRST, SECOND}) == []
