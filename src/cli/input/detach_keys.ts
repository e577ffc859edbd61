/** Keys that detach from a process: podman's `ctrl-p,ctrl-q`. */

import type { Bytes } from "../../formats/bytes.ts";
import { badFlag } from "./flags/flag_value.ts";

/** podman's own. */
export const DETACH_KEYS = "ctrl-p,ctrl-q";

const CONTROLS = "@abcdefghijklmnopqrstuvwxyz[\\]^_";

/**
 * Reads keys such as `ctrl-p,ctrl-q` or `a`; none if the text is empty.
 *
 * @returns The bytes that a terminal sends for them.
 * @throws {UsageError} If one is unknown.
 */
export function parseDetachKeys(text: string): Bytes {
  if (text === "") return new Uint8Array(0);
  return Uint8Array.from(text.split(","), (key) => {
    if (/^[\x21-\x7e]$/.test(key)) return key.charCodeAt(0);
    const [, letter = "?"] = /^ctrl-(.)$/i.exec(key) ?? [];
    const control = CONTROLS.indexOf(letter.toLowerCase());
    if (control >= 0) return control;
    throw badFlag(
      "detach-keys",
      text,
      "write keys such as a or ctrl-p, with commas between them",
    );
  });
}

/** The typed bytes for the process, and whether the keys are complete. */
export interface FilteredKeys {
  readonly bytes: Bytes;
  readonly isDetaching: boolean;
}

/**
 * Makes a function that finds the keys in what is typed. A partial match is held
 * back.
 */
export function openKeyFilter(keys: Bytes): (typed: Bytes) => FilteredKeys {
  let matched = 0;
  return (typed) => {
    if (keys.length === 0) return { bytes: typed, isDetaching: false };
    const out: number[] = [];
    for (const byte of typed) {
      if (byte === keys[matched]) {
        matched++;
        if (matched < keys.length) continue;
        matched = 0;
        return { bytes: Uint8Array.from(out), isDetaching: true };
      }
      out.push(...keys.subarray(0, matched));
      matched = byte === keys[0] ? 1 : 0;
      if (matched === 0) out.push(byte);
    }
    return { bytes: Uint8Array.from(out), isDetaching: false };
  };
}
