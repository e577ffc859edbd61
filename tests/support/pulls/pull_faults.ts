/** Pulls from a real registry, behind a server that breaks what it says. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { basicHeader } from "../../../src/registry/auth/basic_header.ts";
import type { RetryRules } from "../../../src/registry/send_request.ts";
import { writeLayout } from "../images/layer_layout.ts";
import { layerOf } from "../images/stacked_layout.ts";
import { pullStore } from "./pull_store.ts";
import {
  type RegistryServer,
  startRegistry,
} from "../servers/registry_server.ts";
import { noise } from "../servers/served_image.ts";
import {
  type ScriptedServer,
  serveScript,
} from "../servers/scripted_server.ts";
import type { Rule } from "../servers/server_script.ts";
import { makeSelfSigned } from "../servers/make_certificates.ts";
import { tempDir } from "../temp_dir.ts";

/** The one layer of the image. */
export const LAYER = await layerOf({ "file.bin": noise(300_000) });
/** Of its blob. */
export const SIZE = LAYER.blob.length;
/** What the paths of requests have for the parts of the image. */
export const MANIFEST = /\/manifests\//;
/** That of the layer's blob. */
export const BLOB = new RegExp(`/blobs/${digestOf(LAYER.blob)}`);
/** Any other blob: that of the config. */
export const CONFIG = new RegExp(`/blobs/(?!${digestOf(LAYER.blob)})`);
/** That of the token service. */
export const TOKEN = /^\/token/;
/** Tries again at once. */
export const BRISK: Patience = { delayMs: 1, reconnectDelayMs: 1 };
/** Does not wait for long either. */
export const HASTY: Patience = {
  ...BRISK,
  headerTimeoutMs: 300,
  stallTimeoutMs: 300,
};
const LOGIN = {
  kind: "password",
  username: "me",
  password: "very-secret",
} as const;

/** How patiently to pull. */
export type Patience = RetryRules & { readonly reconnectDelayMs?: number };
type Kind = "manifest" | "config" | "layer" | "token";

/** What a registry does, and what comes of it. */
export interface FaultCase {
  /** @param elsewhere Another server with the same images, such as `h:1`. */
  readonly rules: (elsewhere: string) => readonly Rule[];
  /** 0 is the default. */
  readonly code?: number;
  readonly says?: string;
  /** How often each is asked for with a login; once, if left out. */
  readonly asked?: Partial<Record<Kind, number>>;
  readonly retry?: Patience;
  /** Whether the registry speaks TLS; its certificate is not checked then. */
  readonly isTls?: boolean;
  /** Where the other server listens; 127.0.0.1. */
  readonly hostname?: string;
}

/** Tries all cases of a table. */
export async function tryAll(
  t: Deno.TestContext,
  cases: Readonly<Record<string, FaultCase>>,
): Promise<void> {
  await using registry = await startRegistry();
  using dir = tempDir();
  await writeLayout(dir.join("image"), [LAYER]);
  await registry.pushLayout(`${dir.join("image")}:latest`, "image:1");
  for (const [name, expected] of Object.entries(cases)) {
    await t.step(name, () => tryOne(registry, expected));
  }
}

async function tryOne(
  registry: RegistryServer,
  expected: FaultCase,
): Promise<void> {
  const { rules, code = 0, says = "", asked = {}, retry = BRISK } = expected;
  const { isTls = false, hostname = "127.0.0.1" } = expected;
  const certificate = isTls ? await makeSelfSigned() : undefined;
  const behind = registry.host;
  await using elsewhere = await serveScript([
    { match: /html/, answer: { body: "<html>Log in</html>" } },
    {
      match: /private/,
      answer: { status: 401, headers: { "www-authenticate": "Basic realm=a" } },
    },
    {
      match: /expired/,
      answer: { status: 403, body: "<Error>Expired</Error>" },
    },
    {
      match: /\?[1-5]$/,
      act: ({ path }) =>
        redirect(path.replace(/.$/, (n) => `${Number(n) - 1}`)),
    },
  ], { behind, hostname });
  const all = rules(elsewhere.host);
  await using server = await serveScript([
    ...all.filter(({ match }) => match === TOKEN),
    ...wantLogin(isTls ? "https" : "http"),
    ...all.filter(({ match }) => match !== TOKEN),
  ], { behind, ...certificate && { certificate } });
  using store = pullStore();
  const options = {
    credentials: LOGIN,
    retry,
    env: {},
    tlsVerify: isTls ? false : undefined,
  };
  const name = `${server.host}/image:1`;
  if (code === 0) {
    await store.pull(name, options);
    assertEquals(store.contents().length, 2);
  } else {
    const failed = await store.fail(name, options);
    assertEquals(failed.code, code, failed.message);
    assertStringIncludes(failed.message, says);
    assert(failed.message.startsWith("Cannot "), failed.message);
    assert(!/secret|t-1/.test(failed.message), failed.message);
    assertEquals(store.contents().filter((item) => item !== "partial"), []);
  }
  assertEquals(countAsked(server), {
    ...{ manifest: 1, config: 1, layer: 1, token: 1 },
    ...asked,
  });
  for (const { headers, path } of elsewhere.requests) {
    assertEquals([headers.get("authorization"), /secret/.test(path)], [
      null,
      false,
    ]);
  }
  assertEquals(store.check(), []);
}

/** A token service of the registry's own, and who has no token is sent there. */
function wantLogin(scheme: "https" | "http"): readonly Rule[] {
  return [
    {
      match: TOKEN,
      act: ({ headers }) => ({
        answer: headers.get("authorization") === basicHeader(LOGIN)
          ? { body: JSON.stringify({ token: "t-1" }) }
          : { status: 401 },
      }),
    },
    {
      act: ({ headers, host }) =>
        headers.get("authorization") === "Bearer t-1" ? undefined : {
          answer: {
            status: 401,
            headers: {
              "www-authenticate": `Bearer realm="${scheme}://${host}/token"`,
            },
          },
        },
    },
  ];
}

/** Only what was asked for with a login. */
function countAsked({ requests }: ScriptedServer): Record<Kind, number> {
  const count = (pattern: RegExp) =>
    requests.filter(({ path, headers }) =>
      pattern.test(path) && headers.has("authorization")
    ).length;
  return {
    manifest: count(MANIFEST),
    config: count(CONFIG),
    layer: count(BLOB),
    token: count(TOKEN),
  };
}

/** Sends on to a place. */
export function redirect(location: string): Rule {
  return { answer: { status: 307, headers: { location } } };
}

/** All from one on; the first request for a manifest has no login. */
export function later(first: number): readonly number[] {
  return Array.from({ length: 20 }, (_, n) => first + n);
}
