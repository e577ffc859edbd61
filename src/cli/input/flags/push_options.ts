/** What flags say about a push, in the terms of the runtime. */

import type { PushOptions } from "../../../engine/copy/push_image.ts";
import type { FlagValues } from "../../command.ts";
import type { PUSH } from "../../table/push_command.ts";
import { UsageError } from "../../usage_error.ts";
import { checkLevel } from "./compression_level.ts";
import type { Asking } from "./login_flags.ts";
import { registryOptions } from "./registry_options.ts";

type PushFlags = FlagValues<typeof PUSH["flags"]>;

/**
 * Turns flags into options of a push; asks for a password that they leave out.
 *
 * @throws {UsageError} If they contradict each other, or nobody can be asked.
 */
export async function pushOptions(
  { flags, ...asking }: Asking & { readonly flags: PushFlags },
): Promise<PushOptions> {
  const { format, compress } = flags;
  const packed = flags["compression-format"];
  const level = flags["compression-level"];
  checkCompression(flags);
  return {
    ...await registryOptions({ flags, ...asking }),
    format: format === "docker" ? "v2s2" : format,
    layers: compress || packed !== undefined ? "compressed" : undefined,
    packing: { level, ...(packed !== undefined && { format: packed }) },
  };
}

function checkCompression(
  {
    format,
    "compression-format": packed,
    "compression-level": level,
    "force-compression": isForced,
  }: PushFlags,
): void {
  if (isForced && packed === undefined) {
    throw new UsageError(
      'Cannot use "--force-compression" without "--compression-format"',
    );
  }
  if (packed === "zstd" && format !== undefined && format !== "oci") {
    throw new UsageError(
      `Cannot use "--compression-format zstd" with "--format ${format}": ` +
        "there is no such layer",
    );
  }
  checkLevel("compression-level", level, packed);
}
