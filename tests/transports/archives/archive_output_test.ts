/** Where archives are written to, and how that fails. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { readdirSync } from "node:fs";
import { NoSpaceError } from "../../../src/errors/image_errors.ts";
import { DuplicateNameError } from "../../../src/errors/naming_errors.ts";
import { NotFoundError } from "../../../src/errors/not_found_errors.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import {
  openOutput,
  type OpenOutputOptions,
} from "../../../src/transports/archives/archive_output.ts";
import { needs } from "../../support/peers.ts";
import { tempDir } from "../../support/temp_dir.ts";

function open(path: string, options: Partial<OpenOutputOptions> = {}) {
  const space = { path: "/none", async [Symbol.asyncDispose]() {} };
  return openOutput(path, { existing: "refuse", space, ...options });
}

async function write(path: string, ...texts: readonly string[]) {
  await using output = await open(path, { existing: "replace" });
  for (const text of texts) await output.write(toBytes(text));
  await output.commit();
}

async function factsOf(path: string) {
  const { mode, uid, gid } = await Deno.stat(path);
  return [((mode ?? 0) & 0o7777).toString(8), uid, gid];
}

Deno.test(
  "an archive is for everybody, or for whom it was before",
  needs("root"),
  async () => {
    using dir = tempDir();
    const umask = Deno.umask(0);
    try {
      await write(dir.join("new"), "a", "", "bc");
      await Deno.writeTextFile(dir.join("old"), "old");
      await Deno.chmod(dir.join("old"), 0o640);
      await Deno.chown(dir.join("old"), 5, 6);
      await write(dir.join("old"), "new");
    } finally {
      Deno.umask(umask);
    }
    assertEquals(await Deno.readTextFile(dir.join("new")), "abc");
    assertEquals(await factsOf(dir.join("new")), ["644", 0, 0]);
    assertEquals(await Deno.readTextFile(dir.join("old")), "new");
    assertEquals(await factsOf(dir.join("old")), ["640", 5, 6]);
  },
);

Deno.test("what cannot be written yet is kept beside the archive, and goes with it", async (t) => {
  using dir = tempDir();
  for (const end of ["commit", "discard"] as const) {
    await t.step(end, async () => {
      const path = dir.join(`${end}.tar`);
      {
        await using output = await open(path);
        assertEquals(readdirSync(dir.path).length, 1);
        const { temporary } = output;
        assert(temporary.startsWith(dir.join(".tmp-blobs-")), temporary);
        assertEquals(output.temporary, temporary);
        assertEquals(await factsOf(temporary), ["700", Deno.uid(), Deno.gid()]);
        const [own = ""] = readdirSync(dir.path)
          .filter((name) => name.startsWith(`.tmp-${end}.tar`));
        assert(own !== "");
        if (end === "commit") {
          await output.commit();
          assertEquals(readdirSync(dir.path).length, 2);
        }
      }
      assertEquals(
        readdirSync(dir.path),
        end === "commit" ? ["commit.tar"] : [],
      );
      await Deno.remove(path).catch(() => {});
    });
  }
});

Deno.test("openOutput() reports why nothing can be written", async (t) => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("file"), "x");
  const cannot = (name: string, why: string) =>
    `Cannot write archive "${name}": ${why}`;
  const cases: readonly (readonly [
    string,
    new (message: string) => Error,
    string,
  ])[] = [
    [dir.path, DuplicateNameError, "it is a directory"],
    [
      dir.join("file"),
      DuplicateNameError,
      "it exists, and images cannot be added to it; remove it first",
    ],
    [dir.join("a/b"), NotFoundError, "no such file or directory"],
  ];
  for (const [path, kind, why] of cases) {
    await t.step(why, async () => {
      const error = await assertRejects(() => open(path), kind);
      assertEquals(error.message, cannot(path, why));
    });
  }
  await t.step("a full device", async () => {
    await using output = await open("/dev/full");
    const error = await assertRejects(
      async () => {
        await output.write(toBytes("x"));
        await output.commit();
      },
      NoSpaceError,
    );
    assertEquals(
      error.message,
      cannot("/dev/full", "no space left on device"),
    );
  });
  await t.step("its caller gave up", async () => {
    const enough = new Error("enough");
    const signal = AbortSignal.abort(enough);
    const path = dir.join("never");
    const error = await assertRejects(() => open(path, { signal }), Error);
    assertEquals([error, readdirSync(dir.path)], [enough, ["file"]]);
  });
});
