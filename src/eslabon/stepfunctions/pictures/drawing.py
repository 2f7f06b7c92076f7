"""The picture of a state machine, and of what an execution of it did. Where things lie is `layout`'s."""

from __future__ import annotations

from dataclasses import dataclass, field

from eslabon.stepfunctions.pictures import svg
from eslabon.stepfunctions.pictures.cells import Line
from eslabon.stepfunctions.pictures.graphs import CATCH, END, NEXT, START, Graph, Node, Way
from eslabon.stepfunctions.pictures.labels import Labels
from eslabon.stepfunctions.pictures.layout import Layout, arrange
from eslabon.stepfunctions.pictures.telling import COLOURS, SIGNS, Told, elsewhere, headline, summary, tell
from eslabon.stepfunctions.pictures.visits import FAILED, Run

NAME, SMALL = 13.0, 11.0  # sizes of letters
NARROWEST, WIDEST = 104.0, 184.0  # boxes
FRAME = 250.0  # room that the text of a frame has at least
PAD = 12.0
SIGN = 15.0  # room of a sign before a text
MARGIN = 14.0
LABEL = 150.0  # widest label of a way
HEADLINE = 316.0  # width of the first lines where the graph has less: what a telephone shows
DOT = (64.0, 24.0)  # Start and End
ARROW = [("M", 0, 0), ("L", -4.5, -8), ("L", 4.5, -8), ("Z",)]


@dataclass(slots=True)
class _Box:
    """A state to be drawn: its lines of text, its size, and what lies in its frame."""

    node: Node
    told: Told | None
    names: list[str]
    details: list[str]  # what it does
    did: list[str]  # how it went, and the error
    width: float
    height: float
    parts: list[tuple[float, float, _Plan]] = field(default_factory=list)

    @property
    def head(self) -> float:
        """Height of the text."""
        return 12 + 16.0 * len(self.names) + 15.0 * len(self.details + self.did)


@dataclass(slots=True)
class _Plan:
    """A machine, branch or item processor, laid out."""

    boxes: dict[str, _Box]
    lines: list[tuple[Way, Line, list[str]]]
    layout: Layout


class Drawing:
    """Draws one graph in one language, with what a run did where there is one."""

    def __init__(self, graph: Graph, run: Run | None, labels: Labels, width: float) -> None:
        self.graph, self.run, self.labels, self.bound = graph, run, labels, width
        self.told = tell(run, labels) if run is not None else {}
        self.unknown = elsewhere(graph)

    def picture(self) -> svg.Picture:
        """The whole drawing.

        >>> from eslabon.stepfunctions.pictures.graphs import read
        >>> english = Labels("en")
        >>> graph = read({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, english)
        >>> picture = Drawing(graph, None, english, 700).picture()
        >>> picture.svg.startswith("<svg"), ">A</text>" in picture.svg
        (True, True)
        """
        plan = self._plan(self.graph, self.bound - 2 * MARGIN, outermost=True)
        top = MARGIN
        content: list[str] = []
        width = plan.layout.width
        if self.run is not None:
            sign, sentence = headline(self.run, self.labels)
            width = max(width, min(svg.text_width(sentence, NAME, bold=True) + 24, HEADLINE, self.bound - 2 * MARGIN))
            head, top = svg.headline(sign, sentence, MARGIN, width, COLOURS.get(sign))
            content.append(head)
        content += self._machine(plan, MARGIN + (width - plan.layout.width) / 2, top)
        height = top + plan.layout.height + MARGIN
        words = summary(self.graph, self.run, self.labels)
        began = self.run.began if self.run is not None else None
        return svg.Picture(svg.document(width + 2 * MARGIN, height, self.labels("graph"), words, content), words, began)

    # ---- sizes and places

    def _plan(self, graph: Graph, bound: float, *, outermost: bool = False) -> _Plan:
        boxes = {name: self._box(node, bound) for name, node in graph.nodes.items()}
        sizes = {name: (box.width, box.height) for name, box in boxes.items()}
        lines = [self._line(way, boxes) for way in graph.ways]
        first, last = graph.start, None
        if outermost:
            sizes = {START: DOT, **sizes, END: DOT}
            first, last = START, END
            lines = [(Way(START, graph.start, NEXT), Line(START, graph.start), []), *lines]
        routed = [line for _, line, _ in lines]
        return _Plan(boxes, lines, arrange(sizes, routed, first=first, last=last, bound=bound))

    def _line(self, way: Way, boxes: dict[str, _Box]) -> tuple[Way, Line, list[str]]:
        text = self._condition(way)
        count = self.run.taken[way.source, way.target, way.kind] if self.run else 0
        if count > 1 and text:
            text += f" ×{count}"
        words = svg.wrapped(text, LABEL, SMALL, 2) if text else []
        size = (max(svg.text_width(word, SMALL) for word in words) + 10, 14.0 * len(words) + 6) if words else None
        port = min(boxes[way.source].width / 4, 36.0) if way.kind == CATCH else 0.0
        return way, Line(way.source, way.target, size, port, way.kind, bool(count)), words

    def _box(self, node: Node, bound: float) -> _Box:
        told = self.told.get(node.name)
        parts = [self._plan(branch, max(bound - 4 * PAD, WIDEST)) for branch in node.branches]
        room = WIDEST - 2 * PAD
        if parts:
            room = max(FRAME, min(bound, sum(part.layout.width for part in parts))) - 2 * PAD
        names = svg.wrapped(node.name, room, NAME, 2, bold=True)
        work = f"{node.work} · ↻ ≤ {node.retries}" if node.retries else node.work
        details = svg.wrapped(work, room, SMALL, 2)
        did = []
        if told is not None:
            did += svg.wrapped(told.line, room - SIGN, SMALL, 2)
            if told.error and node.type != "Fail":
                did.append(svg.fitted(told.error, room, SMALL))
        widths = [svg.text_width(name, NAME, bold=True) for name in names]
        widths += [svg.text_width(detail, SMALL) for detail in details]
        widths += [svg.text_width(detail, SMALL) + SIGN for detail in did]
        width = max(NARROWEST, max(widths) + 2 * PAD + (14 if node.type == "Choice" else 0))
        box = _Box(node, told, names, details, did, width, 0.0)
        box.height = box.head + (0 if parts else 2)
        self._put_parts(box, parts, bound)
        return box

    @staticmethod
    def _put_parts(box: _Box, parts: list[_Plan], bound: float) -> None:
        """Branches side by side, in as few rows as the bound allows, below the text."""
        if not parts:
            return
        x, y, row, right = PAD, box.head, 0.0, box.width - PAD
        for part in parts:
            width, height = part.layout.width + 2 * PAD, part.layout.height + 2 * PAD
            if x > PAD and x + width + PAD > bound:
                x, y, row = PAD, y + row + PAD, 0.0
            box.parts.append((x + PAD, y + PAD, part))
            x += width + PAD
            row, right = max(row, height), max(right, x - PAD)
        spare = right + PAD - (x if y == box.head else right + PAD)
        if spare > 0:
            box.parts = [(left + spare / 2, top, part) for left, top, part in box.parts]
        box.width, box.height = right + PAD, y + row + PAD

    # ---- drawing

    def _machine(self, plan: _Plan, x: float, y: float) -> list[str]:
        """Ways first, those that were taken above the others; then boxes, then labels."""
        ways = sorted(plan.lines, key=lambda entry: self._count(entry[0]))
        content = [self._way(way, line, x, y) for way, line, _ in ways]
        for key, (left, top) in plan.layout.places.items():
            if key in (START, END):
                content.append(self._dot(key, x + left, y + top))
            else:
                content += self._state(plan.boxes[key], x + left, y + top)
        content += [self._label(way, line, words, x, y) for way, line, words in plan.lines if words]
        return content

    def _count(self, way: Way) -> int:
        return self.run.taken[way.source, way.target, way.kind] if self.run else 0

    def _strength(self, way: Way) -> dict[str, object]:
        """How thick and how faint a way is."""
        if self.run is None or way.source in self.unknown:
            return {"stroke_width": 1.4}
        return {"stroke_width": 2.2} if self._count(way) else {"stroke_width": 1.1, "stroke_opacity": 0.45}

    def _way(self, way: Way, line: Line, x: float, y: float) -> str:
        given = self._strength(way)
        dashes = "5 4" if way.kind == CATCH else None
        content = [svg.title(self._told_way(way)), svg.line(line.steps, x, y, stroke_dasharray=dashes, **given)]
        if line.tip is not None:
            data = svg.path(ARROW, x + line.tip[0], y + line.tip[1])
            content.append(svg.element("path", d=data, fill_opacity=given.get("stroke_opacity")))
        source, target = self._shown(way.source), self._shown(way.target)
        return svg.element("g", *content, data_from=source, data_to=target, data_kind=way.kind)

    def _told_way(self, way: Way) -> str:
        text = f"{self._shown(way.source)} → {self._shown(way.target)}"
        return f"{text}: {self._condition(way)}" if way.texts else text

    def _shown(self, key: str) -> str:
        return {START: self.labels("start"), END: self.labels("end")}.get(key, key)

    def _condition(self, way: Way) -> str:
        return ", ".join(way.texts) if way.kind == CATCH else f" {self.labels('or')} ".join(way.texts)

    def _label(self, way: Way, line: Line, words: list[str], x: float, y: float) -> str:
        assert line.place is not None
        assert line.label is not None
        middle, top = x + line.place[0] + line.label[0] / 2, y + line.place[1]
        faint = 0.7 if self.run is not None and not self._count(way) else None
        texts = [
            svg.label(middle, top + 14 + 14 * number, word, font_size=SMALL, text_anchor="middle")
            for number, word in enumerate(words)
        ]
        return svg.element("g", svg.title(self._told_way(way)), *texts, fill_opacity=faint, data_label=way.kind)

    def _dot(self, key: str, x: float, y: float) -> str:
        width, height = DOT
        reached = self.run is None or (key == START) or self.run.status == "SUCCEEDED"
        text = self._shown(key)
        look = {"fill_opacity": 0.08, "stroke": "currentColor", "stroke_width": 1.4 if key == START else 2.6}
        shape = svg.rect(x, y, width, height, rx=height / 2, **look)
        words = svg.label(x + width / 2, y + 16, text, font_size=SMALL, text_anchor="middle")
        return svg.element("g", shape, words, opacity=None if reached else 0.5, data_state=text)

    def _state(self, box: _Box, x: float, y: float) -> list[str]:
        told = box.told
        faint = self.run is not None and told is None and box.node.name not in self.unknown
        colour = COLOURS.get(SIGNS[told.status], "currentColor") if told else "currentColor"
        look: dict[str, object] = {
            "fill": colour,
            "fill_opacity": (0.03 if box.parts else 0.1) if told else 0.04,
            "stroke": colour,
            "stroke_width": 2.4 if told and told.status == FAILED else 1.8 if told else 1.3,
            "stroke_dasharray": "2 3" if faint else None,
        }
        content = [svg.title(_whole(box)), _shape(box, x, y, look), *_texts(box, x, y, colour)]
        group = svg.element("g", *content, opacity=0.6 if faint else None, data_state=box.node.name)
        inside = []
        frame = {"rx": 5, "fill_opacity": 0.02, "stroke": "currentColor", "stroke_opacity": 0.35}
        for left, top, part in box.parts:
            width, height = part.layout.width + 2 * PAD, part.layout.height + 2 * PAD
            inside.append(
                svg.rect(x + left - PAD, y + top - PAD, width, height, **frame, data_branch=box.node.name),
            )
            inside += self._machine(part, x + left, y + top)
        return [group, *inside, *([_badge(x, y, told.order)] if told else [])]


def _texts(box: _Box, x: float, y: float, colour: str) -> list[str]:
    """The name, what it does and what it did: in the middle of a box, at the left of a frame."""
    at: dict[str, object] = {} if box.parts else {"text_anchor": "middle"}
    x += PAD + 4 if box.parts else box.width / 2
    first = y + 19 + 16 * len(box.names)
    content = [
        svg.label(x, y + 19 + 16 * number, name, font_size=NAME, font_weight=600, **at)
        for number, name in enumerate(box.names)
    ]
    for number, text in enumerate([*box.details, *box.did]):
        line = first + 15 * number
        if number < len(box.details):
            content.append(svg.label(x, line, text, font_size=SMALL, fill_opacity=0.85, **at))
        elif number == len(box.details) and box.told:
            content.append(svg.signed(x, line, SIGNS[box.told.status], text, colour, font_size=SMALL, **at))
        else:
            content.append(svg.label(x, line, text, font_size=SMALL, **at))
    return content


def _whole(box: _Box) -> str:
    parts = [box.node.name, box.node.work]
    if box.told:
        parts += [part for part in (box.told.line, box.told.error, box.told.cause) if part]
    return "\n".join(parts)


def _shape(box: _Box, x: float, y: float, look: dict[str, object]) -> str:
    """Each type of state has its outline: a hexagon asks, round ends end or wait."""
    width, height = box.width, box.height
    if box.node.type == "Choice":
        cut = 14.0
        points = [("M", cut, 0), ("L", width - cut, 0), ("L", width, height / 2), ("L", width - cut, height)]
        points += [("L", cut, height), ("L", 0, height / 2)]
        return svg.element("path", d=svg.path([*points, ("Z",)], x, y), **look)
    round_ = 20.0 if box.node.type in ("Succeed", "Fail", "Wait") else 6.0
    frame = svg.rect(x, y, width, height, rx=round_, **look)
    if box.node.type == "Map":
        behind = [("M", width + 4, 10), ("L", width + 4, height + 4), ("L", 10, height + 4)]
        frame += svg.line(behind, x, y, stroke=look["stroke"], stroke_opacity=0.7)
    return frame


def _badge(x: float, y: float, order: int) -> str:
    """The place of a state in the order in which states were entered."""
    width = max(18.0, svg.text_width(str(order), SMALL) + 8)
    look = {"font_size": SMALL, "font_weight": 700, "fill": "#fff", "style": "mix-blend-mode:difference"}
    number = svg.label(x - 8 + width / 2, y + 3.5, str(order), text_anchor="middle", **look)
    return svg.element("g", svg.rect(x - 8, y - 9, width, 18, rx=9), number, data_order=str(order))
