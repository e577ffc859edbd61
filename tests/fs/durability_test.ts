import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const SOURCE = fromFileUrl(new URL("../../src/fs", import.meta.url));

/** Runs a script with these modules. @returns What it did to files in `dir`. */
async function trace(dir: string, script: string): Promise<readonly string[]> {
  using work = tempDir();
  await Deno.writeTextFile(
    work.join("script.ts"),
    `import * as write from "${SOURCE}/write_atomically.ts";
     import * as sync from "${SOURCE}/sync.ts";
     const dir = ${JSON.stringify(dir)};\n${script}`,
  );
  const config = fromFileUrl(new URL("../../deno.json", import.meta.url));
  const { success, stderr } = await new Deno.Command("strace", {
    args: [
      ...["-f", "-qq", "-y", "-o", work.join("trace")],
      "--trace=fsync,fdatasync,rename,write,pwrite64",
      ...[Deno.execPath(), "run", "--allow-all", "--no-check", "--quiet"],
      ...["--config", config, work.join("script.ts")],
    ],
    stdin: "null",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return (await Deno.readTextFile(work.join("trace"))).split("\n")
    .filter((line) => line.includes(dir))
    .map((line) =>
      line.replace(/^\d+ +/, "")
        .replace(/^(\w+)\((?:\d+<|")([^>"]*)[>"].*/, "$1 $2")
        .replace(/^pwrite64/, "write")
        .replace(`${dir}`, "DIR").replace(/\.tmp-(\w+?)\d+$/, "TEMP-$1")
    );
}

const NEEDED = needs("strace");

Deno.test(
  "writeAtomically() has the data on the disk before the name",
  NEEDED,
  async () => {
    using dir = tempDir();
    const events = await trace(
      dir.path,
      `write.writeAtomically(dir + "/file", "text", { mode: 0o644 });`,
    );
    assertEquals(events, [
      "write DIR/TEMP-file",
      "fdatasync DIR/TEMP-file",
      "rename DIR/TEMP-file",
      "fsync DIR",
    ]);
  },
);

Deno.test(
  "writeAtomically() does not wait for what a reboot makes void",
  NEEDED,
  async () => {
    using dir = tempDir();
    const events = await trace(
      dir.path,
      `write.writeAtomically(dir + "/file", "text", ` +
        `{ data: "later", directory: "later" });`,
    );
    assertEquals(events, ["write DIR/TEMP-file", "rename DIR/TEMP-file"]);
  },
);

Deno.test(
  "copyAtomically() has the data on the disk before the name",
  NEEDED,
  async () => {
    using dir = tempDir();
    await Deno.writeTextFile(dir.join("source"), "text");
    const events = await trace(
      dir.path,
      `write.copyAtomically(dir + "/source", dir + "/copy");`,
    );
    assertEquals(events.slice(-4), [
      "write DIR/TEMP-copy",
      "fdatasync DIR/TEMP-copy",
      "rename DIR/TEMP-copy",
      "fsync DIR",
    ]);
  },
);

Deno.test(
  "syncTree() writes each file, and each directory after it",
  NEEDED,
  async () => {
    using dir = tempDir();
    await Deno.mkdir(dir.join("a", "b"), { recursive: true });
    await Deno.writeTextFile(dir.join("a", "b", "file"), "text");
    await Deno.symlink("file", dir.join("a", "link"));
    const events = await trace(dir.path, "sync.syncTree(dir);");
    assertEquals(events, [
      "fdatasync DIR/a/b/file",
      "fsync DIR/a/b",
      "fsync DIR/a",
      "fsync DIR",
    ]);
  },
);
