// Where the boxes, the ways and the frames of a story lie: in columns, or as an indented list where the page is narrow. Pure; draws nothing.

export const BOX = { width: 164, height: 46 };
const GAP = { column: 92, least: 52, row: 24 };
const INDENT = { most: 26, least: 14 };
const LANE = GAP.row / 2; // below a row of boxes: ways that would cross a box run there
const FRAME = { head: 26, headInList: 36, foot: 16, side: 12, apart: 14 };
const DIGIT = 6.6; // pixels of a character in a number
const LETTER = 7.4; // pixels of a letter in a frame's name
const EDGE = 1; // half a line more than nothing, so that the outermost is not cut

/** What a way says of its deliveries: "3", or "✓ 1 ✕ 2" where some have failed. */
export function tally({ count, failed, refusals }) {
  const lost = failed + refusals.reduce((sum, refusal) => sum + refusal.count, 0);
  if (!lost) return String(count);
  return count ? `✓ ${count} ✕ ${lost}` : `✕ ${lost}`;
}

const tallyWidth = (edge) => 12 + tally(edge).length * DIGIT;

/**
 * room: pixels. nameOf: a place's name, for the room that it takes. Gives { width, height, wide, places, frames, ways }; places: the box of each node, { x, y }; frames: { place, x, y,
 * width, height, name, label: where the name begins } around the boxes of one Region and account, none where there is one only; ways: one for each edge,
 * { edge, path, head, number: { x, y, width } }.
 */
export function layout(story, room, nameOf) {
  const column = columns(story);
  const gaps = Math.max(1, ...column.values());
  const framed = story.nodes.some(({ place }) => place);
  const side = framed ? FRAME.side : EDGE;
  const gap = Math.min(GAP.column, Math.floor((room - 2 * side - BOX.width * (gaps + 1)) / gaps));
  const wide = gap >= Math.max(GAP.least, ...story.edges.map((edge) => tallyWidth(edge) + 16));
  const { places, frames } = wide ? inColumns(story, column, gap, side) : inList(story, room, side);
  const route = wide ? routesInColumns(places, column, gap) : routesInList(places);
  const ways = story.edges.map((edge) => ({ edge, ...route(edge) }));
  const right = (x) => Math.max(...[...places.values()].map((place) => place.x + BOX.width), ...ways.map((way) => way.right ?? 0)) + x;
  const bottom = (y) => Math.max(...[...places.values()].map((place) => place.y + BOX.height), ...ways.map((way) => way.bottom ?? 0)) + y;
  let width = right(side);
  const long = (frame) => frame.name.length * LETTER;
  for (const frame of frames) {
    frame.name = nameOf(frame.place);
    const least = side + long(frame) + side;
    width = Math.max(width, least, Math.min(room, frame.label + long(frame) + side));
  }
  for (const frame of frames) {
    const label = Math.max(side, Math.min(frame.label, width - side - long(frame)));
    Object.assign(frame, { x: EDGE, width: width - 2 * EDGE, label });
  }
  const height = Math.max(bottom(EDGE), ...frames.map((frame) => frame.y + frame.height + EDGE));
  return { width, height, wide, places, frames, ways };
}

// ---- boxes ----

/** Each Region and account in rows of its own, one below the other; in each, a box beside the one that sends to it. */
function inColumns(story, column, gap, side) {
  const bands = new Map(); // by place: how many rows each column has, and the row of each node
  for (const node of walk(story).keys()) {
    if (!bands.has(node.place)) bands.set(node.place, { taken: [], rows: new Map() });
    const { taken, rows } = bands.get(node.place);
    const at = column.get(node);
    const senders = story.edges.filter(({ source, target }) => target === node && rows.has(source) && column.get(source) < at);
    const beside = senders.length ? Math.min(...senders.map(({ source }) => rows.get(source))) : 0;
    const row = Math.max(taken[at] ?? 0, beside);
    taken[at] = row + 1;
    rows.set(node, row);
  }
  const places = new Map();
  const frames = [];
  let y = EDGE;
  for (const [place, { rows }] of bands) {
    const top = place ? y + FRAME.head : y;
    for (const [node, row] of rows) places.set(node, { x: side + column.get(node) * (BOX.width + gap), y: top + row * (BOX.height + GAP.row) });
    const end = top + (Math.max(...rows.values()) + 1) * (BOX.height + GAP.row) - GAP.row;
    if (place) frames.push({ place, y, height: end + FRAME.foot - y, label: side });
    y = end + FRAME.foot + FRAME.apart;
  }
  return { places, frames };
}

/** One box a row, moved in by how far it is from the beginning; a frame around those that follow each other in one place. */
function inList(story, room, side) {
  const order = walk(story);
  const deepest = Math.max(1, ...order.values());
  const indent = Math.max(INDENT.least, Math.min(INDENT.most, Math.floor((room - 2 * side - BOX.width) / deepest)));
  const places = new Map();
  const frames = [];
  let y = EDGE;
  let last;
  for (const [node, depth] of order) {
    const x = side + depth * indent;
    if (node.place && (!last || last.place !== node.place)) {
      if (last) y += FRAME.foot + FRAME.apart - GAP.row;
      last = { place: node.place, y, height: 0, label: x };
      frames.push(last);
      y += FRAME.headInList; // under the name there is a number
    }
    places.set(node, { x, y });
    if (last) last.height = y + BOX.height + FRAME.foot - last.y;
    y += BOX.height + GAP.row;
  }
  return { places, frames };
}

// ---- ways ----

const HEAD = {
  right: (x, y) => `M${x - 8} ${y - 4}v8l7 -4z`,
  left: (x, y) => `M${x + 8} ${y - 4}v8l-7 -4z`,
  up: (x, y) => `M${x - 4} ${y + 8}h8l-4 -7z`,
};

/** A point of the curve of `bend`, a share of the way along it. */
function along(share, [x1, y1], [x2, y2]) {
  const rest = 1 - share;
  const half = (x1 + x2) / 2;
  const bent = share * share * (3 - 2 * share);
  return { x: rest ** 3 * x1 + 3 * rest * share * half + share ** 3 * x2, y: y1 + (y2 - y1) * bent };
}

const bend = ([x1, y1], [x2, y2]) => `C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}`;

function routesInColumns(places, column, gap) {
  const middle = BOX.height / 2;
  return (edge) => {
    const { source, target } = edge;
    const [from, to] = [places.get(source), places.get(target)];
    const width = tallyWidth(edge);
    const steps = column.get(target) - column.get(source);
    const [begin, end] = [[from.x + BOX.width, from.y + middle], [to.x - 7, to.y + middle]];
    if (steps === 1) {
      // Where there is room, nearer to the target: ways that leave together are apart there.
      const number = { ...along(width < gap / 2 ? 0.62 : 0.5, begin, end), width };
      return { path: `M${begin.join(" ")}${bend(begin, end)}`, head: HEAD.right(to.x, to.y + middle), number };
    }
    const lane = from.y + BOX.height + LANE;
    if (steps > 1) {
      // Past the columns between, below this row, where there is no box.
      const [down, up] = [[from.x + BOX.width + gap, lane], [to.x - gap, lane]];
      const path = `M${begin.join(" ")}${bend(begin, down)}H${up[0]}${bend(up, end)}`;
      return { path, head: HEAD.right(to.x, to.y + middle), number: { ...along(0.5, up, end), width }, bottom: lane + 11 };
    }
    // Back: below this row, and where the other end is in another row, beside the target and below it.
    const [leave, arrive] = [from.x + BOX.width * 0.6, to.x + BOX.width * 0.4];
    const below = to.y + BOX.height + LANE;
    const beside = to.x + BOX.width + 14;
    const turn = below === lane ? "" : `H${beside}V${below}`;
    const path = `M${leave} ${from.y + BOX.height}V${lane}${turn}H${arrive}V${to.y + BOX.height + 7}`;
    const number = { x: (leave + (turn ? beside : arrive)) / 2, y: lane, width };
    return { path, head: HEAD.up(arrive, to.y + BOX.height), number, bottom: Math.max(lane, below) + 11, right: beside + EDGE };
  };
}

function routesInList(places) {
  const middle = BOX.height / 2;
  let lanes = 0;
  const taken = new Map(); // pixels of each box's upper side that have numbers, from its right end
  return (edge) => {
    const [from, to] = [places.get(edge.source), places.get(edge.target)];
    const width = tallyWidth(edge);
    if (to.y > from.y) {
      const right = taken.get(to) ?? 6;
      taken.set(to, right + width + 4);
      const x = from.x + Math.min(13, (to.x - from.x) / 2);
      const path = `M${x} ${from.y + BOX.height}V${to.y + middle - 6}q0 6 6 6H${to.x - 6}`;
      return { path, head: HEAD.right(to.x, to.y + middle), number: { x: to.x + BOX.width - right - width / 2, y: to.y - 4, width } };
    }
    // Back up: to the right of every box between, each such way beside the one before.
    const between = [...places.values()].filter(({ y }) => y >= to.y && y <= from.y);
    const lane = Math.max(...between.map(({ x }) => x + BOX.width)) + 14 + 10 * lanes++;
    const path = `M${from.x + BOX.width} ${from.y + middle + 6}H${lane}V${to.y + middle - 6}H${to.x + BOX.width + 6}`;
    const number = { x: lane, y: (from.y + to.y) / 2 + middle, width };
    return { path, head: HEAD.left(to.x + BOX.width, to.y + middle - 6), number, right: lane + width / 2 };
  };
}

// ---- order ----

const starts = ({ nodes, edges }) => nodes.filter((node) => !edges.some(({ target, source }) => target === node && source !== node));

/** The column of each node: one more than that of the furthest node that sends to it. Ways that lead back do not count. */
export function columns(story) {
  const column = new Map();
  const place = (node, above) => {
    if (above.has(node)) return;
    const here = above.size;
    if ((column.get(node) ?? -1) >= here) return;
    column.set(node, here);
    const path = new Set([...above, node]);
    for (const edge of story.edges) if (edge.source === node) place(edge.target, path);
  };
  for (const node of starts(story)) place(node, new Set());
  for (const node of story.nodes) if (!column.has(node)) place(node, new Set());
  return column;
}

/** The nodes in the order in which a reader follows the event, each with its depth: a tree, each node once, those in one place together. */
export function walk(story) {
  const order = new Map();
  const visit = (node, depth) => {
    if (order.has(node)) return;
    order.set(node, depth);
    const next = story.edges.filter(({ source }) => source === node).map(({ target }) => target);
    for (const here of [true, false]) for (const target of next) if ((target.place === node.place) === here) visit(target, depth + 1);
  };
  for (const node of starts(story)) visit(node, 0);
  for (const node of story.nodes) visit(node, 0);
  return order;
}
