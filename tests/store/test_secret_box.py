# ruff: noqa: ASYNC240 - a test may wait for the disk
from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import StoreError
from bot.store import SecretBox, Store
from bot.store.vault.secret_box import fingerprint_of, key_file_of, load_box

OLD, NEW = "an old secret of at least 32 characters", "a new secret of at least 32 characters"
CANARY = "cs_live_canary_4f9a1c77e2"

Open = Callable[..., Awaitable[Store]]


@given(st.text(), st.text(max_size=20), st.integers(1, 2**63 - 1))
def test_what_is_sealed_opens_for_its_guild_and_purpose_alone(text: str, purpose: str, guild_id: int) -> None:
    box = SecretBox([NEW])
    sealed = box.seal(purpose, guild_id, text)
    assert box.open(purpose, guild_id, sealed) == text
    for wrong in ((purpose, guild_id + 1), (purpose + "x", guild_id)):
        with pytest.raises(StoreError, match="another server or purpose"):
            box.open(*wrong, sealed)


def test_a_fernet_key_is_taken_as_it_is_and_text_is_derived() -> None:
    key = Fernet.generate_key().decode()
    sealed = SecretBox([key]).seal("p", 1, "x")
    assert b'"text": "x"' in Fernet(key).decrypt(sealed.partition(b":")[2])
    assert SecretBox([f" {key}\n"]).fingerprints == SecretBox([key]).fingerprints
    assert SecretBox([OLD]).fingerprints != SecretBox([NEW]).fingerprints


def test_a_fingerprint_is_the_start_of_the_keys_sha256() -> None:
    key = base64.urlsafe_b64encode(bytes(32)).decode()
    assert SecretBox([key]).fingerprints == (hashlib.sha256(key.encode()).hexdigest()[:8],)


def test_short_and_missing_keys_are_refused_without_showing_them() -> None:
    with pytest.raises(StoreError, match="at least 32 characters") as caught:
        SecretBox(["a" * 31])
    assert "aaa" not in str(caught.value)
    with pytest.raises(StoreError):
        SecretBox([])


def test_all_keys_open_and_the_newest_seals() -> None:
    old = SecretBox([OLD])
    both = SecretBox([NEW, OLD])
    sealed = old.seal("p", 1, "x")
    assert both.open("p", 1, sealed) == "x"
    rotated = both.rotate(sealed)
    assert fingerprint_of(rotated) == SecretBox([NEW]).fingerprints[0]
    assert SecretBox([NEW]).open("p", 1, rotated) == "x"


def test_a_missing_key_is_named_by_its_fingerprint() -> None:
    old = SecretBox([OLD])
    for attempt in (SecretBox([NEW]).open, lambda _purpose, _guild, sealed: SecretBox([NEW]).rotate(sealed)):
        with pytest.raises(StoreError, match=old.fingerprints[0]):
            attempt("p", 1, old.seal("p", 1, "x"))


@given(st.binary(max_size=200))
def test_junk_is_never_opened(junk: bytes) -> None:
    with pytest.raises(StoreError):
        SecretBox([NEW]).open("p", 1, junk)


def test_a_changed_token_is_refused() -> None:
    box = SecretBox([NEW])
    sealed = bytearray(box.seal("p", 1, CANARY))
    sealed[40] ^= 1
    with pytest.raises(StoreError, match="damaged") as caught:
        box.open("p", 1, bytes(sealed))
    assert CANARY not in repr(caught.value)


def test_a_box_shows_fingerprints_only() -> None:
    assert NEW not in repr(SecretBox([NEW]))
    assert re.fullmatch(r"SecretBox\([0-9a-f]{8}\)", repr(SecretBox([NEW])))


def test_the_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "a.key"
    first = load_box((), file, needed=())
    assert file.stat().st_mode & 0o777 == 0o600
    assert load_box((), file, needed=()).fingerprints == first.fingerprints
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]


def test_the_first_of_two_processes_makes_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.key"

    def beaten(_source: object, target: object) -> None:
        Path(str(target)).write_text(NEW)
        raise FileExistsError(17, "File exists")

    monkeypatch.setattr(os, "link", beaten)
    assert load_box((), file, needed=()).fingerprints == SecretBox([NEW]).fingerprints


def test_an_open_key_file_is_closed_to_others(tmp_path: Path) -> None:
    file = tmp_path / "a.key"
    file.write_text(OLD)
    file.chmod(0o644)
    load_box((), file, needed=())
    assert file.stat().st_mode & 0o777 == 0o600


def test_no_key_file_is_made_where_keys_are_set(tmp_path: Path) -> None:
    load_box([NEW], tmp_path / "a.key", needed=())
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.key").mkdir()
    with pytest.raises(StoreError, match="can't be read"):
        load_box((), tmp_path / "a.key", needed=())
    with pytest.raises(StoreError, match="can't be created"):
        load_box((), tmp_path / "nowhere" / "a.key", needed=())


@pytest.mark.sqlite_only("the key file beside the file")
async def test_a_lost_key_refuses_the_start_and_is_named(open_store: Open, made: Any, path: Path) -> None:
    store = await open_store()
    await store.keys.set(1, CANARY, set_by=2, status=made.status())
    await store.close()
    file = key_file_of(path)
    lost = file.read_text()
    fingerprint = SecretBox([lost]).fingerprints[0]
    file.unlink()
    for keys in ((), (NEW,)):
        with pytest.raises(StoreError, match=fingerprint):
            await open_store(secret_keys=keys)
        assert not file.exists()
    again = await open_store(secret_keys=(NEW, lost))
    key = await again.keys.current(1)
    assert key is not None
    assert key.secret == CANARY


async def test_an_expired_interaction_token_needs_no_key(open_store: Open, accepted: Any, clock: Any) -> None:
    store = await open_store(secret_keys=(OLD,))
    card, _ = await accepted(store)
    await store.close()
    with pytest.raises(StoreError, match="missing"):
        await open_store(secret_keys=(NEW,))
    clock.now = card.token_expires_at
    again = await open_store(secret_keys=(NEW,))
    kept = await again.cards.get(card.guild_id, card.id)
    assert kept is not None
    assert kept.token is None


async def test_rotation_seals_everything_with_the_newest_key(open_store: Open, made: Any, accepted: Any) -> None:
    store = await open_store(secret_keys=(OLD,))
    await store.keys.set(1, CANARY, set_by=2, status=made.status())
    card, _ = await accepted(store)
    await store.close()
    both = await open_store(secret_keys=(NEW, OLD))
    assert both.resealed + await both.rotate_secrets() == 2
    assert await both.rotate_secrets() == 0
    await both.close()
    new = await open_store(secret_keys=(NEW,))
    key, kept = await new.keys.current(1), await new.cards.get(card.guild_id, card.id)
    assert key is not None
    assert kept is not None
    assert (key.secret, kept.token) == (CANARY, card.token)


@pytest.mark.sqlite_only("on PostgreSQL opening it seals with the newest key what an older one has sealed")
async def test_a_rotation_that_fails_half_way_changes_nothing(
    open_store: Open, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await open_store(secret_keys=(OLD,))
    for guild_id in (1, 2, 3):
        await store.keys.set(guild_id, CANARY, set_by=2, status=made.status())
    await store.close()
    both = await open_store(secret_keys=(NEW, OLD))
    real, done = SecretBox.rotate, []

    def dying(box: SecretBox, sealed: bytes) -> bytes:
        done.append(sealed)
        if len(done) == 2:
            raise OSError("power cut")
        return real(box, sealed)

    monkeypatch.setattr(SecretBox, "rotate", dying)
    with pytest.raises(OSError, match="power cut"):
        await both.rotate_secrets()
    await both.close()
    old = await open_store(secret_keys=(OLD,))
    assert [key.secret for guild_id in (1, 2, 3) if (key := await old.keys.current(guild_id))] == [CANARY] * 3


@pytest.mark.sqlite_only("what is left in files")
async def test_no_secret_ever_reaches_the_disk_a_repr_or_an_error(open_store: Open, made: Any, tmp_path: Path) -> None:
    store = await open_store()
    key = (await store.keys.set(1, CANARY, set_by=2, status=made.status())).key
    card = made.card(1, token=f"token-{CANARY}")
    stored, _, _ = await store.cards.accept(card, [made.job(card)], lambda _: None)
    await store.keys.note_refused(1, key.id, probe_at=1.0)
    await store._database.write(lambda db: db.execute("UPDATE guild_keys SET guild_id = 9").rowcount)
    with pytest.raises(StoreError) as caught:
        await store.keys.current(9)
    shown = [repr(key), str(key), repr(stored), repr(store), repr(caught.value), repr(vars(caught.value))]
    await store.keys.remove(9)
    files = [file.read_bytes() for file in tmp_path.iterdir()]
    await store.close()
    files += [file.read_bytes() for file in tmp_path.iterdir()]
    canary = CANARY.removeprefix("cs_live_")
    assert len(files) >= 5
    assert not any(canary.encode() in content for content in files)
    assert not any(canary in text for text in shown)


@pytest.mark.parametrize("column", ["guild_keys.secret", "cards.token"])
async def test_a_sealed_row_swapped_to_another_guild_is_refused(
    store: Store, made: Any, accepted: Any, column: str
) -> None:
    cards = {}
    for guild_id in (1, 2):
        await store.keys.set(guild_id, f"{CANARY}{guild_id}", set_by=2, status=made.status())
        cards[guild_id], _ = await accepted(store, guild_id=guild_id)
    table, name = column.split(".")
    swap = f"UPDATE {table} SET {name} = (SELECT {name} FROM {table} WHERE guild_id = 1) WHERE guild_id = 2"
    await store._database.write(lambda db: db.execute(swap).rowcount)
    with pytest.raises(StoreError, match="another server"):
        await (store.keys.current(2) if table == "guild_keys" else store.cards.get(2, cards[2].id))
    assert await store.keys.current(1) is not None


def test_a_signature_is_of_this_text_and_this_key() -> None:
    signature = SecretBox([NEW, OLD]).sign("a")
    assert signature == SecretBox([NEW]).sign("a")
    assert len({signature, SecretBox([NEW]).sign("b"), SecretBox([OLD]).sign("a")}) == 3
