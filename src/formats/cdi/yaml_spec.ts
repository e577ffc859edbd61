/** Specifications of devices that are written as YAML, which is loaded for these. */

import { messageOf } from "../../errors/why.ts";
import { type DeviceSpec, parseDeviceSpec } from "./device_spec.ts";

// What CDI's own library takes: there 0660 is octal. Warnings would go to stderr.
const OPTIONS = { version: "1.1", logLevel: "error" } as const;

/**
 * Parses one.
 *
 * @param what What it is, for errors.
 * @throws {SyntaxError} If it is no YAML, or no specification.
 */
export async function parseYamlSpec(
  text: string,
  what: string,
): Promise<DeviceSpec> {
  const { parse } = await import("yaml");
  let value: unknown;
  try {
    value = parse(text, OPTIONS);
  } catch (cause) {
    const [why = ""] = messageOf(cause).split("\n");
    throw new SyntaxError(`Cannot read ${what}: ${why.replace(/:$/, "")}`, {
      cause,
    });
  }
  return parseDeviceSpec(JSON.stringify(value ?? null), what);
}
