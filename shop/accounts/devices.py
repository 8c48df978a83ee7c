"""What a browser calls itself and where it is, in words that its owner recognises."""

from __future__ import annotations

from ipaddress import ip_address

#: The first mark found wins: every browser also claims to be the ones below it.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def device_name(agent: str) -> str:
    """``Firefox on Windows``; a program's own name, such as ``curl``, when it is no browser."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in agent), None)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or agent.partition("/")[0].strip() or "Unknown device"


def place_name(address: str) -> str:
    """Where a sign-in came from: from the shop's own computer, its network, or beyond."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    found = getattr(found, "ipv4_mapped", None) or found
    if found.is_loopback:
        return "the shop’s own computer"
    return f"the local network ({address})" if found.is_private else f"the internet ({address})"
