/**
 * Safe display of untrusted text: text of a registry, an image or another tool must
 * not move the cursor, reorder a line or hide in it.
 */

// What most text is, and safe.
const PLAIN = /^[\x20-\x7e\n\t]*$/;

/**
 * Writes characters that are not to be seen as `\u001b`, but for newlines and
 * tabs. JSON stays the same JSON.
 */
export function showControls(text: string): string {
  if (PLAIN.test(text)) return text;
  // Controls (C0, DEL, C1) and formats (bidirectional, zero width, tags), line
  // and paragraph separators, halves of surrogate pairs, and what fonts leave
  // out; but not the variation selectors that emoji are made with. It stands here,
  // as its tables of Unicode would take 0.4 ms of each start.
  const unsafe =
    /(?![\n\t\u{fe0e}\u{fe0f}])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;
  return text.replace(
    unsafe,
    (character) =>
      character.split("").map((unit) =>
        `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
      ).join(""),
  );
}

/** As {@linkcode showControls}, and on one line. */
export function showOnOneLine(text: string): string {
  return showControls(text.replace(/\s*[\n\r\t\v\f]\s*/g, " "));
}

// ECMA-48, 8.3.117: colours and the like.
// deno-lint-ignore no-control-regex -- that is what it looks for
const COLOR = /(\x1b\[[0-9;:]*m)/;

/**
 * As {@linkcode showControls}, for what a program in a container has written: with
 * its colours, if these are wanted, and ends of lines as terminals have them.
 */
export function showOutput(
  text: string,
  { isColored }: { readonly isColored: boolean },
): string {
  return text.replaceAll("\r\n", "\n").split(COLOR)
    .map((part, index) => {
      if (index % 2 === 0) return showControls(part);
      return isColored ? part : "";
    }).join("");
}
