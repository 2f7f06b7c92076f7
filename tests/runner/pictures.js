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

/** Whether a line passes through the inside of a box. */
function crosses(line, box) {
  const { left, right, top, bottom } = edges(box);
  const onScreen = line.getScreenCTM();
  for (let at = 0; at <= line.getTotalLength(); at += 2) {
    const { x, y } = line.getPointAtLength(at).matrixTransform(onScreen);
    if (x > left + 2 && x < right - 2 && y > top + 2 && y < bottom - 2) return true;
  }
  return false;
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
    written.forEach((one, place) => {
      for (const other of written.slice(place + 1)) if (cover(edges(one), edges(other))) tell(`${named(one)} covers ${named(other)}`);
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
    for (const box of boxes) {
      for (const text of box.parentElement.querySelectorAll("text"))
        if (edges(text).right > edges(box).right) tell(`${named(text)} is wider than its box`);
      for (const line of all(".eslabon-way > path:not(.eslabon-head)"))
        if (crosses(line, box)) tell(`a way goes through ${named(box.parentElement)}`);
    }
  }
  return found;
}

Object.assign(window, { amiss, corners, duration, show, story, ticks, unfold, ready: true });
