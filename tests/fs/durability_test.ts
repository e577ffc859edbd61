import { assertEquals } from "@std/assert";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { trace } from "./traced_writes.ts";

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

Deno.test(
  "StagedFiles has data on the disk before names, and these at the end",
  NEEDED,
  async () => {
    using dir = tempDir();
    await Deno.mkdir(dir.join("a"));
    await Deno.mkdir(dir.join("kept"));
    const script = (options: string) =>
      `using staged = new StagedFiles();
       staged.write(dir + "/a/one", "1", 0o600);
       staged.keep(dir + "/kept");
       await staged.commit(${options});`;
    const written = [
      "write DIR/a/TEMP-one",
      "fdatasync DIR/a/TEMP-one",
      "rename DIR/a/TEMP-one",
    ];
    const events = await trace(dir.path, script(""));
    assertEquals(events.slice(0, 3), written);
    // Both at once.
    assertEquals(events.slice(3).toSorted(), ["fsync DIR/a", "fsync DIR/kept"]);
    assertEquals(
      await trace(dir.path, script('{ directory: "later" }')),
      written,
    );
  },
);

Deno.test(
  "StagedFiles.sync() writes each file once, ahead of the rest",
  NEEDED,
  async () => {
    using dir = tempDir();
    const events = await trace(
      dir.path,
      `using staged = new StagedFiles();
       staged.write(dir + "/one", "1", 0o600);
       await staged.sync();
       staged.write(dir + "/two", "2", 0o600);
       await staged.commit();`,
    );
    assertEquals(events, [
      ...["write DIR/TEMP-one", "fdatasync DIR/TEMP-one"],
      ...["write DIR/TEMP-two", "fdatasync DIR/TEMP-two"],
      ...["rename DIR/TEMP-one", "rename DIR/TEMP-two", "fsync DIR"],
    ]);
  },
);
