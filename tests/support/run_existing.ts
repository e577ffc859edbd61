/** Runs a container that is there, as a program of its own: ROOT RUNROOT NAME. */

import { takeLibc } from "../../src/process/libc.ts";
import { openAgent } from "../../src/runtime/agent.ts";
import { inspectContainer } from "../../src/runtime/inspect_container.ts";
import { runContainer } from "../../src/runtime/run_container.ts";

const libc = takeLibc();
const [root = "", runRoot = "", name = ""] = Deno.args;
const agent = openAgent({ root, runRoot, libc });
const { id } = await inspectContainer(agent, name);
Deno.exit(await runContainer(agent, id));
