import { assertEquals, assertStrictEquals } from "@std/assert";
import { forwardPort } from "../../../src/cri/streaming/forward_port.ts";
import { type Bytes, toBytes, toText } from "../../../src/formats/bytes.ts";
import type { ByteChannel } from "../../../src/process/process_streams.ts";

const SIGNAL = new AbortController().signal;

/** A client's end, or a pod's, and what became of it. */
function makeEnd(options: { readonly isDeaf?: boolean } = {}) {
  const got: string[] = [];
  let from: ReadableStreamDefaultController<Bytes> | undefined;
  const readable = new ReadableStream<Bytes>({
    start: (controller) => void (from = controller),
    cancel: (reason) => void got.push(`cancelled: ${reason?.message}`),
  });
  const writable = new WritableStream<Bytes>({
    write(bytes) {
      if (options.isDeaf) throw new Error("it reads nothing");
      got.push(toText(bytes));
    },
    close: () => void got.push("end"),
    abort: (reason) => void got.push(`aborted: ${reason?.message}`),
  });
  return {
    ...{ readable, writable, got },
    say: (text: string) => from?.enqueue(toBytes(text)),
    close: () => from?.close(),
    fail: (error: Error) => from?.error(error),
  };
}

/** A pod's end as a channel. */
function channelOf(pod: ReturnType<typeof makeEnd>): ByteChannel {
  const { readable, writable, got } = pod;
  return {
    ...{ readable, writable },
    [Symbol.asyncDispose]: () => Promise.resolve(void got.push("closed")),
  };
}

/** Begins, with a client that can break off. */
function begin(pod: ReturnType<typeof makeEnd>) {
  const client = makeEnd();
  const broken = new AbortController();
  const { readable, writable } = client;
  const asked: number[] = [];
  const done = forwardPort(
    { port: 80, readable, writable, broken: broken.signal },
    {
      signal: SIGNAL,
      open(port) {
        asked.push(port);
        return Promise.resolve(channelOf(pod));
      },
    },
  );
  return { client, broken, done, asked };
}

Deno.test("forwardPort() passes data and ends on, in both directions", async () => {
  const pod = makeEnd();
  const { client, done, asked } = begin(pod);
  client.say("question");
  pod.say("answer");
  client.close();
  pod.close();
  assertStrictEquals(await done, undefined);
  assertEquals(asked, [80]);
  assertEquals(client.got, ["answer", "end"]);
  assertEquals(pod.got, ["question", "end", "closed"]);
});

Deno.test("forwardPort() reports why a port cannot be opened, and lets its client go", async () => {
  const client = makeEnd();
  const { readable, writable } = client;
  const why = await forwardPort(
    { port: 80, readable, writable, broken: SIGNAL },
    {
      signal: SIGNAL,
      open: () => Promise.reject(new Error("nobody listens")),
    },
  );
  assertEquals(why, "cannot forward port 80: nobody listens");
  assertEquals(client.got, [
    ...["cancelled: nobody listens", "aborted: nobody listens"],
  ]);
});

Deno.test("forwardPort() opens nothing for who has gone, and tells nothing", async () => {
  const client = makeEnd();
  const { readable, writable } = client;
  const why = await forwardPort(
    {
      ...{ port: 80, readable, writable },
      broken: AbortSignal.abort(new Error("gone")),
    },
    {
      signal: SIGNAL,
      open: () => Promise.reject(new Error("it is opened")),
    },
  );
  assertStrictEquals(why, undefined);
  assertEquals(client.got, ["cancelled: gone", "aborted: gone"]);
});

Deno.test("forwardPort() ends when either side breaks off", async (t) => {
  await t.step("the client", async () => {
    const pod = makeEnd();
    const { client, broken, done } = begin(pod);
    pod.say("answer");
    await new Promise((resolve) => setTimeout(resolve));
    broken.abort(new Error("gone"));
    assertStrictEquals(await done, undefined);
    assertEquals(client.got[0], "answer");
    assertEquals(client.got.slice(1).toSorted(), [
      ...["aborted: gone", "cancelled: gone"],
    ]);
    assertEquals(pod.got.toSorted(), [
      ...["aborted: gone", "cancelled: gone", "closed"],
    ]);
  });
  await t.step("the pod", async () => {
    const pod = makeEnd();
    const { client, done } = begin(pod);
    pod.fail(new Error("reset"));
    assertStrictEquals(await done, undefined);
    assertEquals(client.got.toSorted(), [
      ...["aborted: reset", "cancelled: reset"],
    ]);
    assertEquals(pod.got.toSorted(), ["aborted: reset", "closed"]);
  });
  await t.step("the pod's input alone", async () => {
    const pod = makeEnd({ isDeaf: true });
    const { client, done } = begin(pod);
    client.say("question");
    await new Promise((resolve) => setTimeout(resolve));
    pod.say("answer");
    pod.close();
    assertStrictEquals(await done, undefined);
    assertEquals(client.got.filter((text) => text === "answer"), ["answer"]);
    assertEquals(pod.got, ["closed"]);
  });
});
