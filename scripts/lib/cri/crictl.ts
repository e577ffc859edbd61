/** Calls crictl on a runtime. */

import { toText } from "../../../src/formats/bytes.ts";
import {
  asArray,
  asObject,
  type JsonObject,
} from "../../../src/formats/json.ts";
import type { Node } from "./node.ts";
import type { Runtime } from "./runtime.ts";

/** A node and the runtime on it. */
export interface Place {
  readonly node: Node;
  readonly runtime: Runtime;
}

/**
 * Runs crictl to its end.
 *
 * @returns What it printed on stdout.
 * @throws {Error} If it fails, with what it printed.
 */
export async function crictl(
  { node, runtime }: Place,
  ...args: readonly string[]
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(
    `${node.programs}/crictl`,
    {
      args: [
        ...["--config", "/dev/null", "--timeout", "120s"],
        ...["--runtime-endpoint", runtime.endpoint],
        ...["--image-endpoint", runtime.endpoint],
        ...args,
      ],
      cwd: node.directory,
      stdin: "null",
    },
  ).output();
  if (success) return toText(stdout);
  throw new Error(
    `Cannot run "crictl ${args.join(" ")}" on ${runtime.name}: ${
      toText(stderr).trim()
    }`,
  );
}

/** Lists crictl's objects of a kind, such as `containers`. */
export async function listObjects(
  place: Place,
  command: "pods" | "ps" | "images",
  ...args: readonly string[]
): Promise<readonly JsonObject[]> {
  const all = command === "ps" ? ["--all"] : [];
  const text = await crictl(place, command, ...all, "--output=json", ...args);
  const table = { pods: "items", ps: "containers", images: "images" }[command];
  const found = asObject(JSON.parse(text), "a list")[table] ?? [];
  return asArray(found, table).map((one) => asObject(one, "an object"));
}
