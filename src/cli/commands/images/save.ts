/** `orlop save`. */

import {
  saveImages,
  type SaveOptions,
} from "../../../engine/copy/save_images.ts";
import type { Call } from "../../command.ts";
import { openSession } from "../../open_session.ts";
import { showProgress } from "../../render/progress/show_progress.ts";
import type { SAVE } from "../../table/copy_commands.ts";
import { UsageError } from "../../usage_error.ts";

/** Writes images to a file, a folder, or standard output. */
export async function run(call: Call<typeof SAVE>): Promise<void> {
  const { flags, terminal, signal } = call;
  const { format } = flags;
  const path = flags.output ?? pathOfOutput(format);
  const [first, ...others] = call.arguments;
  const isSeveral = flags["multi-image-archive"];
  using session = openSession(call);
  using display = showProgress(flags, terminal, { verb: "Saving" });
  const images = isSeveral ? call.arguments : [first];
  await saveImages(session.agent, images, {
    format,
    path,
    layers: layersOf(flags),
    additionalNames: isSeveral ? [] : others,
    onEvent: display.onProgress,
    signal,
  });
}

function layersOf(
  { format, compress, uncompressed }: Call<typeof SAVE>["flags"],
): SaveOptions["layers"] {
  if (compress && format !== "docker-dir") {
    throw new UsageError(
      'Cannot use "--compress" but with "--format docker-dir"',
    );
  }
  if (uncompressed && format.startsWith("docker")) {
    throw new UsageError(
      `Cannot use "--uncompressed" with "--format ${format}"`,
    );
  }
  if (compress) return "compressed";
  return uncompressed ? "any" : undefined;
}

function pathOfOutput(format: SaveOptions["format"]): string {
  if (format?.endsWith("dir")) {
    throw new UsageError(
      `Cannot save as "${format}" to standard output: use --output DIRECTORY`,
    );
  }
  if (!Deno.stdout.isTerminal()) return "/dev/stdout";
  throw new UsageError(
    "Cannot save to a terminal: use --output FILE, or redirect standard output",
  );
}
