/** Splits a template of Go's text/template into text and actions. */

import { readToken, type Token } from "./read_token.ts";
import { TemplateError } from "./template_error.ts";

/** What stands between `}}` and `{{`, or between `{{` and `}}`. */
export type Segment =
  | { readonly kind: "text"; readonly text: string }
  | {
    readonly kind: "action";
    readonly tokens: readonly Token[];
    readonly at: number;
  };

/**
 * Splits a template, without its comments; `{{-` and `-}}` have trimmed the
 * text beside them.
 *
 * @param decode Applied to each text before it is trimmed.
 * @throws {TemplateError} If an action has no end, or no token fits.
 */
export function splitTemplate(
  source: string,
  decode: (text: string) => string,
): readonly Segment[] {
  const segments: Segment[] = [];
  let index = 0;
  let isTrimmed = false;
  while (true) {
    const at = source.indexOf("{{", index);
    const raw = decode(source.slice(index, at < 0 ? undefined : at));
    let text = isTrimmed ? raw.replace(/^[ \t\r\n]+/, "") : raw;
    const trims = at >= 0 && /^\{\{-[ \t\r\n]/.test(source.slice(at, at + 4));
    if (trims) text = text.replace(/[ \t\r\n]+$/, "");
    if (text !== "") segments.push({ kind: "text", text });
    if (at < 0) return segments;
    const action = readAction(source, at, at + (trims ? 3 : 2));
    const { tokens } = action;
    if (tokens !== undefined) segments.push({ kind: "action", tokens, at });
    index = action.end;
    isTrimmed = action.trims;
  }
}

interface Action {
  /** Undefined for a comment. */
  readonly tokens: readonly Token[] | undefined;
  /** Behind its `}}`. */
  readonly end: number;
  readonly trims: boolean;
}

function readAction(source: string, at: number, start: number): Action {
  const comment = /\s*\/\*/y;
  comment.lastIndex = start;
  if (comment.test(source)) return readComment(source, at, comment.lastIndex);
  const tokens: Token[] = [];
  let index = start;
  while (index < source.length) {
    const end = findEnd(source, index);
    if (end !== undefined) return { ...end, tokens };
    const blanks = /[ \t\r\n]*/y;
    blanks.lastIndex = index;
    blanks.test(source);
    const isSpaced = blanks.lastIndex > index;
    index = blanks.lastIndex;
    if (isSpaced) continue;
    const token = readToken(source, index);
    tokens.push({
      ...token,
      isSpaced: /[ \t\r\n]/.test(source.charAt(index - 1)),
    });
    index += token.text.length;
  }
  throw new TemplateError('"}}" is missing', at);
}

function readComment(source: string, at: number, start: number): Action {
  const close = source.indexOf("*/", start);
  if (close < 0) throw new TemplateError('"*/" is missing', at);
  const end = findEnd(source, close + 2);
  if (end !== undefined) return { ...end, tokens: undefined };
  throw new TemplateError('"}}" must follow "*/"', close);
}

/** Whether the action ends here, and whether that trims what follows. */
function findEnd(
  source: string,
  index: number,
): Omit<Action, "tokens"> | undefined {
  const end = /(?:[ \t\r\n]+(-))?\}\}/y;
  end.lastIndex = index;
  const match = end.exec(source);
  return match === null
    ? undefined
    : { end: end.lastIndex, trims: match[1] !== undefined };
}
