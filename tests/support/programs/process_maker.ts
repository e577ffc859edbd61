/** Creates a container's process, for a test that kills it meanwhile. */

import { openAgent } from "../../../src/engine/agent.ts";
import { createProcess } from "../../../src/engine/monitor/create_process.ts";
import { startProcess } from "../../../src/engine/monitor/start_process.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { takeLibc } from "../../../src/process/bind_libc.ts";

const [root = "", runRoot = "", name = ""] = Deno.args;
const agent = openAgent({ root, runRoot, libc: takeLibc() });
const id = parseContainerId(name);
say("ready\n");
await Deno.stdin.read(new Uint8Array(1));
await createProcess(agent, id);
await startProcess(agent, id);
say("done\n");
await Deno.stdin.read(new Uint8Array(1));

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
