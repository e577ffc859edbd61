/** What flags say about a registry, in the terms of the runtime. */

import type { Platform } from "../../../formats/oci/descriptor.ts";
import { parsePlatform } from "../../../image/choose_manifest.ts";
import type { RegistryOptions } from "../../../registry/registry_image.ts";
import type { FlagValues } from "../../command.ts";
import type { REGISTRY_FLAGS } from "../../table/shared_flags.ts";
import { registryEnvironment } from "../read_env.ts";
import { type Asking, readLoginFlags } from "./login_flags.ts";

/**
 * Turns flags into how to reach a registry; asks for a password that they leave out.
 *
 * @throws {UsageError} If they contradict each other, or nobody can be asked.
 */
export async function registryOptions(
  { flags, ...asking }: Asking & {
    readonly flags: FlagValues<typeof REGISTRY_FLAGS>;
  },
): Promise<RegistryOptions> {
  return {
    credentials: await readLoginFlags(flags, asking),
    authFile: flags.authfile || undefined,
    certDir: flags["cert-dir"],
    tlsVerify: flags["tls-verify"],
    ...registryEnvironment(),
  };
}

/** The platform that a flag names; undefined for that of this machine. */
export function platformOption(
  { platform }: { readonly platform: string | undefined },
): Platform | undefined {
  return platform === undefined ? undefined : parsePlatform(platform);
}
