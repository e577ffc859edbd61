/** `orlop push`. */

import { pushImage } from "../../../engine/copy/push_image.ts";
import { hasTransport } from "../../../formats/oci/transport_reference.ts";
import { writeAtomically } from "../../../fs/write_atomically.ts";
import type { Call } from "../../command.ts";
import { pushOptions } from "../../input/flags/push_options.ts";
import { openSession } from "../../open_session.ts";
import { showProgress } from "../../render/progress/show_progress.ts";
import type { PUSH } from "../../table/push_command.ts";

/** Pushes an image. */
export async function run(call: Call<typeof PUSH>): Promise<void> {
  const { flags, terminal, signal } = call;
  const [image, destination] = call.arguments;
  const options = await pushOptions(call);
  const isLocal = destination !== undefined && hasTransport(destination) &&
    !destination.startsWith("docker:");
  if (isLocal) Deno.permissions.revokeSync({ name: "net" });
  using session = openSession(call);
  using display = showProgress(flags, terminal, {
    verb: "Pushing",
    pastVerb: "Sent",
  });
  const { digest } = await pushImage(session.agent, image, {
    ...options,
    destination,
    onEvent: display.onProgress,
    signal,
  });
  if (!flags.digestfile) return; // as podman has it
  writeAtomically(flags.digestfile, digest, { mode: 0o644 });
}
