"""What the endpoints of one service share: the engine, stored answers, options, metrics."""

import asyncio

from kedrec.errors import UsageError
from kedrec.service.access import AccessControl
from kedrec.service.answer_cache import AnswerCache
from kedrec.service.answering import Answerer
from kedrec.service.engine import Engine
from kedrec.service.keys import KeyFile, KeyRing
from kedrec.service.metrics import Metrics
from kedrec.service.options import ServiceOptions
from kedrec.service.streaming import Streams
from kedrec.settings import Settings
from kedrec.stores.overlay_names import NO_OVERLAY

__all__ = ["Service"]


class Service:
    """One graph's service. `close` stops its engine.

    Args:
        settings: graph, model, home, as of `Kedrec`.
        options: bounds and switches.

    Raises:
        UsageError: the settings have an overlay, and the service keys.
        NotFoundError, DataError: the file of keys is missing or damaged.
    """

    def __init__(self, settings: Settings, options: ServiceOptions | None = None) -> None:
        self.settings = settings
        self.options = options or ServiceOptions()
        keys = None if self.options.keys is None else KeyRing(KeyFile(self.options.keys))
        if keys is not None and settings.overlay not in {"", NO_OVERLAY}:
            raise UsageError(
                "A service with keys shows no overlay to everybody.",
                "Leave --overlay out; `kedrec keys add --overlay` shows one to a key's holder.",
            )
        self.access = AccessControl(keys, rate=self.options.rate)
        self.engine = Engine(settings, most_waiting=self.options.most_waiting)
        cache = AnswerCache(self.options.cache_bytes)
        self.answerer = Answerer(self.engine, cache, seconds=self.options.deadline)
        self.streams = Streams(self.answerer, seconds=self.options.deadline, grace=self.options.stream_grace)
        self.metrics = Metrics(self.engine)

    async def close(self) -> None:
        """Drops what waits and closes graph and model; may be repeated."""
        await self.streams.close()
        await asyncio.to_thread(self.engine.close)
