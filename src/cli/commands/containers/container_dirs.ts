/** `orlop container dirs`. */

import {
  getRunDir,
  getWorkDir,
} from "../../../engine/containers/container_metadata.ts";
import type { Call } from "../../command.ts";
import { openSession } from "../../open_session.ts";
import type { CONTAINER_DIRS } from "../../table/container_commands.ts";

/** Prints the work dir, the run dir, or both with what they are. */
export async function run(call: Call<typeof CONTAINER_DIRS>): Promise<void> {
  const { flags, terminal, signal } = call;
  const [name] = call.arguments;
  using session = openSession(call, { purpose: "read" });
  const work = await getWorkDir(session.agent, name, { signal });
  const runDir = await getRunDir(session.agent, name, { signal });
  const isBoth = flags.work === flags.run;
  if (isBoth || flags.work) terminal.print(isBoth ? `work  ${work}` : work);
  if (isBoth || flags.run) terminal.print(isBoth ? `run   ${runDir}` : runDir);
}
