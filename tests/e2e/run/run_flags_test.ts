/** Flags of `run` and `container create` whose effect is beside the container. */

import { assertEquals, assertMatch } from "@std/assert";
import { existsSync } from "node:fs";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  orlopIn,
  type OrlopProgram,
} from "../../support/programs/orlop_program.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const { ignore } = needs("root", "runc", "busybox", "mount", "umount");

/** A store with an image called `tiny`. */
async function withImage(
  run: (orlop: OrlopProgram, dir: TempDir) => Promise<void>,
): Promise<void> {
  using dir = tempDir();
  const orlop = orlopIn(dir.path);
  await writeBusyboxLayout(dir.join("tiny"));
  const pulled = await orlop("pull", `oci:${dir.join("tiny")}:latest`);
  assertEquals(pulled.code, 0, pulled.err);
  await run(orlop, dir);
}

Deno.test(
  "run distinguishes its own failures from its container's, as podman",
  {
    ignore,
  },
  async (t) => {
    await withImage(async (orlop, dir) => {
      await Deno.writeTextFile(dir.join("file"), "no program\n");
      const image = "tiny";
      const table: [string, string[], number, RegExp][] = [
        ["an unknown flag", ["--bogus", image], 125, /no such flag/],
        ["no image", [], 125, /IMAGE is missing/],
        ["a malformed value", ["--memory=x", image], 125, /write a size/],
        ["a flag that is refused", ["--gpus=all", image], 125, /--device/],
        ["a wrong setting", ["--log-level=x", image], 125, /use one of/],
        ["no settings", ["--config=/none", image], 125, /"\/none"/],
        ["no such volume", ["-v", "/none:/x", image, "true"], 125, /make it/],
        [
          "no such CPU",
          ["--cpuset-cpus=9999", image, "true"],
          125,
          /none of it/,
        ],
        ["no runtime", ["--runtime=none", image, "true"], 125, /"none"/],
        [
          "a runtime that is none",
          ["--runtime=/bin/false", image, "true"],
          125,
          /"\/bin\/false" ended with 1, and started nothing/,
        ],
        [
          "a limit that runc cannot set",
          ["--memory=1", image, "true"],
          125,
          /memory/,
        ],
        ["no such program", [image, "none"], 127, /not found/],
        ["a directory as program", [image, "/bin"], 126, /permission denied/],
        [
          "a file as program",
          ["-v", `${dir.join("file")}:/f`, image, "/f"],
          126,
          /permission denied/,
        ],
        ["the container's own", [image, "sh", "-c", "exit 3"], 3, /^$/],
      ];
      for (const [name, words, code, message] of table) {
        await t.step(name, async () => {
          const result = await orlop("run", "--rm", ...words);
          assertEquals(result.code, code, result.err);
          assertMatch(result.err, message);
        });
      }
      const { out } = await orlop("ps", "--quiet");
      assertEquals(out, "", "something half-made is left");
    });
  },
);

Deno.test(
  "run refuses an image that names no command",
  { ignore },
  async (t) => {
    using dir = tempDir();
    const orlop = orlopIn(dir.path);
    await writeLayout(dir.join("bare"), []);
    await orlop("pull", `oci:${dir.join("bare")}:latest`);
    const table: string[][] = [
      ["bare"],
      ["--entrypoint=", "bare"],
      ["--entrypoint=[]", "bare"],
    ];
    for (const words of table) {
      await t.step(words.join(" "), async () => {
        const { code, err } = await orlop("run", "--rm", ...words);
        assertEquals(code, 125);
        assertMatch(err, /the image has no command; specify one/);
      });
    }
    // Nothing runs in what is only mounted.
    const made = await orlop("container", "create", "--pod=new:p", "bare");
    assertEquals(made.code, 0, made.err);
  },
);

Deno.test("run takes no image but the one that was asked for", {
  ignore,
}, async (t) => {
  await withImage(async (orlop, dir) => {
    await writeBusyboxLayout(dir.join("more"));
    const more = `oci:${dir.join("more")}`;
    const table: [string, string[], RegExp][] = [
      ["a layout on disk", [more], /^$/],
      ["one that is there by now", [more], /^$/],
      ["the same for a platform", ["--platform=linux/amd64", "more"], /^$/],
      [
        "for another platform",
        ["--platform=linux/s390x", "127.0.0.1:1/tiny"],
        /Cannot reach/,
      ],
      [
        "for another platform than the layout's",
        ["--platform=linux/s390x", more],
        /it is for linux\/amd64, not linux\/s390x/,
      ],
      ["not to be pulled", ["--pull=never", `${more}2`], /not in the store/],
    ];
    const { code } = await orlop("tag", "tiny", "127.0.0.1:1/tiny");
    assertEquals(code, 0);
    for (const [name, words, message] of table) {
      await t.step(name, async () => {
        const run = await orlop("run", "-q", "--rm", ...words, "echo", "ran");
        assertMatch(run.err, message);
        assertEquals(run.code, run.err === "" ? 0 : 125);
        assertEquals(run.out, run.err === "" ? "ran" : "");
      });
    }
  });
});

Deno.test("a name that cannot be taken is the one that was typed", {
  ignore,
}, async (t) => {
  await withImage(async (orlop) => {
    const create = ["container", "create", "--pod=new:taken-pod"];
    await orlop(...create, "--name=taken", "tiny");
    const run = ["run", "--rm"];
    const inUse = (name: string) =>
      new RegExp(`name "${name}" is in use by container ".*; remove that one`);
    const table: [string[], RegExp][] = [
      [[...run, "--name=taken", "tiny"], inUse("taken")],
      [[...run, "--name=taken", "--pod=new:other", "tiny"], inUse("taken")],
      [[...run, "--pod=new:taken-pod", "tiny"], inUse("taken-pod")],
      [["pod", "create", "taken-pod"], inUse("taken-pod")],
      [["pod", "create", "taken"], inUse("taken")],
      [[...run, "--name=a b", "tiny"], /invalid container name "a b"/],
      [[...run, "--name=", "tiny"], /invalid container name ""/],
      [[...run, "--pod=new:a b", "tiny"], /invalid pod name "a b"/],
    ];
    const { out: before } = await orlop("ps");
    for (const [words, message] of table) {
      await t.step(words.join(" "), async () => {
        assertMatch((await orlop(...words)).err, message);
      });
    }
    assertEquals((await orlop("ps", "-q")).out.split("\n").length, 2, before);
  });
});

Deno.test("where there is no terminal, a container gets none", {
  ignore,
}, async (t) => {
  await withImage(async (orlop) => {
    for (const flag of ["-t", "-it", "--tty=true", "--tty=false"]) {
      await t.step(flag, async () => {
        const words = ["tiny", "sh", "-c", "[ -t 1 ] || echo none; exit 4"];
        const { code, out, err } = await orlop("run", "--rm", flag, ...words);
        assertEquals({ code, out }, { code: 4, out: "none" });
        const isAsked = flag !== "--tty=false";
        assertMatch(err, isAsked ? /warning: .* leave out --tty/ : /^$/);
      });
    }
  });
});

Deno.test("--cidfile gets the ID of what was made, or is not made at all", {
  ignore,
}, async () => {
  await withImage(async (orlop, dir) => {
    const file = dir.join("cid");
    const create = (...words: string[]) =>
      orlop(
        "container",
        "create",
        "--pod=new:p",
        `--cidfile=${file}`,
        ...words,
      );
    const failed = await create("none");
    assertEquals([failed.code === 0, existsSync(file)], [false, false]);
    const made = await create("tiny", "true");
    assertEquals(made.code, 0, made.err);
    assertEquals(await Deno.readTextFile(file), made.out);
    const again = await create("--name=again", "tiny", "true");
    assertEquals(again.code, 2);
    assertMatch(again.err, /it is there, of another container/);
    assertEquals(await Deno.readTextFile(file), made.out);
    const nowhere = await orlop(
      ...["run", "--rm", `--cidfile=${dir.path}/none/x`, "tiny", "true"],
    );
    assertEquals(nowhere.code, 125);
    assertMatch(nowhere.err, /it cannot be made there/);
  });
});

Deno.test("a container has the caller's variables that it is promised", {
  ignore,
}, async () => {
  await withImage(async (_, dir) => {
    await Deno.writeTextFile(dir.join("env"), "NODE_ENV\nSECRET*\n");
    const own = { NODE_ENV: "test", SECRET_A: "a", SECRET_B: "b", OTHER: "c" };
    const seen = async (...words: string[]) => {
      const orlop = orlopIn(dir.path, own);
      const script = "/bin/busybox env | /bin/busybox sort";
      const run = ["run", "--rm", ...words, "tiny", "/bin/sh", "-c", script];
      const { code, out, err } = await orlop(...run);
      assertEquals(code, 0, err);
      return out.split("\n").filter((line) =>
        Object.keys(own).some((name) => line.startsWith(`${name}=`))
      ).join(" ");
    };
    assertEquals(await seen(), "");
    // What the launcher keeps from Deno, the container gets all the same.
    assertEquals(await seen("-e", "NODE_ENV"), "NODE_ENV=test");
    assertEquals(await seen("-ieOTHER", "-e", "NONE"), "OTHER=c");
    assertEquals(await seen("-e", "SECRET_*"), "SECRET_A=a SECRET_B=b");
    const all = "NODE_ENV=test SECRET_A=a SECRET_B=b";
    assertEquals(await seen("--env-file", dir.join("env")), all);
    assertEquals(
      await seen("--env-host"),
      "NODE_ENV=test OTHER=c SECRET_A=a " +
        "SECRET_B=b",
    );
  });
});

Deno.test("labels are noted, and shown", { ignore }, async () => {
  await withImage(async (orlop) => {
    const labels = ["-l", "a=b", "--label", "run.oci.x=y"];
    const made = await orlop(
      ...["container", "create", "--pod=new:p", "--name=c", ...labels, "tiny"],
    );
    assertEquals(made.code, 0, made.err);
    const format = "--format={{json .Config.Labels}}";
    const { out } = await orlop("container", "inspect", format, "c");
    assertEquals(JSON.parse(out), { a: "b", "run.oci.x": "y" });
    const { annotations } = await readTemplate(orlop, "c");
    assertEquals(annotations, {
      "orlop.label/a": "b",
      "orlop.label/run.oci.x": "y",
    });
  });
});

async function readTemplate(orlop: OrlopProgram, name: string) {
  const { out } = await orlop("container", "dirs", "--work", name);
  return JSON.parse(await Deno.readTextFile(`${out}/config.json`));
}
