import { assertEquals } from "@std/assert";
import { openLogFile } from "../../../src/engine/processes/log_file.ts";
import { tempDir } from "../../support/temp_dir.ts";

function read(file: ReturnType<typeof openLogFile>): readonly string[] {
  return [...file.readLines()].flat()
    .map((line) => new TextDecoder().decode(line));
}

Deno.test("openLogFile() reads whole lines, as they come", async () => {
  using dir = tempDir();
  const path = dir.join("log");
  using file = openLogFile(path);
  assertEquals(read(file), []); // not there as yet
  await Deno.writeTextFile(path, "one\ntw");
  assertEquals(read(file), ["one"]);
  await Deno.writeTextFile(path, "o\n\nthree", { append: true });
  assertEquals(read(file), ["two", ""]);
});

Deno.test("openLogFile() continues in what takes a log's place", async (t) => {
  using dir = tempDir();
  const path = dir.join("log");
  await Deno.writeTextFile(path, "1\n");
  using file = openLogFile(path);
  await t.step("when it is moved away", async () => {
    assertEquals(read(file), ["1"]);
    await Deno.writeTextFile(path, "2\n", { append: true });
    await Deno.rename(path, `${path}.1`);
    assertEquals(read(file), ["2"]);
    await Deno.writeTextFile(`${path}.1`, "3\n", { append: true });
    await Deno.writeTextFile(path, "4\n");
    assertEquals(read(file), ["3", "4"]);
  });
  await t.step("when it is cut", async () => {
    await Deno.writeTextFile(path, "");
    assertEquals(read(file), []);
    await Deno.writeTextFile(path, "5\n");
    assertEquals(read(file), ["5"]);
  });
});

Deno.test("openLogFile() reads nothing else than a log", async (t) => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("secret"), "s\n");
  await t.step("no link", async () => {
    await Deno.symlink("secret", dir.join("link"));
    using file = openLogFile(dir.join("link"));
    assertEquals(read(file), []);
  });
  await t.step("no directory", () => {
    using file = openLogFile(dir.path);
    assertEquals(read(file), []);
  });
  await t.step("no FIFO, for which it would wait", async () => {
    await new Deno.Command("mkfifo", { args: [dir.join("fifo")] }).output();
    using file = openLogFile(dir.join("fifo"));
    assertEquals(read(file), []);
  });
  await t.step("no line that has no end", async () => {
    const path = dir.join("long");
    await Deno.writeTextFile(path, `a\n${"x".repeat(3 << 20)}\nb\n`);
    using file = openLogFile(path);
    assertEquals(read(file), ["a", "b"]);
  });
});

Deno.test("openLogFile() takes lines of a MiB, and passes over longer ones", async (t) => {
  for (
    const [length, isTaken] of [[1 << 20, true], [
      (1 << 20) + 1,
      false,
    ]] as const
  ) {
    await t.step(`${length}`, async () => {
      using dir = tempDir();
      const path = dir.join("log");
      await Deno.writeTextFile(path, "x".repeat(length));
      using file = openLogFile(path);
      assertEquals(read(file), []); // it has no end yet
      await Deno.writeTextFile(path, "\nb\n", { append: true });
      const lines = read(file).map((line) => line.length);
      assertEquals(lines, isTaken ? [length, 1] : [1]);
    });
  }
});

Deno.test("openLogFile() seeks from the end to a line", async () => {
  using dir = tempDir();
  const path = dir.join("log");
  await Deno.writeTextFile(path, "one\ntwo\nthree\n");
  using file = openLogFile(path);
  file.seekFromEnd(8);
  assertEquals(read(file), ["three"]);
  file.seekFromEnd(100);
  assertEquals(read(file), ["one", "two", "three"]);
});
