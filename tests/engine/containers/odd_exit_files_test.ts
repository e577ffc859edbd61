import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import {
  exitPlacesOf,
  readExit,
} from "../../../src/engine/containers/process_exit.ts";
import { containerOptions, testPod } from "../../support/test_runtime.ts";

type Put = (path: string) => void;

function text(content: string): Put {
  return (path) => Deno.writeTextFileSync(path, content);
}

const directory: Put = (path) => Deno.mkdirSync(path);
const loop: Put = (path) => Deno.symlinkSync(path, path);
const fifo: Put = (path) => {
  new Deno.Command("mkfifo", { args: [path] }).outputSync();
};

Deno.test("readExit() believes what conmon can have written, and no more", async (t) => {
  const cases: Readonly<Record<string, readonly [Put, number | undefined]>> = {
    "a code": [text("137"), 137],
    "a line": [text("0\n"), 0],
    "what conmon lost sight of": [text("-1"), 255],
    "an empty file": [text(""), undefined],
    "NULs": [text("\0\0\0"), undefined],
    "another text": [text("running\n"), undefined],
    "too long a number": [text("1".repeat(5000)), undefined],
    "a number of JavaScript's": [text("0x10"), undefined],
    "a directory": [directory, undefined],
    "a link to itself": [loop, undefined],
    "a fifo, to which nobody writes": [fifo, undefined],
  };
  for (const [name, [put, expected]] of Object.entries(cases)) {
    await t.step(name, async () => {
      using test = await testPod();
      const { agent, runtime } = test;
      const { id } = await runtime.createContainer(containerOptions());
      const places = exitPlacesOf(agent.store.paths, id);
      const first = join(places.runDirectory, "exit");
      const second = join(places.workDirectory, id);
      for (const path of [first, second]) {
        await Deno.mkdir(dirname(path), { recursive: true });
        put(path);
      }
      assertEquals(readExit(agent, id)?.exitCode, expected);
      // What cannot be read says nothing; the other file may.
      await Deno.remove(second, { recursive: true });
      text("7")(second);
      assertEquals(readExit(agent, id)?.exitCode, expected ?? 7);
    });
  }
});
