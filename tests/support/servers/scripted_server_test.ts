/** The server that other tests lean on: bodies stream through it both ways. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { needs } from "../peers.ts";
import { REGISTRY_PROGRAMS, startRegistry } from "./registry_server.ts";
import { serveScript } from "./scripted_server.ts";
import { noise } from "./served_image.ts";

const BLOB = noise(300_000);
const DIGEST = digestOf(BLOB);

Deno.test("serveScript() breaks uploads and downloads where it is told to", {
  ...needs(...REGISTRY_PROGRAMS),
}, async () => {
  await using registry = await startRegistry();
  await using server = await serveScript([
    { method: "PATCH", nth: 1, stopRequestAt: 100_000, stop: "reset" },
    { method: "PATCH", nth: 2, answer: { status: 503 }, stopRequestAt: 10 },
    { match: /\/blobs\/sha256:/, nth: 1, stopAt: 100_000, stop: "reset" },
    { match: /\/blobs\/sha256:/, nth: 2, rewrite: (body) => body.slice(1) },
    { match: /\/v2\/$/, nth: 2, status: 401, headers: { "x-a": "b" } },
  ], { behind: registry.host });
  const url = `http://${server.host}/v2/a/blobs/`;
  const upload = async () => {
    const start = await fetch(`${url}uploads/`, { method: "POST" });
    await start.body?.cancel();
    const location = start.headers.get("location") ?? "";
    assert(location.startsWith(`http://${server.host}/`), location);
    const body = new Blob([BLOB]).stream();
    return await fetch(location, { method: "PATCH", body });
  };
  await assertRejects(upload);
  const busy = await upload();
  assertEquals([busy.status, await busy.text()], [503, ""]);
  const rest = await upload();
  assertEquals([rest.status, await rest.text()], [202, ""]);
  const next = `${rest.headers.get("location")}&digest=${DIGEST}`;
  const put = await fetch(next, { method: "PUT" });
  assertEquals([put.status, await put.text()], [201, ""]);

  const download = async () =>
    (await (await fetch(`${url}${DIGEST}`)).bytes()).length;
  await assertRejects(download);
  assertEquals(await download(), BLOB.length - 1);
  assertEquals(await download(), BLOB.length);
  const ping = `http://${server.host}/v2/`;
  assertEquals(await (await fetch(ping)).text(), "{}");
  const refusal = await fetch(ping);
  assertEquals([refusal.status, refusal.headers.get("x-a")], [401, "b"]);
  await refusal.body?.cancel();
  const methods = server.requests.map(({ method }) => method);
  assertEquals(
    methods.join(" "),
    "POST PATCH POST PATCH POST PATCH PUT GET GET GET GET GET",
  );
});
