// The page of test_picture.py: draws a journal as the runner does, and says what is amiss in the drawings.
import { texts } from "./source/messages.js";
import { corners } from "./source/levels.js";
import { Output } from "./source/output.js";
import { story } from "./source/story.js";
import { duration, ticks } from "./source/virtualtime.js";

const HARDLY = 4; // pixels: the lines of a text have room of their own above and below the letters

const openBalancing = () => import("./source/balancing/figures.js");

/** Draws what each journal tells, one below the other, by name. Drawings are made when their room is known, before the next frame. */
async function show(journals, language) {
  const blocks = Object.entries(journals).map(([name, journal]) => {
    const block = document.createElement("div");
    block.className = "eslabon-run";
    block.dataset.name = name;
    new Output(block, { text: texts(language), language, openBalancing }).heard("picture", JSON.stringify(journal));
    return block;
  });
  document.querySelector("main").replaceChildren(...blocks);
  await openBalancing();
  await drawn();
}

async function unfold() {
  for (const details of document.querySelectorAll("details")) details.open = true;
  await drawn();
}

const frame = () => new Promise((next) => requestAnimationFrame(next));
const drawn = async () => (await frame(), await frame());

const edges = (element) => element.getBoundingClientRect();
const named = (element) => element.textContent || element.getAttribute("class");

const inside = (one, other) =>
  one.left >= other.left - 1.5 && one.right <= other.right + 1.5 && one.top >= other.top - 1.5 && one.bottom <= other.bottom + 1.5;

const cover = (one, other) =>
  Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 &&
  Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > HARDLY;

/** Where a line is on the screen, every second pixel. */
function pointsOf(line) {
  const onScreen = line.getScreenCTM();
  const [points, length] = [[], line.getTotalLength()];
  for (let at = 0; at <= length; at += 2) points.push(line.getPointAtLength(at).matrixTransform(onScreen));
  return points;
}

/** Whether a line, as points, passes through the inside of a box. */
function crosses(points, { left, right, top, bottom }) {
  return points.some(({ x, y }) => x > left + 2 && x < right - 2 && y > top + 2 && y < bottom - 2);
}

/** What is amiss in the drawings that the page shows, as sentences. */
function amiss() {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page is wider than the screen");
  for (const drawing of document.querySelectorAll("svg[role=img]")) {
    const all = (selector) => [...drawing.querySelectorAll(selector)];
    const tell = (sentence) => found.push(`${drawing.closest("[data-name]").dataset.name}: ${sentence}`);
    for (const part of all("text, rect, path")) if (!inside(edges(part), edges(drawing))) tell(`${named(part)} is outside its drawing`);
    const written = all("text:not(.eslabon-number text), .eslabon-number");
    const places = written.map(edges);
    written.forEach((one, place) => {
      for (let other = place + 1; other < written.length; other += 1)
        if (cover(places[place], places[other])) tell(`${named(one)} covers ${named(written[other])}`);
    });
    const frames = all("rect.eslabon-place");
    all("text.eslabon-place").forEach((name, place) => {
      if (!inside(edges(name), edges(frames[place]))) tell(`${named(name)} is wider than its frame`);
    });
    for (const frame of all("rect.eslabon-frame-of"))
      for (const text of all("text")) {
        const [around, { left, top, right }] = [edges(frame), edges(text)];
        const within = left >= around.left && left < around.right && top >= around.top && top < around.bottom;
        if (within && right > around.right) tell(`${named(text)} is wider than its frame`);
      }
    const boxes = all(".eslabon-node > rect:not(.eslabon-mark)");
    const ways = all(".eslabon-way > path:not(.eslabon-head)").map(pointsOf);
    for (const box of boxes) {
      for (const text of box.parentElement.querySelectorAll("text"))
        if (edges(text).right > edges(box).right) tell(`${named(text)} is wider than its box`);
      for (const way of ways)
        if (crosses(way, edges(box))) tell(`a way goes through ${named(box.parentElement)}`);
    }
  }
  return found;
}

Object.assign(window, { amiss, corners, duration, show, story, ticks, unfold, ready: true });
