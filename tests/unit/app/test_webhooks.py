from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bot.app.webhooks import Webhooks, WebhookTokens


def tokens() -> WebhookTokens:
    store: Any = SimpleNamespace(sign=str.upper)
    return WebhookTokens(settings=store, store=store)


def test_a_token_names_its_job_and_nobody_elses_is_taken():
    assert tokens().job_id(tokens().token("ABC")) == "ABC"
    for forged in ("ABC-signed", "ABC", "", "-", "ÄBC-signed"):
        assert tokens().job_id(forged) is None, forged


@pytest.mark.parametrize("token", [tokens().token("ABC"), "ABC-0000"])
def test_only_a_webhook_of_ours_hints_at_its_job(token: str):
    hinted: list[str] = []
    signals: Any = SimpleNamespace(hint=hinted.append)
    assert Webhooks(tokens(), signals=signals).receive(token) is (token == tokens().token("ABC"))
    assert hinted == (["ABC"] if token == tokens().token("ABC") else [])
