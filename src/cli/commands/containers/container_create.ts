/** `orlop container create`. */

import type { Call } from "../../command.ts";
import { createFromFlags } from "../../input/create_from_flags.ts";
import { openSession } from "../../open_session.ts";
import type { CREATE_CONTAINER } from "../../table/create_commands.ts";
import { UsageError } from "../../usage_error.ts";

/** Makes a container and prints its ID. */
export async function run(call: Call<typeof CREATE_CONTAINER>): Promise<void> {
  const { flags, terminal, signal } = call;
  if (flags.pod === undefined) {
    throw new UsageError(
      `Cannot create a container without a pod: name one by --pod, or make ` +
        `one by --pod new:NAME`,
    );
  }
  using session = openSession(call, { ifMissing: "make" });
  const request = { flags, words: call.arguments };
  const { id } = await createFromFlags(session.agent, request, {
    containerId: flags.id,
    metadataName: flags["metadata-name"],
    attempt: flags.attempt,
    mountLabel: flags["mount-label"],
    signal,
  });
  terminal.print(id);
}
