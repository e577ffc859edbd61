/** Pulls of images that may be in several places, none of which gives it. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { pullStore } from "../../support/pulls/pull_store.ts";
import { freePort } from "../../support/servers/registry_server.ts";
import {
  makeImage,
  type Misbehave,
  noise,
  serveImage,
} from "../../support/servers/served_image.ts";
import { tempDir } from "../../support/temp_dir.ts";

const IMAGE = makeImage([await layerOf({ "file.bin": noise(1000) })]);
const [LAYER] = IMAGE.layers;
const OTHER = makeImage([await layerOf({ "other.bin": noise(1000) })]);

/** What a place does when it is asked; undefined if nobody is there. */
type Place = Misbehave | undefined;

const NO_ANSWER = undefined;
const lacks: Misbehave = () => new Response(null, { status: 404 });
const refuses: Misbehave = () => new Response(null, { status: 403 });
const lies: Misbehave = ({ kind }) =>
  kind === "manifest"
    ? new Response(OTHER.blobs.get(OTHER.manifest.digest))
    : undefined;
const spoils: Misbehave = ({ name }) =>
  name === LAYER?.digest ? new Response(noise(LAYER.size)) : undefined;

/** What a pull makes of its places' answers. */
interface Case {
  readonly places: readonly [Place, Place];
  readonly code: number;
  readonly says: readonly string[];
}

const NOT_THERE = "does not have it";
const MIRRORED: Readonly<Record<string, Case>> = {
  "wrong manifests": {
    places: [lies, lies],
    code: 5,
    says: [IMAGE.manifest.digest, OTHER.manifest.digest],
  },
  "a wrong manifest in the mirror only": {
    places: [lies, lacks],
    code: 5,
    says: [OTHER.manifest.digest, NOT_THERE],
  },
  "a wrong manifest beside no answer": {
    places: [NO_ANSWER, lies],
    code: 5,
    says: ["connection refused", OTHER.manifest.digest],
  },
  "a wrong layer": {
    places: [lacks, spoils],
    code: 5,
    says: [LAYER?.digest ?? "none"],
  },
  "no image": {
    places: [lacks, lacks],
    code: 3,
    says: ["from 2 places", NOT_THERE],
  },
  "no mirror, and no image": {
    places: [NO_ANSWER, lacks],
    code: 3,
    says: ["connection refused", NOT_THERE],
  },
  "an empty mirror of a registry that is down": {
    places: [lacks, NO_ANSWER],
    code: 6,
    says: ["connection refused", NOT_THERE],
  },
  "an empty mirror of a registry that refuses": {
    places: [lacks, refuses],
    code: 6,
    says: [NOT_THERE, "403"],
  },
};

const SEARCHED: Readonly<Record<string, Case>> = {
  "no image": { places: [lacks, lacks], code: 3, says: [NOT_THERE] },
  "no image, and no answer": {
    places: [lacks, NO_ANSWER],
    code: 6,
    says: [NOT_THERE, "connection refused"],
  },
  "no answer, and no image": {
    places: [NO_ANSWER, lacks],
    code: 6,
    says: [NOT_THERE, "connection refused"],
  },
  "no image, and no permission": {
    places: [lacks, refuses],
    code: 6,
    says: [NOT_THERE, "403"],
  },
  "no image, and a wrong manifest": {
    places: [lacks, lies],
    code: 5,
    says: [NOT_THERE, OTHER.manifest.digest],
  },
};

Deno.test("pullImage() fails with what counts of a mirror and its registry", async (t) => {
  for (const [name, expected] of Object.entries(MIRRORED)) {
    await t.step(name, async () => {
      await checkPull(`example.com/app@${IMAGE.manifest.digest}`, {
        ...expected,
        confFor: ([mirror, primary]) => `
          [[registry]]
          prefix = "example.com"
          location = "${primary}"
          [[registry.mirror]]
          location = "${mirror}"`,
      });
    });
  }
});

Deno.test("pullImage() fails with what counts of registries searched", async (t) => {
  for (const [name, expected] of Object.entries(SEARCHED)) {
    await t.step(name, async () => {
      await checkPull(`app@${IMAGE.manifest.digest}`, {
        ...expected,
        confFor: (hosts) => `
          unqualified-search-registries = ${JSON.stringify(hosts)}
          short-name-mode = "disabled"`,
      });
    });
  }
});

async function checkPull(
  name: string,
  { places, code, says, confFor }: Case & {
    readonly confFor: (hosts: readonly string[]) => string;
  },
): Promise<void> {
  using dir = tempDir();
  using store = pullStore();
  await using servers = new AsyncDisposableStack();
  const hosts = places.map((place) =>
    place === undefined
      ? `127.0.0.1:${freePort()}`
      : servers.use(serveImage(IMAGE, place)).host
  );
  const registriesConf = dir.join("registries.conf");
  await Deno.writeTextFile(registriesConf, confFor(hosts));
  const failed = await store.fail(name, {
    registriesConf,
    retry: { tries: 1 },
  });
  for (const text of says) assertStringIncludes(failed.message, text);
  assertEquals(failed.code, code, failed.message);
  assertEquals(store.contents(), []);
}
