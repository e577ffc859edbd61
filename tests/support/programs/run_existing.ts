/** Runs a container that is there, as a program of its own: ROOT RUNROOT NAME. */

import { openAgent } from "../../../src/engine/agent.ts";
import { inspectContainer } from "../../../src/engine/containers/inspect_container.ts";
import { runContainer } from "../../../src/engine/pods/run_container.ts";
import { takeLibc } from "../../../src/process/bind_libc.ts";

const libc = takeLibc();
const [root = "", runRoot = "", name = ""] = Deno.args;
const agent = openAgent({ root, runRoot, libc });
const { id } = await inspectContainer(agent, name);
Deno.exit(await runContainer(agent, id));
