/** What registries.conf says, as orlop and skopeo understand it. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { orlopIn } from "../../support/programs/orlop_program.ts";
import {
  REGISTRY_PROGRAMS,
  type RegistryServer,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** Two registries, of which one is a pull-through mirror of the other. */
interface Registries {
  readonly origin: string;
  readonly mirror: string;
  /** Of the image. */
  readonly digest: string;
}

/** A file, what is asked for, and orlop's exit code; skopeo does the same. */
interface Case {
  readonly conf: (registries: Registries) => string;
  readonly image: string;
  readonly code: number;
  readonly says?: string;
}

const MIRROR = ({ mirror }: Registries) => `
[[registry.mirror]]
location = "${mirror}"
insecure = true
`;
// A port where nobody is, so that it fails at once.
const NOBODY = "127.0.0.1:1";
const CASES: Readonly<Record<string, Case>> = {
  "a mirror of what cannot be reached": {
    conf: (hosts) => `[[registry]]\nlocation = "${NOBODY}"${MIRROR(hosts)}`,
    image: `${NOBODY}/team/app:1`,
    code: 0,
  },
  "a mirror for digests only, and a tag": {
    conf: (hosts) =>
      `[[registry]]\nlocation = "${NOBODY}"${MIRROR(hosts)}` +
      'pull-from-mirror = "digest-only"',
    image: `${NOBODY}/team/app:1`,
    code: 6,
    says: "not asked, it is for digests only",
  },
  "a mirror for digests only, and a digest": {
    conf: (hosts) =>
      `[[registry]]\nlocation = "${NOBODY}"\nmirror-by-digest-only = true` +
      MIRROR(hosts),
    image: `${NOBODY}/team/app@DIGEST`,
    code: 0,
  },
  "a mirror for tags only, and a digest": {
    conf: (hosts) =>
      `[[registry]]\nlocation = "${NOBODY}"${MIRROR(hosts)}` +
      'pull-from-mirror = "tag-only"',
    image: `${NOBODY}/team/app@DIGEST`,
    code: 6,
    says: "not asked, it is for tags only",
  },
  "a mirror that does not answer": {
    conf: ({ origin }) =>
      `[[registry]]\nprefix = "up.test"\nlocation = "${origin}"\n` +
      `insecure = true\n[[registry.mirror]]\nlocation = "${NOBODY}"`,
    image: "up.test/team/app:1",
    code: 0,
  },
  "a prefix of a namespace": {
    conf: ({ origin }) =>
      `[[registry]]\nprefix = "up.test/prod"\nlocation = "${origin}/team"\n` +
      "insecure = true",
    image: "up.test/prod/app:1",
    code: 0,
  },
  "the longest prefix": {
    conf: ({ origin }) =>
      `[[registry]]\nprefix = "up.test"\nlocation = "${NOBODY}"\n` +
      `[[registry]]\nprefix = "up.test/prod"\nlocation = "${origin}/team"\n` +
      "insecure = true",
    image: "up.test/prod/app:1",
    code: 0,
  },
  "a wildcard": {
    conf: ({ origin }) =>
      `[[registry]]\nprefix = "*.up.test"\nlocation = "${origin}"\n` +
      "insecure = true",
    image: "a.b.up.test/team/app:1",
    code: 0,
  },
  "an image that is nowhere": {
    conf: ({ origin, mirror }) =>
      `[[registry]]\nprefix = "up.test"\nlocation = "${origin}"\n` +
      `insecure = true${MIRROR({ origin, mirror, digest: "" })}`,
    image: "up.test/team/other:1",
    code: 3,
  },
  "blocked": {
    conf: ({ origin }) =>
      `[[registry]]\nlocation = "${origin}"\nblocked = true\ninsecure = true`,
    image: "ORIGIN/team/app:1",
    code: 5,
    says: "is blocked in",
  },
  "blocked, but not its mirror": {
    conf: (hosts) =>
      `[[registry]]\nlocation = "${hosts.origin}"\nblocked = true` +
      MIRROR(hosts),
    image: "ORIGIN/team/app:1",
    code: 0,
  },
  "blocked where it leads to": {
    conf: ({ origin }) =>
      `[[registry]]\nprefix = "up.test"\nlocation = "${origin}"\n` +
      `insecure = true\n[[registry]]\nprefix = "${origin}/team"\n` +
      `location = "${origin}/team"\nblocked = true`,
    image: "up.test/team/app:1",
    code: 5,
    says: "is blocked in",
  },
  "versions 1 and 2 in one file": {
    conf: ({ origin }) =>
      `[registries.search]\nregistries = ["${origin}"]\n` +
      `[[registry]]\nlocation = "${origin}"\ninsecure = true`,
    image: "ORIGIN/team/app:1",
    code: 2,
    says: "version 1",
  },
  "entries that contradict each other": {
    conf: ({ origin }) =>
      `[[registry]]\nlocation = "${origin}"\ninsecure = true\n` +
      `[[registry]]\nprefix = "up.test"\nlocation = "${origin}"`,
    image: "ORIGIN/team/app:1",
    code: 2,
    says: "disagree",
  },
  "a prefix without location": {
    conf: () => '[[registry]]\nprefix = "up.test"',
    image: "ORIGIN/team/app:1",
    code: 2,
    says: "it has no location",
  },
  "a location with a scheme": {
    conf: ({ origin }) => `[[registry]]\nlocation = "http://${origin}"`,
    image: "ORIGIN/team/app:1",
    code: 2,
    says: "URI scheme",
  },
  "a location that is no registry": {
    conf: () => '[[registry]]\nprefix = "up.test"\nlocation = "hub"',
    image: "up.test/team/app:1",
    code: 2,
    says: "names no registry",
  },
};

Deno.test("orlop explain --probe succeeds where skopeo does", {
  ...needs("root", ...REGISTRY_PROGRAMS),
}, async (t) => {
  using dir = tempDir();
  await writeLayout(dir.join("layout"), [await layerOf({ "a": "b" })]);
  await using origin = await startRegistry();
  await using mirror = await startRegistry({ mirrors: origin.host });
  await origin.pushLayout(dir.join("layout"), "team/app:1");
  const registries = {
    origin: origin.host,
    mirror: mirror.host,
    digest: await digestIn(dir.join("layout")),
  };
  for (
    const [name, { conf, image, code, says = "" }] of Object.entries(CASES)
  ) {
    await t.step(name, async () => {
      const path = dir.join("registries.conf");
      await Deno.writeTextFile(path, conf(registries));
      const reference = image.replace("ORIGIN", origin.host)
        .replace("DIGEST", registries.digest);
      const env = { "CONTAINERS_REGISTRIES_CONF": path };
      const orlop = orlopIn(dir.path, env);
      const explained = await orlop("explain", "--probe", reference);
      const text = `${explained.out}${explained.err}`;
      assertEquals(explained.code, code, text);
      assertStringIncludes(text, says);
      assertEquals(await skopeo(path, reference), code === 0);
    });
  }
  await t.step("and a pull goes where it says", async () => {
    await pullThroughMirror(registries, mirror);
  });
});

async function pullThroughMirror(
  registries: Registries,
  mirror: RegistryServer,
): Promise<void> {
  using dir = tempDir();
  const path = dir.join("registries.conf");
  const image = `${NOBODY}/team/app:1`;
  await Deno.writeTextFile(
    path,
    `[[registry]]\nlocation = "${NOBODY}"${MIRROR(registries)}`,
  );
  const orlop = orlopIn(dir.path, { "CONTAINERS_REGISTRIES_CONF": path });
  const before = mirror.requests.length;
  const { code, err } = await orlop("pull", image);
  assertEquals(code, 0, err);
  assertEquals(mirror.requests.slice(before).map(({ status }) => status), [
    ...[200, 200, 200],
  ]);
  // By the name that was typed, not by the mirror's.
  assertStringIncludes((await orlop("images")).out, `${NOBODY}/team/app`);
}

async function digestIn(layout: string): Promise<string> {
  const index = JSON.parse(await Deno.readTextFile(`${layout}/index.json`));
  return index.manifests[0].digest;
}

async function skopeo(conf: string, reference: string): Promise<boolean> {
  const { success } = await new Deno.Command("skopeo", {
    args: [
      "--registries-conf",
      conf,
      "inspect",
      "--raw",
      `docker://${reference}`,
    ],
  }).output();
  return success;
}
