/** What flags say about a copy, in the terms of the runtime. */

import type { CopyOptions } from "../../../engine/copy/copy_reference.ts";
import {
  type ImageName,
  nameOf,
  parseReference,
  showTyped,
} from "../../../formats/oci/reference.ts";
import type { RegistryOptions } from "../../../registry/registry_image.ts";
import type { FlagValues } from "../../command.ts";
import type { COPY, FORM_FLAGS } from "../../table/copy_commands.ts";
import { UsageError } from "../../usage_error.ts";
import { registryEnvironment } from "../read_env.ts";
import { checkLevel } from "./compression_level.ts";
import { type Asking, readLoginFlags } from "./login_flags.ts";
import { platformOption } from "./registry_options.ts";

type CopyFlags = FlagValues<typeof COPY["flags"]>;

/**
 * Turns flags into options of a copy; asks for passwords that they leave out.
 *
 * @throws {UsageError} If they contradict each other, or nobody can be asked.
 */
export async function copyOptions(
  { flags, ...asking }: Asking & { readonly flags: CopyFlags },
): Promise<CopyOptions> {
  const { platform, all } = flags;
  const which = flags["multi-arch"] ?? (all ? "all" : "system");
  if (all && which !== "all") {
    throw new UsageError(`Cannot use "--all" with "--multi-arch ${which}"`);
  }
  if (platform !== undefined && which !== "system") {
    throw new UsageError('Cannot use "--platform" for all images of an index');
  }
  return {
    ...formOf(flags),
    multiArch: which,
    platform: platformOption(flags),
    additionalTags: flags["additional-tag"].map(parseAdditionalTag),
    source: await endOptions(flags, "src", asking),
    destination: await endOptions(flags, "dest", asking),
  };
}

/** A digest follows from what is written. */
function parseAdditionalTag(text: string): ImageName {
  const reference = parseReference(text);
  if (reference.digest === undefined) return nameOf(reference);
  throw new UsageError(
    `Cannot use "--additional-tag ${
      showTyped(text)
    }": a digest cannot be given`,
  );
}

/**
 * Turns flags into the form of an image.
 *
 * @throws {UsageError} If they contradict each other.
 */
export function formOf(
  flags: FlagValues<typeof FORM_FLAGS>,
): Pick<CopyOptions, "format" | "layers" | "packing" | "preserveDigests"> {
  const format = flags["dest-compress-format"];
  const level = flags["dest-compress-level"];
  const isPacked = flags["dest-compress"] || format !== undefined;
  if (isPacked && flags["dest-decompress"]) {
    throw new UsageError(
      'Cannot use "--dest-decompress" with "--dest-compress" or ' +
        '"--dest-compress-format"',
    );
  }
  checkLevel("dest-compress-level", level, format);
  if (format === "zstd" && flags.format === "v2s2") {
    throw new UsageError(
      'Cannot use "--dest-compress-format zstd" with "--format v2s2": there ' +
        "is no such layer",
    );
  }
  return {
    format: flags.format,
    layers: layersOf(flags),
    packing: { level, ...(format !== undefined && { format }) },
    preserveDigests: flags["preserve-digests"],
  };
}

function layersOf(
  flags: FlagValues<typeof FORM_FLAGS>,
): CopyOptions["layers"] {
  if (flags["dest-decompress"]) return "uncompressed";
  if (flags["dest-compress"] || flags["dest-compress-format"] !== undefined) {
    return "compressed";
  }
  return flags["dest-oci-accept-uncompressed-layers"] ? "any" : undefined;
}

async function endOptions(
  flags: CopyFlags,
  end: "src" | "dest",
  asking: Asking,
): Promise<RegistryOptions> {
  const creds = flags[`${end}-creds`];
  const login = { creds, username: undefined, "password-stdin": false };
  return {
    credentials: await readLoginFlags(login, asking),
    authFile: (flags[`${end}-authfile`] ?? flags.authfile) || undefined,
    certDir: flags[`${end}-cert-dir`],
    tlsVerify: flags[`${end}-tls-verify`],
    ...registryEnvironment(),
  };
}
