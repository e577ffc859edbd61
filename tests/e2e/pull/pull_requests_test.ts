/** How often a registry is asked, and over how many connections: beside skopeo. */

import { assert, assertEquals } from "@std/assert";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  PEERS,
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";
import {
  REGISTRY_PROGRAMS,
  type RegistryServer,
  run,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import {
  type ScriptedServer,
  serveScript,
} from "../../support/servers/scripted_server.ts";
import type { Rule } from "../../support/servers/server_script.ts";

const LAYERS = 6;
// One at a time in the beginning, then as many as blobs are fetched at once.
const MAX_CONNECTIONS = 4;
const CREDS = "me:secret";

/** Who has no token is sent to get one. */
const TOKENS: readonly Rule[] = [
  { match: /^\/token/, answer: { body: '{"token":"t-1","expires_in":300}' } },
  {
    act: ({ headers, host }) =>
      headers.get("authorization") === "Bearer t-1" ? undefined : {
        answer: {
          status: 401,
          headers: {
            "www-authenticate": `Bearer realm="http://${host}/token"`,
          },
        },
      },
  },
];

/** What is pulled, and how. */
const CASES: Readonly<
  Record<string, { readonly tag: string; readonly rules?: readonly Rule[] }>
> = {
  "an image": { tag: "image" },
  "an index": { tag: "index" },
  "an image, with a token": { tag: "image", rules: TOKENS },
};

Deno.test("orlop asks a registry for no more than skopeo does", {
  ...needs(...PEERS, "tar", ...REGISTRY_PROGRAMS),
}, async (t) => {
  await using registry = await startRegistry();
  await pushImages(registry);
  for (const [name, { tag, rules = [] }] of Object.entries(CASES)) {
    await using theirs = sharedStore();
    await using ours = sharedStore();
    const login = rules.length > 0;
    for (const round of ["fresh", "again"]) {
      await t.step(`${name}, ${round}`, async () => {
        const skopeo = await ask(registry, rules, async (host) => {
          await run(
            ...["skopeo", "--insecure-policy", "copy", "--quiet"],
            ...["--src-tls-verify=false"],
            ...login ? ["--src-creds", CREDS] : [],
            `docker://${host}/app:${tag}`,
            `containers-storage:[overlay@${theirs.root}+${theirs.runRoot}]app`,
          );
        });
        const orlop = await ask(
          registry,
          rules,
          (host) => pull(ours, host, { tag, login }),
        );
        const more = [...countRequests(orlop)].filter(([what, count]) =>
          count > (countRequests(skopeo).get(what) ?? 0)
        );
        assertEquals(more, []);
        const used = new Set(orlop.requests.map((one) => one.connection)).size;
        assert(used <= MAX_CONNECTIONS, `${used}`);
        const blobs = orlop.requests.filter(({ path }) => /blobs/.test(path));
        assertEquals(
          blobs.filter(({ headers }) => headers.has("authorization")).length,
          round === "fresh" && login ? LAYERS + 1 : 0,
        );
      });
    }
  }
});

async function pull(
  store: SharedStore,
  host: string,
  { tag, login }: { readonly tag: string; readonly login: boolean },
): Promise<void> {
  const creds = login ? ["--creds", CREDS] : [];
  await store.orlop("pull", ...creds, `${host}/app:${tag}`);
}

/** Runs something on a registry that remembers what it was asked. */
async function ask(
  { host: behind }: RegistryServer,
  rules: readonly Rule[],
  act: (host: string) => Promise<void>,
): Promise<Pick<ScriptedServer, "requests">> {
  await using server = await serveScript(rules, { behind });
  await act(server.host);
  return { requests: [...server.requests] };
}

function countRequests(
  { requests }: Pick<ScriptedServer, "requests">,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { method, path, headers } of requests) {
    const login = headers.has("authorization") ? "with a login" : "";
    // skopeo asks first who it is that it asks: orlop asks for the manifest.
    const isFirst = login === "" && /\/(v2\/|manifests\/.*)$/.test(path);
    const what = isFirst ? "first" : `${method} ${path.split("?")[0]} ${login}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return counts;
}

/** `app:image`, of several layers, and `app:index`, which leads to it. */
async function pushImages(registry: RegistryServer): Promise<void> {
  await using store = sharedStore();
  const layers = await Promise.all(
    Array.from(
      { length: LAYERS },
      (_, n) => layerOf({ [`file-${n}`]: `${n}` }),
    ),
  );
  await writeLayout(store.join("image"), layers);
  await registry.pushLayout(`${store.join("image")}:latest`, "app:image");
  const url = `http://${registry.host}/v2/app/manifests`;
  const type = "application/vnd.oci.image.manifest.v1+json";
  const image = await fetch(`${url}/image`, { headers: { accept: type } });
  const bytes = await image.bytes();
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const platform = { os: "linux", architecture: "amd64" };
  const digest = image.headers.get("docker-content-digest");
  const entry = { mediaType: type, digest, size: bytes.length, platform };
  const index = { schemaVersion: 2, mediaType, manifests: [entry] };
  const put = await fetch(`${url}/index`, {
    ...{ method: "PUT", headers: { "content-type": mediaType } },
    body: JSON.stringify(index),
  });
  assertEquals([put.status, await put.text()], [201, ""]);
}
