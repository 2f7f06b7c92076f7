// Draws what became of the requests to a load balancer: its nodes by zone, and for each target, and each own answer, how many, as a bar and in numbers.
import { html, svg } from "../dom.js";
import { sentence } from "../story.js";
import { duration } from "../virtualtime.js";
import { letters } from "./letters.js";
import { causeOf } from "./messages.js";
import { textures } from "./textures.js";
import { sum } from "./traffic.js";

const WIDE = 620; // pixels from which the targets stand beside the nodes
const NARROWEST = 240;
const BESIDE = { nodes: 206, gap: 84, widest: 560 };
const FRAME = { head: 46, foot: 10, side: 10, apart: 16, indent: 24 };
const NODE = { height: 40, apart: 8 };
const BAR = { height: 10, step: 17, mark: 14 };
const APART = 14; // pixels between a row's name and what stands beside it
const THICK = 6; // pixels of the way that most requests took
const WAYS = 5; // that lead to a group, each by its name
const REASONS = 3; // of a period, that are named

let numbered = 0; // the drawings of a page, for their ids

const LEAST = 0.001; // of a share that is told in numbers

function share(part, whole, language) {
  const number = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: part * 100 < whole ? 1 : 0 });
  return part && part < whole * LEAST ? `< ${number.format(LEAST)}` : number.format(whole ? part / whole : 0);
}

const isLost = ({ lost }) => lost;

/** The figure of a balancer to which requests came. summary: what its caption says of the run as a whole, or nothing. several: whether Regions are to be told apart. */
export function requestsFigure(balancer, text, language, { summary, several }) {
  const number = new Intl.NumberFormat(language);
  const count = (amount, unit = balancer.unit) => text(amount === 1 ? `${unit}One` : unit, { count: number.format(amount) });
  const tell = { balancer, text, language, count, number, title: text(`${balancer.unit}Title`, balancer), place: several ? ` · ${balancer.region}` : "" };
  const words = sentences(tell);
  const drawing = html("div", { class: "eslabon-drawing" });
  let drawn;
  const draw = () => {
    const room = Math.floor(drawing.clientWidth);
    if (!room || room === drawn) return;
    drawn = room;
    drawing.replaceChildren(picture({ ...tell, ...letters(drawing) }, Math.max(room, NARROWEST), words.join(" ")));
  };
  new ResizeObserver(draw).observe(drawing);
  return html("figure", { class: "eslabon-picture eslabon-balancer" }, [
    html("figcaption", {}, [html("strong", {}, [tell.title]), summary && ` · ${summary}`].filter(Boolean)),
    drawing,
    ...legend(tell),
    html("details", {}, [html("summary", {}, [text("inWords")]), html("ul", {}, words.map((words) => html("li", {}, [words])))]),
    html("details", {}, [html("summary", {}, [text("inNumbers")]), table(tell)]),
  ]);
}

// ---- names ----

/** "listener 80, rule 20", as far as they are known. */
function wayName({ port, protocol, rule }, text) {
  const listener = port === undefined ? "" : text("listener", { port: [protocol, port].filter(Boolean).join(" ") });
  return [listener, rule && (rule === "default" ? text("defaultRule") : text("rule", { rule }))].filter(Boolean).join(", ");
}

/** The ways that led somewhere; with their counts, where there are several. Not more than there is room for. */
function wayNames(ways, { text, number }) {
  const named = ways.map((way) => [wayName(way, text), way.count]).filter(([name]) => name);
  const names = named.map(([name, count]) => (named.length > 1 ? `${name} × ${number.format(count)}` : name));
  return names.length > WAYS ? [...names.slice(0, WAYS - 1), text("moreWays", { count: names.length - WAYS + 1 })] : names;
}

const isOwn = ({ kind }) => kind === "own";

function rowName(frame, row, { balancer, text, language }) {
  if (row.more) return text(isOwn(frame) ? `${balancer.unit}OwnMore` : "moreTargets", { count: row.more });
  if (!isOwn(frame)) return row.name;
  if (!row.status) return `${text("noTarget")} · ${causeOf(row.cause, language)}`; // a flow has no status
  const why = row.cause ? causeOf(row.cause, language) : text(row.status >= 300 && row.status < 400 ? "redirect" : "fixedResponse");
  return `${row.status} · ${why}`;
}

function frameName(frame, { balancer, text }) {
  if (isOwn(frame)) return text(`${balancer.unit}Own`);
  return frame.more ? text("moreGroups", { count: frame.more }) : text(frame.kind, frame);
}

/** How many of each status: "200 × 48 · 503 × 2"; flows have none. */
function statuses({ cells }, { number }) {
  const counts = new Map();
  for (const { status, count } of cells) if (status) counts.set(status, (counts.get(status) ?? 0) + count);
  return [...counts].map(([status, count]) => `${status} × ${number.format(count)}`).join(" · ");
}

/** What stands beside a row's name. */
const beside = (frame, row, tell) => (isOwn(frame) ? wayNames(row.ways, tell).join(" · ") : statuses(row, tell));

// ---- the drawing ----

function picture(tell, room, told) {
  const { balancer, title } = tell;
  const wide = room >= WIDE;
  const id = `eslabon-balancer-${++numbered}`;
  const texture = textures();
  const nodes = nodesAt(tell, wide ? BESIDE.nodes : room - 2);
  const left = wide ? 1 + BESIDE.nodes + BESIDE.gap : 1 + FRAME.indent;
  const width = Math.min(room - left - 1, wide ? BESIDE.widest : Infinity);
  const numbers = numbersWidth(tell);
  const frames = [];
  let y = wide ? 1 : 1 + nodes.height + FRAME.apart;
  for (const frame of balancer.frames) {
    frames.push(frameAt(frame, tell, texture, { x: left, y, width, numbers }));
    y += frames.at(-1).height + FRAME.apart;
  }
  const height = Math.max(nodes.height + 2, y - FRAME.apart + 1);
  const ways = wide ? waysBeside(balancer, nodes, frames, left) : waysBelow(nodes, frames);
  return svg("svg", { viewBox: `0 0 ${left + width + 1} ${height}`, width: left + width + 1, height, role: "img", "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-desc` }, [
    svg("title", { id: `${id}-title` }, [title]),
    svg("desc", { id: `${id}-desc` }, [told]),
    texture.defs,
    ...nodes.drawn,
    ...frames.map(({ box }) => box),
    ...ways,
    ...frames.flatMap(({ drawn }) => drawn),
  ]);
}

const words = (x, y, kind, content, end) => svg("text", { x, y, class: `eslabon-${kind}`, "text-anchor": end && "end" }, [content]);

/** The balancer's frame with a box for each node; middles: the height of each node's middle, by zone. */
function nodesAt({ balancer, text, language, count, place, cut }, width) {
  const all = balancer.frames.flatMap(({ rows }) => rows.flatMap(({ cells }) => cells));
  const room = width - 2 * FRAME.side;
  const drawn = [
    words(1 + FRAME.side, 19, "kind", cut(`${balancer.type} Load Balancer${place}`, "kind", room)),
    words(1 + FRAME.side, 37, "name", cut(balancer.name, "name", room)),
  ];
  const middles = new Map();
  let y = 1 + FRAME.head;
  for (const zone of balancer.zones) {
    const got = sum(all, (cell) => cell.zone === zone);
    drawn.push(
      svg("g", { class: "eslabon-node", transform: `translate(${1 + FRAME.side} ${y})` }, [
        svg("rect", { width: room, height: NODE.height, rx: 5 }),
        words(10, 17, "kind", cut(text("node", { zone }), "kind", room - 14)),
        words(10, 33, "name", cut(`${count(got)} · ${share(got, sum(all), language)}`, "name", room - 14)),
      ]),
    );
    middles.set(zone, y + NODE.height / 2);
    y += NODE.height + NODE.apart;
  }
  const height = y - NODE.apart + FRAME.foot - 1;
  drawn.unshift(svg("rect", { class: "eslabon-frame-of", x: 1, y: 1, width, height, rx: 8 }));
  return { drawn, middles, height, right: 1 + width - FRAME.side };
}

/** A target group, or what the balancer answered itself; rows: where each begins and what it holds. */
function frameAt(frame, tell, texture, { x, y, width, numbers }) {
  const { balancer, text, count, cut, width: long } = tell;
  const { periods } = balancer;
  const [from, to] = [x + FRAME.side, x + width - FRAME.side];
  const room = to - from;
  const drawn = [];
  let line = y + 19;
  const write = (kind, content) => drawn.push(words(from, line, kind, cut(content, kind, room)));
  write("name", frameName(frame, tell));
  line += 17;
  for (const detail of details(frame, count(sum(frame.rows.flatMap(({ cells }) => cells))), tell, room)) {
    write("kind", detail);
    line += BAR.step;
  }
  line += FRAME.head - 19 - 17 - BAR.step;
  const rows = [];
  for (const row of frame.rows) {
    const name = rowName(frame, row, tell);
    const said = beside(frame, row, tell);
    const fits = long(name, "row") + APART + long(said, "kind") < room;
    rows.push({ y: line + 12, cells: row.cells });
    drawn.push(words(from, line + 14, "row", cut(name, "row", room)));
    if (said && !fits) line += BAR.step;
    if (said) drawn.push(words(to, line + 14, "kind", cut(said, "kind", room), true));
    line += 22;
    periods.forEach((period, place) => {
      const here = row.cells.filter((cell) => cell.period === place);
      drawn.push(...bar(here, period.count, tell, texture, { from, to, y: line, numbers, mark: periods.length > 1 ? place + 1 : 0 }));
      line += BAR.step;
    });
    line += 8;
  }
  const height = line - 8 - (BAR.step - BAR.height) + FRAME.foot - y;
  const box = svg("rect", { class: `eslabon-frame-of${isOwn(frame) ? " eslabon-own" : ""}`, x, y, width, height, rx: 8 });
  return { drawn, box, rows, x, y, height };
}

/** How many a frame got and by which ways, in as many lines as that needs. */
function details({ ways }, amount, tell, room) {
  const lines = [amount];
  for (const way of wayNames(ways, tell)) {
    const longer = `${lines.at(-1)} · ${way}`;
    if (tell.width(longer, "kind") > room) lines.push(way);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

const numberOf = (got, whole, { number, language }) => `${number.format(got)} · ${share(got, whole, language)}`;

/** Pixels of the longest number beside a bar, so that all bars have one scale. */
function numbersWidth(tell) {
  const { periods, frames } = tell.balancer;
  const rows = frames.flatMap((frame) => frame.rows);
  const inPeriod = (cells, place) => sum(cells, (cell) => cell.period === place);
  const all = rows.flatMap(({ cells }) => periods.map(({ count }, place) => tell.width(numberOf(inPeriod(cells, place), count, tell), "kind")));
  return Math.max(...all);
}

/** The share of one period: the part that was answered well, the part that was not, the number. */
function bar(cells, whole, tell, texture, { from, to, y, numbers, mark }) {
  const got = sum(cells);
  const lost = sum(cells, isLost);
  const start = from + (mark ? BAR.mark : 0);
  const room = to - start - numbers - 10;
  const long = (count) => Math.round((count / whole) * room * 10) / 10;
  const part = (count, x, attributes) => (count ? [svg("rect", { x, y, width: Math.max(long(count), 1.5), height: BAR.height, ...attributes })] : []);
  return [
    ...(mark ? [words(from, y + 9, "kind", String(mark))] : []),
    svg("rect", { class: "eslabon-track", x: start, y, width: room, height: BAR.height }),
    ...part(got - lost, start, { class: "eslabon-share" }),
    ...part(lost, start + long(got - lost), { class: "eslabon-share-lost", fill: texture.lost }),
    words(to, y + 9, "kind", numberOf(got, whole, tell), true),
  ];
}

const head = (x, y) => svg("path", { class: "eslabon-head", d: `M${x - 8} ${y - 4.5}v9l8 -4.5z` });

const way = (path, cells, end, thick) =>
  svg("g", { class: `eslabon-way eslabon-way-${sum(cells) === sum(cells, isLost) ? "lost" : "went"}` }, [svg("path", { d: path, style: `stroke-width:${thick}` }), head(...end)]);

/** From each node to each row that got something from it: the more, the thicker. */
function waysBeside({ zones }, { middles, right }, frames, left) {
  const all = frames.flatMap(({ rows }) => rows).flatMap(({ y, cells }) => zones.map((zone) => ({ zone, y, cells: cells.filter((cell) => cell.zone === zone) })));
  const most = Math.max(...all.map(({ cells }) => sum(cells)));
  const middle = (right + left) / 2;
  return all
    .filter(({ cells }) => cells.length)
    .map(({ zone, y, cells }) => {
      const from = middles.get(zone);
      const thick = Math.round(Math.max(1.2, (sum(cells) / most) * THICK) * 10) / 10;
      return way(`M${right} ${from}C${middle} ${from} ${middle} ${y} ${left - 7} ${y}`, cells, [left, y], thick);
    });
}

/** From the balancer down and into each frame, where there is no room beside it. */
const waysBelow = ({ height }, frames) =>
  frames.map(({ x, y, rows }) => way(`M12 ${1 + height}V${y + 16}q0 6 6 6H${x - 7}`, rows.flatMap(({ cells }) => cells), [x, y + 22], 1.5));

// ---- in words and in numbers ----

/** What each period is, where there are several; what a striped bar is, where there is one; whose health checks are among the requests. */
function legend({ balancer, text, language, count }) {
  const { periods, frames, outer } = balancer;
  const why = (changes) => {
    const named = changes.slice(0, REASONS).map((change) => change || text("healthChanged"));
    return changes.length > REASONS ? text("andMore", { names: named.join(", "), count: changes.length - REASONS }) : named.join(", ");
  };
  const told = periods.map((period) => {
    const after = period.why.length ? text("periodAfter", { why: why(period.why) }) : "";
    return html("li", {}, [text("period", { from: duration(period.from, language), requests: count(period.count) }), after, ". ", ...apart(period, text)]);
  });
  const lost = frames.some(({ rows }) => rows.some(({ cells }) => cells.some(isLost)));
  const texture = textures();
  const sample = svg("svg", { width: 28, height: 12 }, [texture.defs, svg("rect", { class: "eslabon-share-lost", x: 1, y: 1, width: 26, height: 10, fill: texture.lost })]);
  const one = told.length === 1 ? apart(periods[0], text) : [];
  return [
    ...(lost ? [html("p", { class: "eslabon-legend", "aria-hidden": "true" }, [html("span", {}, [sample, text(`${balancer.unit}Failed`)])])] : []),
    ...(told.length > 1 ? [html("ol", { class: "eslabon-periods" }, told)] : []),
    ...(one.length ? [html("p", { class: "eslabon-note" }, one)] : []),
    ...(outer.length ? [html("p", { class: "eslabon-note" }, [text("checkedToo", { names: outer.join(", ") })])] : []),
  ];
}

/** Which targets each node used, where not all used all. */
const apart = ({ kept }, text) => (kept.length ? [sentence(text("apart", { nodes: kept.map((node) => text("nodeApart", node)).join("; ") }))] : []);

function sentences(tell) {
  const { balancer, text, language, count, number } = tell;
  const all = balancer.frames.flatMap(({ rows }) => rows.flatMap(({ cells }) => cells));
  const zones = balancer.zones.map((zone) => `${zone}, ${number.format(sum(all, (cell) => cell.zone === zone))}`).join("; ");
  const told = [text("balancerTold", { name: balancer.name, requests: count(sum(all)), zones })];
  const more = (words) => words.filter(Boolean).map((words) => `; ${words}`).join("");
  for (const frame of balancer.frames) {
    const got = count(sum(frame.rows.flatMap(({ cells }) => cells)));
    if (!isOwn(frame)) told.push(`${frameName(frame, tell)}: ${got}${more(wayNames(frame.ways, tell))}.`);
    for (const row of frame.rows) {
      const shares = balancer.periods.map((period, place) => share(sum(row.cells, (cell) => cell.period === place), period.count, language));
      const requests = `${count(sum(row.cells))} (${shares.join(" → ")})`;
      const values = { target: rowName(frame, row, tell), requests, detail: more([beside(frame, row, tell)]) };
      told.push(text(isOwn(frame) ? `${balancer.unit}OwnTold` : row.more ? "moreTold" : "targetTold", values));
    }
  }
  return told.map(sentence);
}

function table(tell) {
  const { balancer, text, number } = tell;
  const { periods, zones, frames } = balancer;
  const several = periods.length > 1;
  const rows = frames.flatMap((frame) =>
    frame.rows.flatMap((row) =>
      periods.map((period, place) => {
        const cells = row.cells.filter((cell) => cell.period === place);
        const numbers = [...zones.map((zone) => sum(cells, (cell) => cell.zone === zone)), sum(cells)];
        return html("tr", {}, [
          html("th", { scope: "row" }, [rowName(frame, row, tell)]),
          ...(several ? [html("td", {}, [String(place + 1)])] : []),
          ...numbers.map((amount) => html("td", {}, [number.format(amount)])),
        ]);
      }),
    ),
  );
  const heads = [text("target"), ...(several ? [text("periodHead")] : []), ...zones, text("total")].map((head) => html("th", { scope: "col" }, [head]));
  const whole = html("table", { class: "eslabon-numbers" }, [html("thead", {}, [html("tr", {}, heads)]), html("tbody", {}, rows)]);
  return html("div", { class: "eslabon-scrolled", tabindex: "0", role: "group", "aria-label": text("inNumbers") }, [whole]);
}
