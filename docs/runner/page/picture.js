// Draws a story: an inline SVG in columns, or as an indented list where the page is narrow; the refusals; the same in words.
import { columns, named, sentence, sentences, walk } from "./story.js";
import { html, svg } from "./dom.js";

const BOX = { width: 164, height: 46 };
const GAP = { column: 92, least: 52, row: 18 };
const INDENT = 26;
const LETTERS = 17; // of a name that fit into a box

/** The figure for a story, or null when there is nothing to draw. */
export function figure(story, text, language) {
  if (!story.edges.length) return null;
  const told = sentences(story, text);
  const drawing = html("div", { class: "eslabon-drawing" });
  const caption = [text("whatHappened"), text("summary", { calls: story.calls, time: duration(story.seconds, language) })];
  const whole = html("figure", { class: "eslabon-picture" }, [
    html("figcaption", {}, [html("strong", {}, [caption[0]]), ` · ${caption[1]}`]),
    drawing,
    ...refusals(story, text),
    html("details", {}, [
      html("summary", {}, [text("inWords")]),
      html("ul", {}, told.map((sentence) => html("li", {}, [sentence]))),
    ]),
  ]);
  // In columns, as far apart as there is room; as an indented list where there is too little.
  const gaps = Math.max(...columns(story).values());
  let drawn;
  const draw = () => {
    const room = drawing.clientWidth;
    const gap = Math.min(GAP.column, Math.floor((room - 4 - BOX.width * (gaps + 1)) / Math.max(gaps, 1)));
    const wanted = gap >= GAP.least ? gap : 0;
    if (!room || drawn === wanted) return;
    drawn = wanted;
    drawing.replaceChildren(picture(story, text, told.join(" "), wanted));
  };
  new ResizeObserver(draw).observe(drawing);
  return whole;
}

/** Virtual seconds for people: 12.4 s, 3 min 20 s, 24 h. */
export function duration(seconds, language) {
  if (seconds < 120) return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(seconds)} s`;
  const units = [
    ["d", 86400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ];
  let left = Math.round(seconds);
  const parts = [];
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(" ");
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

/** gap: pixels between columns; 0 draws an indented list. */
function picture(story, text, told, gap) {
  const wide = gap > 0;
  const places = wide ? inColumns(story, gap) : inList(story);
  const all = [...places.values()];
  const width = Math.max(...all.map(({ x }) => x)) + BOX.width + 2;
  const height = Math.max(...all.map(({ y }) => y)) + BOX.height + 2;
  const root = svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: "img",
    "aria-label": text("picture", { text: told }),
  });
  for (const edge of story.edges) root.append(way(edge, places.get(edge.source), places.get(edge.target), wide));
  for (const node of story.nodes) root.append(box(node, places.get(node), text));
  // Numbers last: a line that crosses one must not cover it.
  for (const edge of story.edges) root.append(...number(edge, places.get(edge.source), places.get(edge.target), wide));
  return root;
}

function inColumns(story, gap) {
  const column = columns(story);
  const order = [...walk(story).keys()];
  const rows = [];
  const places = new Map();
  for (const node of order) {
    const at = column.get(node);
    // Beside the one that sends to it, or in the next free row of its column.
    const senders = story.edges.filter((edge) => edge.target === node && places.has(edge.source) && column.get(edge.source) < at);
    const beside = senders.length ? Math.min(...senders.map(({ source }) => places.get(source).row)) : 0;
    const row = Math.max(rows[at] ?? 0, beside);
    rows[at] = row + 1;
    places.set(node, { row, x: 1 + at * (BOX.width + gap), y: 1 + row * (BOX.height + GAP.row) });
  }
  return places;
}

function inList(story) {
  const places = new Map();
  for (const [node, depth] of walk(story)) {
    const row = places.size;
    places.set(node, { row, x: 1 + Math.min(depth, 4) * INDENT, y: 1 + row * (BOX.height + GAP.row) });
  }
  return places;
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

function way(edge, from, to, wide) {
  const middle = BOX.height / 2;
  let path;
  if (!wide) {
    const x = from.x + 13;
    path = `M${x} ${from.y + BOX.height}V${to.y + middle - 6}q0 6 6 6H${to.x - 6}`;
    if (to.y <= from.y) path = `M${from.x + BOX.width} ${from.y + middle}h12V${to.y + middle}H${to.x + BOX.width + 6}`;
  } else if (to.x > from.x) {
    const [x1, y1, x2, y2] = [from.x + BOX.width, from.y + middle, to.x - 7, to.y + middle];
    const half = (x1 + x2) / 2;
    path = `M${x1} ${y1}C${half} ${y1} ${half} ${y2} ${x2} ${y2}`;
  } else {
    const [x1, x2] = [from.x + BOX.width / 2, to.x + BOX.width / 2];
    const low = Math.max(from.y, to.y) + BOX.height + 14;
    path = `M${x1} ${from.y + BOX.height}C${x1} ${low} ${x2} ${low} ${x2} ${to.y + BOX.height + 6}`;
  }
  const end = arrow(to, from, wide);
  return svg("g", { class: `eslabon-way eslabon-${outcome(edge)}` }, [svg("path", { d: path }), svg("path", { class: "eslabon-head", d: end })]);
}

function arrow(to, from, wide) {
  const middle = to.y + BOX.height / 2;
  if (wide && to.x <= from.x) return `M${to.x + BOX.width / 2 - 4} ${to.y + BOX.height + 7}h8l-4 -6z`;
  if (!wide && to.y <= from.y) return `M${to.x + BOX.width + 8} ${middle - 4}v8l-7 -4z`;
  return `M${to.x - 8} ${middle - 4}v8l7 -4z`;
}

function number(edge, from, to, wide) {
  const lost = edge.failed + edge.refusals.reduce((sum, { count }) => sum + count, 0);
  const label = !lost ? String(edge.count) : edge.count ? `✓ ${edge.count} ✕ ${lost}` : `✕ ${lost}`;
  const width = 12 + label.length * 6.6;
  let [x, y] = [(from.x + BOX.width + to.x) / 2, (from.y + to.y + BOX.height) / 2];
  if (!wide) [x, y] = [to.x + BOX.width - 4 - width / 2, to.y];
  else if (to.x <= from.x) [x, y] = [(from.x + to.x + BOX.width) / 2, Math.max(from.y, to.y) + BOX.height + 8];
  return [
    svg("g", { class: `eslabon-number eslabon-${outcome(edge)}`, transform: `translate(${x} ${y})` }, [
      svg("rect", { x: -width / 2, y: -10, width, height: 20, rx: 10 }),
      svg("text", { y: 4, "text-anchor": "middle" }, [label]),
    ]),
  ];
}
