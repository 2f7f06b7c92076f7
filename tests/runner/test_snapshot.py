"""Python starts from a snapshot of its memory when there is a good one; in every other case it starts as at first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from driving import Pages, note_stages, output, press, run, stages, state
from example_page import block

IMPORTING = "Importing boto3…"  # said only when Python starts from nothing
QUEUE = "import boto3\nprint(boto3.client('sqs').create_queue(QueueName='a')['QueueUrl'])"
URL = "https://sqs.us-east-1.amazonaws.com/123456789012/a\n"
LOOP = "print('first')\nwhile True:\n    pass"
RANDOM = "\nimport random, uuid\nprint(random.random(), uuid.uuid4())"

KEPT = """async () => {
    const cache = await caches.open("eslabon-python");
    for (;;) {
        const keys = await cache.keys();
        if (keys.some((key) => key.url.includes("_runner/snapshot-"))) return keys.map((key) => key.url);
        await new Promise((later) => setTimeout(later, 20));
    }
}"""
# Puts another content under the entry's name, with the sum that it had, or with its own.
REPLACE = """async ([change, trueSum]) => {
    const cache = await caches.open("eslabon-python");
    const [key] = await cache.keys();
    const entry = await cache.match(key);
    let content = new Uint8Array(await entry.arrayBuffer());
    if (change === "damaged") content[content.length / 2] ^= 1;
    if (change === "cut") content = content.slice(0, content.length / 2);
    let sum = entry.headers.get("X-Sum");
    if (trueSum) {
        const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
        sum = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    }
    await cache.put(key, new Response(content, { headers: { "X-Sum": sum } }));
}"""
REFUSED = (
    "Object.defineProperty(globalThis, 'caches', { get() { throw new DOMException('refused', 'SecurityError') } });"
)
# A page waits three seconds before it keeps its snapshot, so that the first output comes sooner: nobody waits here.
AT_ONCE = "const later = setTimeout; window.setTimeout = (work, wait) => later(work, wait === 3000 ? 0 : wait);"
FULL = "Cache.prototype.put = async () => { throw new DOMException('full', 'QuotaExceededError') };"


@pytest.fixture
def first_visit(first_visit: Pages) -> Pages:
    first_visit.prepare(AT_ONCE)
    return first_visit


def started(pages: Pages, source: str = QUEUE) -> tuple[str, list[str], Page]:
    """Run a program on a new page: what it printed, what the page said meanwhile, the page."""
    page = pages.show(block(source))
    note_stages(page)
    return output(run(page)), stages(page), page


def test_later_pages_start_from_what_the_first_has_kept_with_random_numbers_of_their_own(first_visit: Pages) -> None:
    printed, said, page = started(first_visit)
    assert printed == URL
    assert IMPORTING in said
    page.evaluate(KEPT)
    numbers = set()
    for _ in range(2):
        printed, said, page = started(first_visit, QUEUE + RANDOM)
        assert IMPORTING not in said
        url, *random = printed.split()
        assert url == URL.strip()
        numbers.update(random)
    assert len(numbers) == 4


@pytest.mark.parametrize(("change", "true_sum"), [("damaged", False), ("cut", True)])
def test_a_snapshot_that_is_no_good_is_thrown_away_and_python_starts_as_at_first(
    change: str, true_sum: bool, first_visit: Pages
) -> None:
    _, _, page = started(first_visit)
    page.evaluate(KEPT)
    page.evaluate(REPLACE, [change, true_sum])
    printed, said, page = started(first_visit)
    assert printed == URL
    assert IMPORTING in said
    page.evaluate(KEPT)
    printed, said, _ = started(first_visit)
    assert printed == URL
    assert IMPORTING not in said


def test_a_new_build_keeps_its_own_in_place_of_the_last_and_leaves_other_sites_alone(first_visit: Pages) -> None:
    page = first_visit.show(block(QUEUE))
    page.evaluate(
        """async () => {
        const cache = await caches.open("eslabon-python");
        for (const path of ["/repo/_runner/snapshot-000000000000", "/other/_runner/snapshot-000000000000"])
            await cache.put(path, new Response("older"));
        }"""
    )
    run(page)
    kept = page.evaluate(
        """async () => {
        const cache = await caches.open("eslabon-python");
        for (;;) {
            const keys = (await cache.keys()).map((key) => new URL(key.url).pathname);
            if (keys.length === 2 && !keys.includes("/repo/_runner/snapshot-000000000000")) return keys;
            await new Promise((later) => setTimeout(later, 20));
        }
        }"""
    )
    assert sorted(path.split("/")[1] for path in kept) == ["other", "repo"]


def refuse(page: Page) -> None:
    """A browser that has no cache for this site, as in some private windows: neither page nor worker may open it."""

    def prefixed(route: object) -> None:
        response = route.fetch()  # type: ignore[attr-defined]
        route.fulfill(response=response, body=REFUSED + response.text())  # type: ignore[attr-defined]

    page.context.add_init_script(REFUSED)
    page.context.route("**/worker-*.js", prefixed)


def fill(page: Page) -> None:
    """A browser that has no room left."""
    page.context.add_init_script(FULL)


@pytest.mark.parametrize("prevent", [refuse, fill])
def test_where_nothing_can_be_kept_programs_run_and_stop_uses_what_the_page_remembers(
    prevent: Callable[[Page], None], first_visit: Pages
) -> None:
    page = first_visit.show(block(LOOP), block(QUEUE))
    prevent(page)
    page.reload()
    state(press(page, "Run"), "running")
    note_stages(page, 1)
    press(page, "Stop")
    assert output(run(page, 1)) == URL
    assert IMPORTING not in stages(page)
    printed, said, _ = started(first_visit)
    assert printed == URL
    assert IMPORTING in said


def test_a_python_that_broke_leaves_no_snapshot_to_start_from(first_visit: Pages) -> None:
    page = first_visit.show(block("import os\nos.abort()"), block(QUEUE))
    run(page, 1)
    page.evaluate(KEPT)
    run(page, 0, "error")
    note_stages(page, 1)
    assert output(run(page, 1)) == URL
    assert IMPORTING in stages(page)
