"""Where a request comes from, as limits count it."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

#: What one household or one rented server is given: whoever has one address of it has all of them.
_IPV6_PREFIX = 64


def place_of(address: str) -> str:
    """The address that is counted: an IPv6 one stands for its /64, or for the IPv4 one that it wraps."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), _IPV6_PREFIX), strict=False))
