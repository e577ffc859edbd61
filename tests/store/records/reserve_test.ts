import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import {
  keepReserve,
  releaseReserve,
} from "../../../src/store/records/reserve.ts";
import { storeAgent } from "../../support/store_agent.ts";

/** Something else where the reserve has to be. */
const IN_PLACE: Readonly<Record<string, (path: string) => void>> = {
  "a file": (path) => writeFileSync(path, "mine"),
  "a link to nowhere": (path) => symlinkSync("nowhere", path),
  "a link to itself": (path) => symlinkSync("reserve", path),
  "a link to what is not its own": (path) => symlinkSync("../overlay", path),
};

Deno.test("keepReserve() makes files that releaseReserve() does not touch", () => {
  using test = storeAgent();
  const { store } = test.agent;
  const { paths } = store;
  keepReserve(store);
  const files = readdirSync(join(paths.root, "orlop", "reserve"));
  assert(files.length > 0);
  assertEquals(releaseReserve(store), 0); // there is plenty of room
});

// What a command was for is done by then: it must not end with an error.
Deno.test("keepReserve() goes without a reserve where it can make none", async (t) => {
  for (const [name, put] of Object.entries(IN_PLACE)) {
    await t.step(name, () => {
      using test = storeAgent();
      const { store } = test.agent;
      const { paths } = store;
      const path = join(paths.root, "orlop", "reserve");
      mkdirSync(join(paths.root, "orlop"), { recursive: true });
      rmSync(path, { recursive: true, force: true });
      put(path);
      keepReserve(store, { released: 4096 });
      keepReserve(store);
      assertEquals(readdirSync(join(paths.root, "orlop")), ["reserve"]);
    });
  }
});
