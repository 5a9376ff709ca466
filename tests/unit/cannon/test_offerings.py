"""The credit packs of `list_offerings`, in whatever form they come."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cannon.offerings import LINK_CHARS_MAX, PACKS_MAX, is_shop, packs_in

BUY = "https://www.cannonstudio.app/checkout?product=credits:2500"
PACK = {"productKey": "credits:2500", "kind": "credit_pack", "name": "2,500 credits", "checkoutUrl": BUY}


@pytest.mark.parametrize(
    ("changes", "amount", "name"),
    [
        ({}, 2500, "2,500 credits"),
        ({"credits": 3000}, 3000, "2,500 credits"),
        ({"kind": None}, 2500, "2,500 credits"),
        ({"productKey": None, "credits": "40"}, 40, "2,500 credits"),
        ({"productKey": "pack-small"}, None, "2,500 credits"),
        ({"name": None, "title": "Small **pack**"}, 2500, "Small pack"),
        ({"name": ["x"], "credits": float("nan")}, 2500, ""),
    ],
)
def test_a_pack_is_read_in_several_forms(changes: dict[str, Any], amount: int | None, name: str):
    [pack] = packs_in([{"offerings": [PACK | changes]}])
    assert (pack.url, pack.credits, pack.name) == (BUY, amount, name)


@pytest.mark.parametrize(
    "offering",
    [
        PACK | {"kind": "subscription", "productKey": "subscription:creator:month"},
        PACK | {"checkoutUrl": None},
        PACK | {"checkoutUrl": "https://cannonstudio.app.evil.example/x"},
        {"kind": "credit_pack", "checkoutUrl": BUY},
        "credits:2500",
        None,
    ],
)
def test_what_is_no_pack_with_a_link_of_the_vendor_is_left_out(offering: object):
    assert packs_in([{"offerings": [offering]}]) == ()


@pytest.mark.parametrize("answer", [{}, {"offerings": {}}, {"offerings": "x"}, {"notes": []}])
def test_an_answer_without_a_list_has_no_packs(answer: dict[str, Any]):
    assert packs_in([answer]) == ()


def test_packs_come_by_size_each_link_once_and_no_more_than_fit_into_a_row():
    sizes = [500, 20, 9000, 7, 100, 3000, 80]
    offered = [{"productKey": f"credits:{size}", "checkoutUrl": f"{BUY}&n={size}"} for size in sizes]
    found = packs_in([{"offerings": offered}, {"offerings": offered}])
    assert [each.credits for each in found] == sorted(map(Decimal, sizes))[:PACKS_MAX]


@pytest.mark.parametrize(
    "link",
    [
        BUY,
        "https://cannonstudio.app/buy",
        "https://checkout.stripe.com/c/pay/cs_live_a1#fid",
        "https://buy.stripe.com/a1",
        "https://www.cannonstudio.app:443/buy",
    ],
)
def test_the_vendor_and_stripe_are_shops(link: str):
    assert is_shop(link)


@pytest.mark.parametrize(
    "link",
    [
        "http://www.cannonstudio.app/buy",
        "https://notcannonstudio.app/buy",
        "https://www.cannonstudio.app.evil.example/",
        "https://stripe.com/",
        "https://checkout.stripe.com.evil.example/",
        "https://www.cannonstudio.app@evil.example/",
        "https://me:you@www.cannonstudio.app/",
        "https://www.cannonstudio.app:8443/",
        "https://www.cannonstudio.app/) [free](https://evil.example",
        "https://www.cannonstudio.app/> <@1>",
        "https://www.cannonstudio.app\\@evil.example/",
        "https://www.cannonstudio.app/\u202e",
        "https://[bad",
        "https://www.cannonstudio.app:port/",
        "javascript:alert(1)",
        "https://www.cannonstudio.app/" + "a" * LINK_CHARS_MAX,
        "",
    ],
)
def test_nothing_else_is(link: str):
    assert not is_shop(link)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20) | st.just(BUY),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["offerings", "productKey", "kind", "checkoutUrl", "credits", "name", "x"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@given(st.dictionaries(st.just("offerings"), JSON, max_size=1))
def test_whatever_is_answered_only_shops_are_shown(answer: dict[str, Any]):
    assert all(is_shop(each.url) for each in packs_in([answer]))
