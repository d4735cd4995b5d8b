"""What an operator can watch. Counting costs the hot path an addition, nothing more.

Counters live here as plain integers and are read when somebody asks for them; prometheus_client
keeps the histograms, which are touched once a batch, and writes the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 512)
# RFC 6455 section 7.4.1 and our own (docs/protocol.md): few, so labels stay bounded.
CLOSE_CODES = frozenset(
    {1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009, 1011, 1012, 1013, 4401, 4408, 4429}
)


class Commits(NamedTuple):
    """Histograms of commits of one kind: each is observed once a commit, not once an item."""

    seconds: Histogram
    size: Histogram
    publish_seconds: Histogram


class Metrics(Collector):
    """The numbers of one process. Labels have few values; none names a person."""

    def __init__(self) -> None:
        """Start at zero, with a registry of its own."""
        self.messages = 0
        self.deliveries = 0
        self.failed_logins = 0
        self.dropped_payloads = 0
        self.closes: Counter[int] = Counter()
        self.refusals: Counter[str] = Counter()
        self.connections: Callable[[], int] = int
        self.registry = CollectorRegistry()
        self._commit_seconds = Histogram(
            "parley_commit_seconds",
            "Time of a commit in the store",
            ["what"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._commit_size = Histogram(
            "parley_commit_batch_size",
            "Items in a commit",
            ["what"],
            buckets=_SIZES,
            registry=self.registry,
        )
        self._publish_seconds = Histogram(
            "parley_publish_seconds",
            "Time to publish the events of one commit and deliver them here",
            ["what"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.loop_lag_seconds = Histogram(
            "parley_loop_lag_seconds",
            "How late the event loop ran a timer",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.registry.register(self)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

    def count_close(self, code: int) -> None:
        """Count a closed connection; codes that a client made up share a label."""
        self.closes[code if code in CLOSE_CODES else 0] += 1

    def of_commits(self, what: str) -> Commits:
        """Return the numbers of one kind of commits."""
        return Commits(
            self._commit_seconds.labels(what),
            self._commit_size.labels(what),
            self._publish_seconds.labels(what),
        )

    def name_worker(self, index: int) -> None:
        """Label each number with the worker whose it is: of several on one port, whichever takes
        the request tells its own."""
        labelled = CollectorRegistry()
        labelled.register(_OfWorker(self.registry, index))
        self.registry = labelled

    def text(self) -> bytes:
        """Return all numbers in the Prometheus text format."""
        return generate_latest(self.registry)

    def collect(self) -> Iterator[Metric]:
        """Yield what is kept as plain integers (called by the registry)."""
        yield GaugeMetricFamily(
            "parley_connections", "Open WebSocket connections", self.connections()
        )
        yield CounterMetricFamily("parley_messages", "Messages stored", self.messages)
        yield CounterMetricFamily(
            "parley_deliveries", "Frames handed to connections", self.deliveries
        )
        yield CounterMetricFamily("parley_failed_logins", "Failed logins", self.failed_logins)
        yield CounterMetricFamily(
            "parley_dropped_payloads",
            "Payloads on our topics that say nothing to this version",
            self.dropped_payloads,
        )
        closes = CounterMetricFamily(
            "parley_closes", "WebSocket connections closed", labels=["code"]
        )
        for code, count in self.closes.items():
            closes.add_metric([str(code)], count)
        yield closes
        refusals = CounterMetricFamily("parley_refusals", "Frames refused", labels=["code"])
        for refusal, count in self.refusals.items():
            refusals.add_metric([refusal], count)
        yield refusals


class _OfWorker(Collector):
    """The numbers of a registry, each with the label ``worker``."""

    def __init__(self, registry: CollectorRegistry, index: int) -> None:
        self._registry = registry
        self._label = {"worker": str(index)}

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [
                sample._replace(labels={**sample.labels, **self._label})
                for sample in metric.samples
            ]
            yield metric
