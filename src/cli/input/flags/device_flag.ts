/** What `--device` says. */

import { isAbsolute, resolve } from "@std/path";
import type { DeviceRequest } from "../../../engine/templates/host_resources.ts";
import { badFlag } from "./flag_value.ts";

/**
 * Reads `SOURCE[:TARGET][:ACCESS]`.
 *
 * @throws {UsageError} If it is malformed.
 */
export function readDevice(text: string): DeviceRequest {
  const [source = "", second, third, ...rest] = text.split(":");
  if (source === "" || rest.length > 0) {
    throw badFlag("device", text, "write SOURCE, or SOURCE:TARGET:rwm");
  }
  const isPath = second !== undefined && isAbsolute(second);
  if (second !== undefined && !isPath && third !== undefined) {
    throw badFlag("device", text, `target "${second}" is not absolute`);
  }
  const access = isPath ? third : second;
  if (access !== undefined && !isAccess(access)) {
    throw badFlag("device", text, `"${access}" is not made of r, w and m`);
  }
  const path = resolve(source);
  return { source: path, target: isPath ? resolve(second) : path, access };
}

function isAccess(text: string): boolean {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}
