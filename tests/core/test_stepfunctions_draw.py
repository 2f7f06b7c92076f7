"""Pictures of state machines: every state and transition is there, nothing covers anything, and words say it too."""

from __future__ import annotations

import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eslabon.stepfunctions import draw
from eslabon.stepfunctions.pictures.svg import text_width

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:work"
NAMESPACE = "{http://www.w3.org/2000/svg}"


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box, least: float = 0.5) -> bool:
        """Whether the two overlap by more than `least`."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > least and down > least

    def holds(self, other: Box) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def around(self, x: float, y: float, least: float = 1.0) -> bool:
        inner_x = self.left + least < x < self.right - least
        return inner_x and self.top + least < y < self.bottom - least


class Drawn:
    """What a drawing shows, found by what its elements say of themselves."""

    def __init__(self, svg: str) -> None:
        self.root = ET.fromstring(svg)
        groups = list(self.root.iter(f"{NAMESPACE}g"))
        states = [group for group in groups if "data-state" in group.attrib]
        self.groups = {group.attrib["data-state"]: group for group in states}
        self.boxes = {name: outline(group) for name, group in self.groups.items()}
        self.ways = [group for group in groups if "data-from" in group.attrib]
        self.labels = [group for group in groups if "data-label" in group.attrib]
        self.width = float(self.root.attrib["width"])

    @property
    def description(self) -> str:
        return self.root.findtext(f"{NAMESPACE}desc") or ""

    def texts(self, name: str) -> str:
        group = self.groups[name]
        return "\n".join("".join(text.itertext()) for text in group.iter(f"{NAMESPACE}text"))

    def way(self, source: str, target: str, kind: str = "next") -> ET.Element:
        found = [
            group
            for group in self.ways
            if (group.attrib["data-from"], group.attrib["data-to"], group.attrib["data-kind"]) == (source, target, kind)
        ]
        assert len(found) == 1, (source, target, kind)
        return found[0]


def outline(group: ET.Element) -> Box:
    """The box of a state: of its rectangle, or of its hexagon."""
    shape = next(child for child in group if child.tag in (f"{NAMESPACE}rect", f"{NAMESPACE}path"))
    if shape.tag == f"{NAMESPACE}rect":
        left, top = float(shape.attrib["x"]), float(shape.attrib["y"])
        return Box(left, top, left + float(shape.attrib["width"]), top + float(shape.attrib["height"]))
    points = [point for stroke in strokes(shape.attrib["d"]) for point in stroke]
    return Box(*(pick(axis) for pick in (min, max) for axis in zip(*points, strict=True)))


def strokes(data: str) -> list[list[tuple[float, float]]]:
    """The strokes of a path as points close to each other."""
    done: list[list[tuple[float, float]]] = []
    for step in data.replace("M", "|M").replace("L", "|L").replace("C", "|C").replace("Z", "|Z").split("|")[1:]:
        numbers = [float(number) for number in step[1:].split()]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        if step[0] == "M":
            done.append(points)
            continue
        if step[0] == "Z":
            continue
        start = done[-1][-1]
        for count in range(1, 25):
            done[-1].append(between([start, *points], count / 24))
    return done


def between(points: list[tuple[float, float]], part: float) -> tuple[float, float]:
    """A point of a Bézier curve, by de Casteljau."""
    while len(points) > 1:
        points = [(a + (c - a) * part, b + (d - b) * part) for (a, b), (c, d) in pairwise(points)]
    return points[0]


def line_of(way: ET.Element) -> list[list[tuple[float, float]]]:
    path = way.find(f"{NAMESPACE}path")
    assert path is not None
    return strokes(path.attrib["d"])


def has_arrow(way: ET.Element) -> bool:
    return len(way.findall(f"{NAMESPACE}path")) == 2


def label_box(group: ET.Element) -> Box:
    boxes = []
    for text in group.iter(f"{NAMESPACE}text"):
        x, y, size = (float(text.attrib[name]) for name in ("x", "y", "font-size"))
        half = text_width(text.text or "", size) / 2
        boxes.append(Box(x - half, y - size * 0.8, x + half, y + size * 0.2))
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def states_of(definition: dict[str, Any], around: tuple[str, ...] = ()) -> dict[str, tuple[dict[str, Any], Any]]:
    """Every state with its fields and the names of the states around it."""
    found: dict[str, tuple[dict[str, Any], Any]] = {}
    for name, fields in definition["States"].items():
        found[name] = (fields, around)
        for inner in [*fields.get("Branches", ()), *([fields["ItemProcessor"]] if "ItemProcessor" in fields else [])]:
            found |= states_of(inner, (*around, name))
    return found


def transitions(definition: dict[str, Any]) -> set[tuple[str, str, str]]:
    found = set()
    for name, (fields, around) in states_of(definition).items():
        for rule in fields.get("Choices", ()):
            found.add((name, rule["Next"], "next"))
        found |= {(name, fields[member], "next") for member in ("Next", "Default") if member in fields}
        found |= {(name, catcher["Next"], "catch") for catcher in fields.get("Catch", ())}
        if not around and (fields.get("End") or fields["Type"] in ("Succeed", "Fail")):
            found.add((name, "End", "next"))
    return found | {("Start", definition["StartAt"], "next")}


def check(definition: dict[str, Any], svg: str) -> Drawn:
    """All that is true of every drawing of a state machine."""
    drawn = Drawn(svg)
    states = states_of(definition)
    assert set(drawn.boxes) == {*states, "Start", "End"}
    around = {name: places for name, (_, places) in states.items()} | {"Start": (), "End": ()}
    for name, box in drawn.boxes.items():
        assert 0 <= box.left
        assert box.right <= drawn.width
        for outer in around[name]:
            assert drawn.boxes[outer].holds(box), (outer, name)
        for other, place in drawn.boxes.items():
            if other != name and other not in around[name] and name not in around[other]:
                assert not box.meets(place), (name, other)
        check_texts(drawn, name)
    found = [(way.attrib["data-from"], way.attrib["data-to"], way.attrib["data-kind"]) for way in drawn.ways]
    assert sorted(found) == sorted(transitions(definition))
    for way in drawn.ways:
        check_way(drawn, way, around)
    check_labels(drawn, around)
    return drawn


def check_texts(drawn: Drawn, name: str) -> None:
    box = drawn.boxes[name]
    for text in drawn.groups[name].iter(f"{NAMESPACE}text"):
        words, size = "".join(text.itertext()), float(text.attrib["font-size"])
        width = text_width(words, size, bold=text.attrib.get("font-weight") == "600")
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        left = x - width / 2 if text.attrib.get("text-anchor") == "middle" else x
        assert box.holds(Box(left, y - size * 0.8, left + width, y + size * 0.2)), (name, words)


def check_way(drawn: Drawn, way: ET.Element, around: dict[str, tuple[str, ...]]) -> None:
    source, target = way.attrib["data-from"], way.attrib["data-to"]
    lines = line_of(way)
    start, end = lines[0][0], lines[-1][-1]
    assert start[1] == pytest.approx(drawn.boxes[source].bottom, abs=0.2)
    if has_arrow(way):
        assert end[1] == pytest.approx(drawn.boxes[target].top, abs=0.2)
        assert drawn.boxes[target].left < end[0] < drawn.boxes[target].right
    else:  # it runs into another line to the same state
        others = [
            other
            for other in drawn.ways
            if other is not way and other.attrib["data-to"] == target
            if other.attrib["data-kind"] == way.attrib["data-kind"]
        ]
        assert any(has_arrow(other) for other in others)
        assert any(near(end, stroke) for other in others for stroke in line_of(other)), (source, target)
    for name, box in drawn.boxes.items():
        if name not in around[source]:
            for stroke in lines:
                assert not any(box.around(x, y) for x, y in stroke), (source, target, name)


def near(point: tuple[float, float], stroke: list[tuple[float, float]]) -> bool:
    """Whether a stroke passes a point: between two of its points, or close to one."""
    for (a, b), (c, d) in pairwise(stroke):
        length = max(abs(a - c) + abs(b - d), 1e-9)
        if abs(a - point[0]) + abs(b - point[1]) + abs(c - point[0]) + abs(d - point[1]) < length + 3:
            return True
    return False


def check_labels(drawn: Drawn, around: dict[str, tuple[str, ...]]) -> None:
    places = [label_box(group) for group in drawn.labels]
    outer = {name for names in around.values() for name in names}
    for number, place in enumerate(places):
        assert not any(place.meets(other) for other in places[number + 1 :])
        assert not any(place.meets(box) for name, box in drawn.boxes.items() if name not in outer)
        assert 0 <= place.left
        assert place.right <= drawn.width


# ---- machines to draw


def machine(random: Random, size: int, depth: int, names: list[int]) -> dict[str, Any]:
    """A random machine: ways on and back, branches inside, errors caught."""
    count = random.randint(1, size)
    own = []
    for _ in range(count):
        names[0] += 1
        own.append(f"{random.choice(['S', 'Validate the order ', 'Confirm.with-the_warehouse', 'Ñandú '])}{names[0]}")
    return {
        "StartAt": own[0],
        "States": {name: state(random, own, position, depth, names) for position, name in enumerate(own)},
    }


def state(random: Random, own: list[str], position: int, depth: int, names: list[int]) -> dict[str, Any]:
    kinds = ["Pass", "Task", "Task", "Wait", "Choice", "Succeed", "Fail", *(["Parallel", "Map"] if depth else [])]
    kind = random.choice(kinds) if position else random.choice(["Task", "Choice"])
    fields: dict[str, Any] = {"Type": kind}
    if kind in ("Succeed", "Fail"):
        return fields
    if kind == "Choice":
        targets = random.choices(own, k=random.randint(1, 4))
        rules = [{"Variable": "$.n", "NumericEquals": number, "Next": name} for number, name in enumerate(targets)]
        return {**fields, "Choices": rules, "Default": random.choice(own)}
    if position + 1 < len(own) and random.random() < 0.8:
        fields["Next"] = own[position + 1] if random.random() < 0.7 else random.choice(own)
    else:
        fields["End"] = True
    if kind == "Wait":
        fields["Seconds"] = 5
    if kind == "Task":
        fields |= {"Resource": FUNCTION, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]}
    if kind == "Parallel":
        fields["Branches"] = [machine(random, 3, depth - 1, names) for _ in range(random.randint(1, 4))]
    if kind == "Map":
        fields["ItemProcessor"] = machine(random, 4, depth - 1, names)
    if kind in ("Task", "Parallel", "Map") and random.random() < 0.5:
        fields["Catch"] = [
            {"ErrorEquals": [error], "Next": random.choice(own)}
            for error in random.sample(["States.Timeout", "Card.Declined", "States.ALL"], random.randint(1, 3))
        ]
    return fields


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 14))
def test_every_state_and_transition_is_drawn_and_nothing_covers_anything(random: Random, size: int) -> None:
    definition = machine(random, size, 2, [0])
    check(definition, draw(definition).svg)


def large(count: int) -> dict[str, Any]:
    """A machine of so many states, with choices, ways back, and one state that handles all errors."""
    names = [f"Step {number}" for number in range(count - 1)]
    states: dict[str, Any] = {"Handle the error": {"Type": "Fail"}}
    for position, name in enumerate(names):
        following = names[position + 1] if position + 1 < len(names) else None
        if following is None:
            states[name] = {"Type": "Succeed"}
        elif position % 7 == 3:
            far = names[min(position + 5, len(names) - 1)]
            rules = [{"Variable": "$.n", "NumericEquals": 1, "Next": far}]
            if position % 2:
                rules.append({"Variable": "$.again", "BooleanEquals": True, "Next": names[max(position - 9, 0)]})
            states[name] = {"Type": "Choice", "Choices": rules, "Default": following}
        else:
            catch = [{"ErrorEquals": ["States.ALL"], "Next": "Handle the error"}]
            states[name] = {"Type": "Task", "Resource": FUNCTION, "Next": following, "Catch": catch}
    return {"StartAt": names[0], "States": states}


def test_a_graph_of_150_states_stays_legible() -> None:
    definition = large(150)
    began = time.process_time()
    svg = draw(definition).svg
    assert time.process_time() - began < 1
    assert check(definition, svg).width <= 900


def test_a_choice_among_forty_states_is_broken_into_rows_within_the_bound() -> None:
    rules = [{"Variable": "$.n", "NumericEquals": number, "Next": f"Way {number}"} for number in range(40)]
    states: dict[str, Any] = {f"Way {number}": {"Type": "Succeed"} for number in range(40)}
    definition = {"StartAt": "Which", "States": {"Which": {"Type": "Choice", "Choices": rules}, **states}}
    # Forty lines that pass a row need their room too.
    assert check(definition, draw(definition).svg).width <= 760 + 40 * 14


def test_branches_that_are_too_wide_together_are_put_below_each_other() -> None:
    branches = [
        {"StartAt": f"B{number}", "States": {f"B{number}": {"Type": "Pass", "End": True}}} for number in range(20)
    ]
    definition = {"StartAt": "All", "States": {"All": {"Type": "Parallel", "Branches": branches, "End": True}}}
    assert check(definition, draw(definition).svg).width <= 800


def test_no_letter_becomes_smaller_than_ten_pixels_where_a_page_shrinks_the_drawing() -> None:
    root = ET.fromstring(draw(large(30)).svg)
    least = float(root.attrib["style"].removeprefix("min-width:").removesuffix("px"))
    smallest = min(float(text.attrib["font-size"]) for text in root.iter(f"{NAMESPACE}text"))
    assert smallest * least / float(root.attrib["width"]) >= 10


def test_the_same_definition_gives_the_same_drawing() -> None:
    assert draw(large(40)).svg == draw(large(40)).svg


# ---- what it says

ORDER: dict[str, Any] = {
    "StartAt": "Which",
    "States": {
        "Which": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.total", "NumericGreaterThan": 100, "Next": "Ask"}],
            "Default": "Charge",
        },
        "Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Next": "Charge"},
        "Charge": {
            "Type": "Task",
            "Resource": FUNCTION,
            "End": True,
            "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 4}],
            "Catch": [{"ErrorEquals": ["Card.Declined"], "Next": "Refused"}],
        },
        "Refused": {"Type": "Fail", "Error": "Order.Refused", "Cause": "No money."},
    },
}


def test_choice_edges_bear_their_conditions_and_the_default_is_marked() -> None:
    drawn = check(ORDER, draw(ORDER).svg)
    told = ["".join(text.itertext()) for group in drawn.labels for text in group.iter(f"{NAMESPACE}text")]
    assert {"$.total > 100", "otherwise", "Card.Declined"} <= set(told)


def test_a_catch_differs_from_a_transition_by_its_stroke_and_its_label() -> None:
    drawn = Drawn(draw(ORDER).svg)
    caught, plain = drawn.way("Charge", "Refused", "catch"), drawn.way("Ask", "Charge")
    dashes = [way.find(f"{NAMESPACE}path").attrib.get("stroke-dasharray") for way in (caught, plain)]
    assert dashes[0] is not None
    assert dashes[1] is None
    assert caught.findtext(f"{NAMESPACE}title") == "Charge → Refused: Card.Declined"


def test_a_task_says_what_it_calls_and_how_often_it_is_retried() -> None:
    drawn = Drawn(draw(ORDER).svg)
    assert "Lambda work · ↻ ≤ 4" in drawn.texts("Charge")
    assert "SQS sendMessage," in drawn.texts("Ask")
    assert "waits for a token" in drawn.texts("Ask")


def test_a_long_jsonata_condition_is_shortened_and_whole_in_its_title() -> None:
    condition = "$sum($states.input.lines.price) > 100 and $exists($states.input.customer.address.street)"
    rules = [{"Condition": f"{{% {condition} %}}", "Next": "A"}]
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Q",
        "States": {"Q": {"Type": "Choice", "Choices": rules, "Default": "A"}, "A": {"Type": "Succeed"}},
    }
    drawn = check(definition, draw(definition).svg)
    assert drawn.labels[0].findtext(f"{NAMESPACE}title") == f"Q → A: {condition} or otherwise"
    assert "…" in "".join(drawn.labels[0].itertext())


def test_a_screen_reader_is_told_what_the_drawing_shows() -> None:
    drawn = Drawn(draw(ORDER, language="es").svg)
    assert drawn.root.attrib["role"] == "img"
    for attribute in ("aria-labelledby", "aria-describedby"):
        assert sum(drawn.root.attrib[attribute] == element.attrib.get("id") for element in drawn.root.iter()) == 1
    assert drawn.description == "Una máquina de 4 estados que empieza en Which."
    assert "Inicio" in drawn.groups


def test_two_drawings_share_no_id() -> None:
    first, second = (
        {element.attrib["id"] for element in Drawn(draw(definition).svg).root.iter() if "id" in element.attrib}
        for definition in (ORDER, large(3))
    )
    assert not first & second


def test_a_drawing_runs_nothing_and_fetches_nothing_whatever_the_names() -> None:
    name = "<script>alert(1)</script> \x00 \"quoted\" & 'so' \ud800"
    definition = {"StartAt": name, "States": {name: {"Type": "Pass", "End": True}}}
    svg = draw(definition).svg
    svg.encode()
    root = ET.fromstring(svg)
    assert {element.tag.removeprefix(NAMESPACE) for element in root.iter()} <= {
        "svg", "title", "desc", "g", "rect", "path", "text", "tspan",
    }  # fmt: skip
    colours = {element.attrib.get(name, "none") for element in root.iter() for name in ("fill", "stroke")}
    assert colours <= {"none", "currentColor"}


@pytest.mark.parametrize("definition", ["{", "[]", "{}", {"States": []}, {"StartAt": "A", "States": {"A": 1}}])
def test_what_is_no_definition_is_refused(definition: Any) -> None:
    with pytest.raises(ValueError, match="definition"):
        draw(definition)


def test_a_transition_that_leads_nowhere_is_left_out() -> None:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Nowhere"}}}
    assert [way.attrib["data-to"] for way in Drawn(draw(definition).svg).ways] == ["A"]


def test_the_package_is_imported_without_its_pictures() -> None:
    program = "import sys, eslabon.stepfunctions; print('eslabon.stepfunctions.pictures' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"
