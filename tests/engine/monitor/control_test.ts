import { assert, assertEquals, assertFalse } from "@std/assert";
import { runtimeFlags } from "../../../src/engine/monitor/conmon.ts";
import {
  openResizer,
  orderReopen,
} from "../../../src/engine/monitor/control.ts";
import { libc } from "../../support/own_libc.ts";
import { storeAgent } from "../../support/store_agent.ts";

/** A folder where conmon would listen, and what it is told. */
async function listening() {
  const store = storeAgent({ libc });
  const path = store.dir.join("ctl");
  await new Deno.Command("mkfifo", { args: [path] }).output();
  // Open for both: so it has a reader, and no end.
  const fifo = await Deno.open(path, { read: true, write: true });
  return {
    agent: store.agent,
    folder: store.dir.path,
    /** Reads until so many lines have come. */
    async read(count: number): Promise<string[]> {
      const buffer = new Uint8Array(1024);
      let text = "";
      while (text.split("\n").length <= count) {
        const size = await fifo.read(buffer) ?? 0;
        text += new TextDecoder().decode(buffer.subarray(0, size));
      }
      return text.split("\n").slice(0, -1);
    },
    [Symbol.dispose]() {
      fifo.close();
      store[Symbol.dispose]();
    },
  };
}

Deno.test("orderReopen() tells conmon, if it is there", async () => {
  using conmon = await listening();
  assert(orderReopen(conmon.agent, conmon.folder));
  assertEquals(await conmon.read(1), ["2 0 0"]);
  assertFalse(orderReopen(conmon.agent, `${conmon.folder}/none`));
});

Deno.test("openResizer() tells rows and columns that a terminal can have", async (t) => {
  using conmon = await listening();
  const cases: readonly (readonly [number, number, string])[] = [
    [80, 24, "1 24 80"],
    [1, 1, "1 1 1"],
    [1000, 1001, "1 1000 1000"],
    [80.9, 24.2, "1 24 80"],
  ];
  for (const [columns, rows, line] of cases) {
    await t.step(`${columns} ${rows}`, async () => {
      const stop = new AbortController();
      const resize = openResizer(conmon.agent, conmon.folder, stop);
      await resize({ columns, rows });
      stop.abort();
      assertEquals(await conmon.read(1), [line]);
    });
  }
});

Deno.test("openResizer() passes over sizes that are none", async () => {
  using conmon = await listening();
  const stop = new AbortController();
  const resize = openResizer(conmon.agent, conmon.folder, stop);
  for (const size of [0, -1, NaN, Infinity]) {
    await resize({ columns: size, rows: 24 });
    await resize({ columns: 80, rows: size });
  }
  await resize({ columns: 2, rows: 1 });
  stop.abort();
  assertEquals(await conmon.read(1), ["1 1 2"]);
});

Deno.test("openResizer() tells the last of many at once, and again", async () => {
  using conmon = await listening();
  const stop = new AbortController();
  const resize = openResizer(conmon.agent, conmon.folder, stop);
  await Promise.all([1, 2, 3].map((rows) => resize({ columns: 9, rows })));
  assertEquals(await conmon.read(3), ["1 1 9", "1 3 9", "1 3 9"]);
  stop.abort();
});

Deno.test("runtimeFlags() hands each flag over by itself", () => {
  const runtime = { name: "crun", program: "/bin/crun", stateRoot: "/s" };
  const flags = runtimeFlags(runtime, ["--debug", "x"]);
  assertEquals(flags.slice(0, 2), ["--runtime", "/bin/crun"]);
  const own = flags.slice(2);
  assertEquals(own.length % 2, 0);
  const words = own.filter((_, index) => index % 2 === 1);
  assert(
    own.every((flag, index) => index % 2 === 1 || flag === "--runtime-arg"),
  );
  assertEquals(words.slice(-2), ["--debug", "x"]);
  assert(words.includes("/s"), words.join(" "));
});
