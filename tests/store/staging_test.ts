import { assert, assertEquals } from "@std/assert";
import { existsSync } from "@std/fs";
import { takeLibc } from "../../src/process/libc.ts";
import { openStaging, sweepStaging } from "../../src/store/staging.ts";
import { canLock, holdLock } from "../support/lock_holder.ts";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const libc = takeLibc();
const ignore = libc === undefined || needs("python3").ignore;

function list(path: string): readonly string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

Deno.test("openStaging() makes a private directory beside its lock", async () => {
  using dir = tempDir();
  const parent = dir.join("a", "staging");
  {
    await using one = openStaging(parent, libc);
    await using two = openStaging(parent, libc);
    assert(one.path !== two.path);
    const suffix = /temp-dir-(\d+)$/.exec(one.path)?.[1];
    assert(list(parent).includes(`lock-${suffix}`));
    assertEquals((Deno.statSync(one.path).mode ?? 0) & 0o777, 0o700);
    Deno.writeTextFileSync(`${one.path}/file`, "");
  }
  assertEquals(existsSync(parent), false); // older tools stumble over it
});

Deno.test("another program sees that a staging directory is in use", {
  ignore,
}, async () => {
  using dir = tempDir();
  const parent = dir.join("staging");
  await using staging = openStaging(parent, libc);
  const lock = staging.path.replace("temp-dir-", "lock-");
  const how = { style: "posix", kind: "write" } as const;
  assertEquals(await canLock(lock, how), false);
});

Deno.test("sweepStaging() leaves alone what is in use", async () => {
  using dir = tempDir();
  const parent = dir.join("staging");
  await using staging = openStaging(parent, libc);
  assertEquals(sweepStaging(parent, libc), []);
  assert(existsSync(staging.path));
});

Deno.test("sweepStaging() leaves alone what another program uses", {
  ignore,
}, async () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.join("temp-dir-7"));
  Deno.writeTextFileSync(dir.join("lock-7"), "");
  const how = { style: "posix", kind: "write" } as const;
  await using _owner = await holdLock(dir.join("lock-7"), how);
  assertEquals(sweepStaging(dir.path, libc), []);
  assert(existsSync(dir.join("temp-dir-7")));
});

Deno.test("sweepStaging() removes what was left behind", async (t) => {
  await t.step("directory and lock", () => {
    using dir = tempDir();
    const parent = dir.join("staging");
    Deno.mkdirSync(`${parent}/temp-dir-7/sub`, { recursive: true });
    Deno.writeTextFileSync(`${parent}/lock-7`, "");
    const path = `${parent}/temp-dir-7`;
    assertEquals(sweepStaging(parent, libc), [{ path }]);
    assertEquals(existsSync(parent), false);
  });
  await t.step("only a directory", () => {
    using dir = tempDir();
    Deno.mkdirSync(dir.join("temp-dir-7"));
    Deno.mkdirSync(dir.join("other"));
    const path = dir.join("temp-dir-7");
    assertEquals(sweepStaging(dir.path, libc), [{ path }]);
    assertEquals(list(dir.path), ["other"]);
  });
  await t.step("only a lock", () => {
    using dir = tempDir();
    Deno.writeTextFileSync(dir.join("lock-7"), "");
    Deno.mkdirSync(dir.join("other"));
    assertEquals(sweepStaging(dir.path, libc), []);
    assertEquals(list(dir.path), ["other"]);
  });
  await t.step("nothing, where there is nothing", () => {
    using dir = tempDir();
    assertEquals(sweepStaging(dir.join("none"), libc), []);
    assertEquals(list(dir.path), []);
  });
});

Deno.test("sweepStaging() goes on where it cannot remove", {
  ...needs("root", "mount"),
}, async () => {
  using dir = tempDir();
  const parent = dir.join("staging");
  const path = `${parent}/temp-dir-7`;
  Deno.mkdirSync(`${path}/busy`, { recursive: true });
  Deno.mkdirSync(`${parent}/temp-dir-8`);
  await run("mount", "-t", "tmpfs", "tmpfs", `${path}/busy`);
  try {
    const swept = sweepStaging(parent, libc);
    const [failed] = swept.filter(({ error }) => error !== undefined);
    assertEquals([swept.length, failed?.path], [2, path]);
  } finally {
    await run("umount", `${path}/busy`);
  }
  assertEquals(existsSync(`${parent}/temp-dir-8`), false);
  assertEquals(sweepStaging(parent, libc), [{ path }]);
});

async function run(program: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(program, { args }).output();
  assert(success, `${program} failed`);
}
