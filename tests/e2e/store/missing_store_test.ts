/** A store that is not there, or cannot be written: what only reads, and what not. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { walk } from "@std/fs";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import { orlopIn } from "../../support/programs/orlop_program.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** What no name in the command line can make a store of. */
const COMMANDS: readonly (readonly [words: string, code: number])[] = [
  ["images", 0],
  ["images --format json", 0],
  ["image ls -a", 0],
  ["ps", 0],
  ["ps -a", 0],
  ["container ls", 0],
  ["pod ls", 0],
  ["df", 0],
  ["df -v", 0],
  ["gc", 0],
  ["gc --all", 0],
  ["gc --dry-run", 0],
  ["history x", 3],
  ["inspect x", 3],
  ["image inspect x", 3],
  ["container inspect x", 3],
  ["pod inspect x", 3],
  ["image exists x", 1],
  ["container exists x", 1],
  ["pod exists x", 1],
  ["container dirs x", 3],
  ["container metadata x", 3],
  ["rmi x", 3],
  ["rmi -a", 0],
  ["tag x y", 3],
  ["untag x", 3],
  ["image pin x", 3],
  ["image unpin x", 3],
  ["start x", 3],
  ["stop x", 3],
  ["stop -a", 0],
  ["kill x", 3],
  ["rm x", 3],
  ["rm -f -a", 0],
  ["pod stop x", 3],
  ["pod rm x", 3],
  ["__complete rmi ", 0],
  ["version", 0],
];

Deno.test("a mistyped root becomes no store", async (t) => {
  for (const [words, code] of COMMANDS) {
    await t.step(words, async () => {
      using dir = tempDir();
      const result = await orlopIn(dir.path)(...words.split(" "));
      assertEquals(result.code, code, result.err);
      assertEquals(await namesBelow(dir.path), []);
      // Lists are empty, and say so in the way they always do.
      if (words.endsWith("json")) assertEquals(result.out, "[]");
      if (words === "images") {
        assertMatch(result.out, /^REPOSITORY +TAG .*SIZE$/);
      }
    });
  }
});

async function namesBelow(path: string): Promise<readonly string[]> {
  const entries = await Array.fromAsync(walk(path));
  return entries.map((entry) => entry.path).filter((found) => found !== path);
}

Deno.test(
  "a store on a read-only disk can be read",
  needs("root", "mount", "busybox"),
  async (t) => {
    using dir = tempDir();
    const layout = dir.join("layout");
    await writeBusyboxLayout(layout);
    const orlop = orlopIn(dir.path);
    const pulled = await orlop("pull", `oci:${layout}:latest`);
    assertEquals(pulled.code, 0, pulled.err);
    const made = await orlop(
      "container",
      "create",
      "--pod",
      "new:p",
      "--name",
      "c",
      pulled.out,
    );
    assertEquals(made.code, 0, made.err);
    const root = dir.join("root");
    await sh(
      `mount --bind ${root} ${root} && mount -o remount,bind,ro ${root}`,
    );
    try {
      const reading = [
        ["images", /busybox|<none>|[0-9a-f]{12}/],
        ["ps -a", /\bc\b/],
        ["pod ls", /\bp\b/],
        ["df", /^Images +2 /m],
        ["inspect c", /"Id"|"id"/i],
        [`history ${pulled.out}`, /./],
      ] as const;
      for (const [words, text] of reading) {
        await t.step(words, async () => {
          const { code, out, err } = await orlop(...words.split(" "));
          assertEquals(code, 0, err);
          assertMatch(out, text);
        });
      }
      for (
        const words of [`tag ${pulled.out} x:1`, "rm c", `rmi ${pulled.out}`]
      ) {
        await t.step(words, async () => {
          const { code, err } = await orlop(...words.split(" "));
          assert(code !== 0);
          assertMatch(err, /the file system is read-only/);
        });
      }
    } finally {
      await sh(`umount ${root}`);
    }
  },
);

async function sh(command: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-c", command],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
}
