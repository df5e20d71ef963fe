"""What the endpoints of one service share: the engine, the options, the metrics."""

from kedrec.service.engine import Engine
from kedrec.service.metrics import Metrics
from kedrec.service.options import ServiceOptions
from kedrec.settings import Settings

__all__ = ["Service"]


class Service:
    """One graph's service. `close` stops its engine.

    Args:
        settings: graph, model, home, as of `Kedrec`.
        options: bounds and switches.
    """

    def __init__(self, settings: Settings, options: ServiceOptions | None = None) -> None:
        self.settings = settings
        self.options = options or ServiceOptions()
        self.engine = Engine(settings, most_waiting=self.options.most_waiting)
        self.metrics = Metrics()

    def close(self) -> None:
        """Drops what waits and closes graph and model; may be repeated."""
        self.engine.close()
