import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  readLinesInRoot,
  type ReadLinesOptions,
} from "../../src/fs/read_in_root.ts";
import { takeLibc } from "../../src/process/bind_libc.ts";
import { runCommand } from "../../src/process/run_command.ts";
import { isRoot } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const libc = takeLibc();

/** All lines, as they are with libc and without it; one that is left out would show. */
async function read(
  root: string,
  path: string,
  options: ReadLinesOptions = {},
): Promise<string[]> {
  const [own, other] = await Promise.allSettled([
    Array.fromAsync(readLinesInRoot(root, path, { ...options, libc })),
    Array.fromAsync(readLinesInRoot(root, path, options)),
  ]);
  if (own.status === "rejected") {
    assertEquals(other.status, "rejected");
    throw own.reason;
  }
  assert(other.status === "fulfilled");
  assertEquals(own.value, other.value);
  return own.value;
}

Deno.test("readLinesInRoot() reads lines", async (t) => {
  using dir = tempDir();
  // Longer than what is read at once, and not where a character ends.
  const long = `a${"é".repeat(200_000)}`;
  const table: Record<string, readonly string[]> = {
    "": [],
    "\n": [""],
    "one": ["one"],
    "one\n": ["one"],
    "one\n\ntwo": ["one", "", "two"],
    "one\r\ntwo\0\r\n": ["one\r", "two\0\r"],
    [`${long}\nlast`]: [long, "last"],
  };
  for (const [text, lines] of Object.entries(table)) {
    await t.step(JSON.stringify(text.slice(0, 20)), async () => {
      await Deno.writeTextFile(dir.join("file"), text);
      assertEquals(await read(dir.path, "file"), [...lines]);
    });
  }
});

Deno.test("readLinesInRoot() treats a missing file as empty", async (t) => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("file"), "text");
  await Deno.symlink("nowhere", dir.join("dangling"));
  await Deno.symlink(`${dir.path}/file`, dir.join("outside"));
  for (const path of ["absent", "var/x", "file/x", "dangling", "outside"]) {
    await t.step(
      path,
      async () => assertEquals(await read(dir.path, path), []),
    );
  }
});

Deno.test("readLinesInRoot() opens regular files only", async (t) => {
  using dir = tempDir();
  const root = dir.path;
  await runCommand("/usr/bin/mkfifo", [`${root}/fifo`]);
  using _socket = Deno.listen({ transport: "unix", path: `${root}/socket` });
  const kinds = ["fifo", "socket", ""];
  if (isRoot) {
    await runCommand("/usr/bin/mknod", [`${root}/zero`, "c", "1", "5"]);
    await runCommand("/usr/bin/mknod", [`${root}/disk`, "b", "7", "250"]);
    await Deno.link(`${root}/zero`, `${root}/second-name`);
    kinds.push("zero", "disk", "second-name");
  }
  for (const kind of kinds) {
    for (const path of [kind, `link-to-${kind}`]) {
      if (path !== kind) await Deno.symlink(`/${kind}`, `${root}/${path}`);
      await t.step(path || "the root itself", async () => {
        const message = `Cannot read "${path}" in "${root}": it is no regular`;
        await assertRejects(() => read(root, path), TypeError, message);
      });
    }
  }
});

Deno.test("readLinesInRoot() reads no more than it may", async (t) => {
  using dir = tempDir();
  const root = dir.path;
  await Deno.writeTextFile(`${root}/exact`, `${"x".repeat(98)}\ny`);
  await Deno.writeTextFile(`${root}/large`, `${"x".repeat(98)}\nyz`);
  const exact = { maxSize: 100, maxLine: 98 };
  assertEquals((await read(root, "exact", exact)).at(-1), "y");
  const table = {
    "a long file": ["large", exact, "it is longer than 100 bytes"],
    "a long line": ["exact", { maxLine: 97 }, "a line of it is longer than 97"],
    "one endless line": ["sparse", {}, "a line of it is longer than"],
  } as const;
  const sparse = await Deno.create(`${root}/sparse`);
  await sparse.truncate(2 ** 40);
  sparse.close();
  for (const [name, [path, options, why]] of Object.entries(table)) {
    await t.step(name, async () => {
      const message = `Cannot read "${path}" in "${root}": ${why}`;
      await assertRejects(() => read(root, path, options), TypeError, message);
    });
  }
});

Deno.test("readLinesInRoot() ends when it is told to", async () => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("file"), "text");
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(
    () => read(dir.path, "file", { signal }),
    Error,
    "enough",
  );
});
