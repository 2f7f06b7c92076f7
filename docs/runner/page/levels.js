// Draws how many messages each queue had over virtual time: a step line for each state; the same in a table.
import { html, svg } from "./dom.js";
import { named, placeName, sentence, varies } from "./story.js";
import { ticks } from "./virtualtime.js";

// In the order drawn: a dashed line over a full one leaves both to be seen.
const STATES = [
  { state: "visible", name: "levelVisible" },
  { state: "in_flight", name: "levelInFlight" },
  { state: "delayed", name: "levelDelayed" },
];
const NARROWEST = 200; // pixels
const PLOT = { low: 52, high: 84, head: 24, apart: 14, right: 14, axis: 26, inner: 6 };
const FEW = 3; // messages that a low plot has room for
const LONG = 1; // seconds: what is over sooner shows how long calls take, no more, and stays folded until asked for
const TICK = 64; // pixels for a tick and its label
const DIGIT = 7.5;
const ROWS = 60; // of a queue in the table

let numbered = 0; // the charts of a page, for their ids

/** The figure of the queues whose levels have changed, or null when there is none. */
export function levelsFigure({ queues, seconds }, text, language) {
  const changing = queues.filter(varies);
  if (!changing.length) return null;
  const span = spanOf(changing, seconds);
  const shown = STATES.filter(({ state }) => changing.some(({ levels }) => levels.some((level) => level[state])));
  const drawing = html("div", { class: "eslabon-drawing" });
  const described = changing.map((queue) => told(queue, text, language)).join(" ");
  let drawn;
  const draw = () => {
    const room = Math.floor(drawing.clientWidth);
    if (!room || room === drawn) return;
    drawn = room;
    drawing.replaceChildren(chart(changing, shown, span, Math.max(room, NARROWEST), text, language, described));
  };
  new ResizeObserver(draw).observe(drawing);
  const lasts = Math.max(...changing.map((queue) => longest(queue, seconds)));
  return html("figure", { class: "eslabon-picture eslabon-levels" }, [
    html("details", { class: "eslabon-over-time", open: lasts >= LONG }, [
      html("summary", {}, [html("strong", {}, [text("levels")]), html("span", {}, [` · ${text("levelsAxis")}`])]),
      html("p", { class: "eslabon-legend", "aria-hidden": "true" }, shown.map((state) => html("span", {}, [sample(state), text(state.name)]))),
      drawing,
      html("details", {}, [
        html("summary", {}, [text("inNumbers")]),
        ...changing.flatMap((queue) => table(queue, shown, text, language)),
      ]),
    ]),
  ]);
}

const sample = ({ state }) =>
  svg("svg", { width: 28, height: 10, viewBox: "0 0 28 10" }, [svg("path", { class: `eslabon-level eslabon-level-${state}`, d: "M1 5H27" })]);

/** How many seconds the longest-lived level of a queue lasted in which it held messages. */
function longest({ levels }, seconds) {
  const held = ({ visible, in_flight, delayed }) => visible + in_flight + delayed > 0;
  const lasted = levels.map((level, place) => (held(level) ? (levels[place + 1]?.time ?? seconds) - level.time : 0));
  return Math.max(...lasted);
}

/** The seconds that the axis shows: those in which something changes, from the start of the run when that is not far away. */
export function spanOf(queues, seconds) {
  const first = Math.min(...queues.map(({ levels }) => levels[0].time));
  const last = Math.max(...queues.map(({ levels }) => (levels.at(-1).deleted ? levels.at(-1).time : seconds)));
  const length = Math.max(last - first, 0.1);
  const from = first < length ? 0 : Math.max(0, first - length / 8);
  return [from, Math.max(last, from + length)];
}

/** The corners of a state's line: [time, messages]; at each time it goes from the level before to the next. A queue's end ends it. */
export function corners(levels, state, end) {
  const line = [];
  let level = 0;
  for (const { time, deleted, [state]: next } of levels) {
    line.push([time, level]);
    if (deleted) {
      line.push([time, null]); // nothing is there any more
      level = 0;
    } else if (next !== level) line.push([time, (level = next)]);
  }
  if (!levels.at(-1).deleted) line.push([end, level]);
  return line;
}

function chart(queues, shown, [from, to], width, text, language, described) {
  const most = Math.max(...queues.map(({ peak }) => peak));
  const left = 10 + String(most).length * DIGIT;
  const right = width - PLOT.right;
  const x = (time) => Math.round((left + PLOT.inner + ((time - from) / (to - from)) * (right - left - PLOT.inner)) * 10) / 10;
  const tops = [];
  let foot = 0;
  for (const { peak } of queues) {
    tops.push(foot + PLOT.head);
    foot += PLOT.head + (peak > FEW ? PLOT.high : PLOT.low) + PLOT.apart;
  }
  const height = foot - PLOT.apart + PLOT.axis;
  const marks = ticks(from, to, Math.max(2, Math.floor((right - left) / TICK)), language);
  const id = `eslabon-levels-${++numbered}`;
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-desc` }, [
    svg("title", { id: `${id}-title` }, [text("levels")]),
    svg("desc", { id: `${id}-desc` }, [described]),
  ]);
  queues.forEach((queue, place) => {
    const top = tops[place];
    const base = top + (queue.peak > FEW ? PLOT.high : PLOT.low);
    const y = (count) => Math.round((base - (count / queue.peak) * (base - top)) * 10) / 10;
    root.append(
      svg("text", { x: left, y: top - 9, class: "eslabon-name" }, [fitting(queue, text, (right - left) / DIGIT)]),
      svg("path", { class: "eslabon-grid", d: marks.map(({ time }) => `M${x(time)} ${top}V${base}`).join("") + `M${left} ${top}H${right}` }),
      svg("path", { class: "eslabon-axis", d: `M${left} ${base}H${right}` }),
      ...[0, queue.peak].map((count) => svg("text", { x: left - 6, y: y(count) + 4, "text-anchor": "end", class: "eslabon-kind" }, [String(count)])),
      ...shown.map(({ state }) => svg("path", { class: `eslabon-level eslabon-level-${state}`, d: steps(corners(queue.levels, state, to), x, y) })),
    );
    const end = x(queue.levels.at(-1).time);
    const gone = text("levelGone");
    if (queue.levels.at(-1).deleted && end + 12 + gone.length * DIGIT < right)
      root.append(svg("text", { x: end + 6, y: base - 6, class: "eslabon-kind" }, [gone]));
  });
  for (const { time, label } of marks) {
    const half = (label.length * DIGIT) / 2;
    const middle = Math.min(Math.max(x(time), half), width - half);
    root.append(svg("text", { x: middle, y: height - 8, "text-anchor": "middle", class: "eslabon-kind" }, [label]));
  }
  return root;
}

/** A step line; where it lies on the axis it is left out, so that lines at zero do not hide each other. */
function steps(line, x, y) {
  let path = "";
  let pen;
  for (const [time, count] of line) {
    if (count === null) pen = undefined;
    else {
      const flat = pen && pen.time !== time;
      path += !pen || (flat && !count) ? `M${x(time)} ${y(count)}` : flat ? `H${x(time)}` : `V${y(count)}`;
      pen = { time };
    }
  }
  return path;
}

function fitting(queue, text, letters) {
  const whole = [queue.name, placeName(queue.place, text)].filter(Boolean).join(" · ");
  return whole.length > letters ? `${whole.slice(0, letters - 1)}…` : whole;
}

// ---- in words and in numbers ----

const clock = (seconds, language) => `${new Intl.NumberFormat(language, { maximumFractionDigits: 2 }).format(seconds)} s`;

function told(queue, text, language) {
  const { levels } = queue;
  const most = ({ state }) => levels.reduce((peak, level) => Math.max(peak, level[state]), 0);
  const peaks = Object.fromEntries(STATES.map((state) => [state.state, most(state)]));
  const [from, to] = [levels[0], levels.at(-1)].map(({ time }) => clock(time, language));
  return sentence(text("levelsTold", { queue: named(queue, text), from, to, ...peaks }));
}

function table(queue, shown, text, language) {
  // Of what happens in one instant, every step counts: a message may come and be received in the same one.
  const rows = queue.levels.slice(0, ROWS).map((level) => {
    const cells = level.deleted
      ? [html("td", { colspan: shown.length }, [text("levelDeleted")])]
      : shown.map(({ state }) => html("td", {}, [String(level[state])]));
    return html("tr", {}, [html("th", { scope: "row" }, [clock(level.time, language)]), ...cells]);
  });
  const left = queue.levels.length - rows.length;
  const heads = [text("levelTime"), ...shown.map(({ name }) => text(name))].map((head) => html("th", { scope: "col" }, [head]));
  const whole = html("table", { class: "eslabon-numbers" }, [
    html("caption", {}, [sentence(named(queue, text))]),
    html("thead", {}, [html("tr", {}, heads)]),
    html("tbody", {}, rows),
  ]);
  return left ? [whole, html("p", {}, [text("levelsMore", { count: left })])] : [whole];
}
