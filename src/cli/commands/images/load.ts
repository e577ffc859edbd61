/** `orlop load`. */

import { loadImages } from "../../../engine/transfer/load_images.ts";
import type { Call } from "../../command.ts";
import { openSession } from "../../open_session.ts";
import { showProgress } from "../../render/progress/show_progress.ts";
import type { LOAD } from "../../table/copy_commands.ts";
import { UsageError } from "../../usage_error.ts";

/** Loads images and prints their names. */
export async function run(call: Call<typeof LOAD>): Promise<void> {
  const { flags, terminal, signal } = call;
  const input = readInput(flags.input);
  using session = openSession(call, { ifMissing: "make" });
  using display = showProgress(flags, terminal, { verb: "Loading" });
  const images = loadImages(session.agent, input, {
    space: flags["ignore-space"] ? "ignore" : "check",
    onEvent: display.onProgress,
    signal,
  });
  for await (const { imageId, names } of images) {
    const all = names.length > 0 ? names : [`sha256:${imageId}`];
    for (const name of all) terminal.print(`Loaded image: ${name}`);
  }
}

function readInput(path: string | undefined) {
  if (path === "") throw new UsageError('Cannot use "--input": it is empty');
  if (path !== undefined && /^https?:\/\//.test(path)) {
    throw new UsageError(
      `Cannot load "${path}": orlop load reaches no network; use ` +
        '"curl URL | orlop load"',
    );
  }
  if (path !== undefined) return path;
  if (!Deno.stdin.isTerminal()) return Deno.stdin.readable;
  throw new UsageError(
    "Cannot load from a terminal: redirect standard input, or use --input FILE",
  );
}
