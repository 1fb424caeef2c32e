"""Things that take long to open, of which the most recently used stay open."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing")


class Kept(Generic[Key, Thing]):
    """Opened things by their keys, for many threads. Each is opened once, however many threads ask for it at once.

    Parameters
    ----------
    open_one : callable
        Opens the thing of a key. If it fails, the next one to ask tries again, and nothing else is closed for it.
    most : int
        Number of things that stay open.
    """

    def __init__(self, open_one: Callable[[Key], Thing], most: int) -> None:
        self._open_one, self._most = open_one, most
        self._things: OrderedDict[Key, Thing] = OrderedDict()
        self._opening: defaultdict[Key, Lock] = defaultdict(Lock)
        self._lock = Lock()

    def __getitem__(self, key: Key) -> Thing:
        with self._lock:
            opening = self._opening[key]
        with opening:
            with self._lock:
                if key in self._things:
                    self._things.move_to_end(key)
                    return self._things[key]
            thing = self._open_one(key)
            with self._lock:
                self._things[key] = thing
                while len(self._things) > self._most:
                    self._things.popitem(last=False)
            return thing
