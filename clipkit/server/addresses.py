"""Which addresses a server may fetch from: public ones, looked up once.

Whoever names a URL chooses where this machine connects to. So a name is looked up once, every
address that comes back is checked, and the connection goes to one of those and nowhere else.
"""

import logging
import socket
from collections.abc import Callable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from clipkit.errors import AddressRefused, FetchError, FetchInterrupted

Resolver = Callable[[str, int], Sequence[str]]
"""A host and a port to the addresses that may be connected to."""

_PUBLIC_IPV6 = IPv6Network("2000::/3")
"""All that is handed out for use across the internet; the rest of the space is not routed there, or
holds IPv4 addresses (``::ffff:0:0/96``, ``64:ff9b::/96``)."""

_SPECIAL: dict[str, str] = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared by a carrier's customers",
    "127.0.0.0/8": "loopback",
    "168.63.129.16/32": "a cloud's own services",
    "169.254.0.0/16": "link-local, where clouds keep metadata",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "kept for protocols",
    "192.0.2.0/24": "documentation",
    "192.31.196.0/24": "kept for protocols",
    "192.52.193.0/24": "kept for protocols",
    "192.88.99.0/24": "relays to IPv6",
    "192.168.0.0/16": "private",
    "192.175.48.0/24": "kept for protocols",
    "198.18.0.0/15": "benchmarks",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved or broadcast",
    "2001::/23": "kept for protocols, Teredo among them, which holds IPv4 addresses",
    "2001:db8::/32": "documentation",
    "2002::/16": "6to4, which holds IPv4 addresses",
    "2620:4f:8000::/48": "kept for protocols",
    "3ffe::/16": "a network that was given back",
    "3fff::/20": "documentation",
}
"""What each special network is.

Source: IANA's registries of special-purpose IPv4 and IPv6 addresses; 168.63.129.16 is Azure's.
"""

_NETWORKS = tuple((ip_network(network), what) for network, what in _SPECIAL.items())

_ISATAP = (bytes.fromhex("00005efe"), bytes.fromhex("02005efe"))
"""The third quarter of addresses whose last quarter is an IPv4 address (RFC 5214)."""


_log = logging.getLogger(__name__)


def why_not(address: IPv4Address | IPv6Address) -> str | None:
    """Return why a server must not connect to an address; None where it may."""
    if isinstance(address, IPv6Address):
        if address not in _PUBLIC_IPV6:
            return "no public IPv6 address"
        if address.packed[8:12] in _ISATAP:
            return "ISATAP, which holds IPv4 addresses"
    for network, what in _NETWORKS:
        if _is_in(address, network):
            return what
    return None


def _is_in(address: IPv4Address | IPv6Address, network: IPv4Network | IPv6Network) -> bool:
    return address.version == network.version and address in network


def public_addresses(host: str, port: int) -> Sequence[str]:
    """Look up a host and return its addresses if all of them are public.

    One that is not speaks against the others: whoever owns the name may have another answer the
    next time. Numbers in any notation ("0x7f.1", "2130706433") are looked up like names.

    Args:
        host: A name in ASCII, or an address without brackets.
        port: The port, 1 to 65535.

    Raises:
        FetchError: The name is not known.
        FetchInterrupted: Whoever knows names does not answer just now.
        AddressRefused: It, or one of its addresses, leads somewhere else.
    """
    asked = f"cannot fetch from {host}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        is_passing = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
        kind = FetchInterrupted if is_passing else FetchError
        raise kind(asked, f"its name is not known ({reason})", "Check the URL.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        # What follows % names a network card of this machine.
        reason = "link-local" if "%" in address else why_not(ip_address(address))
        if reason is not None:
            # Not told: whoever asks could learn how the inner network is arranged.
            _log.warning("%s, of %s, is no public address: %s", address, host, reason)
            raise AddressRefused(
                asked,
                "it has an address that is not public",
                "Give a URL that anybody on the internet can open.",
            )
    return addresses
