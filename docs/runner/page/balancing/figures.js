// The figures of load balancers: what became of requests and flows, and the health of targets. Fetched when a run has something of them.
import { html } from "../dom.js";
import { healthFigure } from "./health.js";
import { texts } from "./messages.js";
import { requestsFigure } from "./requests.js";
import { traffic } from "./traffic.js";

const DRAWN = 4; // balancers

/** entries: the journal as page.py sends it. summary: what the first caption says of the run as a whole, or nothing. */
export function figures(entries, language, summary) {
  const text = texts(language);
  const { balancers, lanes } = traffic(entries);
  const several = new Set(balancers.map(({ region }) => region)).size > 1;
  const drawn = balancers.slice(0, DRAWN);
  const left = balancers.length - drawn.length;
  return [
    ...drawn.map((balancer, place) => requestsFigure(balancer, text, language, { summary: place ? "" : summary, several })),
    ...(left ? [html("p", { class: "eslabon-note eslabon-picture" }, [text("moreBalancers", { count: left })])] : []),
    healthFigure(lanes, text, language),
  ].filter(Boolean);
}
