/**
 * Makes or removes a sandbox, and kills itself at one of its steps: each change of the
 * disk, and each program before and after it was started.
 *
 * Arguments: root, run root, configuration of networks, name of the pod, what to do
 * (`run` or `remove`), and the number of the step.
 */

import { openAgent } from "../../../src/engine/agent.ts";
import { listSandboxes } from "../../../src/engine/sandboxes/list_sandboxes.ts";
import { removeSandbox } from "../../../src/engine/sandboxes/remove_sandbox.ts";
import { runSandbox } from "../../../src/engine/sandboxes/run_sandbox.ts";
import { libc } from "../own_libc.ts";
import { sandboxRequest } from "../sandboxes.ts";

const [root = "", runRoot = "", configDirectory = "", name = "", verb, last] =
  Deno.args;

const agent = openAgent({ root, runRoot, libc });
countSteps(Number(last));
if (verb === "remove") {
  for (const { id } of await listSandboxes(agent)) {
    await removeSandbox(agent, id);
  }
} else {
  await runSandbox(agent, {
    ...sandboxRequest(name),
    ports: [{ protocol: "tcp", containerPort: 80, hostPort: 48_123 }],
    networks: { configDirectory },
  });
}

/** Replaces what changes something by what counts, and then does it. */
function countSteps(last: number): void {
  let count = 0;
  const step = () => {
    if (++count === last) Deno.kill(Deno.pid, "SIGKILL");
  };
  const names = [
    ...["renameSync", "removeSync", "mkdirSync", "mkdir", "openSync"],
    ...["writeTextFileSync", "writeFileSync"],
  ];
  for (const name of names) {
    const own: unknown = Reflect.get(Deno, name);
    if (typeof own !== "function") throw new TypeError(`no Deno.${name}`);
    Reflect.set(Deno, name, (...args: unknown[]) => {
      step();
      return own.apply(Deno, args);
    });
  }
  const { spawn } = Deno.Command.prototype;
  Deno.Command.prototype.spawn = function () {
    step();
    const child = spawn.apply(this);
    step();
    return child;
  };
}
