// Virtual time for people: durations and the ticks of an axis. Pure: numbers in, texts out.

// Each unit, its seconds, and from how many seconds on an axis counts in it.
const UNITS = [
  ["d", 86400, 3 * 86400],
  ["h", 3600, 3 * 3600],
  ["min", 60, 10 * 60],
  ["s", 1, 0],
];
const STEPS = [1, 2, 5, 10, 15, 30, ...[1, 2, 5, 10, 15, 30].map((count) => count * 60), ...[1, 2, 3, 6, 12].map((count) => count * 3600)];
const DAYS = 86400;
const FIXED = "\u00a0"; // a space at which no line breaks
const FINEST = -3; // powers of ten: nothing happens in less than a millisecond

/** 12.4 s, 3 min 20 s, 1 d 2 h: the two largest units. */
export function duration(seconds, language) {
  if (seconds < 120) return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(seconds)}${FIXED}s`;
  let left = Math.round(seconds);
  const parts = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count) parts.push(`${count}${FIXED}${unit}`);
  }
  return parts.slice(0, 2).join(" ");
}

/** Every length that a step may have, shortest first. It has no end. */
function* steps() {
  for (let power = FINEST; power < 0; power += 1) for (const digit of [1, 2, 5]) yield digit * 10 ** power;
  yield* STEPS;
  for (let days = DAYS; ; days *= 10) for (const digit of [1, 2, 5]) yield digit * days;
}

/** The ticks between two times in seconds, at most `most` of them: [{ time, label }]. All have one unit, that of the step between them. */
export function ticks(from, to, most, language) {
  for (const step of steps()) {
    const first = Math.ceil(from / step - 1e-9);
    const last = Math.floor(to / step + 1e-9);
    if (last - first + 1 > most) continue;
    const [unit, size] = UNITS.find(([, size, least]) => to >= least && step % size === 0) ?? UNITS.at(-1);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const number = new Intl.NumberFormat(language, { maximumFractionDigits: size === 1 ? digits : 0 });
    const times = Array.from({ length: last - first + 1 }, (_, place) => (first + place) * step);
    return times.map((time) => ({ time, label: `${number.format(time / size)} ${unit}` }));
  }
}
