/** The settings of `orlop serve`: a flag comes before the file's `[serve]`. */

import { resolve } from "@std/path";
import {
  CGROUP_MANAGERS,
  type HostAndPort,
  type ServeSettings,
} from "../../cri/serve_settings.ts";
import { isIpAddress } from "../../formats/ip_address.ts";
import { type FlagValues, PLUGIN_FOLDERS } from "../command.ts";
import type { SERVE } from "../table/serve_command.ts";
import { UsageError } from "../usage_error.ts";
import type { ServeTexts } from "./config_file.ts";

const SOCKET = "/run/orlop/cri.sock";
const NETWORKS = "/etc/cni/net.d";
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
  const folders = flags["cni-bin-dir"] || file.cni_bin_dir;
  const metrics = flags["metrics-listen"] || file.metrics_listen;
  const manager = flags["cgroup-manager"] ?? file.cgroup_manager;
  return {
    listen: readSocket(flags.listen || file.listen || SOCKET),
    cniConfDir: resolve(flags["cni-conf-dir"] || file.cni_conf_dir || NETWORKS),
    cniBinDirs: (folders?.split(":").filter(Boolean) ?? PLUGIN_FOLDERS)
      .map((folder) => resolve(folder)),
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

function readManager(
  text: string | undefined,
): ServeSettings["cgroupManager"] {
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
