// How texts are looked up: from a table by language, with {name} filled in. A part of the page has a table of its own.

/** For a table { es: {…}, en: {…} }: the function that gives, for a language, text("fetching", { loaded: 1, total: 6 }). */
export const inLanguages = (messages) => (language) => {
  const table = messages[language] ?? messages.en;
  return (name, values = {}) => table[name].replace(/\{(\w+)\}/g, (_, value) => String(values[value]));
};
