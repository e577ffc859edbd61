/** What flags say about a pull, in the terms of the runtime. */

import type { PullOptions } from "../../../engine/transfer/pull_image.ts";
import type { FlagValues } from "../../command.ts";
import type { PULL_FLAGS } from "../../table/shared_flags.ts";
import { nameChooser } from "../choose_name.ts";
import type { Asking } from "./login_flags.ts";
import { platformOption, registryOptions } from "./registry_options.ts";

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
  return {
    ...await registryOptions({ flags, ...asking }),
    chooseName: nameChooser(asking.terminal),
    platform: platformOption(flags),
    space: flags["ignore-space"] ? "ignore" : "check",
    received: flags["no-resume"] ? "forget" : "use",
  };
}
