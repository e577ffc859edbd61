/** Names that lead where no registry may send us, on a machine with names of its own. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { ORLOP } from "../../support/programs/orlop_program.ts";
import {
  makeImage,
  noise,
  serveImage,
} from "../../support/servers/served_image.ts";
import { tempDir } from "../../support/temp_dir.ts";

const IMAGE = makeImage([await layerOf({ "file.bin": noise(1000) })]);
const HOSTS = "127.0.0.1 registry.test local.test\n" +
  "169.254.169.254 metadata.test\nfd00:ec2::254 metadata6.test\n";

/** How the registry is called, where it sends us, and what comes of it. */
type Case = readonly [registry: string, target: string, says: string];

const CASES: Readonly<Record<string, Case>> = {
  "a link-local one": [
    "127.0.0.1",
    "http://metadata.test/",
    "its name resolves to a link-local address",
  ],
  "a metadata service": [
    "127.0.0.1",
    "http://metadata6.test/",
    "its name resolves to a metadata address",
  ],
  "where the registry is, by another name": [
    "registry.test",
    "http://local.test:9/",
    "connection refused",
  ],
};

Deno.test("orlop pull follows no redirect to a name that resolves to", {
  ...needs("root", "unshare", "mount"),
}, async (t) => {
  for (const [name, [registry, target, says]] of Object.entries(CASES)) {
    await t.step(name, async () => {
      await using server = serveImage(
        IMAGE,
        ({ kind }) =>
          kind === "blob" ? Response.redirect(target, 307) : undefined,
      );
      const port = server.host.split(":").at(-1);
      const { code, err } = await pullWithHosts(`${registry}:${port}/app:1`);
      assertEquals(code, 6, err);
      assertStringIncludes(err, says);
    });
  }
});

/** Runs orlop where /etc/hosts is another one. */
async function pullWithHosts(
  name: string,
): Promise<{ readonly code: number; readonly err: string }> {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("hosts"), HOSTS);
  const script = 'mount --bind "$1" /etc/hosts; shift; exec "$@"';
  const { code, stderr } = await new Deno.Command("unshare", {
    args: [
      ...["--mount", "--propagation=private", "sh", "-ec", script, "sh"],
      ...[dir.join("hosts"), ORLOP, "pull", "--tls-verify=false", "-q", name],
    ],
    env: {
      ORLOP_DENO: Deno.execPath(),
      ORLOP_ROOT: dir.join("root"),
      ORLOP_RUNROOT: dir.join("runroot"),
      NO_COLOR: "1",
    },
  }).output();
  return { code, err: new TextDecoder().decode(stderr) };
}
