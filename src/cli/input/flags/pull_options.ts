/** What flags say about registries, in the terms of the runtime. */

import type { PullOptions } from "../../../engine/transfer/pull_image.ts";
import { parsePlatform } from "../../../image/choose_manifest.ts";
import type { FlagValues } from "../../command.ts";
import type { PULL_FLAGS } from "../../table/shared_flags.ts";
import { readRegistryEnv } from "../read_env.ts";
import { type Asking, readLoginFlags } from "./login_flags.ts";

/**
 * Turns flags into options of a pull; asks for a password that they leave out.
 *
 * @throws {UsageError} If they contradict each other, or nobody can be asked.
 */
export async function pullOptions(
  { flags, ...asking }: Asking & {
    readonly flags: FlagValues<typeof PULL_FLAGS>;
  },
): Promise<PullOptions> {
  const { platform } = flags;
  return {
    platform: platform === undefined ? undefined : parsePlatform(platform),
    credentials: await readLoginFlags(flags, asking),
    authFile: flags.authfile || undefined,
    certDir: flags["cert-dir"],
    tlsVerify: flags["tls-verify"],
    space: flags["ignore-space"] ? "ignore" : "check",
    received: flags["no-resume"] ? "forget" : "use",
    env: readRegistryEnv(),
    uid: Deno.uid() ?? 0,
  };
}
