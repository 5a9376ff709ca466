"""Which result files are attached that are neither picture nor video nor sound: a list, by the end of their link."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.models import MediaKind
from bot.errors import MediaWrongKind
from bot.media.sniff import identified, names_other_file, other_file

SRT = b"\xef\xbb\xbf1\r\n00:00:01,000 --> 00:00:02,500\r\nHello\r\n"


@pytest.mark.parametrize(
    ("head", "ending"),
    [
        (b"glTF\2\0\0\0", ".glb"),
        (SRT, ".srt"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello", ".vtt"),
        (b"PK\3\4\x14\0", ".zip"),
        (b' {"asset": {"version": "2.0"}}', ".gltf"),
        (b"# made by x\nv 0 0 0\n", ".obj"),
        (b"binary" + bytes(90), ".stl"),
        (b"a,b\n1,2\n", ".csv"),
        ("Ein Text, größer".encode()[:-1], ".txt"),
    ],
)
def test_a_file_of_the_list_has_the_name_of_its_link(head, ending):
    found = other_file(head, f"https://files.example/a{ending}?sig=1.html")
    assert found is not None
    assert (found[0], found[2]) == (MediaKind.FILE, ending)


@pytest.mark.parametrize("ending", ["", ".exe", ".jar", ".html", ".svg", ".bin"])
def test_a_file_of_another_name_is_not_attached(ending):
    assert other_file(b"PK\3\4\x14\0", f"https://files.example/a{ending}") is None


@pytest.mark.parametrize(
    "head",
    [
        b"<!doctype html><script>",
        b"\n <svg onload=alert(1)>",
        b"<?xml version='1.0'?>",
        b"MZ\x90\0" + bytes(200),
        b"\x7fELF" + bytes(200),
        b"#!/bin/sh\n",
        b"@echo off\r\n",
        b"%PDF-1.7",
        b"\x1f\x8b\x08" + bytes(200),
        b"Rar!\x1a\x07\0" + bytes(200),
        b"",
    ],
)
@pytest.mark.parametrize("ending", ["", ".srt", ".json", ".stl", ".glb", ".html"])
def test_a_page_or_a_program_is_never_attached(head, ending):
    assert other_file(head, f"https://files.example/a{ending}") is None


def test_media_are_media_where_any_file_is_expected_and_files_are_refused_where_media_are():
    assert identified(b"\x89PNG\r\n\x1a\n", [MediaKind.FILE])[0] is MediaKind.IMAGE
    assert identified(b"glTF\2\0\0\0", [MediaKind.FILE], "https://x.example/a.glb")[2] == ".glb"
    with pytest.raises(MediaWrongKind, match="Use one of these: PNG"):
        identified(b"glTF\2\0\0\0", [MediaKind.IMAGE])
    with pytest.raises(MediaWrongKind, match="Use one of these: PNG"):
        identified(b"glTF\2\0\0\0", None)


def test_the_end_of_a_link_is_read_from_its_path():
    assert names_other_file("https://x.example/a/room.GLB?x=.html#y")
    assert not names_other_file("https://x.example/a.glb/view")
    assert not names_other_file("https://x.example/?file=a.glb")
    assert not names_other_file("https://[x")


@given(st.binary(max_size=200), st.sampled_from(["", ".srt", ".stl", ".txt", ".csv"]))
def test_no_bytes_raise(head, ending):
    found = other_file(head, f"https://x.example/a{ending}")
    assert found is None or found[0] is MediaKind.FILE
