import { assertEquals } from "@std/assert";
import {
  killMonitor,
  MONITOR_PID_FILE,
} from "../../../src/engine/monitor/stray_process.ts";
import { libc } from "../../support/own_libc.ts";
import { needsThat } from "../../support/peers.ts";
import { storeAgent } from "../../support/store_agent.ts";

Deno.test("killMonitor() kills what was started in its folder, and no other", {
  ...needsThat(libc !== undefined, "libc cannot be bound"),
}, async (t) => {
  using test = storeAgent();
  const { agent, dir } = test;
  const cases: Readonly<Record<string, Deno.Signal | null>> = {
    [dir.path]: "SIGKILL",
    [`${dir.path}/other`]: null,
    "": null,
  };
  for (const [folder, expected] of Object.entries(cases)) {
    await t.step(expected ?? "another's", async () => {
      await using child = start(folder);
      // It is `sh` with its words once it has written.
      await child.ready;
      const { pid } = child.process;
      await Deno.writeTextFile(dir.join(MONITOR_PID_FILE), String(pid));
      await killMonitor(agent, dir.path);
      if (expected === null) child.process.kill("SIGTERM");
      assertEquals((await child.process.status).signal, expected ?? "SIGTERM");
    });
  }
});

/** A program that has this word in its command line, as conmon has its folder. */
function start(word: string) {
  const process = new Deno.Command("sh", {
    args: ["-c", "echo; exec 1>&-; read -r _", "sh", "--bundle", word],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.getReader();
  return {
    process,
    ready: reader.read(),
    async [Symbol.asyncDispose]() {
      await process.stdin.close();
      await reader.cancel();
      await process.status;
    },
  };
}
