/**
 * Writes a config of Docker's as one of OCI: config.md knows fewer members. What
 * comes out is what containers/image writes, byte for byte; so an image that is
 * converted has another ID.
 */

import { type Bytes, toBytes } from "../bytes.ts";
import { sortedMembers, toGoJson } from "../go_json.ts";
import { isObject, type JsonObject, parseJson } from "../json.ts";

/** What a member holds; what Go takes for empty is left out. */
type Members = Readonly<
  Record<string, "kept" | "text" | "list" | "map" | "time" | Nested>
>;

interface Nested {
  readonly members: Members;
  readonly isList?: boolean;
}

// In the order of the Go structures of image-spec v1.1.
const RUN_MEMBERS: Members = {
  User: "kept",
  ExposedPorts: "map",
  Env: "kept",
  Entrypoint: "kept",
  Cmd: "kept",
  Volumes: "map",
  WorkingDir: "kept",
  Labels: "map",
  StopSignal: "kept",
  ArgsEscaped: "kept",
};
const HISTORY_MEMBERS: Members = {
  created: "time",
  "created_by": "kept",
  author: "kept",
  comment: "kept",
  "empty_layer": "kept",
};
const IMAGE_MEMBERS: Members = {
  created: "time",
  author: "kept",
  architecture: "text",
  os: "text",
  "os.version": "kept",
  "os.features": "kept",
  variant: "kept",
  config: { members: RUN_MEMBERS },
  rootfs: { members: { type: "text", "diff_ids": "list" } },
  history: { members: HISTORY_MEMBERS, isList: true },
};

/**
 * Converts a config that has been parsed before, and so is known to be one.
 *
 * @throws {SyntaxError} If it is no JSON.
 */
export function toOciConfig(bytes: Uint8Array): Bytes {
  const document = parseJson(bytes, "config", { numbers: "as-written" });
  return toBytes(toGoJson(pick(document, IMAGE_MEMBERS)));
}

function pick(value: unknown, members: Members): JsonObject {
  const object = isObject(value) ? value : {};
  return Object.fromEntries(
    Object.entries(members).map(([key, kind]) => [
      key,
      convert(object[key], kind),
    ]),
  );
}

function convert(value: unknown, kind: Members[string]): unknown {
  if (kind === "text") return value ?? "";
  if (kind === "list") return value ?? null; // as Go writes none at all
  if (typeof kind !== "string") {
    if (!kind.isList) return pick(value, kind.members);
    return Array.isArray(value) && value.length > 0
      ? value.map((entry) => pick(entry, kind.members))
      : undefined;
  }
  if (isEmpty(value)) return undefined;
  if (kind === "map" && isObject(value)) return sortedMembers(value);
  return kind === "time" && typeof value === "string" ? goTime(value) : value;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" ||
    value === false || value === 0 ||
    (Array.isArray(value) && value.length === 0) ||
    (isObject(value) && Object.keys(value).length === 0);
}

/** RFC 3339 as Go writes it: no zeros at the end, UTC as `Z`. */
function goTime(text: string): string {
  return text
    .replace(/(\.\d{1,9})\d*/, (_, digits) => digits.replace(/\.?0+$/, ""))
    .replace(/[+-]00:00$/, "Z");
}
