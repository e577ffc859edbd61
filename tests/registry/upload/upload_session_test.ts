import { assertEquals, assertRejects } from "@std/assert";
import { RegistryError } from "../../../src/errors/image_errors.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { createHttpClient } from "../../../src/registry/http_client.ts";
import { createSender } from "../../../src/registry/send_authorized.ts";
import { UploadSession } from "../../../src/registry/upload/upload_session.ts";
import {
  type ScriptedServer,
  serveScript,
} from "../../support/servers/scripted_server.ts";
import type { OwnAnswer, Script } from "../../support/servers/server_script.ts";

const BODY = toBytes("a layer");
const DIGEST = digestOf(BODY);
const WHAT = { what: "Cannot push it" };
const START = "/v2/x/blobs/uploads/";

/** An upload that the server began, at a path unless it says another place. */
async function open(
  script: Script,
  run: (
    start: (
      options?: Partial<Parameters<typeof UploadSession.start>[1]>,
    ) => ReturnType<typeof UploadSession.start>,
    server: ScriptedServer,
  ) => Promise<void>,
): Promise<void> {
  await using server = await serveScript(script);
  using client = createHttpClient({});
  const registry = new URL(`http://${server.host}`);
  const retry = { tries: 1, delayMs: 1, headerTimeoutMs: 2000 };
  const sender = createSender(client, { registry, retry, scopes: [] });
  const url = new URL("/v2/x/", registry);
  const access = { sender, url, retry };
  await run(
    (options) => UploadSession.start(access, { ...WHAT, ...options }),
    server,
  );
}

function begun(location: string | null, more: OwnAnswer["headers"] = {}) {
  const headers = { ...location !== null && { location }, ...more };
  return { method: "POST", answer: { status: 202, headers } };
}

async function session(
  start: () => ReturnType<typeof UploadSession.start>,
): Promise<UploadSession> {
  const started = await start();
  if (started === "mounted") throw new Error("it was mounted");
  return started;
}

/** Where a server says that an upload goes on, and where its bytes go then. */
const LOCATIONS: Readonly<Record<string, readonly [string, string]>> = {
  "a path": ["/v2/x/u?a=b%2Fc", "/v2/x/u?a=b%2Fc"],
  "beside it": ["u1", `${START}u1`],
  "an address": ["http://HOST/v2/x/u", "/v2/x/u"],
  "with blanks": ["  /v2/x/u ", "/v2/x/u"],
};

/** What a server says in place of that, and what is said of it. */
const REFUSED: Readonly<Record<string, readonly [OwnAnswer, string]>> = {
  "nothing": [{ status: 202 }, "it names no upload location"],
  "an empty one": [
    { status: 202, headers: { location: " " } },
    "it names no upload location",
  ],
  "no address": [
    { status: 202, headers: { location: "http://:x/" } },
    "it names no upload location",
  ],
  "another scheme": [
    { status: 202, headers: { location: "file:///x" } },
    'upload location "file:///x" refused (scheme)',
  ],
  "a login": [
    { status: 202, headers: { location: "http://u:p@127.0.0.1:1/x" } },
    'upload location "http://127.0.0.1:1/x" refused (has a user name)',
  ],
  "a page": [
    { status: 200, headers: { "content-type": "text/html" }, body: "<html>" },
    "",
  ],
  "a refusal": [{ status: 403 }, ""],
};

Deno.test("an upload continues where the server says", async (t) => {
  for (const [name, [location, path]] of Object.entries(LOCATIONS)) {
    await t.step(name, async () => {
      const first = {
        method: "POST",
        act: ({ host }: { host: string }) =>
          begun(location.replace("HOST", host)),
      };
      const moved = { status: 202, headers: { location: "/v2/x/next" } };
      const script = [
        first,
        { method: "PATCH", answer: moved },
        { method: "PUT", answer: { status: 201 } },
      ];
      await open(script, async (start, { requests }) => {
        const upload = await session(start);
        const sent = await upload.patch(
          { offset: 3, size: BODY.length, body: BODY },
          WHAT,
        );
        assertEquals(sent.kind, "done");
        await upload.finish({ digest: DIGEST }, WHAT);
        assertEquals(requests.map((one) => `${one.method} ${one.path}`), [
          `POST ${START}`,
          `PATCH ${path}`,
          `PUT /v2/x/next?digest=${encodeURIComponent(DIGEST)}`,
        ]);
        const { headers } = requests[1] ?? {};
        assertEquals(headers?.get("content-range"), "3-9");
        assertEquals(headers?.get("content-type"), "application/octet-stream");
      });
    });
  }
});

Deno.test("an upload does not begin at other answers", async (t) => {
  for (const [name, [answer, says]] of Object.entries(REFUSED)) {
    await t.step(name, async () => {
      await open([{ answer }], async (start) => {
        await assertRejects(
          () => start(),
          RegistryError,
          `Cannot push it: ${says}`,
        );
      });
    });
  }
});

Deno.test("an upload asks for a mount, and takes what it gets", async (t) => {
  const mount = { digest: DIGEST, from: "a/b" };
  const path = `${START}?mount=${encodeURIComponent(DIGEST)}&from=a%2Fb`;
  await t.step("the mount", async () => {
    await open([{ answer: { status: 201 } }], async (start, { requests }) => {
      assertEquals(await start({ mount }), "mounted");
      assertEquals(requests.map((one) => one.path), [path]);
    });
  });
  await t.step("an upload", async () => {
    await open([begun("/u")], async (start, { requests }) => {
      const upload = await session(() => start({ mount }));
      assertEquals(upload.minChunkSize, 0);
      assertEquals(requests.map((one) => one.path), [path]);
    });
  });
  await t.step("no mount that it did not ask for", async () => {
    const answer = { status: 201, headers: { location: "/u" } };
    await open([{ answer }], async (start) => void await session(start));
  });
});

Deno.test("an upload knows how much the server takes at least", async (t) => {
  const cases: readonly (readonly [string, number])[] = [
    ...[["0", 0], ["5242880", 5_242_880], ["", 0], ["-1", 0]] as const,
    ...[["1.5", 0], ["x", 0], ["9".repeat(16), 0]] as const,
  ];
  for (const [text, size] of cases) {
    await t.step(text || "nothing", async () => {
      const headers = { "oci-chunk-min-length": text };
      await open([begun("/u", headers)], async (start) => {
        assertEquals((await session(start)).minChunkSize, size);
      });
    });
  }
});

Deno.test("finish() keeps what is signed, and sends the last bytes", async (t) => {
  const digest = `digest=${encodeURIComponent(DIGEST)}`;
  const cases: readonly (readonly [string, string])[] = [
    ["/u", `/u?${digest}`],
    ["/u?sig=a%20b", `/u?sig=a%20b&${digest}`],
  ];
  for (const [location, path] of cases) {
    await t.step(location, async () => {
      const headers = { "docker-content-digest": DIGEST };
      const script = [begun(location), { answer: { status: 201, headers } }];
      await open(script, async (start, { requests }) => {
        const upload = await session(start);
        const step = await upload.finish({ digest: DIGEST, bytes: BODY }, WHAT);
        assertEquals(step, {
          ...{ kind: "done", digest: DIGEST, offset: undefined },
        });
        const { headers } = requests[1] ?? {};
        assertEquals(requests[1]?.path, path);
        assertEquals(headers?.get("content-length"), String(BODY.length));
      });
    });
  }
});

Deno.test("findOffset() reports how far it is, or that it is lost", async (t) => {
  const cases: readonly (readonly [string, OwnAnswer, number | undefined])[] = [
    ["a range", { status: 204, headers: { range: "0-9" } }, 10],
    ["no range", { status: 204 }, 0],
    ["that there is none", { status: 404 }, undefined],
    [
      "a page",
      { status: 200, headers: { "content-type": "text/html" }, body: "<html>" },
      undefined,
    ],
  ];
  for (const [name, answer, offset] of cases) {
    await t.step(name, async () => {
      await open([begun("/u"), { answer }], async (start, { requests }) => {
        const upload = await session(start);
        assertEquals(await upload.findOffset({}), offset);
        assertEquals(requests[1]?.method, "GET");
      });
    });
  }
});

Deno.test("cancel() tells the server, and does not mind what it says", async (t) => {
  for (const status of [204, 404, 500]) {
    await t.step(`${status}`, async () => {
      const script = [begun("/u"), { answer: { status } }];
      await open(script, async (start, { requests }) => {
        await (await session(start)).cancel();
        assertEquals(requests.map(({ method, path }) => `${method} ${path}`), [
          ...[`POST ${START}`, "DELETE /u"],
        ]);
      });
    });
  }
});

Deno.test("patch() reports what may pass from what does not", async (t) => {
  const cases: readonly (readonly [OwnAnswer, string, number | undefined])[] = [
    [{ status: 503, headers: { "retry-after": "2" } }, "failed", 2000],
    [{ status: 503 }, "failed", 0],
    [{ status: 400 }, "refused", undefined],
    [{ status: 404 }, "refused", undefined],
    [
      { status: 202, headers: { "content-type": "text/html" }, body: "<html>" },
      "refused",
      undefined,
    ],
  ];
  for (const [answer, kind, waitMs] of cases) {
    await t.step(`${answer.status} ${kind}`, async () => {
      await open([begun("/u"), { answer }], async (start) => {
        const upload = await session(start);
        const step = await upload.patch({ offset: 0, body: BODY }, WHAT);
        assertEquals(step.kind, kind);
        if (step.kind === "failed") assertEquals(step.waitMs, waitMs);
      });
    });
  }
  await t.step("a signal that is aborted", async () => {
    await open([begun("/u")], async (start) => {
      const upload = await session(start);
      const signal = AbortSignal.abort(new Error("stop"));
      const patch = () =>
        upload.patch({ offset: 0, body: BODY }, { ...WHAT, signal });
      await assertRejects(patch, Error, "stop");
      await assertRejects(() => upload.findOffset({ signal }), Error, "stop");
    });
  });
});
