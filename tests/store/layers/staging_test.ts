import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { takeLibc } from "../../../src/process/bind_libc.ts";
import {
  openStaging,
  removeAbandonedStaging,
} from "../../../src/store/layers/staging.ts";
import { spoolArguments } from "../../../src/unpack/apply_spool.ts";
import { archive, file } from "../../support/images/tar_builder.ts";
import { needs, needsThat } from "../../support/peers.ts";
import { canLock, holdLock } from "../../support/programs/lock_holder.ts";
import { tempDir } from "../../support/temp_dir.ts";

const libc = takeLibc();
const ignore = needsThat(libc !== undefined, "libc cannot be bound").ignore ||
  needs("python3").ignore;

function list(path: string): readonly string[] {
  return readdirSync(path).sort();
}

Deno.test("openStaging() makes a private directory beside its lock", async () => {
  using dir = tempDir();
  const parent = dir.join("a", "staging");
  {
    await using one = openStaging(parent, { libc });
    await using two = openStaging(parent, { libc });
    assert(one.path !== two.path);
    const suffix = /temp-dir-(\d+)$/.exec(one.path)?.[1];
    assert(list(parent).includes(`lock-${suffix}`));
    assertEquals(statSync(one.path).mode & 0o777, 0o700);
    writeFileSync(`${one.path}/file`, "");
  }
  assertFalse(existsSync(parent)); // older tools stumble over it
});

Deno.test("another program sees that a staging directory is in use", {
  ignore,
}, async () => {
  using dir = tempDir();
  const parent = dir.join("staging");
  await using staging = openStaging(parent, { libc });
  const lock = staging.path.replace("temp-dir-", "lock-");
  const how = { style: "posix", kind: "write" } as const;
  assertFalse(await canLock(lock, how));
});

Deno.test("removeAbandonedStaging() leaves alone what is in use", async () => {
  using dir = tempDir();
  const parent = dir.join("staging");
  await using staging = openStaging(parent, { libc });
  assertEquals(removeAbandonedStaging(parent, libc), []);
  assert(existsSync(staging.path));
});

Deno.test("removeAbandonedStaging() leaves alone what another program uses", {
  ignore,
}, async () => {
  using dir = tempDir();
  mkdirSync(dir.join("temp-dir-7"));
  writeFileSync(dir.join("lock-7"), "");
  const how = { style: "posix", kind: "write" } as const;
  await using _owner = await holdLock(dir.join("lock-7"), how);
  assertEquals(removeAbandonedStaging(dir.path, libc), []);
  assert(existsSync(dir.join("temp-dir-7")));
});

Deno.test(
  "removeAbandonedStaging() ends the tar of a process that was killed",
  {
    ...needs("tar"),
  },
  async () => {
    using dir = tempDir();
    const parent = dir.join("staging");
    const path = `${parent}/temp-dir-7`;
    const layer = `${path}/layer`;
    mkdirSync(`${layer}/diff`, { recursive: true });
    const files = Array.from({ length: 30_000 }, (_, n) => file(`${n}`, "x"));
    writeFileSync(`${layer}/spool.tar`, archive(...files));
    const tar = new Deno.Command("tar", {
      args: [...spoolArguments(layer)],
      stderr: "null",
    }).spawn();
    while (list(`${layer}/diff`).length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assertEquals(removeAbandonedStaging(parent, libc), [{ path }]);
    assertFalse(existsSync(parent));
    await tar.status;
    assertFalse(existsSync(parent));
  },
);

Deno.test("removeAbandonedStaging() removes what was left behind", async (t) => {
  await t.step("directory and lock", () => {
    using dir = tempDir();
    const parent = dir.join("staging");
    mkdirSync(`${parent}/temp-dir-7/sub`, { recursive: true });
    writeFileSync(`${parent}/lock-7`, "");
    const path = `${parent}/temp-dir-7`;
    assertEquals(removeAbandonedStaging(parent, libc), [{ path }]);
    assertFalse(existsSync(parent));
  });
  await t.step("only a directory", () => {
    using dir = tempDir();
    mkdirSync(dir.join("temp-dir-7"));
    mkdirSync(dir.join("other"));
    const path = dir.join("temp-dir-7");
    assertEquals(removeAbandonedStaging(dir.path, libc), [{ path }]);
    assertEquals(list(dir.path), ["other"]);
  });
  await t.step("only a lock", () => {
    using dir = tempDir();
    writeFileSync(dir.join("lock-7"), "");
    mkdirSync(dir.join("other"));
    assertEquals(removeAbandonedStaging(dir.path, libc), []);
    assertEquals(list(dir.path), ["other"]);
  });
  await t.step("nothing, where there is nothing", () => {
    using dir = tempDir();
    assertEquals(removeAbandonedStaging(dir.join("none"), libc), []);
    assertEquals(list(dir.path), []);
  });
});

Deno.test("removeAbandonedStaging() continues where it cannot remove", {
  ...needs("root", "mount"),
}, async () => {
  using dir = tempDir();
  const parent = dir.join("staging");
  const path = `${parent}/temp-dir-7`;
  mkdirSync(`${path}/busy`, { recursive: true });
  mkdirSync(`${parent}/temp-dir-8`);
  await run("mount", "-t", "tmpfs", "tmpfs", `${path}/busy`);
  try {
    const swept = removeAbandonedStaging(parent, libc);
    const [failed] = swept.filter(({ error }) => error !== undefined);
    assertEquals([swept.length, failed?.path], [2, path]);
  } finally {
    await run("umount", `${path}/busy`);
  }
  assertFalse(existsSync(`${parent}/temp-dir-8`));
  assertEquals(removeAbandonedStaging(parent, libc), [{ path }]);
});

async function run(program: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(program, { args }).output();
  assert(success, `${program} failed`);
}
