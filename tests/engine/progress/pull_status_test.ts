import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { listPulls } from "../../../src/engine/progress/list_pulls.ts";
import {
  parsePullStatus,
  publishPull,
} from "../../../src/engine/progress/pull_status.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { storeAgent } from "../../support/store_agent.ts";

const DIGEST = digestOf("layer");
const STATUS = {
  name: "quay.io/a/b:1",
  ...{ pid: 7, uid: 0, command: "orlop pull" },
  started: "2026-01-02T03:04:05.000Z",
  layers: [{ digest: DIGEST, size: 9, received: 4, phase: "downloading" }],
};

Deno.test("publishPull() lets others see a pull until it has ended", () => {
  using store = storeAgent({ caller: "orlop pull" });
  {
    using published = publishPull(store.agent, "busybox");
    const [first, ...others] = listPulls(store.reopen());
    assertEquals(others, []);
    assertEquals([first?.name, first?.layers, first?.command], [
      "busybox",
      [],
      "orlop pull",
    ]);
    assertEquals([first?.pid, first?.uid], [Deno.pid, Deno.uid()]);
    published.advance({
      kind: "start",
      name: "docker.io/library/busybox:latest",
      layers: [{ digest: DIGEST, size: 9, present: false }],
    });
    const [second] = listPulls(store.reopen());
    assertEquals(second?.name, "docker.io/library/busybox:latest");
    assertEquals(second?.layers, [
      { digest: DIGEST, size: 9, received: 0, phase: "waiting" },
    ]);
  }
  assertEquals(listPulls(store.agent), []);
  assertEquals(readdirSync(noticesOf(store.dir.path)), []);
});

Deno.test("publishPull() shows nothing that is no reference", () => {
  using store = storeAgent();
  using _published = publishPull(store.agent, "docker://me:secret@host/a");
  assertEquals(listPulls(store.agent).map(({ name }) => name), [""]);
});

Deno.test("publishPull() does not fail where no one can be told", () => {
  using store = storeAgent();
  mkdirSync(store.dir.join("run/orlop"), { recursive: true });
  writeFileSync(noticesOf(store.dir.path), "a file");
  using _published = publishPull(store.agent, "busybox");
  assertEquals(listPulls(store.agent), []);
});

Deno.test("listPulls() removes what died, and takes no harm from the rest", () => {
  using store = storeAgent();
  using _published = publishPull(store.agent, "busybox");
  const directory = noticesOf(store.dir.path);
  const [own = ""] = readdirSync(directory).filter((name) =>
    /^\d+$/.test(name)
  );
  for (const name of ["1", "1.json", "1.next", "2.json", "other"]) {
    writeFileSync(join(directory, name), JSON.stringify(STATUS));
  }
  mkdirSync(join(directory, "3"));
  writeFileSync(join(directory, "5"), "");
  mkdirSync(join(directory, "5.json"));
  symlinkSync("/dev/zero", join(directory, "4"));
  assertEquals(listPulls(store.agent).length, 1);
  assertEquals(
    readdirSync(directory).sort(),
    ["3", "4", "5.json", own, `${own}.json`, "other"].sort(),
  );
});

Deno.test("listPulls() takes no harm from what is in place of a notice", async (t) => {
  const spoil: Readonly<Record<string, (path: string) => void>> = {
    "no JSON": (path) => writeFileSync(path, "\x1b[2J{"),
    "another shape": (path) => writeFileSync(path, '{"pid":"1"}'),
    "nothing": (path) => writeFileSync(path, ""),
    "too much": (path) => writeFileSync(path, " ".repeat(2_000_000)),
    "a link": (path) => symlinkSync("/dev/zero", path),
    "a directory": (path) => mkdirSync(path),
    "a FIFO": (path) => {
      new Deno.Command("mkfifo", { args: [path] }).outputSync();
    },
  };
  for (const [name, act] of Object.entries(spoil)) {
    await t.step(name, () => {
      using store = storeAgent();
      using _published = publishPull(store.agent, "busybox");
      const directory = noticesOf(store.dir.path);
      const own = readdirSync(directory).find((n) => n.endsWith(".json")) ?? "";
      Deno.removeSync(join(directory, own));
      act(join(directory, own));
      assertEquals(listPulls(store.agent), []);
    });
  }
});

Deno.test("parsePullStatus() takes what a pull tells, and nothing else", async (t) => {
  const [layer] = STATUS.layers;
  assertEquals<unknown>(parsePullStatus(JSON.stringify(STATUS)), STATUS);
  const wrong: Readonly<Record<string, unknown>> = {
    "a list": [],
    "no layers": { ...STATUS, layers: undefined },
    "a negative process": { ...STATUS, pid: -1 },
    "half a process": { ...STATUS, pid: 1.5 },
    "no time": { ...STATUS, started: "yesterday" },
    "an unknown phase": { ...STATUS, layers: [{ ...layer, phase: "x" }] },
    "a negative size": { ...STATUS, layers: [{ ...layer, size: -1 }] },
    "no end of layers": { ...STATUS, layers: Array(20_000).fill(layer) },
  };
  for (const [name, value] of Object.entries(wrong)) {
    await t.step(name, () => {
      assertThrows(() => parsePullStatus(JSON.stringify(value)), SyntaxError);
    });
  }
});

function noticesOf(directory: string): string {
  return join(directory, "run/orlop/notices");
}
