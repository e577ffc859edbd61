import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { SecondSignal } from "../../src/cli/signals.ts";
import { lines } from "../support/programs/lines.ts";
import { tempDir } from "../support/temp_dir.ts";

const SIGNALS = fromFileUrl(
  new URL("../../src/cli/signals.ts", import.meta.url),
);

// What it does about the first signal never ends.
const SCRIPT = `
import { listenForSignals } from ${JSON.stringify(SIGNALS)};
const { signal } = listenForSignals(Deno.args[0]);
signal.addEventListener("abort", () => console.log(signal.reason.message));
Deno.addSignalListener("SIGHUP", () => console.log("hung up"));
setInterval(() => {}, 1000);
console.log("ready");
`;

/** A program that hangs in its clean-up after the first signal. */
async function startHanging(second: SecondSignal) {
  const dir = tempDir();
  await Deno.writeTextFile(dir.join("script.ts"), SCRIPT);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--quiet", dir.join("script.ts"), second],
    stdout: "piped",
  }).spawn();
  const output = lines(child.stdout);
  const read = async () => (await output.next()).value;
  assertEquals(await read(), "ready");
  child.kill("SIGINT");
  assertEquals(await read(), "Stopped by SIGINT");
  return {
    ...{ child, read },
    async [Symbol.asyncDispose]() {
      await output.return();
      dir[Symbol.dispose]();
    },
  };
}

Deno.test("a second signal ends what hangs, with the first one's code", async () => {
  await using started = await startHanging("exit");
  started.child.kill("SIGTERM");
  assertEquals((await started.child.status).code, 130);
});

Deno.test("a second signal waits for what must be put away", async () => {
  await using started = await startHanging("wait");
  const { child, read } = started;
  child.kill("SIGTERM");
  child.kill("SIGHUP");
  assertEquals(await read(), "hung up"); // it is there still
  child.kill("SIGKILL");
  const { signal } = await child.status;
  assert(signal === "SIGKILL");
});
