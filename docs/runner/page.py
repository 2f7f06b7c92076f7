"""The page's side of Python: runs the reader's code in a cloud, sends what it prints and what happened. Draws nothing.

`prepare` once, then `run` for each press of the button. Everything leaves through one function, `post(kind, content)`:
out, err and error are text; display is JSON of a type, a content and an alternative text; picture is the journal
as JSON; execution is JSON of drawings: each time one execution of a state machine.
"""

import ast
import builtins
import contextlib
import gc
import io
import json
import linecache
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

Post = Callable[[str, str], None]

SHOWN = 100_000  # characters of output that a run may show
EAGER = 100  # messages that a run sends at once, before it gathers them
GATHERED = 0.05  # seconds of output that go into one message after that
REHEARSED = ("events", "sqs")  # the services that most programs of the site use
ENTRIES = 10_000  # journal entries that one picture is drawn from
BALANCING = ("request", "flow", "health")  # kinds of entries that load balancers write
COUNTED = ("request", "flow")  # of these, what is summed up
TOGETHER = 1.0  # seconds of virtual time in which they are
DRAWN = 4  # executions that a run draws
ROOM = 760  # pixels that a drawing may be wide where the page does not say
# Facts, by kind of entry, that no picture shows or that are no JSON.
UNDRAWN = {("delivery", "payload"), ("log", "message"), ("execution", "execution")}

TEXTS = {
    "es": {
        "input": "input() no funciona en la página, donde nada espera al teclado: pon el valor en el código.",
        "network": "la página no sale a la red, y eslabon no tiene respuesta para esta llamada: {method} {url}",
    },
    "en": {
        "input": "input() does not work in the page, where nothing waits for the keyboard: put the value in the code.",
        "network": "the page never goes to the network, and eslabon has no answer for this call: {method} {url}",
    },
}

_language = "en"
_labs: dict[str, "Place"] = {}
_readers_files: set[str] = set()


def prepare(folder: str, install_parts: Callable[[], None] | None = None) -> None:
    """Import boto3 and eslabon.

    folder: where botocore's `data` folder stands, as it cannot lie in an archive. install_parts: of _eslabon_parts;
    None while everything lies in one archive.
    """
    gc.disable()  # nothing of what is imported is ever garbage
    import botocore

    botocore.BOTOCORE_ROOT = folder
    import botocore.httpsession

    if install_parts:
        install_parts()

    import eslabon.runner  # noqa: F401 - imported now so that the first run need not

    botocore.httpsession.URLLib3Session.send = _never_send
    builtins.input = _no_input
    rehearse(REHEARSED)
    gc.freeze()
    gc.enable()


def _never_send(session: object, request: Any) -> NoReturn:
    raise ConnectionError(TEXTS[_language]["network"].format(method=request.method, url=request.url))


def _no_input(prompt: object = "") -> NoReturn:
    print(prompt, end="")
    raise EOFError(TEXTS[_language]["input"])


def rehearse(services: Iterable[str]) -> None:
    """Make a client of each service, once, in a cloud of its own: what they import and read is then in memory.

    It is in the snapshot, too, that the page keeps of a Python that is prepared.
    """
    from eslabon import Cloud

    cloud = Cloud()
    for name in services:
        cloud.client(name)
        cloud.service(name)


class Place:
    """A cloud, and the names of the program that runs in it."""

    def __init__(self) -> None:
        from eslabon import Cloud
        from eslabon.readertime import reader_globals

        self.cloud = Cloud()
        self.namespace = reader_globals()


def run(
    source: str, filename: str, lab: str | None, language: str, post: Post, room: float = ROOM, files: str = "{}"
) -> str:
    """Run the program in a cloud of its own, or as a cell in that of its lab, by name; give "ok" or "error".

    room: pixels that a drawing may be wide. files: JSON of the texts, by name, that the program finds beside itself.
    """
    global _language
    _language = language
    with beside(filename, json.loads(files)):
        return _run_in_its_place(source, filename, lab, post, room)


@contextlib.contextmanager
def beside(filename: str, files: Mapping[str, str]) -> Iterator[None]:
    """Files lie beside a program while it runs; the next one shall not find them."""
    paths = {Path(filename).with_name(name): text for name, text in files.items()}
    for path, text in paths.items():
        path.write_text(text, "utf-8")
    try:
        yield
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


def _run_in_its_place(source: str, filename: str, lab: str | None, post: Post, room: float) -> str:
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    if lab is None:
        _readers_files.clear()
        place = Place()
        with place.cloud.activated():
            return _run(source, filename, place, post, room, in_lab=False)
    if lab not in _labs:
        from eslabon import activation

        place = _labs[lab] = Place()
        # Stays active: cells follow one another. Not activate(), which would give this module the cloud's time.
        activation.push(activation.Place(place.cloud, place.cloud.account, place.cloud.region))
    return _run(source, filename, _labs[lab], post, room, in_lab=True)


def _run(source: str, filename: str, place: Place, post: Post, room: float, in_lab: bool) -> str:
    from eslabon import activation
    from eslabon.runner import readers_traceback

    _readers_files.add(filename)
    place.namespace["__file__"] = filename
    shown: list[float | None] = []  # when the executions began that the program itself has drawn

    def display(value: object) -> None:
        shown.append(_display(value, post, plain=in_lab))

    if in_lab:
        place.namespace["display"] = display
    before = activation.current().cloud
    began = len(before.journal.entries)
    output = Output(post)
    status = "ok"
    with contextlib.redirect_stdout(Stream(output, "out")), contextlib.redirect_stderr(Stream(output, "err")):
        try:
            value = _execute(source, filename, place.namespace)
            if value is not None:
                output.flush()
                display(value)
        except SystemExit as stop:
            if stop.code not in (None, 0):
                print(stop.code, file=sys.stderr)
                status = "error"
        except BaseException as error:  # whatever the reader's program raises is shown
            output.write(readers_traceback(error, _readers_files), "error")
            status = "error"
        output.close()
    after = activation.current().cloud  # a cell may have activated a cloud itself
    since = began if after is before else 0
    entries = after.journal.entries[since:]
    post("picture", json.dumps(journal(entries, after.journal.entries[:since]), default=str))
    for drawn in executions(entries, _language, room, [began for began in shown if began is not None]):
        post("execution", json.dumps(drawn))
    return status


def _execute(source: str, filename: str, namespace: dict[str, Any]) -> object:
    """Run the program; the value of its last line, when that is an expression, comes back."""
    tree = ast.parse(source, filename)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        exec(compile(tree, filename, "exec", dont_inherit=True), namespace)
        return None
    first = ast.Module(tree.body[:-1], tree.type_ignores)
    exec(compile(first, filename, "exec", dont_inherit=True), namespace)
    value: object = eval(compile(ast.Expression(last.value), filename, "eval", dont_inherit=True), namespace)
    return value


def _display(value: object, post: Post, plain: bool) -> float | None:
    """Send a value as what it can show itself as: SVG, HTML, or (plain) its repr.

    Of the picture of an execution it says when that began, in seconds since 1970; of all else, None.
    """
    for kind, method in (("image/svg+xml", "_repr_svg_"), ("text/html", "_repr_html_")):
        shown = getattr(value, method, None)
        content = shown() if callable(shown) else None
        if content:
            alternative = getattr(value, "alt", "")
            post("display", json.dumps([kind, content, alternative if isinstance(alternative, str) else ""]))
            began = getattr(value, "execution_began", None)
            return began if isinstance(began, float) else None
    if plain:
        print(repr(value))
    return None


class Output:
    """What a run prints, on its way to the page: gathered when there is much, cut off when there is too much."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._pieces: list[str] = []
        self._stream = "out"
        self._room = SHOWN
        self._dropped = 0
        self._messages = 0
        self._last = 0.0

    def write(self, text: str, stream: str) -> None:
        if stream == "error":  # why a program ended is said however much it has printed
            self._room = max(self._room, len(text))
        if len(text) > self._room:
            self._dropped += len(text) - self._room
            text = text[: self._room]
        self._room -= len(text)
        if not text:
            return
        if stream != self._stream:
            self.flush()
            self._stream = stream
        self._pieces.append(text)
        gathering = self._messages >= EAGER and time.monotonic() - self._last < GATHERED
        if text.endswith("\n") and not gathering:
            self.flush()

    def flush(self) -> None:
        if self._pieces:
            self._post(self._stream, "".join(self._pieces))
            self._pieces.clear()
            self._messages += 1
            self._last = time.monotonic()

    def close(self) -> None:
        self.flush()
        if self._dropped:
            self._post("dropped", str(self._dropped))


class Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of a run."""

    def __init__(self, output: Output, name: str) -> None:
        self._output = output
        self._name = name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._output.write(text, self._name)
        return len(text)

    def flush(self) -> None:
        self._output.flush()


def journal(entries: Sequence[Any], before: Iterable[Any] = ()) -> list[dict[str, Any]]:
    """Entries of a cloud's journal as plain values; the last ones when they are very many, and how many are left out.

    before: what had happened when they began; of it comes what a picture of load balancers has to know.
    """
    balancing = any(entry.kind in BALANCING for entry in entries)
    told = summed(map(_plain, entries)) if balancing else entries
    left = len(told) - ENTRIES
    told = [entry if isinstance(entry, dict) else _plain(entry) for entry in told[-ENTRIES:]]
    if left > 0:
        told.insert(0, {"time": told[0]["time"], "kind": "cut", "count": left})
    if balancing:
        told[:0] = [{**_plain(entry), "time": told[0]["time"], "before": True} for entry in state(before)]
    return told


def _plain(entry: Any) -> dict[str, Any]:
    facts = {name: fact for name, fact in entry.facts.items() if (entry.kind, name) not in UNDRAWN}
    return {"time": entry.time, "kind": entry.kind, **facts}


def state(entries: Iterable[Any]) -> list[Any]:
    """Of these entries the last ones that tell the names of instances and the health of targets."""
    last: dict[tuple[str, ...], Any] = {}
    for entry in entries:
        if entry.kind == "health":
            last[entry["group"], entry["target"]] = entry
        elif entry.kind == "resource" and entry["type"] == "instance":
            last[(entry["arn"],)] = entry
        elif entry.kind == "resource" and entry["state"] == "deleted":
            last = {key: found for key, found in last.items() if key[0] != entry["arn"]}
    return [entry for entry in last.values() if entry.kind != "health" or entry["state"] != "unused"]


def summed(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Requests and flows of which all else is told alike become one entry, with their count.

    Only when nothing else happened between them, which may be why they went where they did, and while they begin
    within a second.
    """
    told: list[dict[str, Any]] = []
    alike: dict[tuple[Any, ...], dict[str, Any]] = {}
    for entry in entries:
        if entry["kind"] not in COUNTED:
            if entry["kind"] != "log":  # a function's, which answers a request
                alike.clear()
            told.append(entry)
            continue
        began = entry.setdefault("began", entry["time"])
        facts = tuple(fact for name, fact in entry.items() if name not in ("time", "began"))
        same = alike.get(facts)
        if same and began - same["began"] < TOGETHER:
            same["count"] += 1
            same["time"] = max(same["time"], entry["time"])
        else:
            alike[facts] = entry
            told.append(entry)
            entry["count"] = 1
    return told


def executions(entries: Sequence[Any], language: str, room: float, shown: Sequence[float]) -> Iterator[dict[str, Any]]:
    """The executions of state machines that these entries tell of, drawn; the last ones when they are many.

    shown: when those began that need no picture; each call takes time, so no two of a program begin at one moment.
    """
    told = [entry["execution"] for entry in entries if entry.kind == "execution"]
    found = {
        execution.arn: execution
        for execution in told
        if execution.map_run_arn is None and not any(abs(execution.started - began) < 0.001 for began in shown)
    }
    if not found:
        return
    from eslabon.stepfunctions.pictures import draw, timeline

    for execution in list(found.values())[-DRAWN:]:
        definition = execution.revision.definition
        pictures = [show(definition, execution, language=language, width=room) for show in (draw, timeline)]
        yield {
            "machine": execution.state_machine["Name"],
            "name": execution.name,
            "pictures": [{"svg": picture.svg, "told": picture.alt} for picture in pictures],
        }
