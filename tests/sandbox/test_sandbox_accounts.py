"""What happens to an account beside its requests: keys, credits, and files that move."""

from __future__ import annotations

KEY, SECOND = "cs_test_sandbox_key", "cs_test_second_key"


async def left(api, key=KEY):
    async with api.get("/api/v1/status", headers={"x-api-key": key}) as answer:
        assert answer.status == 200
        return (await answer.json())["creditsRemaining"]


async def test_an_empty_account_is_answered_402_until_it_is_topped_up(submit, sandbox, api):
    sandbox.add_key(KEY, credits=5)
    assert (await submit())[0] == 402
    sandbox.top_up(KEY, 20)
    assert (await submit())[0] == 202
    assert await left(api) == 13


async def test_what_is_spent_elsewhere_is_missing_from_the_balance_but_not_in_the_books(submit, sandbox, api):
    sandbox.add_key(KEY, credits=30)
    await submit()
    sandbox.spend_elsewhere(KEY, 7)
    assert await left(api) == 11
    assert sandbox.spent(KEY) == 12
    assert (await submit())[0] == 402


async def test_a_revoked_key_is_restored_with_its_account_as_it_was(submit, sandbox, api):
    sandbox.add_key(KEY, credits=30)
    await submit()
    sandbox.revoke_key(KEY)
    async with api.get("/api/v1/status") as answer:
        assert answer.status == 401
    sandbox.restore_key(KEY)
    assert await left(api) == 18


async def test_two_keys_of_one_account_see_the_same_requests_and_credits(submit, sandbox, api):
    sandbox.add_key(KEY, credits=30)
    sandbox.add_second_key(SECOND, of=KEY)
    _, created = await submit()
    sandbox.revoke_key(KEY)
    async with api.get(f"/api/v1/requests/{created['id']}", headers={"x-api-key": SECOND}) as answer:
        assert answer.status == 200
    assert await left(api, SECOND) == 18


async def test_files_that_moved_are_found_by_a_get_alone(submit, finished, sandbox, api):
    _, created = await submit()
    before = (await finished(created["id"]))["output"]["image_url"]
    for _ in range(2):
        sandbox.move_files(created["id"])
        after = (await finished(created["id"]))["output"]["image_url"]
        assert after != before
        for url, status in ((before, 404), (after, 200)):
            async with api.get(url) as answer:
                assert answer.status == status
        before = after
