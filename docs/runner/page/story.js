// What a cloud's journal says, as nodes and edges with counts, and as sentences. Pure: values in, values out; draws nothing.

/** The kind and the name of a resource, from its ARN. Kinds are keys of the messages. */
export function resource(arn) {
  const [, , service, , , ...rest] = arn.split(":");
  const id = rest.join(":");
  const last = id.split("/").at(-1);
  if (service === "events") return id.startsWith("rule/") ? { kind: "rule", name: last } : { kind: "bus", name: last };
  if (service === "sqs") return { kind: "queue", name: id };
  if (service === "lambda") return { kind: "function", name: id.split(":")[1] ?? id };
  if (service === "logs") return { kind: "group", name: id.replace(/^log-group:/, "").replace(/:\*$/, "") };
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
 * entries: the journal as page.py sends it. Gives { nodes, edges, calls, seconds }; a node has arn, kind, name, peak (messages at
 * once, of a queue) and lines (of a log group); an edge has source, target, type, count, failed, reason and refusals.
 */
export function story(entries) {
  const nodes = new Map();
  const edges = new Map();
  let calls = 0;
  const node = (arn) => {
    const id = key(arn);
    if (!nodes.has(id)) nodes.set(id, { arn: id, ...resource(id), peak: 0, lines: 0 });
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
    depth: ({ arn, visible, in_flight, delayed }) => {
      const queue = node(arn);
      queue.peak = Math.max(queue.peak, visible + in_flight + delayed);
    },
    log: ({ group }, entry) => {
      const found = [...nodes.values()].find((other) => other.kind === "group" && other.name === group);
      const into = found ?? node(`arn:aws:logs:::log-group:${group}`);
      into.lines += 1;
      const writer = [...nodes.values()].find((other) => other.kind === "function" && `/aws/lambda/${other.name}` === group);
      if (writer) edge(writer.arn, into.arn, "log").count += 1;
    },
  };
  for (const entry of entries) told[entry.kind]?.(entry);
  const drawn = [...edges.values()];
  const linked = new Set(drawn.flatMap(({ source, target }) => [source, target]));
  return {
    nodes: [...nodes.values()].filter((one) => linked.has(one)),
    edges: drawn,
    calls,
    seconds: entries.length ? entries.at(-1).time - entries[0].time : 0,
  };
}

/** A node as a sentence names it: "the queue orders". */
export const named = ({ kind, name }, text) => text(`the${kind[0].toUpperCase()}${kind.slice(1)}`, { name });

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

/** The column of each node: one more than that of the furthest node that sends to it. Ways that lead back do not count. */
export function columns({ nodes, edges }) {
  const column = new Map();
  const place = (node, above) => {
    if (above.has(node)) return;
    const here = above.size;
    if ((column.get(node) ?? -1) >= here) return;
    column.set(node, here);
    const path = new Set([...above, node]);
    for (const edge of edges) if (edge.source === node) place(edge.target, path);
  };
  for (const node of nodes) if (!edges.some(({ target, source }) => target === node && source !== node)) place(node, new Set());
  for (const node of nodes) if (!column.has(node)) place(node, new Set());
  return column;
}

/** The nodes in the order in which a reader follows the event, each with its depth: a tree, each node once. */
export function walk({ nodes, edges }) {
  const order = new Map();
  const visit = (node, depth) => {
    if (order.has(node)) return;
    order.set(node, depth);
    for (const edge of edges) if (edge.source === node) visit(edge.target, depth + 1);
  };
  for (const node of nodes) if (!edges.some(({ target, source }) => target === node && source !== node)) visit(node, 0);
  for (const node of nodes) visit(node, 0);
  return order;
}
