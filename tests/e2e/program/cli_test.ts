import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  orlopIn,
  type OrlopProgram,
} from "../../support/programs/orlop_program.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** Runs a test with the image pulled, and puts everything away. */
async function withImage(
  use: (orlop: OrlopProgram, layout: string) => Promise<void>,
): Promise<void> {
  using dir = tempDir();
  const orlop = orlopIn(dir.path);
  const layout = dir.join("tiny");
  await writeBusyboxLayout(layout);
  const { code, out, err } = await orlop("pull", `oci:${layout}:latest`);
  assertEquals(code, 0, err);
  assertMatch(out, /^[0-9a-f]{64}$/);
  await use(orlop, layout);
}

const NEEDED = needs("root", "busybox", "tar", "mount", "findmnt");

Deno.test({
  name: "orlop makes, starts, stops and removes pods and containers",
  ...NEEDED,
  fn: () =>
    withImage(async (orlop) => {
      assertStringIncludes((await orlop("images")).out, "localhost/tiny");
      const pod = await orlop("pod", "create", "web");
      assertMatch(pod.out, /^[0-9a-f]{64}$/);
      const made = await orlop(
        ...["container", "create", "--pod", "web", "--name", "app", "tiny"],
      );
      assertMatch(made.out, /^[0-9a-f]{64}$/);
      const { out: root } = await orlop("start", "app");
      assert((await Deno.stat(`${root}/bin/busybox`)).isFile);
      assertEquals((await orlop("start", "app")).out, root);
      assertMatch((await orlop("ps")).out, /Mounted +app/);
      assertEquals((await orlop("rm", "app")).code, 4);
      const once = await orlop("stop", "--count", "app");
      assertStringIncludes(once.err, "stays mounted");
      await orlop("start", "app");
      assertEquals(await orlop("stop", "app"), {
        code: 0,
        out: "app",
        err: "",
      });
      assertMatch((await orlop("ps")).out, /Created +app/);
      assertEquals((await orlop("pod", "rm", "web")).code, 4);
      assertEquals((await orlop("rm", "app")).out, made.out);
      assertEquals((await orlop("pod", "rm", "web")).out, pod.out);
      assertEquals((await orlop("ps", "-q")).out, "");
      assertStringIncludes((await orlop("rmi", "tiny")).out, "Deleted: ");
    }),
});

Deno.test({
  name: "orlop run passes on output, exit code and settings",
  ...needs("root", "busybox", "tar", "mount", "findmnt", "runc"),
  fn: () =>
    withImage(async (orlop) => {
      const run = (...args: string[]) => orlop("run", "--rm", ...args);
      const hello = await run("tiny", "echo", "hello");
      assertEquals(hello, { code: 0, out: "hello", err: "" });
      assertEquals((await run("tiny", "sh", "-c", "exit 7")).code, 7);
      const set = await run(
        ...["-e", "A=b", "-w", "/bin", "-u", "12:34", "tiny"],
        ...["sh", "-c", "echo $A $PWD $(id -u):$(id -g)"],
      );
      assertEquals(set.out, "b /bin 12:34");
      assertEquals((await run("tiny", "nonsense")).code, 127);
      assertEquals((await run("tiny", "/bin")).code, 126);
      assertEquals((await orlop("ps", "-q")).out, "");
      assertEquals((await run("--pull=never", "nothing")).code, 125);
    }),
});

Deno.test({
  name: "orlop distinguishes conditions by exit codes, in one line each",
  ...NEEDED,
  fn: async (t) => {
    await withImage(async (orlop, layout) => {
      await orlop("pod", "create", "web");
      const cases: readonly [string[], number, string][] = [
        [["rmi", "nothing"], 3, 'Cannot find image "nothing"'],
        [["rmi", "--ignore", "nothing"], 0, ""],
        [["start", "nothing"], 3, 'Cannot start container "nothing"'],
        [["stop", "--ignore", "nothing"], 0, ""],
        [["pod", "rm", "nothing"], 3, 'Cannot find pod "nothing"'],
        [["pod", "create", "web"], 4, "is in use by"],
        [["pod", "create", "a/b"], 2, 'invalid pod name "a/b"'],
        [["pull", "NAME"], 2, "must be lowercase"],
        [["pull", `oci:${layout}:nothing`], 3, "nothing"],
        [["pull", "localhost:1/x"], 6, 'Cannot reach "localhost:1"'],
        [["inspect"], 2, "NAME is missing"],
      ];
      for (const [args, expected, message] of cases) {
        await t.step(args.slice(0, 3).join(" "), async () => {
          const { code, out, err } = await orlop(...args);
          assertEquals(code, expected, err);
          assertEquals(out, "");
          const lines = err.split("\n");
          assertEquals(
            lines.length,
            expected === 2 && lines.length > 1 ? 3 : 1,
          );
          assertStringIncludes(err, message);
        });
      }
    });
  },
});

Deno.test({
  name: "orlop gc reports what goes before it goes, and df what there is",
  ...NEEDED,
  fn: () =>
    withImage(async (orlop) => {
      assertEquals(await orlop("gc"), { code: 0, out: "", err: "" });
      await orlop("untag", "tiny");
      const plan = await orlop("gc", "--dry-run");
      assertMatch(plan.out, /^Would remove dangling image [0-9a-f]{12} /);
      assertMatch((await orlop("df")).out, /Images +1 +0 .*\(100%\)/);
      const done = await orlop("gc");
      assertEquals(
        done.out,
        plan.out.replace("Would remove", "Removed")
          .replace("Would free", "Freed"),
      );
      assertEquals((await orlop("images", "-q")).out, "");
    }),
});

Deno.test({
  name: "orlop images and df agree on sizes",
  ...NEEDED,
  fn: () =>
    withImage(async (orlop) => {
      await orlop("pod", "create", "web"); // of an image that is mostly config
      const read = async (...args: string[]) =>
        JSON.parse((await orlop(...args, "--format=json")).out);
      const listed: { Id: string; Size: number }[] = await read("images");
      const { images } = await read("df");
      const sizes = images.map((
        { id, shared, unique }: Record<string, number>,
      ) => [id, Number(shared) + Number(unique)]);
      assertEquals(
        listed.map(({ Id, Size }) => [Id, Size]).toSorted(),
        sizes.toSorted(),
      );
    }),
});
