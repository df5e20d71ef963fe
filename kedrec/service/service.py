"""What the endpoints of one service share: the engine, stored answers, options, metrics."""

import asyncio

from kedrec.service.answer_cache import AnswerCache
from kedrec.service.answering import Answerer
from kedrec.service.engine import Engine
from kedrec.service.metrics import Metrics
from kedrec.service.options import ServiceOptions
from kedrec.service.streaming import Streams
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
        cache = AnswerCache(self.options.cache_bytes)
        self.answerer = Answerer(self.engine, cache, seconds=self.options.deadline)
        self.streams = Streams(self.answerer, seconds=self.options.deadline, grace=self.options.stream_grace)
        self.metrics = Metrics(self.engine)

    async def close(self) -> None:
        """Drops what waits and closes graph and model; may be repeated."""
        await self.streams.close()
        await asyncio.to_thread(self.engine.close)
