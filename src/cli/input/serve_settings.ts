/** The settings of `orlop serve`: a flag comes before the file's `[serve]`. */

import { resolve } from "@std/path";
import type { HostAndPort, ServeSettings } from "../../cri/serve_settings.ts";
import { isIpAddress } from "../../formats/ip_address.ts";
import {
  CGROUP_MANAGERS,
  type CgroupManager,
} from "../../image/cgroups_path.ts";
import type { FlagValues } from "../command.ts";
import type { SERVE } from "../table/serve_command.ts";
import { UsageError } from "../usage_error.ts";
import type { ServeTexts } from "./config_file.ts";
import { networkPlaces } from "./network_places.ts";

const SOCKET = "/run/orlop/cri.sock";
const MAX_PORT = 65_535;

/**
 * Settles the settings.
 *
 * @throws {UsageError} If one of them is of no use.
 */
export function serveSettings(
  flags: FlagValues<typeof SERVE.flags>,
  file: ServeTexts,
): ServeSettings {
  const metrics = flags["metrics-listen"] || file.metrics_listen;
  const manager = flags["cgroup-manager"] ?? file.cgroup_manager;
  return {
    listen: readSocket(flags.listen || file.listen || SOCKET),
    networks: networkPlaces({
      cni_conf_dir: flags["cni-conf-dir"] || file.cni_conf_dir,
      cni_bin_dir: flags["cni-bin-dir"] || file.cni_bin_dir,
    }),
    runtime: flags.runtime || file.runtime || undefined,
    cgroupManager: readManager(manager),
    metricsListen: metrics ? readLoopback(metrics) : undefined,
  };
}

function readSocket(text: string): string {
  const path = text.replace(/^unix:\/\//, "");
  if (path.startsWith("/")) return resolve(path);
  throw new UsageError(
    `Cannot listen at "${text}": write unix:///PATH, such as unix://${SOCKET}`,
  );
}

function readManager(text: string | undefined): CgroupManager {
  if (text === undefined) return "cgroupfs";
  const manager = CGROUP_MANAGERS.find((name) => name === text);
  if (manager !== undefined) return manager;
  throw new UsageError(
    `Cannot use cgroup_manager = "${text}": use ${
      CGROUP_MANAGERS.join(" or ")
    }`,
  );
}

/** What is shown is for this machine: metrics tell what runs on it. */
function readLoopback(text: string): HostAndPort {
  const [, bracketed, plain, digits = ""] =
    /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const hostname = bracketed ?? plain ?? "";
  const port = Number(digits);
  if (isLoopback(hostname) && port <= MAX_PORT) return { hostname, port };
  throw new UsageError(
    `Cannot show metrics at "${text}": write an address of loopback with a ` +
      "port, such as 127.0.0.1:9537",
  );
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" ||
    (hostname.startsWith("127.") && isIpAddress(hostname));
}
