import { assertEquals } from "@std/assert";

const RELAY = new URL("../../src/cli/relay_streams.ts", import.meta.url).href;
// A process that writes to both, and ends with 3.
const PROGRAM = `
import { relayStreams } from ${JSON.stringify(RELAY)};
const say = (text) => ReadableStream.from([new TextEncoder().encode(text)]);
const process = {
  stdout: say("out\\n"), stderr: say("err\\n"),
  ended: Promise.resolve(3), resize: async () => {},
};
const none = new Uint8Array(0);
const options = { stdin: false, terminal: false, detachKeys: none };
try {
  const end = await relayStreams(process, options);
  Deno.exit(end.exitCode);
} catch (error) {
  console.error(error.message);
  Deno.exit(9);
}`;

Deno.test("relayStreams() reports what of the output was lost", async (t) => {
  const full = "/dev/full";
  const why = "Cannot write to stdout: no space left on device\n";
  const cases: Readonly<Record<string, readonly [string, unknown]>> = {
    "nothing": ["", { code: 3, out: "out\n", err: "err\n" }],
    "on a full disk": [`>${full}`, { code: 9, out: "", err: `err\n${why}` }],
    "only what it said beside it": [
      `2>${full}`,
      { code: 3, out: "out\n", err: "" },
    ],
  };
  for (const [name, [output, expected]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { code, stdout, stderr } = await new Deno.Command("sh", {
        args: ["-c", `"$0" eval "$1" ${output}`, Deno.execPath(), PROGRAM],
        stdin: "null",
      }).output();
      const [out, err] = [stdout, stderr].map((bytes) =>
        new TextDecoder().decode(bytes)
      );
      assertEquals({ code, out, err }, expected);
    });
  }
});
