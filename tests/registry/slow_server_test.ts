/** Servers that take their time: none holds a pull for ever. */

import { assert, assertRejects, assertStringIncludes } from "@std/assert";
import { RegistryError } from "../../src/errors/image_errors.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import {
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from "../../src/formats/oci/media_types.ts";
import type { TlsSettings } from "../../src/registry/http/http_request.ts";
import { readBlob } from "../../src/registry/blobs/read_blob.ts";
import { Repository } from "../../src/registry/repository.ts";
import { serveScript } from "../support/servers/scripted_server.ts";
import type {
  Action,
  ScriptedRequest,
} from "../support/servers/server_script.ts";

// All limits of a pull, much shortened: 100 bytes must come in 100 ms.
const RETRY = {
  ...{ tries: 2, delayMs: 1, headerTimeoutMs: 100, bodyTimeoutMs: 100 },
  ...{ stallTimeoutMs: 100, minBytesPerSecond: 1000 },
};
const BLOB = {
  mediaType: OCI_LAYER_GZIP,
  digest: digestOf("blob"),
  size: 1_000_000,
};
const OK = "HTTP/1.1 200 OK\r\n";

/** A server, and what who asks it is told. */
interface Case {
  readonly answer: (request: ScriptedRequest) => Action;
  readonly says: string;
  /** More would be a storm. */
  readonly maxConnections: number;
}

const MANIFESTS: Readonly<Record<string, Case>> = {
  "no answer": {
    answer: silence,
    says: "no answer within 0.1 s",
    maxConnections: 2,
  },
  "headers without end": {
    answer: () => drip(OK, "X-A: b\r\n"),
    says: "no answer within 0.1 s",
    maxConnections: 2,
  },
  "one header without end": {
    answer: () => drip(`${OK}X-A: `, "b"),
    says: "no answer within 0.1 s",
    maxConnections: 2,
  },
  "interim answers without end": {
    answer: () => drip("", "HTTP/1.1 103 Early Hints\r\n\r\n"),
    says: "no answer within 0.1 s",
    maxConnections: 2,
  },
  "a manifest without end": {
    answer: () => drip(`${OK}Content-Type: ${OCI_MANIFEST}\r\n\r\n`, " "),
    says: "body took more than 0.1 s",
    maxConnections: 1,
  },
  "a manifest that never begins": {
    answer: () => ({ raw: forever(`${OK}\r\n`, ""), pauseMs: 20 }),
    says: "body took more than 0.1 s",
    maxConnections: 1,
  },
  "an error without end": {
    answer: () => drip("HTTP/1.1 404 Not Found\r\n\r\n", "x"),
    says: "the registry does not have it (404)",
    maxConnections: 1,
  },
  "a token without end": {
    answer: ({ path, host }) =>
      path.startsWith("/token") ? drip(`${OK}\r\n{`, " ") : challenge(host),
    says: "answer of its token service: body took more than 0.1 s",
    maxConnections: 2,
  },
  "a token service that does not answer": {
    answer: ({ path, host }) =>
      path.startsWith("/token") ? silence() : challenge(host),
    says: "no answer within 0.1 s",
    maxConnections: 3,
  },
};

const HEADERS = `${OK}Content-Length: ${BLOB.size}\r\n\r\n`;
const BLOBS: Readonly<Record<string, Case>> = {
  "headers, then silence": {
    answer: () => ({ raw: [HEADERS], pauseMs: 60_000 }),
    says: "got 0 of 1000000 bytes (no data for 0.1 s)",
    maxConnections: 3,
  },
  "one byte after another": {
    answer: () => drip(HEADERS, "x"),
    says: "bytes in 0.1 s",
    maxConnections: 3,
  },
  "a beginning, then one byte after another": {
    answer: () => drip(HEADERS + "x".repeat(50_000), "x"),
    says: "bytes in 0.1 s",
    maxConnections: 3,
  },
  "no answer": {
    answer: silence,
    says: "no answer within 0.1 s",
    maxConnections: 2,
  },
};

Deno.test("fetchManifest() waits for nobody for ever", async (t) => {
  for (
    const [name, { answer, says, maxConnections }] of Object.entries(MANIFESTS)
  ) {
    await t.step(name, async () => {
      await using server = await serveScript([{ act: answer }]);
      using repository = connect(`http://${server.host}`);
      const { message } = await assertRejects(
        () => repository.fetchManifest(),
        RegistryError,
      );
      assertStringIncludes(message, says);
      assert(server.connections <= maxConnections, `${server.connections}`);
    });
  }
});

Deno.test("readBlob() waits for nobody for ever", async (t) => {
  for (
    const [name, { answer, says, maxConnections }] of Object.entries(BLOBS)
  ) {
    await t.step(name, async () => {
      await using server = await serveScript([{ act: answer }]);
      using repository = connect(`http://${server.host}`);
      const { message } = await assertRejects(
        () =>
          readBlob(
            (blob, options) => repository.open(blob, options),
            BLOB,
            () => {},
            {
              ...RETRY,
              reconnectDelayMs: 1,
            },
          ),
        RegistryError,
      );
      assertStringIncludes(message, says);
      assert(server.connections <= maxConnections, `${server.connections}`);
    });
  }
});

Deno.test("readBlob() lets slow connections be that get on", async () => {
  // Three times the floor, for three times as long as it is measured.
  await using server = await serveScript([{
    raw: [
      `${OK}Content-Length: 900\r\n\r\n`,
      ...Array<string>(15).fill("x".repeat(60)),
    ],
    pauseMs: 20,
  }]);
  using repository = connect(`http://${server.host}`);
  let received = 0;
  await readBlob(
    (blob, options) => repository.open(blob, options),
    { ...BLOB, size: 900 },
    (chunk) => received += chunk.length,
    RETRY,
  );
  assert(received === 900 && server.connections === 1);
});

Deno.test("a TLS handshake that is not answered has an end", async (t) => {
  const settings: Readonly<Record<string, TlsSettings>> = {
    verified: {},
    "not verified": { insecure: true },
  };
  for (const [name, tls] of Object.entries(settings)) {
    await t.step(name, async () => {
      await using server = await serveScript([{ act: silence }]);
      using repository = connect(`https://${server.host}`, tls);
      await assertRejects(
        () => repository.fetchManifest(),
        RegistryError,
        "no answer within 0.1 s",
      );
      assert(server.connections <= 2, `${server.connections}`);
    });
  }
});

function connect(registry: string, tls: TlsSettings = {}): Repository {
  return new Repository({
    registry: new URL(registry),
    ...{ path: "x", name: "1", title: "x:1", tls, retry: RETRY },
  });
}

function silence(): Action {
  return { raw: [""], pauseMs: 60_000 };
}

/** A beginning, then the same again and again. */
function drip(beginning: string, piece: string): Action {
  return { raw: forever(beginning, piece), pauseMs: 5 };
}

function* forever(beginning: string, piece: string): Generator<string> {
  yield beginning;
  for (;;) yield piece;
}

function challenge(host: string): Action {
  const realm = `http://${host}/token`;
  return {
    raw: [
      "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n" +
      `WWW-Authenticate: Bearer realm="${realm}"\r\n\r\n`,
    ],
    pauseMs: 0,
  };
}
