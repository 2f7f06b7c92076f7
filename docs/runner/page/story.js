// What a cloud's journal says, as nodes and edges with counts, queues with their levels, and as sentences. Pure; draws nothing.

/** The kind and the name of a resource, from its ARN. Kinds are keys of the messages. */
export function resource(arn) {
  const [, , service, , , ...rest] = arn.split(":");
  const id = rest.join(":");
  const last = id.split("/").at(-1);
  if (service === "events") return id.startsWith("rule/") ? { kind: "rule", name: last } : { kind: "bus", name: last };
  if (service === "sqs") return { kind: "queue", name: id };
  if (service === "lambda") return { kind: "function", name: id.split(":")[1] ?? id };
  if (service === "logs") return { kind: "group", name: id.replace(/^log-group:/, "").replace(/:\*$/, "") };
  if (service === "states") return { kind: id.startsWith("activity:") ? "activity" : "machine", name: id.split(":")[1] ?? id };
  if (service === "elasticloadbalancing") return { kind: "balancer", name: id.split("/")[2] ?? last };
  return { kind: "other", name: last || arn };
}

/** The ARN of the bus that a rule's ARN names. */
function busOfRule(rule) {
  const [head, id] = [rule.slice(0, rule.lastIndexOf(":")), rule.slice(rule.lastIndexOf(":") + 1)];
  const parts = id.split("/");
  return `${head}:event-bus/${parts.length > 2 ? parts[1] : "default"}`;
}

const key = (arn) => arn.replace(/:\*$/, ""); // a log group's ARN is written with and without :*

/**
 * entries: the journal as page.py sends it. Gives { nodes, edges, queues, calls, seconds }; a node has arn, kind, name, place (its
 * Region and account, or null where all that is told lies in one), peak (messages at once, of a queue) and lines (of a log group);
 * an edge has source, target, type, count, failed, reason and refusals. queues: the nodes that are queues, each with its levels.
 * Times are in seconds since the first entry.
 */
export function story(entries) {
  const times = entries.map(({ time }) => time); // far too many, perhaps, to be the arguments of Math.min
  const began = times.reduce((first, time) => Math.min(first, time), Infinity);
  const ended = times.reduce((last, time) => Math.max(last, time), -Infinity);
  const nodes = new Map();
  const edges = new Map();
  let calls = 0;
  const node = (arn) => {
    const id = key(arn);
    if (!nodes.has(id)) nodes.set(id, { arn: id, ...resource(id), place: null, peak: 0, lines: 0, levels: [] });
    return nodes.get(id);
  };
  const edge = (source, target, type) => {
    const id = `${key(source)} ${key(target)}`;
    if (!edges.has(id)) {
      const [from, to] = [node(source), node(target)];
      edges.set(id, { source: from, target: to, type, count: 0, failed: 0, reason: "", refusals: [], toldTwice: 0 });
    }
    return edges.get(id);
  };
  const belongs = (rule) => resource(rule).kind === "rule" && edge(busOfRule(rule), rule, "match");
  const told = {
    call: () => (calls += 1),
    link: ({ source, target, state }) => {
      if (state !== "created") return;
      belongs(source);
      edge(source, target, resource(target).kind === "rule" ? "match" : "delivery");
    },
    match: ({ rule }) => (belongs(rule).count += 1),
    delivery: ({ source, target, error, message }) => {
      belongs(source);
      const way = edge(source, target, "delivery");
      if (error && way.toldTwice) {
        way.toldTwice -= 1; // this failure is the refusal just told
      } else if (error) {
        way.failed += 1;
        way.reason = message || error;
      } else way.count += 1;
    },
    refusal: (refusal) => {
      belongs(refusal.source);
      const way = edge(refusal.source, refusal.target, "delivery");
      way.toldTwice += 1;
      const same = way.refusals.find((other) => other.action === refusal.action && other.principal === refusal.principal);
      if (same) same.count += 1;
      else way.refusals.push({ ...refusal, count: 1 });
    },
    depth: ({ arn, visible, in_flight, delayed }, { time }) => {
      const queue = node(arn);
      queue.peak = Math.max(queue.peak, visible + in_flight + delayed);
      queue.levels.push({ time: time - began, visible, in_flight, delayed, deleted: false });
    },
    resource: ({ arn, state, type }, { time }) => {
      if (type !== "queue" || state !== "deleted" || !nodes.has(arn)) return;
      nodes.get(arn).levels.push({ time: time - began, visible: 0, in_flight: 0, delayed: 0, deleted: true });
    },
    log: ({ group }, entry) => {
      const found = [...nodes.values()].find((other) => other.kind === "group" && other.name === group);
      const writer = [...nodes.values()].find((other) => other.kind === "function" && `/aws/lambda/${other.name}` === group);
      const into = found ?? node(`arn:aws:logs:${(writer?.arn ?? "::::").split(":").slice(3, 5).join(":")}:log-group:${group}`);
      into.lines += 1;
      if (writer) edge(writer.arn, into.arn, "log").count += 1;
    },
  };
  for (const entry of entries) told[entry.kind]?.(entry, entry);
  const drawn = [...edges.values()];
  const linked = new Set(drawn.flatMap(({ source, target }) => [source, target]));
  const queues = [...nodes.values()].filter(({ kind }) => kind === "queue");
  for (const { levels } of queues) levels.sort((one, other) => one.time - other.time);
  const shown = [...nodes.values()].filter((one) => linked.has(one) || one.levels.length);
  locate(shown);
  return {
    nodes: shown.filter((one) => linked.has(one)),
    edges: drawn,
    queues,
    calls,
    seconds: entries.length ? ended - began : 0,
  };
}

/** Gives each node its place, of what differs among them alone: { region, account }; one object for each place. */
function locate(nodes) {
  const parts = (arn) => arn.split(":").slice(3, 5);
  const [regions, accounts] = [0, 1].map((part) => new Set(nodes.map(({ arn }) => parts(arn)[part]).filter(Boolean)).size);
  if (regions < 2 && accounts < 2) return;
  const places = new Map();
  for (const node of nodes) {
    const [region, account] = parts(node.arn);
    const place = { region: regions > 1 ? region : "", account: accounts > 1 ? account : "" };
    const id = JSON.stringify(place);
    if (!places.has(id)) places.set(id, place);
    node.place = places.get(id);
  }
}

/** Whether a queue has had different numbers of messages: what a chart can show. */
export const varies = ({ levels }) => new Set(levels.map(({ visible, in_flight, delayed }) => [visible, in_flight, delayed].join())).size > 1;

/** A place as people read it: "eu-west-1", "account 210987654321", or both. */
export const placeName = (place, text) => [place?.region, place?.account && text("account", place)].filter(Boolean).join(" · ");

/** A node as a sentence names it: "the queue orders", with its place where the run has several. */
export const named = ({ kind, name, place }, text) =>
  text(`the${kind[0].toUpperCase()}${kind.slice(1)}`, { name }) + (place ? ` (${placeName(place, text)})` : "");

/** A sentence with its first letter large; the article "el" with "de" or "a" before it is written as Spanish does. */
export const sentence = (words) =>
  (words[0].toUpperCase() + words.slice(1)).replace(/ de el /g, " del ").replace(/ a el /g, " al ");

/** The story in sentences. */
export function sentences({ nodes, edges }, text) {
  const told = [];
  const count = (message, number, values) => told.push(text(number === 1 ? `${message}One` : message, { count: number, ...values }));
  for (const { source, target, type, count: went, failed, reason, refusals } of edges) {
    const ends = { source: named(source, text), target: named(target, text) };
    if (type === "match") count("matched", went, ends);
    else if (type === "delivery") {
      if (went) count("delivered", went, ends);
      if (failed) count("failed", failed, { ...ends, reason });
      for (const { principal, action } of refusals) told.push(text("refused", { ...ends, principal, action }));
      if (!went && !failed && !refusals.length) told.push(text("linked", ends));
    }
  }
  for (const node of nodes) if (node.lines) count("logged", node.lines, { target: named(node, text) });
  return told.map(sentence);
}
