import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { connect, createServer, type Socket } from "node:net";
import {
  listenGuarded,
  mayCall,
} from "../../../src/cri/grpc/guarded_socket.ts";
import { InUseError } from "../../../src/errors/store_errors.ts";
import { takeLibcWithSockets } from "../../../src/process/libc_with_sockets.ts";
import { needsThat } from "../../support/peers.ts";
import { tempDir } from "../../support/temp_dir.ts";

const libc = takeLibcWithSockets();

Deno.test("listenGuarded() makes a socket for its owner alone", async () => {
  using dir = tempDir();
  const path = dir.join("new", "s.sock");
  const server = createServer();
  const remove = await listenGuarded(server, path, undefined);
  const { mode, isSocket } = await Deno.lstat(path);
  assertEquals([isSocket, (mode ?? 0) & 0o777], [true, 0o600]);
  assertEquals((await listNames(dir.join("new"))).length, 1);
  remove();
  assertEquals((await listNames(dir.join("new"))).length, 0);
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("listenGuarded() replaces a socket only if no one listens", async () => {
  using dir = tempDir();
  const path = dir.join("s.sock");
  const first = createServer();
  const removeFirst = await listenGuarded(first, path, undefined);
  const second = createServer();
  const again = () => listenGuarded(second, path, undefined);
  await assertRejects(again, InUseError, "another process");
  await new Promise((resolve) => first.close(resolve)); // as if it were killed
  assert((await Deno.lstat(path)).isSocket);
  await again();
  removeFirst(); // is the other's by now
  assert((await Deno.lstat(path)).isSocket);
  await new Promise((resolve) => second.close(resolve));
});

Deno.test("listenGuarded() keeps what is no socket, and too long a path", async () => {
  using dir = tempDir();
  const path = dir.join("file");
  await Deno.writeTextFile(path, "kept");
  const listen = () => listenGuarded(createServer(), path, undefined);
  await assertRejects(listen, InUseError, "no socket");
  assertEquals(await Deno.readTextFile(path), "kept");
  const other = dir.join("other");
  await Deno.writeTextFile(`${other}.new`, "kept, too");
  const beside = () => listenGuarded(createServer(), other, undefined);
  await assertRejects(beside, InUseError, 'other.new": it is no socket');
  assertEquals(await Deno.readTextFile(`${other}.new`), "kept, too");
  const long = dir.join("x".repeat(100));
  const tooLong = () => listenGuarded(createServer(), long, undefined);
  await assertRejects(tooLong, RangeError, "103 bytes");
});

Deno.test("listenGuarded() keeps the socket from programs that are started", {
  ...needsThat(libc !== undefined, "libc cannot be bound"),
}, async () => {
  using dir = tempDir();
  const inherited: number[] = [];
  for (const use of [undefined, libc]) {
    const before = await countInherited();
    const server = createServer();
    await listenGuarded(server, dir.join("s.sock"), use);
    inherited.push(await countInherited() - before);
    await new Promise((resolve) => server.close(resolve));
  }
  assertEquals(inherited, [1, 0]);
});

Deno.test("mayCall() knows who calls", {
  ...needsThat(libc !== undefined, "libc cannot be bound"),
}, async () => {
  using dir = tempDir();
  const path = dir.join("s.sock");
  const server = createServer();
  await listenGuarded(server, path, libc);
  const { promise, resolve } = Promise.withResolvers<Socket>();
  server.on("connection", resolve);
  const client = connect(path);
  const accepted = await promise;
  assert(mayCall(accepted, libc));
  const sockets = libc?.sockets && {
    ...libc.sockets,
    readPeer: () => ({ pid: 1, uid: 65534, gid: 0 }),
  };
  assertFalse(mayCall(accepted, libc && { ...libc, sockets }));
  client.destroy();
  accepted.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** How many sockets a program gets that is started now. */
async function countInherited(): Promise<number> {
  const args = ["-l", "/proc/self/fd"];
  const { stdout } = await new Deno.Command("ls", { args }).output();
  return new TextDecoder().decode(stdout).split("socket:").length - 1;
}

function listNames(folder: string): Promise<Deno.DirEntry[]> {
  return Array.fromAsync(Deno.readDir(folder));
}
