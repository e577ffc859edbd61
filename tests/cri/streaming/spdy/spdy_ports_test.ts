import { assertEquals, assertMatch } from "@std/assert";
import { RESET_STATUS } from "../../../../src/cri/streaming/spdy/frames.ts";
import { startStreaming } from "../../../../src/cri/streaming/start_streaming.ts";
import {
  openLocalPort,
  serveLocally,
} from "../../../support/streaming/local_ports.ts";
import {
  connectSpdy,
  type SpdyClient,
} from "../../../support/streaming/spdy_client.ts";
import { until } from "../../../support/until.ts";

const PROTOCOL = { protocol: "portforward.k8s.io" };

/** A pod's server, which sends back what it gets, in brackets. */
function echo() {
  return serveLocally(async (connection) => {
    const buffer = new Uint8Array(100);
    let size = 0;
    for (let count: number | null = 0; count !== null; size += count ?? 0) {
      count = await connection.read(buffer.subarray(size));
    }
    const text = new TextDecoder().decode(buffer.subarray(0, size));
    await connection.write(new TextEncoder().encode(`[${text}]`));
  });
}

/** A pair of streams. */
async function openPair(
  client: SpdyClient,
  headers: Readonly<Record<string, string>>,
) {
  const error = await client.open({ streamtype: "error", ...headers });
  await client.nextOf("reply");
  const data = await client.open({ streamtype: "data", ...headers });
  await client.nextOf("reply");
  return { data, error };
}

Deno.test("serveSpdyPorts() forwards connections by pairs of streams", async (t) => {
  const cases: Readonly<Record<string, readonly (string | undefined)[]>> = {
    "of request IDs": ["1", "2"],
    "of old clients without IDs": [undefined, undefined],
  };
  for (const [name, ids] of Object.entries(cases)) {
    await t.step(name, async () => {
      await using server = await startStreaming({ limits: { lingerMs: 500 } });
      await using pod = echo();
      const url = server.portForward(openLocalPort);
      using client = await connectSpdy(url, PROTOCOL);
      assertMatch(
        client.answer,
        /^HTTP\/1\.1 101 [\s\S]*X-Stream-Protocol-Version: portforward\.k8s\.io/,
      );
      for (const [index, requestid] of ids.entries()) {
        const { data } = await openPair(client, {
          ...{ port: `${pod.port}`, ...requestid && { requestid } },
        });
        await client.write(data, `text ${index}`);
        await client.close(data);
        const frame = await client.nextOf("data");
        assertEquals(frame.streamId, data);
        assertEquals(
          new TextDecoder().decode(frame.bytes),
          `[text ${index}]`,
        );
      }
      await until(() => pod.open === 0);
    });
  }
});

Deno.test("serveSpdyPorts() reports what cannot be reached, on its stream", async () => {
  await using server = await startStreaming({ limits: { lingerMs: 500 } });
  const open = (port: number) =>
    Promise.reject(new Error(`nobody listens at ${port}`));
  using client = await connectSpdy(server.portForward(open), PROTOCOL);
  const { error } = await openPair(client, { port: "80", requestid: "1" });
  let frame = await client.nextOf("data");
  while (frame.bytes.byteLength === 0) frame = await client.nextOf("data");
  assertEquals(frame.streamId, error);
  assertEquals(
    new TextDecoder().decode(frame.bytes),
    "cannot forward port 80: nobody listens at 80",
  );
});

Deno.test("serveSpdyPorts() resets half a pair after a while", async () => {
  await using server = await startStreaming({ limits: { creationMs: 20 } });
  const url = server.portForward(openLocalPort);
  using client = await connectSpdy(url, PROTOCOL);
  for (const streamtype of ["data", "error"]) {
    const id = await client.open({
      ...{ streamtype, port: "80", requestid: streamtype },
    });
    const { streamId, status } = await client.nextOf("reset");
    assertEquals([streamId, status], [id, RESET_STATUS.cancel]);
  }
});

Deno.test("serveSpdyPorts() ends with the server", async () => {
  const server = await startStreaming({ limits: { lingerMs: 300 } });
  await using pod = echo();
  const url = server.portForward(openLocalPort);
  using client = await connectSpdy(url, PROTOCOL);
  await openPair(client, { port: `${pod.port}`, requestid: "1" });
  await until(() => pod.open === 1);
  await server.close();
  await until(() => pod.open === 0);
  await client.readAll();
});
