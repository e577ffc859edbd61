import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InvalidManifestError } from "../../../src/errors/image_errors.ts";
import { NotFoundError } from "../../../src/errors/not_found_errors.ts";
import { toText } from "../../../src/formats/bytes.ts";
import {
  cleanName,
  targetOf,
} from "../../../src/transports/archives/index_tar.ts";
import { readOciArchive } from "../../../src/transports/archives/oci_archive.ts";
import {
  type ArchiveFile,
  openArchive,
  readMember,
} from "../../../src/transports/archives/open_archive.ts";
import {
  archive,
  file,
  hardlink,
  type Member,
  symlink,
} from "../../support/images/tar_builder.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const expand = () => Promise.reject(new Error("nothing is compressed"));

async function open(
  dir: TempDir,
  ...members: readonly Member[]
): Promise<ArchiveFile> {
  const path = dir.join("a.tar");
  await Deno.writeFile(path, archive(...members));
  return await openArchive(path, { expand, name: "it" });
}

async function read(from: ArchiveFile, name: string, maxSize = 10) {
  const which = "first";
  return toText(await readMember(from, name, { maxSize, which }));
}

Deno.test("openArchive() reports what is no archive", async (t) => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("empty"), "");
  await new Deno.Command("mkfifo", { args: [dir.join("fifo")] }).output();
  const refused = (path: string, why: string) =>
    `Cannot read archive "${path}": ${why}`;
  const cases: readonly (readonly [
    string,
    new (message: string) => Error,
    (path: string) => string,
  ])[] = [
    ["empty", InvalidManifestError, (path) => refused(path, "it is empty")],
    [".", InvalidManifestError, (path) => refused(path, "it is a directory")],
    [
      "fifo",
      InvalidManifestError,
      (path) =>
        refused(
          path,
          "it is no regular file; what comes out of a pipe can be loaded by " +
            "`orlop load <FILE`",
        ),
    ],
    [
      "none",
      NotFoundError,
      (path) => `Cannot open archive "${path}": no such file or directory`,
    ],
    [
      "empty/x",
      Error,
      (path) =>
        `Cannot open archive "${path}": a part of the path is no directory`,
    ],
  ];
  for (const [name, kind, message] of cases) {
    await t.step(name, async () => {
      const path = name === "." ? dir.path : dir.join(name);
      const error = await assertRejects(
        () => openArchive(path, { expand }),
        kind,
      );
      assertEquals(error.message, message(path));
      assertEquals(error instanceof NotFoundError, kind === NotFoundError);
    });
  }
  await t.step("one that is cut", async () => {
    const whole = archive(file("a", "x".repeat(2000)));
    await Deno.writeFile(dir.join("cut"), whole.subarray(0, 1000));
    await assertRejects(
      () => openArchive(dir.join("cut"), { expand, name: "it" }),
      InvalidManifestError,
      'Cannot read archive "it": ',
    );
  });
  await t.step("its caller gave up", async () => {
    const enough = new Error("enough");
    const signal = AbortSignal.abort(enough);
    const opened = () => openArchive(dir.join("none"), { expand, signal });
    assertEquals(await assertRejects(opened, Error), enough);
  });
});

Deno.test("readMember() reads what is small, and there", async (t) => {
  using dir = tempDir();
  const opened = await open(
    dir,
    file("ten", "0123456789"),
    file("more", "0123456789x"),
    { name: "fifo", type: "6" },
    symlink("dir/sym", "../ten"),
    symlink("root", "/ten"),
    hardlink("hard", "./ten"),
    symlink("lost", "none"),
    symlink("self", "self"),
    ...Array.from(
      { length: 10 },
      (_, index) => symlink(`l${index + 1}`, index === 0 ? "ten" : `l${index}`),
    ),
  );
  for (const name of ["ten", "./ten", "dir/sym", "hard", "l8"]) {
    await t.step(name, async () => {
      assertEquals(await read(opened, name), "0123456789");
    });
  }
  const invalid = (why: string) => `Cannot read archive "it": ${why}`;
  const refused: Readonly<Record<string, string>> = {
    "more": invalid('"more" is larger than 10 bytes'),
    "none": invalid('it has no "none"'),
    "fifo": invalid('"fifo" is no regular file'),
    "lost": invalid('"lost" is a link to "none", which it lacks'),
    "self": invalid('"self" is a link in a circle'),
    "l9": invalid('"l9" is a link in a circle'),
  };
  for (const [name, message] of Object.entries(refused)) {
    await t.step(name, async () => {
      const error = await assertRejects(() => read(opened, name), Error);
      assertEquals(error.message, message);
      assertEquals(error instanceof NotFoundError, name === "none");
      const isInvalid = error instanceof InvalidManifestError;
      assertEquals(isInvalid, name !== "none");
    });
  }
  await t.step("not once it was changed", async () => {
    await Deno.writeTextFile(dir.join("a.tar"), "x", { append: true });
    const error = assertThrows(
      () => opened.find("ten", "first"),
      InvalidManifestError,
    );
    assertEquals(error.message, invalid("it was changed while it was read"));
  });
});

Deno.test("names in archives are found however they are written", () => {
  const clean: Readonly<Record<string, string>> = {
    ...{ "a": "a", "./a//b": "a/b", "a/": "a", "/": "/", "a/../b": "b" },
    ...{ "a/b/": "a/b", "/a/": "/a", "./": "." },
  };
  for (const [name, expected] of Object.entries(clean)) {
    assertEquals(cleanName(name), expected, name);
  }
  assertEquals(targetOf("a/b", "c"), "a/c");
  assertEquals(targetOf("a/b", "../c"), "c");
  assertEquals(targetOf("a/b", "/c"), "/c");
  assertEquals(targetOf("b", "c"), "c");
});

Deno.test("readOciArchive() tells the names that an index has", async (t) => {
  const REF = "org.opencontainers.image.ref.name";
  const FULL = "io.containerd.image.name";
  const cases: readonly (readonly [
    Record<string, string> | undefined,
    string[],
    string[],
    boolean,
  ])[] = [
    [undefined, [], [], false],
    [{}, [], [], false],
    [{ [REF]: "" }, [], [], false],
    [{ [REF]: "1" }, ["1"], ["1"], false],
    [{ [FULL]: "q.io/a:1" }, [], ["q.io/a:1"], true],
    [{ [FULL]: "q.io/a:1", [REF]: "1" }, ["1"], ["q.io/a:1"], true],
    [{ [FULL]: "", [REF]: "1" }, ["1"], ["1"], false],
  ];
  for (const [annotations, names, fullNames, isNamedInFull] of cases) {
    await t.step(JSON.stringify(annotations) ?? "none", async () => {
      using dir = tempDir();
      const manifest = {
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        digest: `sha256:${"a".repeat(64)}`,
        size: 2,
        ...annotations && { annotations },
      };
      const index = { schemaVersion: 2, manifests: [manifest] };
      const opened = await open(
        dir,
        file("oci-layout", '{"imageLayoutVersion":"1.0.0"}'),
        file("index.json", JSON.stringify(index)),
      );
      const [image, ...others] = await readOciArchive(opened);
      assertEquals(others, []);
      assertEquals(
        [image?.names, image?.fullNames, image?.isNamedInFull],
        [names, fullNames, isNamedInFull],
      );
      const signal = AbortSignal.abort(new Error("enough"));
      assertThrows(() => void image?.open({ signal }), Error, "enough");
    });
  }
});
