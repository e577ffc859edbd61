import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import { tempDir } from "../../support/temp_dir.ts";

const PROGRAM = fromFileUrl(new URL("library_example.ts", import.meta.url));

async function runStep(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", PROGRAM, ...args],
  }).output();
  const text = new TextDecoder();
  assertEquals([code, text.decode(stderr)], [0, ""]);
  return text.decode(stdout);
}

async function mountsBelow(path: string): Promise<readonly string[]> {
  const table = await Deno.readTextFile("/proc/self/mounts");
  return table.split("\n").filter((line) => line.includes(` ${path}/`));
}

Deno.test("S34 S46 a program on the library finds all again after a restart", {
  ...needs("root", "busybox", "runc", "mount", "findmnt"),
}, async () => {
  using dir = tempDir();
  const layout = dir.join("busybox");
  await writeBusyboxLayout(layout);

  const made = await runStep("make", dir.path, `oci:${layout}`);
  const roots = new Map(
    made.trim().split("\n").map((line) => line.split(": ") as [string, string]),
  );
  assertEquals([...roots.keys()], ["server", "client"]);
  assertEquals((await mountsBelow(dir.path)).length, 3); // with the home

  const ran = await runStep("run", dir.path);
  for (const [name, root] of roots) {
    assertStringIncludes(ran, `found ${name} of web ${root}`);
  }
  assertMatch(ran, /^hello from client$/m);
  assertMatch(ran, /^[0-9a-f]{64} ended with 7$/m);
  assertEquals(await mountsBelow(dir.path), []);
  const records = dir.join("root", "overlay-containers", "containers.json");
  assertEquals(await Deno.readTextFile(records), "[]");
});
