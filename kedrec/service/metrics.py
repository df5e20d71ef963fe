"""Counts and times of a service in Prometheus's form, without anything of what was asked."""

from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector

from kedrec.service.engine import Engine

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Metrics:
    """The metrics of one service, in a registry of their own.

    Args:
        engine: the engine whose queues are measured.
        folder: where all processes of the service write theirs, so that each tells everybody's; None: it is
            the only one. prometheus-client must have known of it when it was imported.
    """

    def __init__(self, engine: Engine, folder: Path | None = None) -> None:
        self._registry = CollectorRegistry()
        self._folder = folder
        self.requests = Counter(
            "kedrec_requests",
            "Requests by endpoint and status.",
            ("endpoint", "status"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "kedrec_request_seconds",
            "Time from a request to the end of its answer.",
            ("endpoint",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        waiting = Gauge(
            "kedrec_waiting_questions",
            "Questions to the graph and to the model, those being answered included.",
            ("queue",),
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        engine.watch(graph=waiting.labels("graph").set, model=waiting.labels("model").set)
        self.open = Gauge(
            "kedrec_open_requests",
            "Requests being answered.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )

    def text(self) -> bytes:
        """The metrics as Prometheus reads them."""
        if self._folder is None:
            return generate_latest(self._registry)
        everybody = CollectorRegistry()
        MultiProcessCollector(everybody, path=str(self._folder))  # type: ignore[no-untyped-call]
        return generate_latest(everybody)
