/** What crashes leave: doctor, df and gc tell of the same, and gc removes it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "@std/path";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";

const NEEDED = needs("root", "busybox", "tar", "mount", "findmnt");
const ID = "a".repeat(64);

/** Paths below the store's directory, and whether they are files. */
const LEFTOVERS: readonly (readonly [string, "directory" | "file"])[] = [
  [`root/overlay/${ID}/diff`, "directory"],
  [`root/overlay/compat12`, "directory"],
  [`root/overlay-layers/${ID}.tar-split.gz`, "file"],
  [`root/overlay-layers/.tmp-layers.json12`, "file"],
  [`root/overlay-images/${ID}/manifest`, "file"],
  [`root/overlay-images/.tmp-images.json12`, "file"],
  [`root/overlay-containers/${ID}/userdata`, "directory"],
  [`root/overlay-containers/.tmp-containers.json12`, "file"],
  [`runroot/overlay-containers/${ID}/userdata/config.json`, "file"],
  [`runroot/overlay-layers/.tmp-mountpoints.json12`, "file"],
  [`root/orlop/downloads/${ID}`, "file"],
  [`root/orlop/trial-12/lower`, "directory"],
  [`root/orlop/.tmp-last-gc.json12`, "file"],
];
// Swept without a word: they are nothing but locks, or empty.
const SWEPT: readonly (readonly [string, "directory" | "file"])[] = [
  [`root/overlay/tempdirs`, "directory"],
  [`runroot/orlop/pulls/${ID}`, "file"],
  [`runroot/orlop/runs/${ID}`, "file"],
];

async function leaveAll(store: SharedStore): Promise<void> {
  for (const [path, kind] of [...LEFTOVERS, ...SWEPT]) {
    const whole = store.join(path);
    mkdirSync(kind === "file" ? dirname(whole) : whole, { recursive: true });
    if (kind === "file") writeFileSync(whole, "");
  }
  const link = store.join("root/overlay/l", "A".repeat(26));
  symlinkSync(`../${ID}/diff`, link);
  // As old as what a cleanup removes.
  const { success } = await new Deno.Command("find", {
    args: [store.join(), "-newermt", "2020-01-01", "-name", "*"].concat(
      ["-not", "-path", "*/tiny/*", "-exec", "touch", "-h", "-d"],
      ["2020-01-01", "{}", "+"],
    ),
  }).output();
  assert(success);
}

for (const state of ["nothing mounted", "a container mounted"] as const) {
  Deno.test(`doctor, df and gc agree on leftovers, with ${state}`, {
    ...NEEDED,
  }, async () => {
    await using store = sharedStore();
    const { orlop, tryOrlop } = store;
    await writeBusyboxLayout(store.join("tiny"));
    await orlop("pull", `oci:${store.join("tiny")}:latest`);
    await orlop("pod", "create", "web");
    await orlop("container", "create", "--pod", "web", "--name", "c", "tiny");
    if (state === "a container mounted") await orlop("start", "c");
    await leaveAll(store);
    const count = LEFTOVERS.length + 1; // the link
    const planned = (await orlop("gc", "--dry-run")).split("\n")
      .filter((line) => line.startsWith("Would remove leftover "));
    assertEquals(planned.length, count, planned.join("\n"));
    assertMatch(
      (await tryOrlop("doctor")).out,
      new RegExp(` ${count} leftovers`),
    );
    assertMatch(await orlop("df"), new RegExp(`^Leftovers +${count} `, "m"));
    const removed = (await orlop("gc")).split("\n")
      .filter((line) => line.startsWith("Removed leftover "));
    assertEquals(removed.length, count);
    for (const [path] of [...LEFTOVERS, ...SWEPT]) {
      assert(!existsSync(store.join(path)), path);
    }
    assertMatch(await orlop("df"), /^Leftovers +0 /m);
    assert(!(await tryOrlop("doctor")).out.includes("leftover"));
    assertEquals(await orlop("gc"), "");
  });
}

Deno.test("a leftover that cannot be removed stops nothing else", {
  ...needs("root", "busybox", "tar", "mount", "findmnt", "chattr"),
}, async () => {
  await using store = sharedStore();
  await writeBusyboxLayout(store.join("tiny"));
  await store.orlop("pull", `oci:${store.join("tiny")}:latest`);
  const stuck = join(store.root, "overlay-layers", `${ID}.tar-split.gz`);
  const other = join(store.root, "overlay-images", ".tmp-images.json1");
  for (const path of [stuck, other]) writeFileSync(path, "");
  await run("chattr", "+i", stuck);
  try {
    for (let night = 1; night <= 2; night++) {
      const { code, err } = await store.tryOrlop("gc");
      assertEquals(code, 0, err);
      assertMatch(err, /Cannot remove leftover ".*tar-split\.gz": /);
      assert(!existsSync(other));
    }
  } finally {
    await run("chattr", "-i", stuck);
  }
});

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args })
    .output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
