/** Registries that misbehave, as users of the program see it. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { sharedStore } from "../../support/programs/shared_store.ts";
import { serveHostile } from "../../support/servers/hostile_server.ts";
import {
  answer,
  makeImage,
  type Misbehave,
  noise,
  serveImage,
} from "../../support/servers/served_image.ts";
import { listContents } from "../../support/store_contents.ts";

const LAYER = await layerOf({ "file.bin": noise(100_000) });
const BLOB_DIGEST = digestOf(LAYER.blob);
const IMAGE = makeImage([LAYER]);

/** What the program is given, and what it makes of it. */
interface Case {
  readonly image?: typeof IMAGE;
  readonly misbehave?: Misbehave;
  readonly flags?: readonly string[];
  readonly code: number;
  readonly says: string;
}

const CASES: Readonly<Record<string, Case>> = {
  "a manifest with another digest": {
    misbehave: ({ kind }) =>
      kind === "manifest"
        ? new Response(IMAGE.blobs.get(IMAGE.manifest.digest), {
          headers: { "docker-content-digest": digestOf("another") },
        })
        : undefined,
    code: 5,
    says: digestOf("another"),
  },
  "a config with another digest": {
    misbehave: replace(IMAGE.config.digest, IMAGE.config.size),
    code: 5,
    says: IMAGE.config.digest,
  },
  "a layer with another digest": {
    misbehave: replace(BLOB_DIGEST, LAYER.blob.length),
    code: 5,
    says: BLOB_DIGEST,
  },
  "a layer with another diff ID": {
    image: makeImage([{ ...LAYER, diffId: digestOf("another") }]),
    code: 5,
    says: digestOf("another"),
  },
  "another platform": {
    flags: ["--platform=linux/s390x"],
    code: 3,
    says: "linux/s390x",
  },
  "no image": {
    misbehave: () => new Response(null, { status: 404 }),
    code: 3,
    says: "does not have it",
  },
  "a registry that wants a login": {
    misbehave: () =>
      new Response(null, {
        status: 401,
        headers: { "www-authenticate": 'Basic realm="test"' },
      }),
    code: 6,
    says: "use orlop login or --creds",
  },
};

Deno.test("orlop pull refuses in one line, and leaves nothing", {
  ...needs("root"),
}, async (t) => {
  for (const [name, { flags = [], ...expected }] of Object.entries(CASES)) {
    await t.step(name, async () => {
      await using store = sharedStore();
      const { image = IMAGE, misbehave } = expected;
      await using registry = serveImage(image, misbehave);
      const { code, out, err } = await store.tryOrlop(
        ...["pull", "-q", ...flags, registry.name],
      );
      assertEquals([code, out], [expected.code, ""], err);
      assertStringIncludes(err, "Cannot ");
      assertStringIncludes(err, expected.says);
      assertEquals(err.split("\n").length, 1);
      assertEquals(listContents(store.root), []);
      assertEquals(store.check(), []);
    });
  }
});

Deno.test("orlop pull follows a registry to where its blobs are", {
  ...needs("root"),
}, async () => {
  await using store = sharedStore();
  await using storage = serveHostile((request) => {
    const name = new URL(request.url).pathname.slice(1);
    return answer(IMAGE, { request, kind: "blob", name });
  });
  await using registry = serveImage(
    IMAGE,
    ({ kind, name }) =>
      kind === "blob"
        ? Response.redirect(`http://${storage.host}/${name}?secret=1`, 307)
        : undefined,
  );
  await store.orlop("pull", "--creds=user:password", registry.name);
  assertEquals(store.check(), []);
  assertEquals(storage.requests.length, 2);
  for (const { headers } of storage.requests) {
    assertEquals(headers.get("authorization"), null);
  }
});

function replace(digest: string, size: number): Misbehave {
  return ({ name }) => name === digest ? new Response(noise(size)) : undefined;
}
