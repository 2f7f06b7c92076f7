// The code editor: CodeMirror 6 with what a snippet needs. Fetched on the first click. Colours come from the theme's CSS variables.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { python } from "@codemirror/lang-python";
import { HighlightStyle, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colour = (name) => `var(--md-code-hl-${name}-color)`;
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.controlKeyword, tags.operatorKeyword, tags.moduleKeyword], color: colour("keyword") },
  { tag: [tags.string, tags.special(tags.string)], color: colour("string") },
  { tag: tags.comment, color: colour("comment") },
  { tag: tags.number, color: colour("number") },
  { tag: [tags.bool, tags.null], color: colour("constant") },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: colour("function") },
  { tag: [tags.operator, tags.compareOperator, tags.arithmeticOperator], color: colour("operator") },
  { tag: [tags.punctuation, tags.bracket, tags.separator], color: colour("punctuation") },
  { tag: [tags.variableName, tags.propertyName], color: colour("name") },
]);

/** Put an editor into `parent`. Gives { focus(), placeCursor(x, y), goTo(line), close() }. */
export function open(parent, { text, label, onRun, onLeave, onChange }) {
  const run = () => (onRun(), true);
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        keymap.of([
          { key: "Ctrl-Enter", run },
          { key: "Mod-Enter", run },
          { key: "Escape", run: () => (onLeave(), true) },
        ]),
        lineNumbers(),
        history(),
        highlightSpecialChars(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        indentUnit.of("    "),
        syntaxHighlighting(colours),
        python(),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
        EditorView.contentAttributes.of({ "aria-label": label, "aria-multiline": "true", translate: "no" }),
        EditorView.updateListener.of((update) => update.docChanged && onChange(update.state.doc.toString())),
      ],
    }),
  });
  return {
    focus: () => view.focus(),
    /** Put the cursor at a point of the screen. */
    placeCursor(x, y) {
      view.dispatch({ selection: { anchor: view.posAtCoords({ x, y }, false) } });
    },
    /** Put the cursor at the beginning of a line, counted from 1, and show it. */
    goTo(line) {
      const { from } = view.state.doc.line(Math.min(line, view.state.doc.lines));
      view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
    },
    close: () => view.destroy(),
  };
}
