import { assert, assertEquals, assertFalse } from "@std/assert";
import { openNotice, readNotices } from "../../../src/store/layers/notices.ts";
import { removeAbandonedLocks } from "../../../src/store/recovery/abandoned_locks.ts";
import { isThere } from "../../../src/fs/if_there.ts";
import { libc } from "../../support/own_libc.ts";
import { storeAgent } from "../../support/store_agent.ts";

function place() {
  const test = storeAgent({ libc });
  const { store } = test.agent;
  const directory = `${store.paths.runRoot}/orlop/notices`;
  return {
    ...{ store, directory },
    list: () => [...Deno.readDirSync(directory)].map(({ name }) => name).sort(),
    [Symbol.dispose]: () => test[Symbol.dispose](),
  };
}

Deno.test("readNotices() reads what others tell as long as they are there", () => {
  using test = place();
  const { store } = test;
  assertEquals(readNotices(store), []);
  const [one, other] = [openNotice(store), openNotice(store)];
  assertEquals(readNotices(store), []);
  one.write("one");
  other.write("other");
  assertEquals(readNotices(store).toSorted(), ["one", "other"]);
  one.write("more");
  assertEquals(readNotices(store).toSorted(), ["more", "other"]);
  one[Symbol.dispose]();
  assertEquals(readNotices(store), ["other"]);
  other[Symbol.dispose]();
  assertEquals(readNotices(store), []);
  assertEquals(test.list(), []);
});

Deno.test("notices are for their user alone", () => {
  using test = place();
  using notice = openNotice(test.store);
  notice.write("text");
  const [, text = ""] = test.list();
  assert(text.endsWith(".json"), text);
  const { mode } = Deno.statSync(`${test.directory}/${text}`);
  assertEquals((mode ?? 0) & 0o777, 0o600);
});

Deno.test("readNotices() sweeps what the dead have left, and nothing else", () => {
  using test = place();
  using notice = openNotice(test.store);
  notice.write("text");
  const mine = test.list();
  const write = (name: string) =>
    Deno.writeTextFileSync(`${test.directory}/${name}`, "x");
  // A dead one's, a text without a lock, and what is somebody else's.
  for (const name of ["900001", "900001.json", "900001.next"]) write(name);
  for (const name of ["900002.json", "900003.next"]) write(name);
  for (const name of ["readme", "x.json", "900004.txt"]) write(name);
  Deno.mkdirSync(`${test.directory}/900005`);
  assertEquals(readNotices(test.store), ["text"]);
  assertEquals(
    test.list(),
    [...mine, "readme", "x.json", "900004.txt", "900005"].sort(),
  );
});

Deno.test("readNotices() reads none that is too large", () => {
  using test = place();
  using notice = openNotice(test.store);
  notice.write("x".repeat(1024 * 1024));
  assertEquals(readNotices(test.store).map(({ length }) => length), [1 << 20]);
  notice.write("x".repeat(1024 * 1024 + 1));
  assertEquals(readNotices(test.store), []);
});

Deno.test("removeAbandonedLocks() removes locks that no one holds, and only those", async (t) => {
  for (const folder of ["pulls", "runs"]) {
    await t.step(folder, () => {
      using test = place();
      const directory = `${test.store.paths.runRoot}/orlop/${folder}`;
      Deno.mkdirSync(`${directory}/folder`, { recursive: true });
      Deno.writeTextFileSync(`${directory}/empty`, "");
      Deno.writeTextFileSync(`${directory}/full`, "x");
      Deno.symlinkSync("full", `${directory}/link`);
      removeAbandonedLocks(test.store);
      const left = [...Deno.readDirSync(directory)].map(({ name }) => name);
      assertEquals(left.toSorted(), ["folder", "full", "link"]);
    });
  }
  await t.step("elsewhere", () => {
    using test = place();
    const path = `${test.store.paths.runRoot}/orlop/empty`;
    Deno.mkdirSync(`${test.store.paths.runRoot}/orlop`, { recursive: true });
    Deno.writeTextFileSync(path, "");
    removeAbandonedLocks(test.store);
    assert(isThere(path));
    assertFalse(isThere(`${path}.json`));
  });
});
