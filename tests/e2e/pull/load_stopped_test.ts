/** Loads that end early: nothing of them stays, whatever ended them. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { existsSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { checkStore } from "../../support/check_store.ts";
import {
  dockerArchive,
  dockerParts,
} from "../../support/images/docker_archive.ts";
import { writeTestLayout } from "../../support/images/test_layout.ts";
import { needs } from "../../support/peers.ts";
import { until } from "../../support/until.ts";
import { ORLOP, orlopIn } from "../../support/programs/orlop_program.ts";
import { run } from "../../support/servers/registry_server.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const MIB = 1024 * 1024;

Deno.test("orlop load stops before an archive fills the disk", {
  ...needs("root", "mount", "umount", "tar"),
}, async (t) => {
  using dir = tempDir();
  await run("mount", "-t", "tmpfs", "-o", "size=30m", "tmpfs", dir.path);
  try {
    const bomb = `${dir.path}/bomb.gz`;
    await Deno.writeFile(bomb, gzipSync(new Uint8Array(60 * MIB)));
    const orlop = orlopIn(dir.path);
    for (
      const [how, ...words] of [
        ["from a file", `"$ORLOP" load --input "${bomb}"`],
        ["from a pipe", `"$ORLOP" load <"${bomb}"`],
        ["from a pipe, plain", `gunzip <"${bomb}" | "$ORLOP" load`],
      ]
    ) {
      await t.step(how ?? "", async () => {
        const { code, out, err } = await sh(dir, words.join(" "));
        assertEquals([code, out], [1, ""]);
        assertStringIncludes(err, "Cannot keep");
        assertEquals(leftovers(dir), []);
      });
    }
    assertEquals((await orlop("images", "--quiet")).out, "");
    assertEquals(check(dir), []);
  } finally {
    await run("umount", "--lazy", dir.path);
  }
});

Deno.test("orlop load leaves nothing when it is stopped", {
  ...needs("root", "tar"),
}, async (t) => {
  using dir = tempDir();
  const image = await writeTestLayout(dir.join("layout"));
  const archive = dir.join("a.tar");
  await Deno.writeFile(archive, dockerArchive(dockerParts(image)));
  const orlop = orlopIn(dir.path);
  for (const [signal, ended] of [["SIGINT", 130], ["SIGKILL", 137]] as const) {
    await t.step(signal, async () => {
      const child = new Deno.Command(ORLOP, {
        ...{ args: ["load"], env: envOf(dir) },
        ...{ stdin: "piped", stdout: "null", stderr: "null" },
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(await Deno.readFile(archive));
      await until(() => leftovers(dir).length > 0);
      child.kill(signal);
      assertEquals((await child.status).code, ended);
      await writer.abort().catch(() => {});
      const loaded = await orlop("load", "--quiet", "--input", archive);
      assertEquals(loaded.out, "Loaded image: localhost/one:1");
      assertEquals(leftovers(dir), []);
      assertEquals(check(dir), []);
    });
  }
});

function leftovers(dir: TempDir): readonly string[] {
  const parent = dir.join("root/overlay/tempdirs");
  return existsSync(parent) ? readdirSync(parent) : [];
}

function check(dir: TempDir): readonly string[] {
  return checkStore({ root: dir.join("root"), runRoot: dir.join("runroot") });
}

function envOf({ path }: TempDir): Record<string, string> {
  return {
    ...{ ORLOP, ORLOP_DENO: Deno.execPath() },
    ...{ ORLOP_ROOT: `${path}/root`, ORLOP_RUNROOT: `${path}/runroot` },
  };
}

async function sh(dir: TempDir, script: string) {
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", script],
    env: envOf(dir),
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}
