import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { readStorageAdvice } from "../../src/engine/storage_advice.ts";
import { tempDir } from "../support/temp_dir.ts";

const USUAL = {
  root: "/var/lib/containers/storage",
  runRoot: "/run/containers/storage",
};

// What storage.conf has in it, and why its store is refused.
const REFUSED: readonly (readonly [conf: string, why: string])[] = [
  ['[storage]\ndriver = "vfs"', 'its driver is "vfs"'],
  ['[storage]\nimagestore = "/images"', 'its images are in "/images"'],
  ["[storage]\ntransient_store = true", "(transient_store)"],
  ['[storage.options]\nmount_program = "/bin/f"', 'made for "/bin/f"'],
  ['[storage.options.overlay]\nmount_program = "/bin/f"', "(mount_program)"],
  ['[storage.options.overlay]\nforce_mask = "700"', "(force_mask)"],
  ["[storage.options]\nforce_mask = 448", "(force_mask)"],
  ['[storage.options.overlay]\nuse_composefs = "true"', "(use_composefs)"],
  ['[storage]\nrunroot = "/run/other"', "use --runroot /run/other"],
];
const FINE: readonly string[] = [
  "",
  '[storage]\ndriver = "overlay"',
  '[storage]\ndriver = ""\nimagestore = ""',
  '[storage]\ndriver = "overlay2"',
  '[storage]\ngraphroot = "/elsewhere"\ndriver = "vfs"',
  "[storage]\ntransient_store = false",
  '[storage.options]\nadditionalimagestores = []\nsize = "1G"',
  '[storage.options.overlay]\nmountopt = "nodev,metacopy=on"\n' +
  'use_composefs = "false"',
];

Deno.test("readStorageAdvice() refuses what orlop would take for something else", async (t) => {
  for (const [conf, why] of REFUSED) {
    await t.step(why, async () => {
      const { refusal = "" } = await adviseOn({
        "etc/containers/storage.conf": conf,
      });
      assertStringIncludes(refusal, why);
    });
  }
  for (const conf of FINE) {
    await t.step(`not ${conf}`, async () => {
      assertEquals(await adviseOn({ "etc/containers/storage.conf": conf }), {
        warnings: [],
      });
    });
  }
});

Deno.test("readStorageAdvice() reads all files, and warns of other stores", async () => {
  const dropIn = "containers/storage.conf.d/1.conf";
  const additional = (items: string) =>
    `[storage.options]\nadditionalimagestores = [${items}]`;
  const { warnings } = await adviseOn({
    "usr/containers/storage.conf": additional('"/a"'),
    [`usr/${dropIn}`]: additional('"/b", {append=true}'),
    "etc/containers/storage.rootful.conf.d/2.conf":
      '[storage.options]\nadditionallayerstores = ["/c", {append=true}]',
  });
  assertEquals(warnings.map((text) => /"(.*)"/.exec(text)?.[1]), [
    ...["/a", "/b", "/c"],
  ]);
  // A later list replaces, an empty file masks.
  const replaced = await adviseOn({
    "usr/containers/storage.conf": additional('"/a"'),
    [`usr/${dropIn}`]: additional('"/b"'),
    [`etc/${dropIn}`]: "",
    "etc/containers/storage.conf.d/2.conf": additional(""),
  });
  assertEquals(replaced.warnings, []);
});

Deno.test("readStorageAdvice() names a file that is malformed", async (t) => {
  for (const conf of ["x", "[storage]\ndriver = []", "storage = 1"]) {
    await t.step(conf, async () => {
      const error = await assertRejects(
        () => adviseOn({ "etc/containers/storage.conf": conf }),
        SyntaxError,
      );
      assertStringIncludes(error.message, "/etc/containers/storage.conf");
    });
  }
});

async function adviseOn(files: Record<string, string>) {
  using dir = tempDir();
  for (const [name, text] of Object.entries(files)) {
    const path = dir.join(name);
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
  return await readStorageAdvice(USUAL, {
    systemDirectory: dir.join("etc"),
    vendorDirectory: dir.join("usr"),
  });
}
