// How wide words are in a drawing, in the page's own font, so that they are cut where the room ends. Sizes as in runner.css.

const FONTS = { name: "600 13px", row: "400 13px", kind: "400 11.5px" };

/** For what stands in this element: { width(words, kind), cut(words, kind, room) }; kind: name, row or kind; pixels. */
export function letters(element) {
  const { fontFamily } = getComputedStyle(element);
  const pen = document.createElement("canvas").getContext("2d");
  const width = (words, kind) => {
    pen.font = `${FONTS[kind]} ${fontFamily}`;
    return pen.measureText(words).width;
  };
  const cut = (words, kind, room) => {
    let kept = words;
    while (kept && width(kept === words ? words : `${kept}…`, kind) > room) kept = kept.slice(0, -1);
    return kept === words ? words : `${kept}…`;
  };
  return { width, cut };
}
