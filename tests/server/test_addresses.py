"""Only public addresses are connected to, however they are written and wherever names lead."""

import socket
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import AddressRefused, FetchError, FetchInterrupted
from clipkit.server.addresses import public_addresses, why_not
from clipkit.server.fetching import checked_url

LOOK_UP = socket.getaddrinfo

NAMES = {
    "localhost": ["127.0.0.1"],
    "public.example": ["93.184.216.34"],
    "six.example": ["2606:2800:220:1::1"],
    "inside.example": ["10.1.2.3"],
    "both.example": ["93.184.216.34", "127.0.0.1"],
    "mapped.example": ["::ffff:10.0.0.1"],
    "scoped.example": ["fe80::1%lo"],
}
"""A name service for tests."""

PRIVATE = """
0.0.0.0 0 127.0.0.1 127.1 127.0.1 127.255.255.254 2130706433 0x7f000001 0x7f.0.0.1 0x7f.1
017700000001 0177.0.0.1 0177.0.0.01 10.0.0.1 10.255.255.255 167772161 0xa000001 012.0.0.1 172.16.0.1
172.31.255.254 192.168.0.1 192.168.1.1 3232235521 0xc0a80001 0300.0250.0.1 169.254.169.254
2852039166 0xa9fea9fe 0251.0376.0251.0376 169.254.170.2 100.64.0.1 100.100.100.200 168.63.129.16
192.0.0.192 192.0.0.1 192.0.2.1 198.51.100.7 203.0.113.9 198.18.0.1 198.19.255.255 192.88.99.1
224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
[::] [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:0:127.0.0.1]
[::ffff:169.254.169.254] [::127.0.0.1] [::ffff:10.0.0.1] [::ffff:93.184.216.34] [64:ff9b::7f00:1]
[64:ff9b::a9fe:a9fe] [64:ff9b:1::1] [2002:7f00:1::] [2002:a9fe:a9fe::1] [2001:0:4136:e378::1]
[2001:10::1] [2001:db8::1] [3fff::1] [3ffe::1] [fc00::1] [fd00:ec2::254] [fe80::1] [fec0::1]
[ff02::1] [100::1] [5f00::1] [2606:4700::5efe:a00:1] [2606:4700::200:5efe:7f00:1] [4000::1]
localhost inside.example both.example mapped.example scoped.example
\uff11\uff12\uff17.0.0.1 \u2460\u2461\u2466.0.0.1 127\u30020\u30020\u30021 LOCALHOST
""".split()

MALFORMED = [
    "",
    "video.mp4",
    "//public.example/v.mp4",
    "http://public.example/v.mp4",
    "HTTP://public.example/v.mp4",
    "ftp://public.example/v.mp4",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "data:video/mp4;base64,AAAA",
    "concat:https://public.example/a.ts|/etc/passwd",
    "subfile,,start,0,end,9,,:/etc/passwd",
    "javascript:alert(1)",
    "https:///v.mp4",
    "https://",
    "https://:443/v.mp4",
    "https://user@public.example/v.mp4",
    "https://user:secret@public.example/v.mp4",
    "https://public.example@127.0.0.1/v.mp4",
    "https://public.example:0/v.mp4",
    "https://public.example:99999/v.mp4",
    "https://public.example:x/v.mp4",
    "https://public.example\\@127.0.0.1/v.mp4",
    "https://public.example/v.mp4\r\nHost: 127.0.0.1",
    "https://public.example/a b.mp4",
    "https://public.example/\x00.mp4",
    "https://public.example/\t.mp4",
    " https://public.example/v.mp4",
    "https://[::1/v.mp4",
    "https://[fe80::1%25lo]/v.mp4",
    "https://exa%6dple.com/v.mp4",
    "https://a..example/v.mp4",
    f"https://{'a' * 64}.example/v.mp4",
    f"https://public.example/{'a' * 2048}",
]


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer for the names of the tests; numbers are read as the system reads them."""

    def look_up(host: str, port: int, **named: Any) -> Any:
        if host in NAMES:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in NAMES[host]]
        return LOOK_UP(host, port, flags=socket.AI_NUMERICHOST, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize("host", PRIVATE)
def test_what_is_not_public_is_refused_in_every_notation(host: str) -> None:
    from urllib.parse import urlsplit

    with pytest.raises(AddressRefused, match="not public"):
        public_addresses(urlsplit(checked_url(f"https://{host}/v.mp4")).hostname or "", 443)


@pytest.mark.parametrize("url", MALFORMED)
def test_what_is_no_public_https_url_is_refused(url: str) -> None:
    with pytest.raises(FetchError, match="cannot fetch that URL"):
        checked_url(url)


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("public.example", ["93.184.216.34"]),
        ("six.example", ["2606:2800:220:1::1"]),
        ("8.8.8.8", ["8.8.8.8"]),
        ("2606:4700:4700::1111", ["2606:4700:4700::1111"]),
    ],
)
def test_what_is_public_is_looked_up(host: str, addresses: list[str]) -> None:
    assert list(public_addresses(host, 443)) == addresses


@pytest.mark.parametrize("reason", [socket.EAI_NONAME, socket.EAI_AGAIN])
def test_a_name_that_nobody_knows_is_told(monkeypatch: pytest.MonkeyPatch, reason: int) -> None:
    def unknown(*asked: Any, **named: Any) -> Any:
        raise socket.gaierror(reason, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(FetchError, match=r"nowhere\.example: its name is not known") as raised:
        public_addresses("nowhere.example", 443)
    assert isinstance(raised.value, FetchInterrupted) == (reason == socket.EAI_AGAIN)


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("https://public.example", "https://public.example/"),
        ("HTTPS://Public.Example:8443/A.mp4?b=C#d", "https://public.example:8443/A.mp4?b=C"),
        (
            "https://bücher.example/ü/é.mp4?q=ü",
            "https://xn--bcher-kva.example/%C3%BC/%C3%A9.mp4?q=%C3%BC",
        ),
        (
            "https://public.example/a%20b.mp4?x=%2F&y=[1]",
            "https://public.example/a%20b.mp4?x=%2F&y=%5B1%5D",
        ),
        ("https://[2606:4700::1]:444/v", "https://[2606:4700::1]:444/v"),
        ("https://public.example?a=1", "https://public.example/?a=1"),
    ],
)
def test_a_public_url_is_written_in_ascii(url: str, checked: str) -> None:
    assert checked_url(url) == checked


@given(st.ip_addresses(v=4))
def test_what_the_standard_library_calls_private_is_refused(address: Any) -> None:
    if address.is_private or address.is_multicast or address.is_reserved or address.is_loopback:
        assert why_not(address) is not None


@given(st.ip_addresses(v=6))
def test_what_the_standard_library_does_not_call_global_is_refused(address: Any) -> None:
    if not address.is_global or address.ipv4_mapped or address.sixtofour or address.teredo:
        assert why_not(address) is not None


def test_addresses_beside_special_networks_are_public() -> None:
    beside = (
        "9.255.255.255 11.0.0.0 126.255.255.255 128.0.0.0 172.15.255.255 172.32.0.0 223.255.255.255"
    )
    assert [why_not(ip_address(text)) for text in beside.split()] == [None] * 7
