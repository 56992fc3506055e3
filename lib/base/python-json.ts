// JSON as Python and XGBoost write it: with NaN and Infinity as they stand, which JSON does not know.

const QUOTES_AND_WORDS = /\\[^]|"|\bNaN\b|\bInfinity\b/g;

/**
 * As `JSON.parse`, but NaN is null, and Infinity a number that is too large for a double: Infinity. Texts keep their words. One pass whatever the text:
 * it may come from anybody.
 * @throws SyntaxError where it is no JSON even so.
 */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    let inText = false;
    const json = text.replace(QUOTES_AND_WORDS, (found) => {
      if (found === '"') inText = !inText;
      return inText || !Object.hasOwn(WORDS, found) ? found : WORDS[found]!;
    });
    if (json === text) throw cause;
    return JSON.parse(json);
  }
}

const WORDS: Readonly<Record<string, string>> = { NaN: 'null', Infinity: '1e999' };
