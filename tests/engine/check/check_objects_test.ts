/** What a check says of containers, orlop's and others'. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { checkStore } from "../../../src/engine/check/check_store.ts";
import { containerOptions, testPod } from "../../support/test_runtime.ts";

interface Stored {
  readonly id: string;
  readonly layer: string;
  metadata: string;
}

async function setUp() {
  const test = await testPod();
  const { id: containerId } = await test.runtime.createContainer(
    containerOptions(),
  );
  const root = test.dir.join("root");
  const table = join(root, "overlay-containers/containers.json");
  const template = join(
    root,
    ...["overlay-containers", containerId, "userdata", "config.json"],
  );
  const change = (edit: (container: Stored) => void) => {
    const records: Stored[] = JSON.parse(readFileSync(table, "utf8"));
    const found = records.find(({ id }) => id === containerId);
    if (found !== undefined) edit(found);
    writeFileSync(table, JSON.stringify(records));
  };
  const look = async () => {
    const { agent } = test.reopen();
    const { objects } = await checkStore(agent);
    return objects.find(({ id }) => id === containerId);
  };
  return {
    test,
    template,
    change,
    look,
    [Symbol.dispose]: () => test[Symbol.dispose](),
  };
}

Deno.test("checkStore() misses the template of orlop's own containers", async () => {
  using made = await setUp();
  assertEquals((await made.look())?.state, "ok");
  truncateSync(made.template);
  const empty = await made.look();
  assertEquals(empty?.faults, [`${made.template}: it is empty`]);
  rmSync(made.template);
  const missing = await made.look();
  assertEquals(missing?.faults, [`${made.template}: it is missing`]);
  assertStringIncludes(missing?.advice ?? "", "orlop start server creates it");
  made.change((container) => {
    container.metadata = "";
  });
  assertEquals((await made.look())?.state, "ok");
});
