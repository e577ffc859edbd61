/** Checks the streams that a kubelet requests. */

import { isPort, MAX_PORT } from "../../formats/port.ts";
import type { WantedStreams } from "./streaming_server.ts";

/** @throws {TypeError} Unless Kubernetes allows them. */
export function checkWanted(wanted: WantedStreams): void {
  if (wanted.terminal && wanted.stderr) {
    throw new TypeError(
      "Cannot stream stderr with a terminal: it mixes both into stdout",
    );
  }
  if (!wanted.stdin && !wanted.stdout && !wanted.stderr) {
    throw new TypeError(
      "Cannot stream: none of stdin, stdout and stderr is asked for",
    );
  }
}

/** @throws {TypeError} If one is not a TCP port. */
export function checkPorts(ports: readonly number[]): void {
  for (const port of ports) {
    if (isPort(port)) continue;
    throw new TypeError(`Cannot forward port "${port}": use 1 to ${MAX_PORT}`);
  }
}
