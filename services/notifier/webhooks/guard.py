"""Where a webhook may go: addresses of the public internet, by https, and nowhere else.

Whoever registers a URL must not reach what only we can reach. The URL is checked when it is given
and on every call; what counts is the address of the very socket that is about to be connected.
"""

import ipaddress
import re
from dataclasses import dataclass

from yarl import URL

URL_LENGTH_MAX = 2_000

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ForbiddenError(Exception):
    """A webhook must not go there."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


_NOT_PUBLIC_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",
    )
)  # fmt: skip
"""Source: IANA IPv4 special-purpose registry, multicast, and the one public address that answers
with metadata of the machine itself (Azure)."""

_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
"""All that is given out. Outside lie loopback, link-local, unique local, multicast, mapped and
compatible IPv4, and NAT64."""

_NOT_PUBLIC_V6 = tuple(
    ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
"""Protocols (Teredo and others), documentation, 6to4. Source: IANA IPv6 special-purpose
registry."""

_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\\]")


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the public internet."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return (
        address in _PUBLIC_V6
        and address.scope_id is None
        and not any(address in network for network in _NOT_PUBLIC_V6)
    )


@dataclass(frozen=True, slots=True)
class Guard:
    """What is allowed."""

    ports: frozenset[int]
    """Ports that may be called."""
    allows_local: bool = False
    """For development: http, any port, and this machine's loopback addresses."""

    def check_url(self, text: str) -> URL:
        """Return a URL as it would be called.

        Raises:
            ForbiddenError: it must not be.
        """
        if len(text) > URL_LENGTH_MAX or _UNPRINTABLE.search(text):
            raise _bad("it is too long, or holds spaces, backslashes or control characters")
        try:
            url = URL(text)
            host, port = url.raw_host, url.port
        except ValueError as no:
            raise _bad(str(no)) from None
        if url.scheme != "https" and not (self.allows_local and url.scheme == "http"):
            raise _bad("only https is called")
        if not host:
            raise _bad("it names no host")
        if url.raw_user is not None or url.raw_password is not None:
            raise _bad("credentials do not belong into it")
        if url.raw_fragment:
            raise _bad("what stands behind # is never sent")
        if port not in self.ports and not self.allows_local:
            raise ForbiddenError("PORT_FORBIDDEN", f"port {port} is not called")
        self._check_host(host)
        return url

    def _check_host(self, host: str) -> None:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            labels = host.split(".")
            if _NUMBER.fullmatch(labels[-1] or "0"):
                # 2130706433, 0x7f.1, 0177.0.0.1 and a trailing dot: resolvers read them, each its
                # own way, as addresses.
                raise _bad(f"{host!r} is neither a name nor a plain address") from None
            if len(labels) == 1 and not (self.allows_local and host == "localhost"):
                raise _bad(f"{host!r} is a name of some local network") from None
        else:
            self.check_address(str(address))

    def check_address(self, text: str) -> None:
        """Let an address pass.

        Raises:
            ForbiddenError: it must not be called.
        """
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            raise ForbiddenError("ADDRESS_FORBIDDEN", f"{text!r} is no address") from None
        if not is_public(address) and not (self.allows_local and address.is_loopback):
            raise ForbiddenError("ADDRESS_FORBIDDEN", f"{address} is not on the public internet")


def _bad(detail: str) -> ForbiddenError:
    return ForbiddenError("URL_FORBIDDEN", detail)
