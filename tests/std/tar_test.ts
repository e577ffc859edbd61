import { assertEquals, assertRejects } from "@std/assert";
import { TarStream, type TarStreamInput, UntarStream } from "@std/tar";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

function file(path: string, text: string): TarStreamInput {
  const { size } = new Blob([text]);
  const readable = new Blob([text]).stream();
  return { type: "file", path, size, readable, options: { mtime: 1000 } };
}

function archive(...entries: TarStreamInput[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(entries).pipeThrough(new TarStream());
}

async function list(tar: ReadableStream<Uint8Array>) {
  const found: [string, string, string | undefined][] = [];
  for await (const entry of tar.pipeThrough(new UntarStream())) {
    const text = entry.readable && await new Response(entry.readable).text();
    found.push([entry.path, entry.header.typeflag, text]);
  }
  return found;
}

Deno.test("UntarStream reads what TarStream writes", async () => {
  const long = `${"folder/".repeat(20)}${"n".repeat(90)}`;
  const tar = archive(
    { type: "directory", path: "a/" },
    file("a/empty", ""),
    file("a/block", "x".repeat(512)),
    file("a/text", "text"),
    file(long, "long"),
  );
  assertEquals(await list(tar), [
    ["a/", "5", undefined],
    ["a/empty", "0", ""],
    ["a/block", "0", "x".repeat(512)],
    ["a/text", "0", "text"],
    [long, "0", "long"],
  ]);
});

Deno.test("UntarStream goes on when a file is cancelled", async () => {
  const paths: string[] = [];
  const tar = archive(file("a", "x".repeat(2000)), file("b", "b"));
  for await (const entry of tar.pipeThrough(new UntarStream())) {
    paths.push(entry.path);
    await entry.readable?.cancel();
  }
  assertEquals(paths, ["a", "b"]);
});

Deno.test("UntarStream refuses damaged archives", async (t) => {
  const whole = await new Response(archive(file("a", "text"))).bytes();
  const damaged = whole.slice();
  damaged[0] = 0x62;
  const cases: [string, Uint8Array][] = [
    ["a wrong checksum", damaged],
    ["an end inside a file", whole.slice(0, 512 + 10)],
  ];
  for (const [name, bytes] of cases) {
    await t.step(name, async () => {
      await assertRejects(() => list(ReadableStream.from([bytes])));
    });
  }
});

Deno.test("TarStream refuses what ustar cannot say", async (t) => {
  const cases: Record<string, TarStreamInput> = {
    "a long name": file("n".repeat(101), ""),
    "a wrong size": {
      type: "file",
      path: "a",
      size: 3,
      readable: new Blob(["four"]).stream(),
    },
    "a negative mode": {
      type: "directory",
      path: "a",
      options: { mode: -1 },
    },
  };
  for (const [name, entry] of Object.entries(cases)) {
    await t.step(name, async () => {
      await assertRejects(() => new Response(archive(entry)).bytes());
    });
  }
});

Deno.test({
  name: "TarStream writes what GNU tar reads",
  ...needs("tar"),
  async fn() {
    using dir = tempDir();
    const path = dir.join("a.tar");
    await Deno.writeFile(path, archive(file("a/b", "text"), file("c", "")));
    const { stdout } = await new Deno.Command("tar", {
      args: ["-tvf", path, "--utc", "--numeric-owner"],
    }).output();
    const lines = new TextDecoder().decode(stdout).trim().split("\n");
    assertEquals(lines.map((line) => line.replaceAll(/\s+/g, " ")), [
      "-rw-r--r-- 0/0 4 1970-01-01 00:16 a/b",
      "-rw-r--r-- 0/0 0 1970-01-01 00:16 c",
    ]);
  },
});
