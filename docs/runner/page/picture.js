// Draws what happened in a run, as a list of figures: who delivered to whom with the refusals and the same in words; the queues over time.
import { html, svg } from "./dom.js";
import { BOX, layout, tally } from "./layout.js";
import { levelsFigure } from "./levels.js";
import { named, placeName, sentence, sentences } from "./story.js";
import { duration } from "./virtualtime.js";

const LETTERS = 17; // of a name that fit into a box

let numbered = 0; // the drawings of a page, for their ids

/** The figures for a story, in the order in which a page shows them; none when there is nothing to draw. */
export function figures(story, text, language) {
  const told = [waysFigure(story, text, language), levelsFigure(story, text, language)];
  return told.filter(Boolean);
}

/** How much a run has done, as the first caption says it; nothing of a cell that called nothing and took no time. */
export function summaryOf({ calls, seconds }, text, language) {
  if (!calls && !seconds) return "";
  return text(["summaryNone", "summaryOne"][calls] ?? "summary", { calls, time: duration(seconds, language) });
}

function waysFigure(story, text, language) {
  if (!story.edges.length) return null;
  const told = sentences(story, text);
  const drawing = html("div", { class: "eslabon-drawing" });
  const summary = summaryOf(story, text, language);
  const whole = html("figure", { class: "eslabon-picture" }, [
    html("figcaption", {}, [html("strong", {}, [text("whatHappened")]), summary && ` · ${summary}`]),
    drawing,
    ...refusals(story, text),
    html("details", {}, [
      html("summary", {}, [text("inWords")]),
      html("ul", {}, told.map((sentence) => html("li", {}, [sentence]))),
    ]),
  ]);
  let drawn;
  const draw = () => {
    const room = Math.floor(drawing.clientWidth);
    if (!room || drawn === room) return;
    drawn = room;
    drawing.replaceChildren(picture(layout(story, room, (place) => placeName(place, text)), text, told.join(" ")));
  };
  new ResizeObserver(draw).observe(drawing);
  return whole;
}

function refusals({ edges }, text) {
  const seen = new Set();
  const shown = [];
  for (const { source, target, refusals: refused } of edges) {
    for (const { principal, action, missing } of refused) {
      const statement = JSON.stringify(missing, null, 2);
      if (seen.has(statement)) continue;
      seen.add(statement);
      const ends = { source: named(source, text), target: named(target, text) };
      shown.push(
        html("div", { class: "eslabon-refusal" }, [
          html("p", {}, [html("span", { "aria-hidden": "true" }, ["✕ "]), sentence(text("refused", { ...ends, principal, action }))]),
          html("p", {}, [sentence(text(action === "sts:AssumeRole" ? "missingTrust" : "missing", ends))]),
          html("pre", { tabindex: "0" }, [statement]),
        ]),
      );
    }
  }
  return shown;
}

// ---- the drawing ----

function picture({ width, height, places, frames, ways }, text, told) {
  const id = `eslabon-ways-${++numbered}`;
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-desc` }, [
    svg("title", { id: `${id}-title` }, [text("picture")]),
    svg("desc", { id: `${id}-desc` }, [told]),
    ...frames.map(({ x, y, width, height }) => svg("rect", { class: "eslabon-place", x, y, width, height, rx: 8 })),
    ...ways.map(way),
    ...[...places].map(([node, place]) => box(node, place, text)),
    // Names and numbers last: a line that crosses one must not cover it.
    ...frames.map((frame) => svg("text", { class: "eslabon-place", x: frame.label, y: frame.y + 17 }, [frame.name])),
    ...ways.map(number),
  ]);
}

function box({ arn, kind, name, peak, lines }, { x, y }, text) {
  const count = peak ? (peak === 1 ? text("message") : text("messages", { count: peak })) : "";
  const detail = kind === "queue" && count ? `${text(kind)} · ${count}` : text(kind);
  // The end of a log group's name tells it from the others; of other names, the beginning.
  const cut = kind === "group" ? `…${name.slice(1 - LETTERS)}` : `${name.slice(0, LETTERS - 1)}…`;
  const short = name.length > LETTERS ? cut : name;
  return svg("g", { class: `eslabon-node eslabon-${kind}`, transform: `translate(${x} ${y})` }, [
    svg("title", {}, [lines ? `${arn} (${lines})` : arn]),
    svg("rect", { width: BOX.width, height: BOX.height, rx: 5 }),
    svg("rect", { class: "eslabon-mark", width: 4, height: BOX.height - 16, x: 8, y: 8, rx: 2 }),
    svg("text", { x: 20, y: 18, class: "eslabon-kind" }, [detail]),
    svg("text", { x: 20, y: 36, class: "eslabon-name" }, [short]),
  ]);
}

const outcome = ({ count, failed, refusals }) => (failed || refusals.length ? (count ? "mixed" : "refused") : count ? "went" : "quiet");

const way = ({ edge, path, head }) =>
  svg("g", { class: `eslabon-way eslabon-${outcome(edge)}` }, [svg("path", { d: path }), svg("path", { class: "eslabon-head", d: head })]);

const number = ({ edge, number: { x, y, width } }) =>
  svg("g", { class: `eslabon-number eslabon-${outcome(edge)}`, transform: `translate(${x} ${y})` }, [
    svg("rect", { x: -width / 2, y: -10, width, height: 20, rx: 10 }),
    svg("text", { y: 4, "text-anchor": "middle" }, [tally(edge)]),
  ]);
