"""What a service tells those who watch it, in the words of Prometheus."""

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from clipkit.server.records.database import Database
from clipkit.server.records.upkeep import jobs_by_status, oldest_queued_ms, renders_by_status
from clipkit.server.records.workers import known_workers

_STATUSES = ("queued", "processing", "done", "error")


class Metrics:
    """Counts requests, and reads from the records how work goes.

    Nothing in it names a team.

    Args:
        database: The records.
    """

    def __init__(self, database: Database) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "clipkit_requests",
            "Requests answered",
            ["method", "path", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "clipkit_request_seconds",
            "From a request to the beginning of its answer",
            ["method", "path"],
            registry=self.registry,
        )
        self.registry.register(_Work(database))

    def count(self, method: str, path: str, status: int, took_s: float) -> None:
        """Count a request.

        Args:
            method: As asked.
            path: The endpoint, with names for what differs: what clients make up must not be kept.
            status: Of the answer.
            took_s: Until the answer began, in seconds.
        """
        self._requests.labels(method, path, status).inc()
        self._seconds.labels(method, path).observe(took_s)


class _Work(Collector):
    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read how work goes."""
        with self._database.reading() as connection:
            jobs = jobs_by_status(connection)
            renders = renders_by_status(connection)
            oldest_ms = oldest_queued_ms(connection)
            workers = known_workers(connection)
        for name, text, counts in (
            ("clipkit_jobs", "Jobs that are remembered", jobs),
            ("clipkit_renders", "Renders that are remembered", renders),
        ):
            family = GaugeMetricFamily(name, text, labels=["status"])
            for status in _STATUSES:
                family.add_metric([status], counts.get(status, 0))
            yield family
        waited_s = 0.0 if oldest_ms is None else max(0.0, time.time() - oldest_ms / 1000.0)
        yield GaugeMetricFamily(
            "clipkit_queue_wait_seconds", "How long the first in the queue waits", waited_s
        )
        yield GaugeMetricFamily("clipkit_workers", "Workers that are there", len(workers))

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name what is told, without a look at the records."""
        yield from ()
