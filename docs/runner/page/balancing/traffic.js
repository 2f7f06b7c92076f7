// What a cloud's journal says of load balancers: what became of requests and flows, in periods between changes, and the health of targets. Pure.

const PERIODS = 6; // that are told apart
const ROWS = 12; // targets of a balancer that are told apart, and own answers of it
const CHANGING = new Set(["elbv2", "elb", "ec2", "lambda"]); // services whose operations may change where requests go
const READING = /^(describe|get|list)_/;
const TYPES = { app: "Application", net: "Network", gwy: "Gateway" };
const LOST = 400; // from this status on, a request has not had what it wanted
const EXPECTED = 5; // requests: where fewer are to be expected, it is by chance that none came

/** How many requests these cells hold, of those for which a test holds. */
export const sum = (cells, test = () => true) => cells.reduce((total, cell) => total + (test(cell) ? cell.count : 0), 0);

/** ModifyTargetGroupAttributes, of modify_target_group_attributes. */
const operationName = (name) => name.replace(/(^|_)(\w)/g, (_, before, letter) => letter.toUpperCase());

/**
 * entries: the journal as page.py sends it. Gives { balancers, lanes }.
 * A balancer has arn, name, type, region, unit (request or flow), outer (names of balancers of which it is a target), zones, periods
 * ({ from, count, why: the operations and the health that have changed before, kept: what nodes did not send everywhere }) and frames:
 * { kind, name, more, ways, rows }, of its target groups and, of the kind "own", of its own answers. A row has name, more (how many it
 * sums up, and then no name), cells ({ period, zone, status, lost, count }), and of an own answer status, cause and ways. A way is
 * { port, protocol, rule, count }: the listener and the rule that led here.
 * A lane is a target in a group: { name, group, spans: [{ from, to, state, reason }], requests: [{ time, lost, unit }], left: whether it
 * has been deregistered }. Times are in seconds since the first entry.
 */
export function traffic(entries) {
  const began = entries.reduce((first, { time }) => Math.min(first, time), Infinity);
  const ended = entries.reduce((last, { time }) => Math.max(last, time), -Infinity) - began;
  const names = new Map(); // of instances, by id
  const balancers = new Map();
  const lanes = new Map();
  const changes = []; // { operation } or { group }, whose health
  const laneOf = (group, target) => {
    const id = `${group} ${target}`;
    if (!lanes.has(id)) lanes.set(id, { id, group, target, changes: [], requests: [], end: ended });
    return lanes.get(id);
  };
  const request = ({ balancer: arn, zone, port, rule, status, cause, protocol, count = 1, began: from, time, ...chosen }) => {
    const [group, target] = placeOf(chosen);
    if (!balancers.has(arn)) balancers.set(arn, { arn, unit: protocol ? "flow" : "request", periods: [], changes: 0, fates: new Map() });
    const balancer = balancers.get(arn);
    const { periods, fates } = balancer;
    const start = Math.max(0, (from ?? time) - began); // the first entry may be this one, told when it had ended
    if (!periods.length || balancer.changes < changes.length) {
      periods.push({ from: start, count: 0, why: periods.length ? changes.slice(balancer.changes) : [] });
      balancer.changes = changes.length;
    }
    periods.at(-1).count += count;
    const way = { port, protocol: protocol?.toUpperCase(), rule: isClassic(arn) ? undefined : rule };
    const own = !target || cause;
    const id = own ? JSON.stringify([status, cause, way]) : `${group} ${target}`;
    if (!fates.has(id)) fates.set(id, { id, ...(own ? { status, cause } : { group, target }), ways: [], cells: [] });
    const fate = fates.get(id);
    add(fate.ways, way, count);
    const lost = protocol ? Boolean(cause) : status >= LOST; // flows have no status
    add(fate.cells, { period: periods.length - 1, zone, status, lost }, count);
    if (group && target) laneOf(group, target).requests.push({ time: start, lost, unit: balancer.unit });
  };
  const told = {
    request,
    flow: request,
    call: ({ service, operation, error }) => {
      if (CHANGING.has(service) && !error && !READING.test(operation)) changes.push({ operation: operationName(operation) });
    },
    health: ({ state, reason, time, before, ...checked }) => {
      const lane = laneOf(...placeOf(checked));
      lane.changes.push({ time: time - began, state, reason, before });
      if (!before) changes.push({ group: lane.group });
    },
    resource: ({ arn, type, state, name, time }) => {
      if (type === "instance") names.set(arn.split("/").at(-1), name);
      if (state !== "deleted") return;
      for (const lane of lanes.values()) if (lane.group === arn) lane.end = Math.min(lane.end, time - began);
    },
  };
  for (const entry of entries) told[entry.kind]?.(entry);
  const nameOf = (target) => targetName(target, names);
  const whole = [...balancers.values()].map((balancer) => finished(balancer, nameOf, [...lanes.values()]));
  return { balancers: behindLast(whole), lanes: lanesToTell([...lanes.values()], nameOf) };
}

/** Counts it with what is the same but for the count. */
function add(all, one, count) {
  const same = all.find((other) => Object.keys(one).every((name) => other[name] === one[name]));
  if (same) same.count += count;
  else all.push({ ...one, count });
}

// ---- names ----

const isClassic = (arn) => /:loadbalancer\/[^/]+$/.test(arn);

/** The group and the target of a request or of a check; of a Classic Load Balancer, itself and the instance, whatever the ports. */
function placeOf({ group, target }) {
  const classic = group && group.includes(":loadbalancer/");
  return classic ? [group.split("/").slice(0, 2).join("/"), target?.split(":")[0]] : [group, target];
}

/** How a heading names a group: the kind is a key of the messages. */
const titled = (group) => ({ kind: isClassic(group) ? "instancesOf" : "targetGroup", name: group.split("/")[1] });

/** A target in few letters: the Name of an instance when no other has the same, the name of a function or a balancer, its port. */
function targetName(target, names) {
  if (target.startsWith("arn:")) {
    const parts = target.split(":");
    return parts[2] === "lambda" ? parts[6] : [parts[5].split("/")[2], ...parts.slice(6)].join(":");
  }
  const [id, port] = target.split(":");
  const name = names.get(id);
  const alone = name && [...names.values()].filter((other) => other === name).length === 1;
  return alone ? [name, ...(port ? [port] : [])].join(":") : target;
}

// ---- a balancer ----

function finished({ arn, unit, periods, fates }, nameOf, lanes) {
  const [, type, name] = arn.split(":").at(-1).split("/");
  const all = [...fates.values()];
  const groups = new Set(all.map(({ group }) => group));
  const relevant = periods.map((period) => ({ ...period, why: period.why.filter(({ group }) => !group || groups.has(group)) }));
  const kept = merged(relevant);
  for (const { cells } of all) for (const cell of cells) cell.period = kept.findIndex(({ holds }) => holds.includes(cell.period));
  const zones = [...new Set(all.flatMap(({ cells }) => cells.map(({ zone }) => zone)))].sort();
  const targets = all.filter(({ target }) => target);
  kept.forEach((period, place) => (period.kept = keptApart(period, place, zones, targets)));
  return {
    arn,
    name: name ?? type,
    type: TYPES[type] ?? "Classic",
    region: arn.split(":")[3],
    unit,
    outer: [],
    inner: targets.map(({ target }) => target.split(":").slice(0, 6).join(":")),
    zones,
    periods: kept.map(({ from, count, why, kept }) => ({ from, count, why: [...new Set(why.map(({ operation }) => operation ?? ""))], kept })),
    frames: framesOf(all, nameOf, lanes, periods[0].from),
  };
}

/** Balancers that are targets of another come after it, and know its name: health checks from there are requests, too. */
function behindLast(balancers) {
  for (const { name, inner } of balancers) for (const other of balancers) if (inner.includes(other.arn)) other.outer.push(name);
  return [...balancers].sort((one, other) => one.outer.length - other.outer.length);
}

/** Periods before which something has changed that matters, and no more than are told apart: neighbours with the fewest requests become one. */
function merged(periods) {
  const kept = [];
  periods.forEach((period, place) => {
    if (kept.length && !period.why.length) {
      kept.at(-1).count += period.count;
      kept.at(-1).holds.push(place);
    } else kept.push({ ...period, holds: [place] });
  });
  const together = (place) => kept[place].count + kept[place + 1].count;
  while (kept.length > PERIODS) {
    let least = 0;
    for (let place = 1; place < kept.length - 1; place += 1) if (together(place) < together(least)) least = place;
    const [one, other] = kept.splice(least, 2);
    kept.splice(least, 0, { from: one.from, count: one.count + other.count, why: [...one.why, ...other.why], holds: [...one.holds, ...other.holds] });
  }
  return kept;
}

/**
 * [{ zone, sent: targets to which its node sent something, of: targets that got something }]: empty unless a node left out a target that would
 * have had its share by chance.
 */
function keptApart(period, place, zones, targets) {
  const here = (cell) => cell.period === place;
  const active = targets.filter(({ cells }) => cells.some(here));
  const nodes = zones.map((zone) => {
    const from = (cell) => here(cell) && cell.zone === zone;
    const all = sum(active.flatMap(({ cells }) => cells), from);
    const missed = active.some(({ cells }) => !sum(cells, from) && (all * sum(cells, here)) / period.count >= EXPECTED);
    return { zone, sent: active.filter(({ cells }) => sum(cells, from)).length, of: active.length, all, missed };
  });
  return nodes.some(({ missed }) => missed) ? nodes.filter(({ all }) => all).map(({ zone, sent, of }) => ({ zone, sent, of })) : [];
}

/** The frames of a balancer: a row for each target in the order of their lanes, with those that got nothing; its own answers last. */
function framesOf(fates, nameOf, lanes, since) {
  const order = lanes.map(({ id }) => id);
  const groups = new Map();
  for (const fate of fates) groups.set(fate.group, [...(groups.get(fate.group) ?? []), fate]);
  const own = groups.get(undefined) ?? [];
  groups.delete(undefined);
  const frames = [...groups].map(([group, asked]) => {
    const there = new Set(asked.map(({ id }) => id));
    const idle = lanes.filter((lane) => lane.group === group && !there.has(lane.id) && inUse(lane, since));
    const targets = [...asked, ...idle].sort((one, other) => order.indexOf(one.id) - order.indexOf(other.id));
    return { ...titled(group), more: 0, ways: waysOf(asked), rows: targets.map(({ target, cells = [] }) => ({ name: nameOf(target), more: 0, cells })) };
  });
  const shown = frames.length > ROWS ? [...frames.slice(0, ROWS - 1), rest(frames.slice(ROWS - 1))] : frames;
  const rows = shown.reduce((count, { rows }) => count + rows.length, 0);
  if (rows > ROWS) for (const frame of shown) frame.rows = shortened(frame.rows, Math.max(1, Math.floor(ROWS / shown.length)));
  if (own.length) {
    const answers = [...own].sort((one, other) => byRule(one.ways[0], other.ways[0]) || one.status - other.status);
    shown.push({ kind: "own", name: "", more: 0, ways: [], rows: shortened(answers.map((answer) => ({ ...answer, more: 0 })), ROWS) });
  }
  return shown;
}

/** Whether a target is one of its group, used or not yet, at this time or later. */
const inUse = (lane, since) => spans(lane).some(({ to, state }) => to >= since && state !== "unused");

const byRule = (one, other) => (one.port ?? 0) - (other.port ?? 0) || (Number(one.rule) || Infinity) - (Number(other.rule) || Infinity) || 0;

function waysOf(fates) {
  const ways = [];
  for (const { ways: some } of fates) for (const { count, ...way } of some) add(ways, way, count);
  return ways.sort(byRule);
}

/** At most so many rows: the last one sums up what there is no room for. */
function shortened(rows, most) {
  if (rows.length <= most) return rows;
  const left = rows.slice(most - 1);
  return [...rows.slice(0, most - 1), { more: left.reduce((count, { more }) => count + (more || 1), 0), cells: left.flatMap(({ cells }) => cells), ways: [] }];
}

const rest = (frames) => ({ kind: "targetGroup", name: "", more: frames.length, ways: waysOf(frames), rows: shortened(frames.flatMap(({ rows }) => rows), 1) });

// ---- health ----

const STEADY = new Set(["healthy", "unavailable"]); // alone, they tell nothing over time
const hasLeft = ({ changes }) => changes.length > 0 && changes.at(-1).state === "unused" && changes.at(-1).reason === "Target.NotRegistered";

/** Lanes of the groups in which a target's health has changed while it was used. */
function lanesToTell(lanes, nameOf) {
  const told = lanes.map((lane) => ({ ...lane, spans: spans(lane) })).filter((lane) => lane.spans.length);
  const changing = ({ spans, changes }) => spans.length > 1 || (!changes[0].before && !STEADY.has(spans[0].state));
  const changed = new Set(told.filter((lane) => changing(lane) || hasLeft(lane)).map(({ group }) => group));
  return told
    .filter(({ group }) => changed.has(group))
    .map((lane) => ({ name: nameOf(lane.target), group: titled(lane.group), spans: lane.spans, requests: lane.requests, left: hasLeft(lane) }));
}

/** The states of a target in order, each with its end; before and after a balancer uses it, there is nothing to tell. */
function spans({ changes, end }) {
  const all = changes.map(({ time, state, reason }, place) => ({ from: time, to: Math.min(changes[place + 1]?.time ?? end, end), state, reason }));
  const idle = ({ state, reason }) => state === "unused" && /NotInUse|NotRegistered/.test(reason);
  while (all.length && idle(all[0])) all.shift();
  while (all.length && idle(all.at(-1))) all.pop();
  return all.filter(({ from, to }, place) => to > from || (to === from && place === all.length - 1)); // the last one may have just begun
}
