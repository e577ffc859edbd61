/** A Unix socket that only its owner and root can reach, and no child inherits. */

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
// Beside the path, until it is guarded.
const NEW = ".new";

/**
 * Binds a server to a path, where it appears as a whole: 0600 from the first
 * moment, and in place of a socket to which nobody listens any more.
 *
 * @returns What removes it again, unless another process has replaced it.
 * @throws {RangeError} If the path is too long for a socket.
 * @throws {InUseError} If somebody listens there, or it is no socket; the same of
 *   `PATH.new`, where it is until it is guarded.
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
  // Of one client that could not be let in: it tries again.
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

/** Whether whoever connected may: the user that this process runs as, or root. */
export function mayCall(socket: Socket, libc: Libc | undefined): boolean {
  const fd = descriptorOf(socket);
  // Without libc, the mode of the socket is all that guards it.
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

/** The number of the file behind it: Node tells in no other way. */
function descriptorOf(owner: Server | Socket): number | undefined {
  const handle: unknown = "_handle" in owner ? owner._handle : undefined;
  if (typeof handle !== "object" || handle === null) return undefined;
  const fd: unknown = "fd" in handle ? handle.fd : undefined;
  return typeof fd === "number" && fd >= 0 ? fd : undefined;
}
