/** Files of TOML that people write: what is wrong, and where. */

import { parse, TomlError } from "smol-toml";
import { messageOf } from "../../errors/why.ts";
import { asObject, type JsonObject } from "../json.ts";

/**
 * Parses a file.
 *
 * @param path Of the file, for errors.
 * @throws {SyntaxError} If it is no TOML; says in which line.
 */
export function parseTomlFile(text: string, path: string): JsonObject {
  // What decoders put in place of what is none.
  if (text.includes("\uFFFD")) {
    throw malformed(`"${path}"`, "it is not valid UTF-8");
  }
  try {
    return asObject(parse(text), `"${path}"`);
  } catch (cause) {
    const [first = ""] = messageOf(cause).split("\n");
    const place = cause instanceof TomlError ? `line ${cause.line}: ` : "";
    throw malformed(`"${path}"`, `${place}${first}`, cause);
  }
}

/** Says why a file cannot be used. */
export function malformed(
  what: string,
  why: string,
  cause?: unknown,
): SyntaxError {
  return new SyntaxError(`Cannot read ${what}: ${why}`, { cause });
}
