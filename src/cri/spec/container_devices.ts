/** Devices of the host that a container may use. */

import type { Abortable } from "../../errors/abort.ts";
import {
  type DeviceRequest,
  isDirectory,
} from "../../engine/templates/host_resources.ts";
import { checkPath } from "../../image/volumes.ts";
import { findProgram } from "../../process/find_program.ts";
import type { Host } from "../../process/host.ts";
import { runCommand } from "../../process/run_command.ts";
import type { Device } from "../api/api_pb.js";

// A container has its own of these: runc's list, and terminals.
const OWN = ["pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev"];
const OWN_DEVICES = ["/dev/console", "/dev/tty", "/dev/ptmx"];

/**
 * Lists a container's devices. A directory stands for all devices below it; a
 * privileged container gets all devices.
 *
 * @throws {TypeError} If a path or permission is invalid.
 */
export async function listDevices(
  host: Host,
  devices: readonly Device[],
  { privileged, ...options }: Abortable & { readonly privileged: boolean },
): Promise<readonly DeviceRequest[]> {
  const asked = devices.map(readDevice);
  const found: DeviceRequest[] = [];
  if (privileged) {
    for (const source of await findDevices("/dev", options)) {
      if (OWN_DEVICES.includes(source)) continue;
      if (host.readStatus(source)) found.push({ source });
    }
  }
  for (const device of asked) {
    const { source, target, access } = device;
    if (!isDirectory(host, source)) {
      found.push(device);
      continue;
    }
    checkBelow(source);
    for (const path of await findDevices(source, options)) {
      const name = path.slice(source.length);
      found.push({ source: path, target: `${target}${name}`, access });
    }
  }
  return found;
}

function readDevice(
  { hostPath, containerPath, permissions }: Device,
): Required<DeviceRequest> {
  const source = checkPath("device", hostPath);
  if (!/^[rwm]{0,3}$/.test(permissions)) {
    throw new TypeError(
      `Cannot use device "${source}": expected some of r, w and m, not ` +
        `"${permissions}"`,
    );
  }
  return {
    source,
    target: checkPath("device", containerPath || hostPath),
    access: permissions || "rwm",
  };
}

/** Searching the whole file system would take too long. */
function checkBelow(source: string): void {
  if (`${source}/`.startsWith("/dev/")) return;
  throw new TypeError(
    `Cannot use devices of "${source}": a directory of devices is below /dev`,
  );
}

async function findDevices(
  directory: string,
  options: Abortable,
): Promise<readonly string[]> {
  const skipped = OWN.flatMap((name) => [
    ...["-path", `/dev/${name}`, "-prune", "-o"],
  ]);
  const { stdout } = await runCommand(findProgram("find"), [
    ...[directory, ...skipped],
    ...["(", "-type", "b", "-o", "-type", "c", ")", "-print0"],
    // A device that disappears during the search is no error.
  ], { ...options, okCodes: "any", group: "shared" });
  return stdout.split("\0").filter((path) => path !== "");
}
