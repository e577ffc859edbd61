import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { fromFileUrl } from "@std/path";
import { CommandError, InUseError } from "../../src/errors/store_errors.ts";
import { systemMounter } from "../../src/mount/system_mounter.ts";
import { planOverlay } from "../../src/mount/plan_overlay.ts";
import { prepareOverlay } from "../../src/mount/prepare_overlay.ts";
import { testMounter } from "../contracts/mounter_suite.ts";
import { takeLibc } from "../../src/process/bind_libc.ts";
import { memoryMounter } from "../support/memory/memory_mounter.ts";
import { needs, needsThat } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const { ignore } = needs("root", "mount", "umount", "findmnt");

testMounter("memoryMounter()", memoryMounter);
testMounter("systemMounter() by findmnt", systemMounter, { ignore });
const libc = takeLibc();
testMounter("systemMounter()", () => systemMounter(libc), {
  ignore: ignore ||
    needsThat(libc !== undefined, "libc cannot be bound").ignore,
});

/** Makes layers named `0`, `1`, …, each with a file of its name. */
async function makeLayers(home: string, count: number) {
  await Deno.mkdir(`${home}/l`, { recursive: true });
  for (let index = 0; index < count; index++) {
    const layer = `${home}/${index}`;
    await Deno.mkdir(`${layer}/diff`, { recursive: true });
    await Deno.mkdir(`${layer}/work`);
    await Deno.mkdir(`${layer}/empty`);
    await Deno.writeTextFile(`${layer}/diff/${index}`, `from ${index}`);
    await Deno.writeTextFile(`${layer}/diff/all`, `from ${index}`);
    await Deno.symlink(`../${index}/diff`, `${home}/${shortName(index)}`);
  }
}

function shortName(index: number): string {
  return `l/${String(index).padStart(26, "A")}`;
}

/** The short names of the layers below one, nearest first. */
function lowerOf(index: number): readonly string[] {
  return Array.from({ length: index }, (_, below) => shortName(below))
    .toReversed();
}

Deno.test("systemMounter() shows the layers' files", { ignore }, async (t) => {
  using dir = tempDir();
  const home = dir.join("overlay");
  await makeLayers(home, 130);
  const mounter = systemMounter(libc);
  for (const depth of [0, 2, 60, 129]) {
    await t.step(`${depth} layers below`, async () => {
      const request = {
        home,
        layerId: String(depth),
        lower: lowerOf(depth),
        access: "read-write",
        options: ["nodev"],
      } as const;
      prepareOverlay(request);
      const plan = planOverlay(request);
      assertEquals(plan.cwd !== undefined, depth === 129);
      await mounter.mount(plan);
      try {
        const read = (name: string) =>
          Deno.readTextFile(`${plan.target}/${name}`);
        assertEquals(await read("all"), `from ${depth}`);
        assertEquals(await read("0"), "from 0");
        await Deno.writeTextFile(`${plan.target}/new`, "new");
        const [entry] = await mounter.list(plan.target);
        assert(entry?.options.includes("nodev"));
      } finally {
        await mounter.unmount(plan.target);
      }
      const upper = `${home}/${depth}/diff/new`;
      assertEquals(await Deno.readTextFile(upper), "new");
    });
  }
});

Deno.test("systemMounter() mounts read-only", { ignore }, async () => {
  using dir = tempDir();
  const home = dir.join("overlay");
  await makeLayers(home, 2);
  const request = {
    home,
    layerId: "1",
    lower: lowerOf(1),
    access: "read-only",
  } as const;
  prepareOverlay(request);
  const plan = planOverlay(request);
  const mounter = systemMounter(libc);
  await mounter.mount(plan);
  try {
    assertEquals(await Deno.readTextFile(`${plan.target}/all`), "from 1");
    await assertRejects(() => Deno.writeTextFile(`${plan.target}/new`, ""));
  } finally {
    await mounter.unmount(plan.target);
  }
});

Deno.test("systemMounter() reports a busy mount", { ignore }, async () => {
  using dir = tempDir();
  const home = dir.join("overlay");
  await makeLayers(home, 1);
  const request = {
    home,
    layerId: "0",
    lower: [],
    access: "read-write",
  } as const;
  prepareOverlay(request);
  const plan = planOverlay(request);
  const mounter = systemMounter(libc);
  await mounter.mount(plan);
  const file = await Deno.open(`${plan.target}/all`);
  try {
    await assertRejects(() => mounter.unmount(plan.target), InUseError);
    await mounter.unmount(plan.target, { mode: "lazy" });
    assertFalse(await mounter.isMounted(plan.target));
  } finally {
    file.close();
  }
});

Deno.test("systemMounter() reports what is missing", { ignore }, async () => {
  using dir = tempDir();
  const home = dir.join("overlay");
  await makeLayers(home, 2);
  const mounter = systemMounter(libc);
  const mount = (lower: readonly string[]) =>
    mounter.mount(
      planOverlay({ home, layerId: "1", lower, access: "read-write" }),
    );
  await assertRejects(() => mount(lowerOf(1)), CommandError, "no such dir");
  await Deno.mkdir(`${home}/1/merged`);
  await assertRejects(() => mount(["l/ABSENT"]), CommandError, "missing");
});

Deno.test("systemMounter() finds mounts through links", {
  ignore,
}, async () => {
  using dir = tempDir();
  await makeLayers(dir.join("real"), 1);
  await Deno.symlink("real", dir.join("overlay"));
  const mounter = systemMounter(libc);
  const home = dir.join("overlay");
  await mounter.bindPrivate(home);
  await mounter.bindPrivate(home);
  try {
    assert(await mounter.isMounted(home));
    const targets = (await mounter.list(home)).map(({ target }) => target);
    // As it was asked for: callers look up paths that they made themselves.
    assertEquals(targets, [home]);
  } finally {
    await mounter.unmount(home);
  }
});

Deno.test("prepareOverlay() lets a volatile layer be mounted again", {
  ignore,
}, async () => {
  using dir = tempDir();
  const home = dir.join("overlay");
  await makeLayers(home, 2);
  const request = {
    home,
    layerId: "1",
    lower: lowerOf(1),
    access: "read-write",
    options: ["volatile"],
  } as const;
  const mounter = systemMounter(libc);
  const plan = planOverlay(request);
  for (const _ of ["first", "second"]) {
    prepareOverlay(request);
    await mounter.mount(plan);
    await mounter.unmount(plan.target);
  }
  await assertRejects(() => mounter.mount(plan), CommandError, "refuses");
});

Deno.test("bindPrivate() hides mounts from others that shared them", {
  ignore,
}, async () => {
  using dir = tempDir();
  const home = dir.join("overlay");
  await Deno.mkdir(home);
  const mount = (...args: string[]) =>
    new Deno.Command("mount", { args: [...args, home] }).output();
  await mount("--bind", home);
  await mount("--make-shared");
  const mounter = systemMounter(libc);
  try {
    await mounter.bindPrivate(home);
    const [entry] = await mounter.list(home);
    assertEquals(entry?.propagation, "private");
  } finally {
    await mounter.unmount(home);
  }
});

Deno.test("prepareOverlay() needs no work directory to read", async () => {
  using dir = tempDir();
  await makeLayers(dir.path, 1);
  await Deno.remove(dir.join("0", "work"));
  prepareOverlay({
    ...{ home: dir.path, layerId: "0", lower: [], access: "read-only" },
  });
});

Deno.test("prepareOverlay() makes what may be missing", async () => {
  using dir = tempDir();
  await makeLayers(dir.path, 1);
  await Deno.remove(dir.join("0", "diff"), { recursive: true });
  const request = { home: dir.path, lower: [], access: "read-write" } as const;
  prepareOverlay({ ...request, layerId: "0" });
  const mode = async (name: string) =>
    ((await Deno.stat(dir.join("0", name))).mode ?? 0) & 0o777;
  assertEquals(await mode("diff"), 0o555);
  assertEquals(await mode("merged"), 0o700);
  await Deno.remove(dir.join("0", "work"));
  for (const layerId of ["0", "absent"]) {
    assertThrows(
      () => prepareOverlay({ ...request, layerId }),
      Deno.errors.NotFound,
    );
  }
});

Deno.test("systemMounter() continues under Ctrl-C", { ignore }, async () => {
  using dir = tempDir();
  const home = dir.join("overlay");
  await makeLayers(home, 1);
  await Deno.rename(`${home}/0`, `${home}/layer`);
  await Deno.mkdir(`${home}/layer/merged`);
  const program = fromFileUrl(
    new URL("../support/programs/mount_loop.ts", import.meta.url),
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", program, home],
    detached: true, // a group of its own, as a terminal gives it
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { success, stdout, stderr } = await child.output();
  assert(success, new TextDecoder().decode(stderr));
  const signals = new TextDecoder().decode(stdout);
  assert(Number(signals) > 0, signals);
});
