/** How often a command reads registries.conf. */

import { assertEquals } from "@std/assert";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import { ORLOP, orlopCommand } from "../../support/programs/orlop_program.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { tempDir } from "../../support/temp_dir.ts";

Deno.test("each command reads registries.conf once at most", {
  ...needs("root", "strace", "busybox", ...REGISTRY_PROGRAMS),
}, async (t) => {
  using dir = tempDir();
  await using registry = await startRegistry();
  const { host } = registry;
  await writeBusyboxLayout(dir.join("layout"));
  await registry.pushLayout(dir.join("layout"), "app:1");
  const conf = dir.join("registries.conf");
  await Deno.writeTextFile(
    conf,
    `unqualified-search-registries = ["${host}"]\n` +
      `[[registry]]\nlocation = "${host}"\ninsecure = true\n`,
  );
  const cases: readonly (readonly [string, number])[] = [
    ["pull app:1", 1],
    ["pull app:1", 1], // nothing is missing
    [`pull ${host}/app:1`, 1],
    ["container create --pod new:p --name c app:1", 1],
    ["images app:1", 0], // it compares with what is listed
    ["image inspect app:1", 1],
    [`image inspect docker://${host}/app:1`, 1],
    ["manifest inspect app:1", 1],
    ["tags app", 1],
    ["explain app:1", 1],
    [`push app:1 ${host}/b:2`, 1],
    [`copy docker://${host}/app:1 docker://${host}/b:3`, 1],
    ["tag app:1 localhost/c:1", 1],
    ["rmi --force app:1", 1],
    ["rmi --force localhost/c:1", 0], // a full name needs none
    ["ps", 0],
  ];
  for (const [line, expected] of cases) {
    await t.step(`orlop ${line.replaceAll(host, "HOST")}`, async () => {
      assertEquals(await countReads(dir.path, line.split(" "), conf), expected);
    });
  }
});

/** Runs a command; counts how often it opens a file. */
async function countReads(
  directory: string,
  args: readonly string[],
  path: string,
): Promise<number> {
  const trace = `${directory}/trace`;
  const strace = ["-f", "-qq", "-o", trace, "--trace=open,openat,openat2"];
  const { code, stderr } = await orlopCommand(
    directory,
    [
      ...strace,
      ORLOP,
      ...args,
    ],
    { "CONTAINERS_REGISTRIES_CONF": path },
    { program: "strace" },
  ).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const calls = (await Deno.readTextFile(trace)).split("\n");
  return calls.filter((call) => call.includes(`"${path}"`)).length;
}
