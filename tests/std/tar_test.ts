import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  assertValidTarStreamOptions,
  TarStream,
  type TarStreamInput,
  type TarStreamOptions,
  UntarStream,
} from "@std/tar";
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

Deno.test("UntarStream continues when a file is cancelled", async () => {
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

Deno.test("TarStream keeps what a header can hold", async () => {
  const options: TarStreamOptions = {
    ...{ mode: 0o4751, uid: 1234, gid: 567, mtime: 1_600_000_000 },
    ...{ uname: "ann", gname: "staff" },
  };
  const entries: TarStreamInput[] = [
    { ...file("a/f", "x".repeat(513)), options },
    { type: "directory", path: "d/", options },
    { type: "directory", path: "e/", options: { mtime: 5 } },
  ];
  const found: unknown[] = [];
  const tar = archive(...entries);
  for await (const { header, readable } of tar.pipeThrough(new UntarStream())) {
    await readable?.cancel();
    const { mode, uid, gid, size, mtime, uname, gname, typeflag } = header;
    found.push([mode, uid, gid, size, mtime, uname, gname, typeflag]);
  }
  assertEquals(found, [
    [0o4751, 1234, 567, 513, 1_600_000_000, "ann", "staff", "0"],
    [0o4751, 1234, 567, 0, 1_600_000_000, "ann", "staff", "5"],
    [0o755, 0, 0, 0, 5, "", "", "5"],
  ]);
});

Deno.test("TarStream puts each field where POSIX has it", async () => {
  const tar = archive({
    ...file("n".repeat(100), "abc"),
    options: { mode: 0o644, uid: 1, gid: 2, mtime: 3, uname: "u", gname: "g" },
  });
  const bytes = await new Response(tar).bytes();
  assertEquals(bytes.length, 512 + 512 + 1024);
  const text = (start: number, end: number) =>
    new TextDecoder().decode(bytes.subarray(start, end));
  const octal = (start: number, end: number) =>
    parseInt(text(start, end).trim(), 8);
  assertEquals(text(0, 100), "n".repeat(100));
  assertEquals([octal(100, 107), octal(108, 115), octal(116, 123)], [
    ...[0o644, 1, 2],
  ]);
  assertEquals([octal(124, 135), octal(136, 147)], [3, 3]);
  assertEquals([text(156, 157), text(257, 265)], ["0", "ustar\x0000"]);
  assertEquals([text(265, 266), text(297, 298)], ["u", "g"]);
  const sum = bytes.slice(0, 512).fill(0x20, 148, 156)
    .reduce((total, byte) => total + byte, 0);
  assertEquals(octal(148, 154), sum);
  assertEquals(text(512, 516), "abc\0");
});

Deno.test("TarStream splits long paths at a slash", async () => {
  const paths = [
    "n".repeat(100),
    `${"p".repeat(155)}/${"n".repeat(100)}`,
    `${"p/".repeat(60)}n`,
  ];
  const found = await list(archive(...paths.map((path) => file(path, ""))));
  assertEquals(found.map(([path]) => path), paths);
  for (
    const path of [
      `${"p".repeat(156)}/n${"n".repeat(100)}`,
      `p/${"n".repeat(101)}`,
    ]
  ) {
    await assertRejects(() => new Response(archive(file(path, ""))).bytes());
  }
});

Deno.test("assertValidTarStreamOptions() takes what fits into a header", () => {
  const most: readonly TarStreamOptions[] = [
    {},
    { mode: 8 ** 6 - 1, uid: 8 ** 6 - 1, gid: 8 ** 6 - 1 },
    { mtime: 8 ** 11 - 1, uname: "u".repeat(31), gname: "g".repeat(31) },
    { devmajor: "1".repeat(8), devminor: "1".repeat(8) },
  ];
  for (const options of most) assertValidTarStreamOptions(options);
  const more: readonly TarStreamOptions[] = [
    ...[{ mode: 8 ** 6 }, { uid: 8 ** 6 }, { gid: 8 ** 6 }, { mtime: 8 ** 11 }],
    ...[{ uname: "u".repeat(32) }, { gname: "g".repeat(32) }],
    ...[{ devmajor: "1".repeat(9) }, { devminor: "1".repeat(9) }],
  ];
  for (const options of more) {
    assertThrows(() => assertValidTarStreamOptions(options), TypeError);
  }
});
