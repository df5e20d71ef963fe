"""The engine, stored answers, options and metrics that the endpoints of one service share."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from kedrec.service.access import AccessControl, open_keys
from kedrec.service.answer_cache import AnswerCache
from kedrec.service.answering import Answerer
from kedrec.service.engine import Engine
from kedrec.service.metrics import Metrics
from kedrec.service.options import ServiceOptions
from kedrec.service.rates import CountsRequests
from kedrec.service.streaming import Streams
from kedrec.settings import Settings

__all__ = ["Service", "Shares"]


@dataclass(frozen=True, slots=True)
class Shares:
    """The state that a process shares with the others of its service.

    Attributes:
        limits: what counts the askers' requests.
        metrics_folder: folder of everybody's metrics, as of prometheus-client's multiprocess mode.
    """

    limits: CountsRequests
    metrics_folder: Path


class Service:
    """One graph's service. `close` stops its engine.

    Args:
        settings: graph, model, home, as of `Kedrec`.
        options: bounds and switches.
        shares: what it shares with the service's other processes; None: it is the only one.

    Raises:
        UsageError, NotFoundError, DataError: as of `open_keys`.
    """

    def __init__(
        self,
        settings: Settings,
        options: ServiceOptions | None = None,
        *,
        shares: Shares | None = None,
    ) -> None:
        self.settings = settings
        self.options = options or ServiceOptions()
        keys = open_keys(settings, self.options)
        self.access = AccessControl(keys, rate=self.options.rate, limits=shares.limits if shares else None)
        self.engine = Engine(settings, most_waiting=self.options.most_waiting)
        cache = AnswerCache(self.options.cache_bytes)
        self.answerer = Answerer(self.engine, cache, seconds=self.options.deadline)
        self.streams = Streams(self.answerer, seconds=self.options.deadline, grace=self.options.stream_grace)
        self.metrics = Metrics(self.engine, shares.metrics_folder if shares else None)

    async def close(self) -> None:
        """Drops what waits and closes graph and model; may be repeated."""
        await self.streams.close()
        await asyncio.to_thread(self.engine.close)
