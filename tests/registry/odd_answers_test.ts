/** What servers send that no library for servers can be made to send. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { RegistryError } from "../../src/errors/image_errors.ts";
import { toBytes } from "../../src/formats/bytes.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import { parseReference } from "../../src/formats/oci/reference.ts";
import {
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from "../../src/formats/oci/media_types.ts";
import { openRepository } from "../../src/registry/open_repository.ts";
import { Repository } from "../../src/registry/repository.ts";
import { needs } from "../support/peers.ts";
import { makeSelfSigned } from "../support/servers/make_certificates.ts";
import { serveScript } from "../support/servers/scripted_server.ts";
import type { Action } from "../support/servers/server_script.ts";

const RETRY = { tries: 2, delayMs: 1, headerTimeoutMs: 2000 };
const BODY = `{"schemaVersion":2,"mediaType":"${OCI_MANIFEST}"}`;
const BLOB = {
  mediaType: OCI_LAYER_GZIP,
  digest: digestOf(toBytes(BODY)),
  size: BODY.length,
};
const LENGTH = `Content-Length: ${BODY.length}`;
const CHUNKED = "Transfer-Encoding: chunked";

/** Heads of answers, and their bodies if they are others. */
const TAKEN: Readonly<Record<string, readonly [head: string, body?: string]>> =
  {
    "the same length twice": [`${LENGTH}\r\n${LENGTH}`],
    "a list of the same lengths": [
      `Content-Length: ${BODY.length}, ${BODY.length}`,
    ],
    "a length with zeros": [`Content-Length: 000${BODY.length}`],
    "a length, and yet chunks": [
      `Content-Length: 5\r\n${CHUNKED}`,
      `${BODY.length.toString(16)};a=b\r\n${BODY}\r\n0\r\nx: y\r\n\r\n`,
    ],
    "no length": ["Connection: close"],
    ...Object.fromEntries(
      ["aws-chunked", "aws-chunked,identity", "none", "utf-8", "binary", "br"]
        .map((word) => [
          `encoding "${word}"`,
          [`${LENGTH}\r\nContent-Encoding: ${word}`],
        ]),
    ),
  };

/** Status lines and heads of answers, their bodies, and what is said of them. */
const REFUSED: Readonly<
  Record<string, readonly [head: string, body: string, says: string]>
> = {
  "a web page": [
    "200 OK\r\nContent-Type: text/html\r\nContent-Length: 15",
    "\r\n<html>x</html>",
    "sent a web page, not a manifest",
  ],
  "nothing": ["200 OK\r\nContent-Length: 0", "", "sent an empty manifest"],
  "no content": ["204 No Content", "", "sent an empty manifest"],
  "an encoding": [
    "200 OK\r\nContent-Encoding: br\r\nContent-Length: 2",
    "\v\x02",
    'server used Content-Encoding "br"',
  ],
  "two lengths": [
    "200 OK\r\nContent-Length: 4\r\nContent-Length: 5",
    "abcde",
    "has no sensible Content-Length",
  ],
  "a body that ends early": [
    `200 OK\r\nContent-Length: 99999`,
    BODY,
    "the connection broke",
  ],
  "a redirect to nowhere": [
    "302 Found\r\nLocation:\r\nContent-Length: 0",
    "",
    "redirect without a place to go to",
  ],
};

/** What node:https has events for, whose errors would end the process. */
const REFUSED_BY_NODE: Readonly<Record<string, string>> = {
  "101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade":
    "another protocol (101)",
  "600 Odd\r\nContent-Length: 0": "it does not speak HTTP",
  "999 Odd\r\nContent-Length: 0": "it does not speak HTTP",
  "000 Odd\r\nContent-Length: 0": "it does not speak HTTP",
};

Deno.test("blobs and manifests are taken whatever is said of right bytes", async (t) => {
  for (const [name, [head, body = BODY]] of Object.entries(TAKEN)) {
    await t.step(name, async () => {
      await using server = await serveScript([
        answer(`200 OK\r\n${head}`, body),
      ]);
      using repository = connect(`http://${server.host}`);
      const { digest } = await repository.fetchManifest();
      assertEquals(digest, BLOB.digest);
      const stream = await repository.open(BLOB);
      assertEquals(await new Response(stream).text(), BODY);
    });
  }
});

Deno.test("fetchManifest() reports what came in a manifest's place", async (t) => {
  for (const [name, [head, body, says]] of Object.entries(REFUSED)) {
    await t.step(name, async () => {
      await using server = await serveScript([answer(head, body)]);
      using repository = connect(`http://${server.host}`);
      const { message } = await assertRejects(
        () => repository.fetchManifest(),
        RegistryError,
      );
      assertStringIncludes(message, says);
    });
  }
});

Deno.test("fetchManifest() shows all warnings of a registry", async () => {
  const head = "200 OK\r\n" + LENGTH + "\r\n" +
    'Warning: 299 - "an \\"old\\" one", 299 reg "a second"\r\n' +
    'Warning: 199 - "none of ours", 299 - "a third"';
  await using server = await serveScript([answer(head, BODY)]);
  const warnings: string[] = [];
  using repository = connect(`http://${server.host}`, {
    onWarning: (text) => void warnings.push(text),
  });
  await repository.fetchManifest();
  assertEquals(warnings, ['an "old" one', "a second", "a third"]);
});

Deno.test({
  name: "a server whose certificate is not checked is held to HTTP, too",
  ...needs("openssl"),
  async fn(t) {
    const certificate = await makeSelfSigned();
    for (const [head, says] of Object.entries(REFUSED_BY_NODE)) {
      await t.step(head.slice(0, 3), async () => {
        await using server = await serveScript([answer(head, "")], {
          certificate,
        });
        using repository = connect(`https://${server.host}`, {
          tls: { insecure: true },
        });
        const { message } = await assertRejects(
          () => repository.fetchManifest(),
          RegistryError,
        );
        assertStringIncludes(message, says);
      });
    }
  },
});

Deno.test({
  name: "a server whose certificate is not checked is tried again, too",
  ...needs("openssl"),
  async fn(t) {
    const certificate = await makeSelfSigned();
    for (const failing of ["manifests", "blobs"]) {
      await t.step(failing, async () => {
        await using server = await serveScript([
          {
            match: new RegExp(failing),
            nth: 1,
            ...answer("503 Busy\r\nContent-Length: 0", ""),
          },
          answer(`200 OK\r\n${LENGTH}`, BODY),
        ], { certificate });
        using image = await openRepository(parseReference(`${server.host}/x`), {
          ...{ tlsVerify: false, retry: RETRY },
        });
        const stream = await image.open(BLOB);
        assertEquals(await new Response(stream).text(), BODY);
        const failed = ({ path }: { path: string }) => path.includes(failing);
        assertEquals(server.requests.filter(failed).length, 2);
      });
    }
  },
});

function answer(head: string, body: string): Action {
  return { raw: [`HTTP/1.1 ${head}\r\n\r\n${body}`] };
}

function connect(
  registry: string,
  options: Partial<ConstructorParameters<typeof Repository>[0]> = {},
): Repository {
  return new Repository({
    registry: new URL(registry),
    ...{ path: "x", name: "1", title: "x:1", retry: RETRY },
    ...options,
  });
}
