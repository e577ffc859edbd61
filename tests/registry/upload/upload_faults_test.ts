/**
 * All that can go wrong with a push, step by step: a real registry, and before it a
 * server that breaks what a case says. A case ends with the image, whole, or with
 * an error that says why; no login goes elsewhere, and no upload is left.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  categoryOf,
  type ErrorCategory,
} from "../../../src/errors/category.ts";
import type { Credentials } from "../../../src/formats/config/auth_file.ts";
import { basicHeader } from "../../../src/registry/auth/basic_header.ts";
import { needs } from "../../support/peers.ts";
import { IMAGE, pushImage } from "../../support/pulls/push_image.ts";
import {
  REGISTRY_PROGRAMS,
  type RegistryServer,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { serveScript } from "../../support/servers/scripted_server.ts";
import type {
  OwnAnswer,
  Rule,
  ScriptedRequest,
} from "../../support/servers/server_script.ts";

const USER = { name: "ann", password: "canary-7c1d" };
const CREDENTIALS: Credentials = {
  kind: "password",
  username: USER.name,
  password: USER.password,
};
const LOGIN = basicHeader({ username: USER.name, password: USER.password });
// All limits of a push, much shortened.
const RETRY = {
  ...{ tries: 3, delayMs: 1, headerTimeoutMs: 400, stallTimeoutMs: 400 },
  bodyTimeoutMs: 200,
};

/** What is broken, and what comes of it. */
interface Case {
  /** `elsewhere` is the host of a second way to the same registry. */
  readonly rules: (elsewhere: string) => readonly Rule[];
  /** A part of the error; left out, the push succeeds. */
  readonly says?: string;
  /** `"unavailable"` is the default. */
  readonly category?: ErrorCategory;
  /** What more is to be true of the requests that came. */
  readonly check?: (requests: readonly ScriptedRequest[]) => void;
  /** Whether the registry cannot be told that an upload is over. */
  readonly leavesUploads?: boolean;
  /** Whether the image is there all the same. */
  readonly isStored?: boolean;
}

const POST = { method: "POST", match: /\/uploads\/$/ };
const PATCH = { method: "PATCH", match: /\/uploads\// };
const PUT = { method: "PUT", match: /\/uploads\// };
const HEAD = { method: "HEAD", match: /\/blobs\// };
const MANIFEST = { method: "PUT", match: /\/manifests\// };
const LAYER_PUT = { ...PUT, nth: 1 };
const PAGE: OwnAnswer = {
  headers: { "content-type": "text/html" },
  body: "<html>Log in</html>",
};

function problem(status: number, code: string): { readonly answer: OwnAnswer } {
  const body = JSON.stringify({ errors: [{ code, message: "because" }] });
  return { answer: { status, body } };
}

/** Says it once; then all is well. */
function once(rule: Rule): Case {
  return { rules: () => [{ ...rule, nth: 1 }] };
}

/** Says it always. */
function always(rule: Rule, says: string, category?: ErrorCategory): Case {
  return { rules: () => [rule], says, ...(category && { category }) };
}

function location(to: string): Rule {
  return { ...POST, headers: { location: to } };
}

const FAILED = "the registry failed (500 UNKNOWN: because)";
const FORBIDDEN = "these credentials do not allow to push";

const BEGINNING: Readonly<Record<string, Case>> = {
  "nothing is wrong": { rules: () => [] },
  "no registry at all": always(
    { match: /\/v2\/$/, answer: { status: 404, body: "nothing here" } },
    "is no registry",
    "not found",
  ),
  "a look that fails": always({ ...HEAD, answer: { status: 500 } }, "500"),
  "a look that fails once": once({ ...HEAD, answer: { status: 500 } }),
  "a look that is not allowed": always(
    { ...HEAD, answer: { status: 403 } },
    FORBIDDEN,
  ),
  "a look that is not known": once({ ...HEAD, answer: { status: 405 } }),
  "a look that finds a web page": once({ ...HEAD, answer: PAGE }),
  "a look that finds another size": once({
    ...HEAD,
    answer: { headers: { "content-length": "7" } },
  }),
  "no beginning for a moment": once({ ...POST, answer: { status: 503 } }),
  "too many requests": once({
    ...POST,
    answer: { status: 429, headers: { "retry-after": "1" } },
  }),
  "a connection that breaks at the beginning": once({
    ...{ ...POST, stopAt: "start", stop: "reset" },
  }),
  "no answer at the beginning": once({
    ...{ ...POST, stopAt: "start", stop: "hang" },
  }),
  "no beginning": always({ ...POST, ...problem(500, "UNKNOWN") }, FAILED),
  "an unknown repository": always(
    { ...POST, ...problem(404, "NAME_UNKNOWN") },
    "the registry does not know the repository; some require it to be created first " +
      "(404 NAME_UNKNOWN: because)",
    "not found",
  ),
  "a registry that only reads": always(
    { ...POST, ...problem(405, "UNSUPPORTED") },
    "the registry does not accept pushes; is it a mirror, or read-only?",
  ),
  "no right to push": always({ ...POST, ...problem(403, "DENIED") }, FORBIDDEN),
  "a web page": always({ ...POST, answer: PAGE }, "the server sent a web page"),
  "an error without end": always({
    ...POST,
    answer: {
      status: 400,
      headers: { "content-length": null, "transfer-encoding": "chunked" },
      body: forever("x"),
    },
    pauseMs: 5,
  }, "the registry refused (400)"),
};

const PLACES: Readonly<Record<string, Case>> = {
  "no place": {
    ...always(
      { ...POST, headers: { location: null } },
      "it names no upload location",
    ),
    leavesUploads: true,
  },
  "an empty place": {
    ...always(location(" "), "it names no upload location"),
    leavesUploads: true,
  },
  "a place of another kind": {
    ...always(
      location("ftp://example.com/x"),
      'upload location "ftp://example.com/x" refused (scheme)',
    ),
    leavesUploads: true,
  },
  "a cloud's secrets": {
    ...always(location("http://169.254.169.254/x?s=canary"), "refused"),
    leavesUploads: true,
  },
  "a place on another host": {
    rules: (elsewhere) => [{ ...POST, act: movedTo(elsewhere) }],
  },
  "a relative place": {
    rules: () => [{
      ...POST,
      nth: 1,
      answer: { status: 202, headers: { location: "./later?_state=x" } },
    }],
    check: (requests) =>
      assert(
        requests.some(({ method, path }) =>
          method === "PATCH" && path.endsWith("/blobs/uploads/later?_state=x")
        ),
      ),
  },
  "a redirect to another host": {
    rules: (elsewhere) => [{ ...POST, act: redirectTo(elsewhere, 307) }],
  },
  "a redirect to read": always(
    { ...POST, answer: { status: 303, headers: { location: "/other" } } },
    "redirect to another method",
  ),
};

// The registry has more than the state of an upload says that the client has: it
// takes no more of it, nor its end.
const LOST = { leavesUploads: true } as const;

const CHUNKS: Readonly<Record<string, Case>> = {
  "a connection that breaks in the first chunk": {
    ...once({ ...PATCH, stopRequestAt: 30_000, stop: "reset" }),
    ...LOST,
  },
  "a connection that breaks in the second chunk": {
    rules: () => [{ ...PATCH, nth: 2, stopRequestAt: 30_000, stop: "reset" }],
    ...LOST,
  },
  "a connection that is closed before a chunk": once({
    ...{ ...PATCH, stopAt: "start", stop: "close" },
  }),
  "a chunk that nobody reads": {
    ...once({ ...PATCH, stopRequestAt: 10_000, stop: "hang" }),
    ...LOST,
  },
  "connections that always break": {
    ...always(
      { ...PATCH, stopRequestAt: 30_000, stop: "reset" },
      "it reset the connection",
    ),
    ...LOST,
  },
  "a gateway that loses the answer": {
    ...once({ ...PATCH, status: 502 }),
    ...LOST,
  },
  "a registry that fails": always(
    { ...PATCH, ...problem(500, "UNKNOWN") },
    FAILED,
  ),
  "a registry that forgets an upload": {
    rules: () => [{ ...PATCH, nth: 2, ...problem(404, "BLOB_UPLOAD_UNKNOWN") }],
  },
  "a registry that forgets all uploads": always(
    { ...PATCH, ...problem(404, "BLOB_UPLOAD_UNKNOWN") },
    "404 BLOB_UPLOAD_UNKNOWN: because",
    "not found",
  ),
  "too many chunks": once({
    ...PATCH,
    answer: { status: 429, headers: { "retry-after": "1" } },
  }),
  "a limit of a day": always(
    {
      ...PATCH,
      answer: { status: 429, headers: { "retry-after": "86400" } },
    },
    "rate limit of the registry, it asks to wait 86400 s",
  ),
  "a proxy that takes little": {
    rules: () => [{
      ...PATCH,
      act: ({ headers }) =>
        sizeOf(headers) > 70_000 ? { answer: { status: 413 } } : undefined,
    }],
  },
  "a proxy that takes nothing": always(
    { ...PATCH, answer: { status: 413 } },
    "it is larger than the registry, or a proxy, accepts (413)",
  ),
  "a registry that wants to know the length": {
    rules: () => [{
      ...PATCH,
      act: ({ headers }) =>
        headers.has("content-length") ? undefined : { answer: { status: 411 } },
    }],
  },
  "a registry that knows no ranges": {
    rules: () => [{
      ...PATCH,
      act: ({ headers }) =>
        headers.has("content-range") ? { answer: { status: 416 } } : undefined,
    }],
    check: (requests) =>
      assert(
        requests.some(({ method, headers }) =>
          method === "PATCH" && !headers.has("content-range")
        ),
      ),
  },
  "a registry that takes one chunk only": {
    rules: () => [{
      ...PATCH,
      act: ({ headers }) =>
        /^[1-9]/.test(headers.get("content-range") ?? "")
          ? problem(400, "UNSUPPORTED")
          : undefined,
    }],
  },
  "an answer of 201": { rules: () => [{ ...PATCH, status: 201 }] },
  "an answer without Range": {
    rules: () => [{ ...PATCH, headers: { range: null } }],
  },
  "a Range that lags behind": {
    rules: () => [{ ...PATCH, nth: 2, headers: { range: "0-0" } }],
  },
  "a Range that runs ahead": {
    rules: () => [{ ...PATCH, nth: 1, headers: { range: "0-999999" } }],
  },
  "a Range that always lags behind": always(
    { ...PATCH, headers: { range: "0-0" } },
    "the registry says that it has 0 bytes after 100000 were sent",
  ),
  "a Range of nonsense": {
    rules: () => [{ ...PATCH, headers: { range: "bytes=,9-0" } }],
  },
  "a place that is lost": {
    rules: () => [{ ...PATCH, nth: [1, 2], headers: { location: null } }],
    ...LOST,
  },
  "a login that ends": once({
    ...PATCH,
    answer: {
      status: 401,
      headers: { "www-authenticate": 'Basic realm="again"' },
    },
  }),
  "a login that is refused": always(
    {
      ...PATCH,
      answer: {
        status: 401,
        headers: { "www-authenticate": 'Basic realm="again"' },
      },
    },
    "it needs (other) credentials",
  ),
  "no right to write": always({ ...PATCH, answer: { status: 403 } }, FORBIDDEN),
  "a redirect of a chunk": {
    rules: (elsewhere) => [{ ...PATCH, act: redirectTo(elsewhere, 307) }],
  },
  "a web page for a chunk": always(
    { ...PATCH, answer: PAGE },
    "the server sent a web page",
  ),
};

const ENDINGS: Readonly<Record<string, Case>> = {
  "an end whose answer is lost": {
    ...once({ ...LAYER_PUT, status: 502 }),
    check: (requests) => assertEquals(countOf(requests, "PATCH"), 4),
  },
  "an end that breaks": once({ ...LAYER_PUT, stopAt: "start", stop: "reset" }),
  "an end that hangs": once({ ...LAYER_PUT, stopAt: "start", stop: "hang" }),
  "an end of an upload that is forgotten": once({
    ...{ ...LAYER_PUT, ...problem(404, "BLOB_UPLOAD_UNKNOWN") },
  }),
  "a digest that the registry does not see": always(
    { ...PUT, ...problem(400, "DIGEST_INVALID") },
    "the registry refused (400 DIGEST_INVALID: because)",
  ),
  "another digest": {
    ...always(
      {
        ...PUT,
        headers: { "docker-content-digest": `sha256:${"0".repeat(64)}` },
      },
      `the registry stored it as sha256:${"0".repeat(64)}`,
      "refused",
    ),
  },
  "a small blob that is too large": {
    rules: () => [{ ...PUT, nth: [2, 3], answer: { status: 413 } }],
    says: "it is larger than the registry",
  },
  "a small blob whose answer is lost": {
    rules: () => [{ ...PUT, nth: 2, status: 504 }],
  },
  "a manifest that must wait": once({ ...MANIFEST, answer: { status: 503 } }),
  "a manifest that hangs": once({ ...MANIFEST, stopAt: "start", stop: "hang" }),
  "a manifest that is refused": always(
    { ...MANIFEST, ...problem(400, "MANIFEST_INVALID") },
    "the registry refused (400 MANIFEST_INVALID: because)",
  ),
  "a manifest that is too large": always(
    { ...MANIFEST, answer: { status: 413 } },
    "it is larger than the registry",
  ),
  "a web page for a manifest": always(
    { ...MANIFEST, answer: PAGE },
    "the server sent a web page",
  ),
  "another manifest": {
    ...always(
      { ...MANIFEST, headers: { "docker-content-digest": "sha256:no" } },
      'the registry stored its manifest as "sha256:no"',
      "refused",
    ),
    isStored: true,
  },
  "a redirect of a manifest": {
    rules: (elsewhere) => [{ ...MANIFEST, act: redirectTo(elsewhere, 308) }],
  },
};

const CASES = { ...BEGINNING, ...PLACES, ...CHUNKS, ...ENDINGS };

Deno.test("a push ends well or reports why not, whatever breaks", {
  ...needs(...REGISTRY_PROGRAMS),
}, async (t) => {
  await using registry = await startRegistry({ user: USER });
  for (const [index, [name, found]] of Object.entries(CASES).entries()) {
    await t.step(name, () => examine(registry, found, `case${index}`));
  }
});

async function examine(
  registry: RegistryServer,
  found: Case,
  path: string,
): Promise<void> {
  const { rules, says, category, check, leavesUploads } = found;
  const behind = registry.host;
  // It has a login of its own: ours must not come.
  const logIn = { act: () => ({ requestHeaders: { authorization: LOGIN } }) };
  await using elsewhere = await serveScript([logIn], { behind });
  const own = { requestHeaders: { "x-forwarded-host": null } };
  const script = [...rules(elsewhere.host), own];
  await using server = await serveScript(script, { behind });
  const name = `${server.host}/${path}:1`;
  const error = await pushImage(name, {
    ...{ credentials: CREDENTIALS, retry: RETRY, env: {} },
  }).then(() => undefined, (error: unknown) => error);
  const text = error instanceof Error ? error.message : "";
  if (says === undefined) assertEquals(text, "");
  else {
    assertStringIncludes(text, says);
    assertStringIncludes(text, "Cannot");
    assertEquals(categoryOf(error), category ?? "unavailable");
  }
  assert(!text.includes(USER.password) && !text.includes(LOGIN), text);
  const isStored = found.isStored ?? says === undefined;
  assertEquals(await isThere(registry, path), isStored);
  check?.(server.requests);
  for (const { headers } of elsewhere.requests) {
    assertEquals(headers.get("authorization"), null);
  }
  if (!leavesUploads) assertEquals(registry.uploadsOf(path), []);
}

/** Whether the image is in the registry, with all its blobs. */
async function isThere(
  { host }: RegistryServer,
  path: string,
): Promise<boolean> {
  const headers = { authorization: LOGIN, accept: IMAGE.manifest.mediaType };
  const get = async (what: string) => {
    const url = `http://${host}/v2/${path}/${what}`;
    const response = await fetch(url, { headers });
    return { isFound: response.ok, bytes: await response.bytes() };
  };
  const { isFound, bytes } = await get("manifests/1");
  if (!isFound) return false;
  assertEquals(bytes, IMAGE.blobs.get(IMAGE.manifest.digest));
  for (const { digest } of [IMAGE.config, ...IMAGE.layers]) {
    assertEquals((await get(`blobs/${digest}`)).bytes, IMAGE.blobs.get(digest));
  }
  return true;
}

function countOf(
  requests: readonly ScriptedRequest[],
  method: string,
): number {
  return requests.filter((request) => request.method === method).length;
}

/** How much a chunk has, as its range says. */
function sizeOf(headers: Headers): number {
  const [from = 0, to = 0] = (headers.get("content-range") ?? "").split("-")
    .map(Number);
  return to - from + 1;
}

/** Lets the registry believe that it is asked at another host. */
function movedTo(elsewhere: string): NonNullable<Rule["act"]> {
  return () => ({ requestHeaders: { host: elsewhere } });
}

function redirectTo(
  elsewhere: string,
  status: number,
): NonNullable<Rule["act"]> {
  return ({ path }) => ({
    answer: { status, headers: { location: `http://${elsewhere}${path}` } },
  });
}

function* forever(text: string): Generator<string> {
  for (;;) yield text;
}
