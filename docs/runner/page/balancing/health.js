// Draws the health of targets over virtual time, a lane for each: its states, and when requests came; the same in a table.
import { html, svg } from "../dom.js";
import { sentence } from "../story.js";
import { duration, ticks } from "../virtualtime.js";
import { letters } from "./letters.js";
import { textures } from "./textures.js";

// In the order in which a target goes through them. The names are AWS's own, as DescribeTargetHealth answers them.
const STATES = ["unused", "initial", "healthy", "unhealthy", "unhealthy.draining", "draining", "unavailable"];
const EXPECTED = new Set(["initial", "healthy", "unavailable"]); // what shows nothing but these stays folded until asked for
const FILLS = { unhealthy: "lost", draining: "ending", "unhealthy.draining": "ending" };
const ALONE = 8; // lanes up to which each target has one of its own, also when others have done the same
const LANES = 12;
const LANE = { name: 18, requests: 11, band: 18, apart: 12 };
const GROUP = 24;
const AXIS = 26;
const TICK = 64; // pixels for a tick and its label
const NARROWEST = 200;
const ROWS = 60;
const THIN = 2; // pixels of what has no length
const SAME = 0.5; // seconds
const MARK = { came: 3, lost: 7 }; // pixels in which several requests are one mark

let numbered = 0; // the charts of a page, for their ids

/** The figure of these lanes, or null when there is none. */
export function healthFigure(told, text, language) {
  if (!told.length) return null;
  const lanes = told.length > ALONE ? together(told) : told;
  const span = [Math.min(...lanes.map(({ spans }) => spans[0].from)), Math.max(...lanes.map(({ spans }) => spans.at(-1).to))];
  const shown = lanes.slice(0, LANES);
  const drawing = html("div", { class: "eslabon-drawing" });
  const described = shown.map((lane) => laneTold(lane, text, language)).join(" ");
  let drawn;
  const draw = () => {
    const room = Math.floor(drawing.clientWidth);
    if (!room || room === drawn) return;
    drawn = room;
    drawing.replaceChildren(chart(shown, span, Math.max(room, NARROWEST), { text, language, ...letters(drawing) }, described));
  };
  new ResizeObserver(draw).observe(drawing);
  const open = lanes.some(({ spans }) => spans.some(({ state }) => !EXPECTED.has(state)));
  return html("figure", { class: "eslabon-picture eslabon-health" }, [
    html("details", { class: "eslabon-over-time", open }, [
      html("summary", {}, [html("strong", {}, [text("health")]), html("span", {}, [` · ${text("overTime")}`])]),
      legend(shown, text),
      drawing,
      ...(lanes.length > shown.length ? [html("p", { class: "eslabon-note" }, [text("moreLanes", { count: countOf(lanes.slice(LANES)) })])] : []),
      html("details", {}, [html("summary", {}, [text("inNumbers")]), ...table(lanes, text, language)]),
    ]),
  ]);
}

const countOf = (lanes) => lanes.reduce((count, { more = 0 }) => count + 1 + more, 0);

/** Targets of one group that went through the same states at the same times become one lane. */
function together(lanes) {
  const found = new Map();
  for (const lane of lanes) {
    const id = JSON.stringify([lane.group, ...lane.spans.map(({ state, from, to }) => [state, Math.round(from / SAME), Math.round(to / SAME)])]);
    const same = found.get(id);
    if (same) {
      same.more += 1;
      same.requests.push(...lane.requests);
    } else found.set(id, { ...lane, more: 0, requests: [...lane.requests] });
  }
  return [...found.values()];
}

const laneName = ({ name, more }, text) => (more ? text("nameAndMore", { name, count: more }) : name);

// ---- the drawing ----

const words = (x, y, kind, content) => svg("text", { x, y, class: `eslabon-${kind}` }, [content]);

/** Strokes for requests that were answered well, crosses for others. */
const MARKS = {
  came: (x, y) => `M${x} ${y}v7`,
  lost: (x, y) => `M${x - 3} ${y}l6 6m0 -6l-6 6`,
};

function legend(lanes, text) {
  const states = STATES.filter((state) => lanes.some(({ spans }) => spans.some((one) => one.state === state)));
  const requests = lanes.flatMap(({ requests }) => requests);
  const some = (lost) => ["request", "flow"].filter((unit) => requests.some((one) => one.unit === unit && one.lost === lost));
  const marks = [...some(false).map((unit) => ["came", `${unit}Came`]), ...some(true).map((unit) => ["lost", `${unit}Lost`])];
  return html("p", { class: "eslabon-legend", "aria-hidden": "true" }, [
    ...states.map((state) => html("span", {}, [sample(state), state])),
    ...marks.map(([mark, name]) =>
      html("span", {}, [svg("svg", { width: 20, height: 10 }, [svg("path", { class: `eslabon-request-${mark}`, d: MARKS[mark](5, 2) + MARKS[mark](14, 2) })]), text(name)]),
    ),
  ]);
}

function sample(state) {
  const texture = textures();
  return svg("svg", { width: 28, height: 12 }, [texture.defs, band(state, 1, 26, 1, 10, texture)]);
}

function chart(lanes, [from, to], width, { text, language, width: long, cut }, described) {
  const right = width - 1;
  const x = (time) => Math.round((1 + ((time - from) / (to - from)) * (right - 1)) * 10) / 10;
  const texture = textures();
  const id = `eslabon-health-${++numbered}`;
  const root = svg("svg", { role: "img", "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-desc` }, [
    svg("title", { id: `${id}-title` }, [text("health")]),
    svg("desc", { id: `${id}-desc` }, [described]),
    texture.defs,
  ]);
  const ticksShown = ticks(from, to, Math.max(2, Math.floor(width / TICK)), language);
  let y = 0;
  let group;
  for (const lane of lanes) {
    const heading = text(lane.group.kind, lane.group);
    if (heading !== group) {
      group = heading;
      root.append(words(1, y + 16, "name", cut(heading, "name", right)));
      y += GROUP;
    }
    root.append(words(1, y + 13, "row", cut(laneName(lane, text), "row", right)));
    y += LANE.name;
    for (const [mark, lost] of [["came", false], ["lost", true]]) {
      const times = lane.requests.filter((one) => one.lost === lost && one.time >= from && one.time <= to);
      const places = [...new Set(times.map(({ time }) => Math.round(x(time) / MARK[mark]) * MARK[mark]))];
      const inside = places.map((place) => Math.min(Math.max(place, 4), right - 4));
      if (places.length) root.append(svg("path", { class: `eslabon-request-${mark}`, d: inside.map((place) => MARKS[mark](place, y + 1)).join("") }));
    }
    y += LANE.requests;
    for (const { state, from: begin, to: end } of lane.spans) {
      const start = Math.min(x(begin), right - THIN);
      const breadth = Math.max(x(end) - start, THIN);
      root.append(band(state, start, breadth, y, LANE.band, texture));
      if (breadth > long(state, "kind") + 8) root.append(words(start + 5, y + 13, "kind eslabon-over", state));
    }
    const gone = x(lane.spans.at(-1).to) + 6;
    const left = text("left");
    if (lane.left && gone + long(left, "kind") < right) root.append(words(gone, y + 13, "kind", left));
    y += LANE.band + LANE.apart;
  }
  root.prepend(svg("path", { class: "eslabon-grid", d: ticksShown.map(({ time }) => `M${x(time)} 0V${y - LANE.apart + 4}`).join("") }));
  for (const { time, label } of ticksShown) {
    const half = long(label, "kind") / 2 + 1;
    root.append(svg("text", { x: Math.min(Math.max(x(time), half), width - half), y: y + 12, "text-anchor": "middle", class: "eslabon-kind" }, [label]));
  }
  const height = y + AXIS - 8;
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, width, height })) root.setAttribute(name, value);
  return root;
}

/** A state's area: tells itself from others by its border and what fills it. */
function band(state, x, width, y, height, texture) {
  const flat = state === "unused"; // a line: nobody asks it anything
  const box = flat ? { y: y + height / 2 - 1, height: 2 } : { y, height };
  return svg("rect", { class: `eslabon-state eslabon-state-${state.replace(".", "-")}`, x, width, ...box, fill: texture[FILLS[state]] });
}

// ---- in words and in numbers ----

function laneTold(lane, text, language) {
  const states = lane.spans.map(({ state, from, to }) => text("stateTold", { state, from: duration(from, language), to: duration(to, language) }));
  return sentence(text("healthTold", { target: laneName(lane, text), group: text(lane.group.kind, lane.group), states: states.join("; ") }));
}

function table(lanes, text, language) {
  const all = lanes.flatMap((lane) => lane.spans.map(({ from, to, state, reason }) => [laneName(lane, text), duration(from, language), duration(to, language), state, reason]));
  const rows = all.slice(0, ROWS).map(([name, ...rest]) => html("tr", {}, [html("th", { scope: "row" }, [name]), ...rest.map((cell) => html("td", {}, [cell]))]));
  const heads = ["target", "from", "to", "state", "reason"].map((head) => html("th", { scope: "col" }, [text(head)]));
  const whole = html("table", { class: "eslabon-numbers" }, [html("thead", {}, [html("tr", {}, heads)]), html("tbody", {}, rows)]);
  const scrolled = html("div", { class: "eslabon-scrolled", tabindex: "0", role: "group", "aria-label": text("inNumbers") }, [whole]);
  return all.length > rows.length ? [scrolled, html("p", {}, [text("moreRows", { count: all.length - rows.length })])] : [scrolled];
}
