"""For whoever runs the server: is it alive, is it ready, what does it do?

Probes and load balancers ask a process by its address, whatever its public names: `Healthz` and
`Readyz`, which tell nothing that anybody could want, answer to any.
"""

from __future__ import annotations

import hmac
import ipaddress

from chat.errors import Forbidden
from handlers.base import BaseHandler


class Healthz(BaseHandler):
    """``/healthz``: the process runs."""

    answers_to_any_name = True

    def get(self) -> None:
        """200, as long as the loop turns."""
        self.write_json({"alive": True})

    head = get


class Readyz(BaseHandler):
    """``/readyz``: requests can be served."""

    answers_to_any_name = True

    async def get(self) -> None:
        """200 or 503, and which part is away."""
        health = await self.app.health()
        self.write_json(health, 200 if health["ready"] else 503)

    head = get


class MetricsText(BaseHandler):
    """``/metrics``: for Prometheus; with the token, or without one from this machine."""

    def get(self) -> None:
        """200, in the text format 0.0.4."""
        if not self._may_read():
            raise Forbidden("The metrics are read from this machine, or with the token.")
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.set_header("Connection", "close")  # the next one may reach another worker
        self.finish(self.app.metrics.text())

    def _may_read(self) -> bool:
        expected = self.app.settings.metrics_token
        if expected is not None:
            return hmac.compare_digest((self.bearer_token() or "").encode(), expected.encode())
        if self.is_forwarded():
            return False  # through a proxy on this machine, so from somewhere else
        try:
            return ipaddress.ip_address(self.request.remote_ip or "").is_loopback
        except ValueError:
            return False
