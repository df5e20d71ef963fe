"""Counts and times of a service in Prometheus's form, without anything of what was asked."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from kedrec.service.engine import Engine

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Metrics:
    """The metrics of one service, in a registry of their own.

    Args:
        engine: the engine whose queues are measured.
    """

    def __init__(self, engine: Engine) -> None:
        self._registry = CollectorRegistry()
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
        )
        waiting.labels("graph").set_function(lambda: engine.waiting[0])
        waiting.labels("model").set_function(lambda: engine.waiting[1])
        self.open = Gauge("kedrec_open_requests", "Requests being answered.", registry=self._registry)

    def text(self) -> bytes:
        """The metrics as Prometheus reads them."""
        return generate_latest(self._registry)
