import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  copyFiles,
  type CopyTarget,
} from "../../../src/engine/files/copy_files.ts";
import {
  ContainerNotFoundError,
  NotFoundError,
} from "../../../src/errors/not_found_errors.ts";
import type { Bytes } from "../../../src/formats/bytes.ts";
import {
  archive,
  dir,
  file,
  symlink,
} from "../../support/images/tar_builder.ts";
import { describeTree } from "../../support/images/tree.ts";
import { libc } from "../../support/own_libc.ts";
import { needs, needsThat } from "../../support/peers.ts";
import { type StoreAgent, storeAgent } from "../../support/store_agent.ts";

const NEEDS = {
  ignore: needs("root", "tar", "find", "getfattr").ignore ||
    needsThat(libc?.roots !== undefined, "libc cannot be bound").ignore,
};

/** Files of others, a link, a device, and a folder. */
async function fill({ dir }: StoreAgent): Promise<void> {
  await Deno.mkdir(dir.join("from", "d"), { recursive: true });
  await Deno.writeTextFile(dir.join("from", "f"), "text");
  await Deno.chown(dir.join("from", "f"), 5, 6);
  await Deno.chmod(dir.join("from", "f"), 0o6755);
  await Deno.symlink("f", dir.join("from", "l"));
  await Deno.writeTextFile(dir.join("from", "d", "a,b&c\\"), "odd");
  await new Deno.Command("mknod", {
    args: [dir.join("from", "null"), "c", "1", "3"],
  }).output();
  await Deno.mkdir(dir.join("to"));
}

/** Paths, types, modes and owners. */
async function describe({ dir }: StoreAgent, at = "to"): Promise<string[]> {
  const tree = await describeTree(dir.join(at), { contents: "none" });
  return tree.map((line) => line.split(" ").slice(0, 4).join(" "));
}

Deno.test("copyFiles() copies on this machine as cp does", NEEDS, async (t) => {
  // What, where to, and what is there then.
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["from/f", "to", ['"f" f 755 0:0']],
    ["from/f", "to/", ['"f" f 755 0:0']],
    ["from/f", "to/g", ['"g" f 755 0:0']],
    ["from/f", "to/a,b&c\\n", ['"a,b&c\\\\n" f 755 0:0']],
    ["from/l", "to", ['"l" f 755 0:0']],
    ["from/d", "to", ['"d" d 755 0:0', '"d/a,b&c\\\\" f 644 0:0']],
    ["from/d", "to/e", ['"e" d 755 0:0', '"e/a,b&c\\\\" f 644 0:0']],
    ["from/d/.", "to", ['"a,b&c\\\\" f 644 0:0']],
    ["from/.", "to", [
      ...['"d" d 755 0:0', '"d/a,b&c\\\\" f 644 0:0', '"f" f 755 0:0'],
      '"l" l 777 0:0',
    ]],
  ];
  for (const [from, to, expected] of cases) {
    await t.step(`${from} ${to}`, async () => {
      using test = storeAgent({ ...(libc && { libc }) });
      await fill(test);
      const at = (path: string) => ({ path: `${test.dir.path}/${path}` });
      await copyFiles(test.agent, at(from), at(to));
      assertEquals(await describe(test), expected);
    });
  }
});

Deno.test("copyFiles() refuses what cannot be copied", NEEDS, async (t) => {
  using test = storeAgent({ ...(libc && { libc }) });
  await fill(test);
  await Deno.writeTextFile(test.dir.join("file"), "");
  const at = (path: string) => ({ path: `${test.dir.path}/${path}` });
  const cases: readonly (readonly [
    string,
    string,
    typeof NotFoundError | typeof TypeError,
    string,
  ])[] = [
    ["none", "to", NotFoundError, 'none": there is no such file'],
    ["from/null", "to", TypeError, "it is neither a file nor a directory"],
    ["from/f", "to/none/g", NotFoundError, "there is no such file"],
    ["from/f", "to/none/", NotFoundError, "there is no such file"],
    ["from/d", "file", TypeError, "it is no directory, and has to be one"],
    ["from/f", "file/x", NotFoundError, "there is no such file"],
  ];
  for (const [from, to, kind, why] of cases) {
    await t.step(`${from} ${to}`, async () => {
      const copying = copyFiles(test.agent, at(from), at(to));
      const error = await assertRejects(() => copying, Error, why);
      assert(error instanceof kind);
      assertEquals(await describe(test), []);
    });
  }
  await t.step("from an unknown container", async () => {
    const from = { container: "none", path: "/" };
    await assertRejects(
      () => copyFiles(test.agent, from, at("to")),
      ContainerNotFoundError,
    );
  });
  await t.step("without libc", async () => {
    using other = storeAgent({ libc: undefined });
    await assertRejects(
      () => copyFiles(other.agent, at("from/f"), at("to")),
      Error,
      "Cannot copy files: libc was taken without its roots",
    );
  });
});

Deno.test(
  "copyFiles() packs into an archive, and unpacks one",
  NEEDS,
  async (t) => {
    await t.step("packs", async () => {
      using test = storeAgent({ ...(libc && { libc }) });
      await fill(test);
      const pipe = new TransformStream<Bytes, Bytes>();
      const packed = new Response(pipe.readable).bytes();
      const from = { path: test.dir.join("from") };
      await copyFiles(test.agent, from, { archive: pipe.writable });
      await Deno.writeFile(test.dir.join("tar"), await packed);
      await new Deno.Command("tar", {
        args: ["-xpf", test.dir.join("tar"), "-C", test.dir.join("to")],
      }).output();
      assertEquals(await describe(test), [
        ...['"from" d 755 0:0', '"from/d" d 755 0:0'],
        '"from/d/a,b&c\\\\" f 644 0:0',
        // Bits and owners stay: who unpacks it decides.
        ...['"from/f" f 6755 5:6', '"from/l" l 777 0:0'],
      ]);
    });
    await t.step("unpacks", async () => {
      using test = storeAgent({ ...(libc && { libc }) });
      await fill(test);
      const tar = archive(
        dir("x/", { uid: 7 }),
        file("x/f", "1", { uid: 7, mode: 0o640 }),
        symlink("x/l", "f"),
      );
      const input = new Blob([tar]).stream();
      const to = { path: test.dir.join("to") };
      await copyFiles(test.agent, { archive: input }, to);
      assertEquals(await describe(test), [
        ...['"x" d 755 0:0', '"x/f" f 640 0:0', '"x/l" l 777 0:0'],
      ]);
    });
    await t.step("unpacks nothing into a file", async () => {
      using test = storeAgent({ ...(libc && { libc }) });
      await fill(test);
      const to: CopyTarget = { path: test.dir.join("from", "f") };
      const input = new Blob([archive(file("x"))]).stream();
      await assertRejects(
        () => copyFiles(test.agent, { archive: input }, to),
        TypeError,
        "it is no directory, and has to be one",
      );
      await input.cancel();
    });
    await t.step("what is no archive", async () => {
      using test = storeAgent({ ...(libc && { libc }) });
      await fill(test);
      const input = new Blob(["no tar at all ".repeat(1000)]).stream();
      const to = { path: test.dir.join("to") };
      const error = await assertRejects(
        () => copyFiles(test.agent, { archive: input }, to),
        Error,
        `Cannot copy the archive to "${to.path}": `,
      );
      assert(/tar/.test(error.message));
    });
    await t.step("an abort", async () => {
      using test = storeAgent({ ...(libc && { libc }) });
      await fill(test);
      const controller = new AbortController();
      const endless = new ReadableStream<Bytes>({
        start: (stream) => stream.enqueue(archive(file("x")).slice(0, 512)),
      });
      const to = { path: test.dir.join("to") };
      const copying = copyFiles(test.agent, { archive: endless }, to, {
        signal: controller.signal,
      });
      controller.abort(new Error("enough"));
      await assertRejects(() => copying, Error, "enough");
    });
  },
);
