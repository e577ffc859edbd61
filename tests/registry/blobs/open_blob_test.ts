import { assertEquals, assertRejects } from "@std/assert";
import { RegistryError } from "../../../src/errors/image_errors.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { OCI_LAYER_GZIP } from "../../../src/formats/oci/media_types.ts";
import { createHttpClient } from "../../../src/registry/http_client.ts";
import { writeTestLayout } from "../../support/images/test_layout.ts";
import { needs } from "../../support/peers.ts";
import type { BlobRequest } from "../../support/programs/blob_worker.ts";
import { serveHostile } from "../../support/servers/hostile_server.ts";
import {
  type HttpBlobAccess,
  httpBlobs,
} from "../../support/servers/http_blobs.ts";
import { makeSelfSigned } from "../../support/servers/make_certificates.ts";
import {
  freePort,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { tempDir } from "../../support/temp_dir.ts";

type Controller = ReadableStreamDefaultController<Uint8Array>;

const BLOB = { mediaType: OCI_LAYER_GZIP, digest: digestOf("blob"), size: 4 };

Deno.test("openBlob() needs no permission but to connect", async () => {
  await using server = serveHostile(() => new Response("blob"));
  const request = { access: accessTo(`http://${server.host}`), blob: BLOB };
  assertEquals(await readInWorker(request, [server.host]), { size: 4 });
});

Deno.test("openBlob() names the host that it may not connect to", async () => {
  await using other = serveHostile(() => new Response("blob"));
  await using server = serveHostile(() =>
    Response.redirect(`http://${other.host}/blob`, 307)
  );
  const request = { access: accessTo(`http://${server.host}`), blob: BLOB };
  const hosts = [server.host, other.host];
  assertEquals(await readInWorker(request, hosts), { size: 4 });
  const denied = await readInWorker(request, [server.host]);
  assertEquals(denied, {
    error: `RegistryError: Cannot reach "${other.host}": ` +
      "no permission to connect to it",
  });
});

Deno.test("openBlob() does not wait for ever for what it has already", async (t) => {
  const ends: Readonly<Record<string, (out: Controller) => void>> = {
    "no data for 0.05 s": () => {},
    "the connection broke": (out) => out.error(new Error("broken")),
  };
  for (const [why, end] of Object.entries(ends)) {
    await t.step(why, async () => {
      await using server = serveHostile(() =>
        new Response(
          new ReadableStream({
            start(out) {
              out.enqueue(new TextEncoder().encode("b"));
              end(out);
            },
          }),
        )
      );
      const access = accessTo(`http://${server.host}`);
      using blobs = httpBlobs(access, { tries: 1, stallTimeoutMs: 50 });
      await assertRejects(
        () => blobs.open(BLOB, { offset: 3 }),
        RegistryError,
        `Cannot pull layer "${BLOB.digest}": ${why}`,
      );
    });
  }
});

Deno.test({
  name: "openBlob() needs no other permission for any TLS",
  ...needs("docker-registry", "skopeo", "openssl"),
  async fn(t) {
    using dir = tempDir();
    const { layers: [blob] } = await writeTestLayout(dir.path);
    await using registry = await startRegistry({ tls: true });
    await registry.pushLayout(dir.path, "a:1");
    if (blob === undefined) throw new Error("no layer");
    const access = accessTo(`https://${registry.host}`);
    const ca = await Deno.readTextFile(`${registry.certDir}/ca.crt`);
    for (const tls of [{ caCerts: [ca] }, { insecure: true }]) {
      await t.step(Object.keys(tls).join(), async () => {
        const request = { access: { ...access, ...tls }, blob };
        const answer = await readInWorker(request, [registry.host]);
        assertEquals(answer, { size: blob.size });
      });
    }
  },
});

Deno.test({
  name: "createHttpClient() takes a self-signed certificate that is listed",
  ...needs("openssl"),
  async fn() {
    const certificate = await makeSelfSigned();
    const port = freePort();
    await using _server = Deno.serve({
      hostname: "127.0.0.1",
      port,
      ...certificate,
      onListen: () => {},
    }, () => new Response("hello"));
    using client = createHttpClient({ caCerts: [certificate.cert] });
    const response = await client.send(new URL(`https://127.0.0.1:${port}`));
    assertEquals(await response.text(), "hello");
  },
});

function accessTo(origin: string): HttpBlobAccess {
  return { repositoryUrl: `${origin}/v2/a/` };
}

async function readInWorker(
  request: BlobRequest,
  net: string[],
): Promise<unknown> {
  const url = new URL("../../support/programs/blob_worker.ts", import.meta.url);
  const worker = new Worker(url, {
    type: "module",
    deno: { permissions: { net } },
  });
  const { promise, resolve } = Promise.withResolvers<unknown>();
  worker.addEventListener("message", ({ data }) => resolve(data));
  worker.postMessage(request);
  const answer = await promise;
  worker.terminate();
  return answer;
}
