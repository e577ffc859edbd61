/** `orlop wait`. */

import type { ContainerState } from "../../../engine/containers/container_status.ts";
import { UNKNOWN_EXIT_CODE } from "../../../engine/containers/process_exit.ts";
import { waitForContainer } from "../../../engine/processes/wait_for_container.ts";
import type { Call } from "../../command.ts";
import { badFlag } from "../../input/flags/flag_value.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import type { WAIT } from "../../table/process_commands.ts";

// podman's words for what a container does.
const STATES: ReadonlyMap<string, ContainerState> = new Map([
  ["configured", "created"],
  ["created", "created"],
  ["initialized", "starting"],
  ["running", "running"],
  ["paused", "paused"],
  ["stopped", "exited"],
  ["exited", "exited"],
]);

/** Waits for each, in their order, and prints exit codes. */
export async function run(call: Call<typeof WAIT>): Promise<void> {
  const { flags, terminal, signal } = call;
  const words = flags.condition.length > 0 ? flags.condition : ["exited"];
  const states = words.map(stateOf);
  using session = openSession(call, { purpose: "read" });
  await forEachName(call.arguments, { signal }, async (name) => {
    const options = { states, signal };
    const code = await waitForContainer(session.agent, name, options);
    const isOver = states.includes("exited");
    terminal.print(String(code ?? (isOver ? UNKNOWN_EXIT_CODE : -1)));
  });
}

function stateOf(word: string): ContainerState {
  const state = STATES.get(word);
  if (state !== undefined) return state;
  const known = [...STATES.keys()].join(", ");
  throw badFlag("condition", word, `use one of ${known}`);
}
