/** `orlop copy`. */

import { copyReference } from "../../../engine/copy/copy_reference.ts";
import { writeAtomically } from "../../../fs/write_atomically.ts";
import type { Call } from "../../command.ts";
import { copyOptions } from "../../input/flags/copy_options.ts";
import { openSession } from "../../open_session.ts";
import { showProgress } from "../../render/progress/show_progress.ts";
import type { COPY } from "../../table/copy_commands.ts";

/** Copies an image and prints its digest. */
export async function run(call: Call<typeof COPY>): Promise<void> {
  const { flags, terminal, signal } = call;
  const [from, to] = call.arguments;
  const options = await copyOptions(call);
  const ends = [from, to];
  if (!ends.some((end) => end.startsWith("docker:"))) {
    Deno.permissions.revokeSync({ name: "net" });
  }
  const isToOwnStore = /^containers-storage:(?!\[)/.test(to);
  using session = openSession(call, isToOwnStore ? { ifMissing: "make" } : {});
  using display = showProgress(flags, terminal, { verb: "Copying" });
  const { digest } = await copyReference(session.agent, { from, to }, {
    ...options,
    onEvent: display.onProgress,
    signal,
  });
  if (flags.digestfile !== undefined) {
    writeAtomically(flags.digestfile, digest, { mode: 0o644 });
  }
  // Nothing may follow an archive that went there.
  if (!/^[a-z-]+:\/dev\/stdout(:|$)/.test(to)) terminal.print(digest);
}
