/**
 * Results of network plugins: Container Network Interface specification 1.1.0,
 * sections 2 and 5, and of 0.3.0 and later.
 */

import { isIpAddress } from "../ip_address.ts";
import {
  asArray,
  asInteger,
  asObject,
  asString,
  type JsonObject,
  optional,
  parseJson,
} from "../json.ts";

/** The result of ADD. */
export interface NetworkResult {
  /** The addresses of the pod, without the length of their prefix. */
  readonly ips: readonly string[];
  /** The original result, for the next plugin. */
  readonly raw: JsonObject;
}

/** An error of a plugin. */
export interface PluginFailure {
  /** Section 2 of the specification; 100 and more are the plugin's own. */
  readonly code: number;
  readonly message: string;
}

// libcni has no limit; more than any result for one pod.
const MAX_SIZE = 4 * 1024 * 1024;
// Longer ones are cut.
const MAX_MESSAGE = 2_000;

/**
 * Parses the result of an ADD.
 *
 * @param what What is being read, for errors.
 * @throws {SyntaxError} If it is malformed.
 */
export function parseNetworkResult(text: string, what: string): NetworkResult {
  const value = parseJson(text, what, {
    maxSize: MAX_SIZE,
    numbers: "as-written",
  });
  const raw = asObject(value, what);
  const ips = optional(raw["ips"], `${what}, ips`, asArray) ?? [];
  return {
    ips: ips.map((ip, index) => readAddress(ip, `${what}, ips[${index}]`)),
    raw,
  };
}

function readAddress(value: unknown, what: string): string {
  const text = asString(asObject(value, what)["address"], `${what}, address`);
  const [address = "", prefix, ...rest] = text.split("/");
  const isPrefix = prefix === undefined || /^\d{1,3}$/.test(prefix);
  if (isIpAddress(address) && isPrefix && rest.length === 0) return address;
  throw new SyntaxError(`Cannot read ${what}: "${text}" is no address`);
}

/**
 * Reads what a plugin printed before it failed; undefined if it is no error of the
 * specification's form.
 */
export function parsePluginFailure(text: string): PluginFailure | undefined {
  try {
    const what = "error";
    const object = asObject(parseJson(text, what, { maxSize: MAX_SIZE }), what);
    const message = asString(object["msg"], what);
    const details = optional(object["details"], what, asString) ?? "";
    return {
      code: asInteger(object["code"], what),
      message: clean(details === "" ? message : `${message}: ${details}`),
    };
  } catch {
    return undefined; // a stack trace, or nothing at all
  }
}

/** On one line, and without what would move a cursor. */
function clean(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.trim().replaceAll(/[\x00-\x1f\x7f-\x9f]+/g, " ")
    .slice(0, MAX_MESSAGE);
}
