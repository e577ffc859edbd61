import { assertEquals, assertRejects } from "@std/assert";
import {
  makePacket,
  splitPackets,
} from "../../../src/engine/monitor/split_packets.ts";
import { type Bytes, toBytes } from "../../../src/formats/bytes.ts";
import { listen } from "../../support/programs/process_talk.ts";

function packets(...texts: readonly string[]): ReadableStream<Bytes> {
  return ReadableStream.from(texts.map((text) => {
    const output = text.startsWith("!") ? "stderr" : "stdout";
    return makePacket(output, toBytes(text.replace("!", "")));
  }));
}

Deno.test("splitPackets() distinguishes outputs, and adds the last packet", async () => {
  const last = Promise.resolve(makePacket("stderr", toBytes("end")));
  const { stdout, stderr, done } = splitPackets(packets("a", "!b", "c"), {
    last,
  });
  const heard = [listen(stdout), listen(stderr)];
  await done;
  await Promise.all(heard.map((each) => each.done));
  assertEquals(heard.map((each) => each.text()), ["ac", "bend"]);
});

Deno.test("splitPackets() drops what no one wants", async (t) => {
  await t.step("one output is cancelled", async () => {
    const { stdout, stderr, done } = splitPackets(
      packets("a", "!b", "c", "!d"),
    );
    await stdout.cancel();
    const heard = listen(stderr);
    await done;
    await heard.done;
    assertEquals(heard.text(), "bd");
  });
  await t.step("both are dropped while nobody reads", async () => {
    const { stdout, done, drop } = splitPackets(packets("a", "b", "!c", "d"));
    await new Promise((resolve) => setTimeout(resolve));
    drop();
    await done;
    await assertRejects(
      () => stdout.getReader().read(),
      Error,
      "it was closed",
    );
  });
  await t.step(
    "a reader that takes nothing is dropped after a while",
    async () => {
      const options = { patienceMs: 20 };
      const { stderr, done } = splitPackets(packets("a", "b", "!c"), options);
      await done;
      await assertRejects(
        () => stderr.getReader().read(),
        Error,
        "it was closed",
      );
    },
  );
});
