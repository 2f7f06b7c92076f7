// Patterns that tell areas apart without their colours: stripes for what went wrong, bars for what is ending.
import { svg } from "../dom.js";

let numbered = 0;

/** { defs, lost, ending }: the element to put into a drawing, and what fills an area of it. */
export function textures() {
  const id = `eslabon-texture-${++numbered}`;
  const pattern = (name, turned) =>
    svg("pattern", { id: `${id}-${name}`, class: `eslabon-${name}`, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${turned})` }, [
      svg("line", { y2: 5 }),
    ]);
  return { defs: svg("defs", {}, [pattern("lost", 45), pattern("ending", 0)]), lost: `url(#${id}-lost)`, ending: `url(#${id}-ending)` };
}
