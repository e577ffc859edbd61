import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { concatBytes, toBytes, toText } from "../../../src/formats/bytes.ts";
import type { Bytes } from "../../../src/formats/bytes.ts";
import { takeLibcWithSockets } from "../../../src/process/libc_with_sockets.ts";
import {
  connectInNamespace,
  socketsOf,
} from "../../../src/process/libc_sockets.ts";
import type { ByteChannel } from "../../../src/process/process_streams.ts";
import { needs, needsThat } from "../../support/peers.ts";
import { run } from "../../support/servers/registry_server.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { until } from "../../support/until.ts";

const libc = takeLibcWithSockets();
const isBound = needsThat(libc?.sockets !== undefined, "libc cannot be bound");
const ignore = isBound.ignore || needs("python3").ignore;

// Other tests of this process may have left some.
const before = await countDescriptors();

// Says what it heard, a packet each, until nothing more comes.
const PACKETS = `
import os, socket, sys
os.chdir(sys.argv[1])
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind("attach"); s.listen(100)
print("ready", flush=True)
while True:
    c, _ = s.accept()
    if os.fork() == 0:
        while True:
            data = c.recv(100000)
            if not data: break
            c.send(b"%d:" % len(data) + data)
        c.send(b"end")
        sys.exit()
    c.close()
`;

// The same over TCP: all at once, at the end.
const PORT = `
import os, socket, sys
s = socket.socket(socket.AF_INET6 if sys.argv[1] == "6" else socket.AF_INET)
s.bind(("::1" if sys.argv[1] == "6" else "127.0.0.1", int(sys.argv[2])))
s.listen(100)
print(s.getsockname()[1], flush=True)
while True:
    c, _ = s.accept()
    if os.fork() == 0:
        count = 0
        while True:
            data = c.recv(100000)
            if not data: break
            count += len(data)
        c.sendall(b"%d" % count)
        sys.exit()
    c.close()
`;

interface Server extends AsyncDisposable {
  readonly line: string;
}

async function serve(
  program: string,
  args: readonly string[],
): Promise<Server> {
  const child = new Deno.Command(program, { args: [...args], stdout: "piped" })
    .spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const line = (await reader.read()).value?.trim() ?? "";
  return {
    line,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
    },
  };
}

function python(...args: readonly string[]): Promise<Server> {
  return serve("python3", ["-c", ...args]);
}

async function readAll(stream: ReadableStream<Bytes>): Promise<string> {
  return toText(concatBytes(await Array.fromAsync(stream)));
}

async function say(channel: ByteChannel, ...chunks: readonly Bytes[]) {
  const writer = channel.writable.getWriter();
  for (const chunk of chunks) await writer.write(chunk);
  await writer.close();
}

Deno.test(
  "connectPacket() keeps packets, wherever the socket is",
  { ignore },
  async (t) => {
    using dir = tempDir();
    const folder = dir.join("deep".repeat(40));
    await Deno.mkdir(folder);
    await using _server = await python(PACKETS, folder);
    const connect = () =>
      socketsOf(libc).connectPacket(folder, { name: "attach", maxPacket: 4 });
    await t.step("what is longer is cut", async () => {
      await using channel = connect();
      await say(channel, toBytes("abcdef"), toBytes("gh"));
      assertEquals(await readAll(channel.readable), "4:abcd2:ef2:ghend");
    });
    await t.step("a hundred at once", async () => {
      const all = Array.from({ length: 100 }, async (_, at) => {
        await using channel = connect();
        await say(channel, toBytes(String(at)));
        return await readAll(channel.readable);
      });
      const texts = (await Promise.all(all)).map((text) => text.slice(2, -3));
      assertEquals(texts, Array.from({ length: 100 }, (_, at) => String(at)));
    });
    await t.step("a hundred idle ones leave files to others", async () => {
      await using stack = new AsyncDisposableStack();
      const reads = Array.from({ length: 100 }, () => {
        const channel = stack.use(connect());
        return readAll(channel.readable);
      });
      assert((await Deno.stat(folder)).isDirectory);
      await stack.disposeAsync();
      assertEquals(new Set(await Promise.all(reads)), new Set([""]));
    });
    await t.step(
      "who is disposed of can neither be read nor written",
      async () => {
        const channel = connect();
        await channel[Symbol.asyncDispose]();
        await channel[Symbol.asyncDispose]();
        assertEquals(await readAll(channel.readable), "");
        await assertRejects(() => say(channel, toBytes("a")), Error, "closed");
      },
    );
    await t.step("nobody is there", async () => {
      const { connectPacket } = socketsOf(libc);
      const options = { name: "other", maxPacket: 1 };
      assertThrows(
        () => connectPacket(folder, options),
        Error,
        "nobody listens",
      );
      await Deno.symlink(folder, dir.join("link"));
      const attach = { ...options, name: "attach" };
      assertThrows(() => connectPacket(dir.join("link"), attach), Error);
    });
    await t.step("no descriptors are left", () => assertFewDescriptors());
  },
);

Deno.test(
  "connectInNamespace() reaches a port of its own network",
  { ignore },
  async (t) => {
    for (const version of ["4", "6"]) {
      await t.step(`over IPv${version}`, async () => {
        await using server = await python(PORT, version, "0");
        const place = { netns: undefined, port: Number(server.line) };
        await using channel = await connectInNamespace(libc, place);
        await say(channel, new Uint8Array(3_000_000), toBytes("end"));
        assertEquals(await readAll(channel.readable), "3000003");
      });
    }
    await t.step("nothing listens", async () => {
      await assertRejects(
        () => connectInNamespace(libc, { netns: undefined, port: 1 }),
        Error,
        "nothing listens",
      );
    });
    await t.step("no descriptors are left", () => assertFewDescriptors());
  },
);

Deno.test("connectInNamespace() refuses what is no port", async (t) => {
  for (const port of [0, -1, 65536, 1.5, NaN]) {
    await t.step(String(port), async () => {
      await assertRejects(
        () => connectInNamespace(libc, { netns: undefined, port }),
        RangeError,
      );
    });
  }
});

Deno.test("connectInNamespace() visits another network, and returns", {
  ignore: ignore || needs("root", "unshare", "nsenter", "ip").ignore,
}, async (t) => {
  using dir = tempDir();
  const netns = dir.join("net");
  await Deno.writeTextFile(netns, "");
  await run("unshare", `--net=${netns}`, "ip", "link", "set", "lo", "up");
  try {
    await using server = await serve("nsenter", [
      ...[`--net=${netns}`, "python3", "-c", PORT, "4", "8080"],
    ]);
    assertEquals(server.line, "8080");
    const place = { netns, port: 8080 };
    await t.step("the port is there, and not here", async () => {
      await assertRejects(
        () => connectInNamespace(libc, { ...place, netns: undefined }),
      );
      await using channel = await connectInNamespace(libc, place);
      await say(channel, toBytes("four"));
      assertEquals(await readAll(channel.readable), "4");
    });
    await t.step("many at once", async () => {
      const own = await run("readlink", "/proc/self/ns/net");
      await Promise.all(Array.from({ length: 60 }, async () => {
        await using channel = await connectInNamespace(libc, place);
        await say(channel, toBytes("four"));
        assertEquals(await readAll(channel.readable), "4");
      }));
      assertEquals(await run("readlink", "/proc/self/ns/net"), own);
    });
  } finally {
    await run("umount", netns);
  }
  await t.step("no namespace is there", async () => {
    for (const path of [netns, dir.join("none"), "/dev/null", "relative"]) {
      await assertRejects(
        () => connectInNamespace(libc, { netns: path, port: 8080 }),
        Error,
        "no network namespace",
      );
    }
  });
  await t.step("no descriptors are left", () => assertFewDescriptors());
});

Deno.test("writeFifo() waits for nobody", { ignore }, async () => {
  using dir = tempDir();
  const fifo = dir.join("fifo");
  await run("mkfifo", fifo);
  const { writeFifo } = socketsOf(libc);
  assertFalse(writeFifo(fifo, toBytes("a")));
  using file = await Deno.open(fifo, { read: true, write: true });
  assert(writeFifo(fifo, toBytes("abc")));
  const buffer = new Uint8Array(10);
  assertEquals(await file.read(buffer), 3);
  assertFalse(writeFifo(dir.join("none"), toBytes("a")));
});

Deno.test("socketsOf() reports what is missing", () => {
  assertThrows(() => socketsOf(undefined), Error, "ffi");
});

async function countDescriptors(): Promise<number> {
  const names = await run("ls", `/proc/${Deno.pid}/fd`);
  return names.trim().split("\n").length;
}

/** Some are closed only when the thread that polls has woken up. */
async function assertFewDescriptors(): Promise<void> {
  await until(async () => await countDescriptors() < before + 40);
}
