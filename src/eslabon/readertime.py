"""The `time` and `datetime` modules that the reader's code sees: the cloud's time.

Nobody else's modules are touched.

A namespace is prepared before the reader's code runs in it (`prepare`): its imports of `time` and `datetime` then
give the modules below, and names that it already holds are exchanged. The kernel, the event loop and pytest keep real
time.
"""

from __future__ import annotations

import builtins
import datetime as real_datetime
import sys
import time as real_time
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eslabon import activation


class _Datetime(real_datetime.datetime):
    """datetime.datetime whose now is the cloud's; any datetime counts as an instance."""

    @classmethod
    def now(cls, tz: real_datetime.tzinfo | None = None) -> _Datetime:
        return cls.fromtimestamp(_time(), tz)

    @classmethod
    def utcnow(cls) -> _Datetime:
        return cls.fromtimestamp(_time(), real_datetime.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> _Datetime:
        return cls.now()

    def __repr__(self) -> str:
        return f"datetime.{super().__repr__()}"  # a subclass's own shows no module


class _Date(real_datetime.date):
    """datetime.date whose today is the cloud's."""

    @classmethod
    def today(cls) -> _Date:
        return cls.fromtimestamp(_time())

    def __repr__(self) -> str:
        return f"datetime.{super().__repr__()}"


def _instance_check(real: type) -> type:
    class Meta(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, real)

    return Meta


def _time() -> float:
    place = activation.active()
    return place.cloud.clock.now if place else real_time.time()


def _sleep(seconds: float) -> None:
    if activation.active():
        activation.current().cloud.clock.sleep(seconds)  # from a second thread: refused
    else:
        real_time.sleep(seconds)


def _seconds(given: float | None) -> float:
    return _time() if given is None else given


def _module(name: str, real: types.ModuleType, replaced: Mapping[str, Any]) -> types.ModuleType:
    module = types.ModuleType(name, real.__doc__)
    module.__dict__.update({key: value for key, value in vars(real).items() if not key.startswith("__")})
    module.__dict__.update(replaced)
    return module


def _visible(cls: type, name: str, real: type) -> type:
    meta: Any = _instance_check(real)
    shown: type = meta(name, (cls,), {"__module__": "datetime", "__doc__": real.__doc__})
    return shown


time = _module(
    "time",
    real_time,
    {
        "time": _time,
        "time_ns": lambda: round(_time() * 1_000_000) * 1000,
        "monotonic": _time,
        "monotonic_ns": lambda: round(_time() * 1_000_000) * 1000,
        "perf_counter": _time,
        "perf_counter_ns": lambda: round(_time() * 1_000_000) * 1000,
        "sleep": _sleep,
        "localtime": lambda secs=None: real_time.localtime(_seconds(secs)),
        "gmtime": lambda secs=None: real_time.gmtime(_seconds(secs)),
        "ctime": lambda secs=None: real_time.ctime(_seconds(secs)),
        "asctime": lambda t=None: real_time.asctime(real_time.localtime(_time()) if t is None else t),
        "strftime": lambda form, t=None: real_time.strftime(form, real_time.localtime(_time()) if t is None else t),
    },
)
datetime = _module(
    "datetime",
    real_datetime,
    {
        "datetime": _visible(_Datetime, "datetime", real_datetime.datetime),
        "date": _visible(_Date, "date", real_datetime.date),
    },
)
_MODULES = {"time": time, "datetime": datetime}
# Objects of the real modules, by identity, and what stands for them.
_EXCHANGE: dict[int, Any] = {id(real_time): time, id(real_datetime): datetime}
for _name, _shown in _MODULES.items():
    for _key, _value in vars(sys.modules[_name]).items():
        if _value is not vars(_shown).get(_key, _value) and not _key.startswith("__"):
            _EXCHANGE[id(_value)] = vars(_shown)[_key]


def _import(
    name: str,
    globals: Mapping[str, Any] | None = None,
    locals: Mapping[str, Any] | None = None,
    fromlist: tuple[str, ...] | None = (),
    level: int = 0,
) -> types.ModuleType:
    if level == 0 and name in _MODULES:
        return _MODULES[name]
    return builtins.__import__(name, globals, locals, fromlist or (), level)


def reader_globals(name: str = "__main__") -> dict[str, Any]:
    """A fresh namespace for the reader's code, in which time is the cloud's.

    >>> namespace = reader_globals("lesson")
    >>> exec("import time, datetime; module = time", namespace)
    >>> namespace["module"] is time, namespace["__name__"]
    (True, 'lesson')
    """
    namespace: dict[str, Any] = {"__name__": name}
    prepare(namespace)
    return namespace


def prepare(namespace: dict[str, Any]) -> Callable[[], None]:
    """Let code that runs in this namespace see the cloud's time; the function returned undoes it.

    >>> import time as watched
    >>> namespace = {"watched": watched, "answer": 42}
    >>> undo = prepare(namespace)
    >>> namespace["watched"] is time, namespace["answer"]
    (True, 42)
    >>> undo(); namespace["watched"] is watched
    True
    """
    exchanged = {name: value for name, value in namespace.items() if id(value) in _EXCHANGE}
    had = namespace.get("__builtins__")
    seen = vars(builtins) if had is None else had if isinstance(had, dict) else vars(had)
    namespace["__builtins__"] = {**seen, "__import__": _import}
    for name, value in exchanged.items():
        namespace[name] = _EXCHANGE[id(value)]

    def undo() -> None:
        if had is None:
            namespace.pop("__builtins__", None)
        else:
            namespace["__builtins__"] = had
        for name, value in exchanged.items():
            if namespace.get(name) is _EXCHANGE[id(value)]:  # else the code has given the name another meaning
                namespace[name] = value

    return undo


def watch(namespace: dict[str, Any]) -> Callable[[], None]:
    """Like `prepare`, for a namespace whose code runs already: the imports of that code give the cloud's time as well.

    Running code keeps the built-in names that it began with, so its imports are told apart by their namespace. The
    functions returned are called in the reverse order of watching.

    >>> namespace = {}
    >>> exec("def now(): import time; return time", namespace)
    >>> undo = watch(namespace)
    >>> namespace["now"]() is time
    True
    >>> undo(); namespace["now"]() is time
    False
    """
    restore_names = prepare(namespace)
    before = builtins.__import__

    def watching(
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> types.ModuleType:
        if globals is namespace and level == 0 and name in _MODULES:
            return _MODULES[name]
        return before(name, globals, locals, fromlist or (), level)

    builtins.__import__ = watching

    def undo() -> None:
        builtins.__import__ = before
        restore_names()

    return undo
