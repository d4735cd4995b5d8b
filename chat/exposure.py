"""What stands open by the way a server is set up: told in the log when it starts.

Nothing here is refused, since only whoever runs the server knows what a firewall keeps out.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import parse_qs, urlsplit

from chat.settings import Settings, redact_url

_CREDENTIALS = {"authmechanism", "password", "tlscertificatekeyfile", "ssl_certfile"}


def exposures(settings: Settings) -> list[str]:
    """Return a sentence for each thing that others may get at."""
    found = []
    for setting, what in (("store", "read and change everything"), ("broker", "listen and talk")):
        url = getattr(settings, setting)
        if _is_open(url):
            found.append(
                f"the {setting} {redact_url(url)} is asked for without a password: "
                f"whoever reaches it can {what}"
            )
    if not (_is_near(settings.host) or settings.trusted_proxies):
        found.append(
            f"listening on {settings.host} without TLS: whoever is on the way can read passwords "
            "and messages. Put a proxy with TLS in front and name it by --trusted-proxies"
        )
    if any(network.prefixlen == 0 for network in settings.trusted_proxies):
        found.append("everybody is a trusted proxy: anybody can claim to come from any address")
    return found


def _is_open(url: str) -> bool:
    """Whether a URL names another machine and nothing that proves who asks."""
    try:
        parts = urlsplit(url)
        if parts.scheme in ("sqlite", "memory", "unix") or "@" in parts.netloc:
            return False
        if _CREDENTIALS & {name.lower() for name in parse_qs(parts.query)}:
            return False
        hosts = [urlsplit(f"//{place}").hostname or "" for place in parts.netloc.split(",")]
    except ValueError:
        return False  # whoever opens it will say what is wrong
    return not all(map(_is_near, hosts))


def _is_near(host: str) -> bool:
    """Whether a host is this machine, or one that no stranger reaches by this name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host  # "localhost", "redis": of this machine, or of its containers
    return not address.is_unspecified and (address.is_private or address.is_link_local)
