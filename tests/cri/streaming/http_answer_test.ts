import { PassThrough } from "node:stream";
import { assert, assertEquals } from "@std/assert";
import { answer, closeSoon } from "../../../src/cri/streaming/http_answer.ts";
import { until } from "../../support/until.ts";

/** All that is sent to a client. */
async function sent(act: (socket: PassThrough) => void): Promise<string> {
  const socket = new PassThrough();
  const text: string[] = [];
  socket.on("data", (chunk) => text.push(new TextDecoder().decode(chunk)));
  const ended = Promise.withResolvers<void>();
  socket.on("end", ended.resolve);
  act(socket);
  await ended.promise;
  return text.join("");
}

Deno.test("answer() tells a status, why, and nothing more", async (t) => {
  const head = "Connection: close\r\n" +
    "Content-Type: text/plain; charset=utf-8\r\n";
  await t.step("in words of its own", async () => {
    const why = "Cannot stream: ü";
    assertEquals(
      await sent((socket) => answer(socket, { status: 400, why })),
      `HTTP/1.1 400 Bad Request\r\n${head}Content-Length: 18\r\n\r\n${why}\n`,
    );
  });
  await t.step("in those of the status", async () => {
    assertEquals(
      await sent((socket) => answer(socket, { status: 404 })),
      `HTTP/1.1 404 Not Found\r\n${head}Content-Length: 10\r\n\r\nNot Found\n`,
    );
  });
  await t.step("with headers", async () => {
    const headers = [["X-A", "1"], ["X-A", "2"]] as const;
    assertEquals(
      await sent((socket) => answer(socket, { status: 403, headers })),
      `HTTP/1.1 403 Forbidden\r\n${head}Content-Length: 10\r\n` +
        "X-A: 1\r\nX-A: 2\r\n\r\nForbidden\n",
    );
  });
  await t.step("of a status that has no name", async () => {
    const text = await sent((socket) => answer(socket, { status: 599 }));
    assertEquals(
      text,
      `HTTP/1.1 599 \r\n${head}Content-Length: 1\r\n\r\n\n`,
    );
  });
});

Deno.test("closeSoon() waits for the other side, and not for ever", async (t) => {
  await t.step("one that reads to the end", async () => {
    const socket = new PassThrough();
    socket.resume();
    closeSoon(socket, 60_000); // The sanitizer finds a timer that stays.
    await until(() => socket.closed);
    closeSoon(socket, 60_000);
  });
  await t.step("one that does not", async () => {
    const socket = new PassThrough();
    socket.write("unread");
    closeSoon(socket, 1);
    await until(() => socket.destroyed);
    assert(socket.writableEnded);
  });
});
