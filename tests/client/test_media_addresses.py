"""Server-side request forgery: a link leads to a public address or nowhere."""

from __future__ import annotations

import contextlib

import httpx
import pytest
from aiohttp import web

from bot.errors import MediaUnreachable, MediaUnsafe
from bot.media.fetcher import MediaFetcher
from bot.runtime.clock import SystemClock
from bot.runtime.network.safe_urls import checked, is_public, origins_of
from bot.runtime.network.transport import public_transport

PUBLIC, METADATA = "8.8.8.8", "169.254.169.254"

UNSAFE = [
    "http://127.0.0.1/a.png",
    "https://127.0.0.1/a.png",
    "http://storage.googleapis.com/a.png",
    "https://localhost/a.png",
    "https://localhost./a.png",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:a00:1]/",
    "https://[::1]/",
    "https://[::]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://192.0.2.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://127.0.0.1./",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://user@storage.googleapis.com/",
    "https://user:pass@storage.googleapis.com/",
    "https://storage.googleapis.com\\@127.0.0.1/",
    "https://storage.googleapis.com\t/",
    "https://exa mple.com/",
    "https://example.com/\r\nx-evil: 1",
    "https://exam\ud800ple.com/",
    "https:///a.png",
    "https://",
    "https://[::1",
    "https://a..b/",
    "https://example.com:99999999/",
    "https://example.com:0/",
    "file:///etc/passwd",
    "ftp://example.com/a.png",
    "gopher://example.com/",
    "data:image/png;base64,AAAA",
    "//example.com/a.png",
    "a.png",
    "",
    "https://example.com/" + "a" * 9000,
]


class Names:
    """A resolver with a script: each look-up of a name takes the next answer."""

    def __init__(self, **answers):
        self.answers = {name.replace("_", "."): list(found) for name, found in answers.items()}
        self.asked = []

    async def __call__(self, host, port):
        self.asked.append(host)
        return self.answers[host].pop(0)


class Sockets:
    """Notes every address that a connection is about to be made to, and makes none."""

    def __init__(self):
        self.opened = []

    def __call__(self, info):
        self.opened.append(info[4][0])
        raise OSError("no connections in this test")


@contextlib.asynccontextmanager
async def fetcher(names, sockets, allowed=()):
    def new(connections):
        return public_transport(allowed, connections=connections, lookup=names, open_socket=sockets)

    async with MediaFetcher(clock=SystemClock(), allowed_origins=allowed, new_transport=new) as media:
        yield media


@pytest.mark.parametrize("link", UNSAFE)
@pytest.mark.parametrize("call", ["inspect", "download"])
async def test_an_unsafe_link_is_refused_before_any_look_up(link, call, tmp_path):
    names, sockets = Names(), Sockets()
    async with fetcher(names, sockets) as media:
        with pytest.raises(MediaUnsafe):
            await (media.inspect(link) if call == "inspect" else media.download(link, tmp_path, "job", expect=None))
    assert (names.asked, sockets.opened, list(tmp_path.iterdir())) == ([], [], [])


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], [METADATA], ["10.0.0.1"], ["::1"], ["::ffff:10.0.0.1"], [PUBLIC, "192.168.0.1"], ["fe80::1%eth0"]],
)
async def test_a_name_that_leads_to_a_private_address_is_refused_without_a_socket(addresses):
    sockets = Sockets()
    async with fetcher(Names(evil_example=[addresses]), sockets) as media:
        with pytest.raises(MediaUnsafe):
            await media.inspect("https://evil.example/a.png")
    assert sockets.opened == []


async def test_a_name_that_changes_its_answer_gains_nothing():
    names, sockets = Names(evil_example=[[PUBLIC], ["127.0.0.1"]]), Sockets()
    async with fetcher(names, sockets) as media:
        with pytest.raises(MediaUnreachable):
            await media.inspect("https://evil.example/a.png")
        assert names.asked == ["evil.example"]
        assert sockets.opened == [PUBLIC]
        with pytest.raises(MediaUnsafe):
            await media.inspect("https://evil.example/a.png")
    assert sockets.opened == [PUBLIC]


async def test_a_name_without_an_address_is_unreachable():
    async with fetcher(Names(empty_example=[[]]), Sockets()) as media:
        with pytest.raises(MediaUnreachable):
            await media.inspect("https://empty.example/a.png")


async def test_an_address_that_came_past_the_look_up_is_stopped_at_the_socket():
    sockets = Sockets()
    transport = public_transport(lookup=Names(), open_socket=sockets)
    async with httpx.AsyncClient(transport=transport) as bare:
        with pytest.raises(httpx.TransportError):
            await bare.get("https://127.0.0.1/")
    assert sockets.opened == []


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:1/secret",
        f"http://{METADATA}/latest/meta-data/",
        "https://[::ffff:10.0.0.1]/",
        "https://2130706433/",
        "file:///etc/passwd",
        "https://a:b@example.com/",
        "//localhost/",
    ],
)
async def test_a_redirect_to_an_unsafe_link_is_refused(target, serve):
    async def handler(request):
        return web.Response(status=302, headers={"location": target})

    origin = await serve(handler)
    async with MediaFetcher(clock=SystemClock(), allowed_origins=[origin]) as media:
        with pytest.raises(MediaUnsafe):
            await media.inspect(f"{origin}/a.png")


async def test_a_redirect_to_nonsense_is_a_media_error(serve):
    async def handler(request):
        return web.Response(status=302, headers={"location": "https://[::1"})

    origin = await serve(handler)
    async with MediaFetcher(clock=SystemClock(), allowed_origins=[origin]) as media:
        with pytest.raises((MediaUnsafe, MediaUnreachable)):
            await media.inspect(f"{origin}/a.png")


async def test_a_redirect_to_a_name_with_a_private_address_is_refused(serve):
    async def handler(request):
        return web.Response(status=302, headers={"location": "https://evil.example/a.png"})

    origin = await serve(handler)
    names = Names(evil_example=[["127.0.0.1"]])
    async with MediaFetcher(
        clock=SystemClock(), allowed_origins=[origin], new_transport=lambda _: public_transport([origin], lookup=names)
    ) as media:
        with pytest.raises(MediaUnsafe):
            await media.inspect(f"{origin}/a.png")
    assert names.asked == ["evil.example"]


async def test_a_loopback_server_is_refused_unless_its_exact_origin_is_allowed(serve):
    hits = []

    async def handler(request):
        hits.append(request.path)
        return web.Response(body=b"\x89PNG\r\n\x1a\n")

    allowed, other = await serve(handler), await serve(handler)
    async with MediaFetcher(clock=SystemClock(), allowed_origins=[allowed]) as media:
        with pytest.raises(MediaUnsafe):
            await media.inspect(f"{other}/a.png")
        with pytest.raises(MediaUnsafe):
            await media.inspect(f"{allowed.replace('http:', 'https:')}/a.png")
        assert hits == []
        await media.inspect(f"{allowed}/a.png")
        assert hits == ["/a.png"]


async def test_an_allowed_origin_may_have_a_name(serve):
    async def handler(request):
        return web.Response(body=b"\x89PNG\r\n\x1a\n")

    origin = (await serve(handler)).replace("127.0.0.1", "studio.test")
    names = Names(studio_test=[["127.0.0.1"]])
    async with MediaFetcher(
        clock=SystemClock(), allowed_origins=[origin], new_transport=lambda _: public_transport([origin], lookup=names)
    ) as media:
        assert (await media.inspect(f"{origin}/a.png")).content_type == "image/png"


@pytest.mark.parametrize(
    "address", [PUBLIC, "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "142.250.185.91"]
)
def test_public_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address", ["", "example.com", "127.0.0.1", "::ffff:127.0.0.1", "2001:db8::1", "ff02::1", "240.0.0.1"]
)
def test_other_addresses_are_not(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "link",
    [
        "https://storage.googleapis.com/b/a.png?X-Sig=1",
        "https://8.8.8.8/a",
        "https://münchen.de/",
        "https://cdn.discordapp.com:443/x#y",
        "HTTPS://Example.COM/a",
    ],
)
def test_ordinary_links_pass(link):
    assert checked(link).scheme == "https"


@pytest.mark.parametrize("text", ["127.0.0.1:80", "file:///x", "https://a.b/path", "http://[::1", ""])
def test_what_is_no_origin_is_told_at_the_start(text):
    with pytest.raises(ValueError, match="not an origin"):
        origins_of([text])
