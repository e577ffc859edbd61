/**
 * A Unix socket that only its owner and root can connect to, and no child inherits.
 */

import type { Server, Socket } from "node:net";
import { connect } from "node:net";
import { dirname } from "@std/path";
import { InUseError } from "../../errors/store_errors.ts";
import { byteLengthOf } from "../../formats/bytes.ts";
import { isErrno } from "../../fs/errno.ts";
import { lstatIfThere, removeIfThere } from "../../fs/if_there.ts";
import type { Libc } from "../../process/libc.ts";
import { SUN_PATH_BYTES } from "../../process/sockets/socket_address.ts";

const SOCKET_MODE = 0o600;
const FOLDER_MODE = 0o755;
// The suffix of the path until the socket is protected.
const NEW = ".new";

/**
 * Binds a server to a path atomically: with mode 0600 from the start, and replacing
 * a stale socket.
 *
 * @returns A disposable that removes it, unless another process has replaced it.
 * @throws {RangeError} If the path is too long for a socket.
 * @throws {InUseError} If another process listens there, or it is no socket; also
 *   for `PATH.new`, its temporary path.
 */
export async function listenGuarded(
  server: Server,
  path: string,
  libc: Libc | undefined,
): Promise<() => void> {
  checkLength(path);
  await checkFree(path);
  const unguarded = `${path}${NEW}`;
  await checkFree(unguarded);
  await Deno.mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
  removeIfThere(unguarded);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ path: unguarded }, resolve);
  await promise;
  server.off("error", reject);
  // An error of accept for one client, which tries again.
  server.on("error", () => {});
  await Deno.chmod(unguarded, SOCKET_MODE);
  const fd = descriptorOf(server);
  if (fd !== undefined) libc?.sockets?.setCloseOnExec(fd);
  const { ino } = await Deno.lstat(unguarded);
  await Deno.rename(unguarded, path);
  return () => {
    if (lstatIfThere(path)?.ino === ino) removeIfThere(path);
  };
}

/** Whether a client may connect: it must be the user of this process, or root. */
export function mayCall(socket: Socket, libc: Libc | undefined): boolean {
  const fd = descriptorOf(socket);
  // Without libc, only the mode of the socket protects it.
  if (fd === undefined || libc?.sockets === undefined) return true;
  const uid = libc.sockets.readPeer(fd)?.uid;
  return uid === 0 || uid === Deno.uid();
}

function checkLength(path: string): void {
  const longest = SUN_PATH_BYTES - 1 - NEW.length;
  if (byteLengthOf(path) <= longest) return;
  throw new RangeError(
    `Cannot listen at "${path}": the path of a socket has ${longest} bytes ` +
      "at most",
  );
}

async function checkFree(path: string): Promise<void> {
  const found = lstatIfThere(path);
  if (found === undefined) return;
  if (!found.isSocket) {
    throw new InUseError(`Cannot listen at "${path}": it is no socket`, []);
  }
  if (await findListener(path) === "nobody") return;
  throw new InUseError(
    `Cannot listen at "${path}": another process does; stop it, or use ` +
      "another path",
    [],
  );
}

async function findListener(path: string): Promise<"somebody" | "nobody"> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect(path);
  socket.once("connect", resolve);
  socket.once("error", reject);
  try {
    await promise;
    return "somebody";
  } catch (error) {
    if (isErrno(error, "ECONNREFUSED", "ENOENT")) return "nobody";
    throw error;
  } finally {
    socket.destroy();
  }
}

/** Its file descriptor, from Node's internals, as there is no other way. */
function descriptorOf(owner: Server | Socket): number | undefined {
  const handle: unknown = "_handle" in owner ? owner._handle : undefined;
  if (typeof handle !== "object" || handle === null) return undefined;
  const fd: unknown = "fd" in handle ? handle.fd : undefined;
  return typeof fd === "number" && fd >= 0 ? fd : undefined;
}
