/** Makes the files that all containers of a sandbox have in their `/etc`. */

import { join } from "@std/path";
import type { NetworkDns } from "../../formats/cni/plugin_input.ts";
import { formatHosts } from "../../formats/config/hosts.ts";
import { toHostOwner } from "../../formats/storage/user_map.ts";
import { tryReadText } from "../../fs/if_there.ts";
import type { Agent } from "../agent.ts";
import type { SandboxRequest } from "./sandbox.ts";
import type { SandboxPlaces } from "./sandbox_places.ts";

// All users of the containers may read them.
const FILE_MODE = 0o644;
const HOST_FILES = "/etc";
// The file with the real servers, as /etc/resolv.conf may name systemd-resolved on
// loopback.
const UPSTREAM = "/run/systemd/resolve/resolv.conf";

/** Writes them. @param ips The addresses of the sandbox. */
export function writeSandboxFiles(
  { host }: Pick<Agent, "host">,
  { files }: Pick<SandboxPlaces, "files">,
  { request, ips }: {
    readonly request: Pick<
      SandboxRequest,
      "dns" | "hostname" | "namespaces" | "users"
    >;
    readonly ips: readonly string[];
  },
): void {
  const isOwn = request.namespaces.network === "pod";
  const hostname = isOwn ? request.hostname : host.readHostname() ?? "";
  const dns = request.dns === undefined ? "" : formatDns(request.dns);
  // As in other runtimes: an empty setting means the host's.
  const resolvConf = dns || readHostDns(isOwn);
  const hosts = isOwn ? makeHosts(hostname, ips) : readHostFile("hosts");
  const { users } = request;
  const owner = users && toHostOwner(users, { uid: 0, gid: 0 });
  write(files.resolvConf, resolvConf);
  write(files.hostname, `${hostname}\n`);
  write(files.hosts, hosts);

  function write(path: string, text: string): void {
    Deno.writeTextFileSync(path, text);
    Deno.chmodSync(path, FILE_MODE);
    if (owner !== undefined) Deno.chownSync(path, owner.uid, owner.gid);
  }
}

/** As CRI-O and containerd write it: resolv.conf(5). */
function formatDns({ servers, searches, options }: NetworkDns): string {
  return [
    ...searches.length > 0 ? [`search ${searches.join(" ")}\n`] : [],
    ...servers.map((server) => `nameserver ${server}\n`),
    ...options.length > 0 ? [`options ${options.join(" ")}\n`] : [],
  ].join("");
}

/** In a network of its own a pod does not reach a server on the host's loopback. */
function readHostDns(isOwn: boolean): string {
  const text = readHostFile("resolv.conf");
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)];
  const isLocal = servers.length > 0 &&
    servers.every(([, server = ""]) => /^127\.|^::1$/.test(server));
  return isOwn && isLocal ? tryReadText(UPSTREAM) ?? text : text;
}

function makeHosts(hostname: string, ips: readonly string[]): string {
  return formatHosts([
    { address: "127.0.0.1", names: ["localhost"] },
    {
      address: "::1",
      names: ["localhost", "ip6-localhost", "ip6-loopback"],
    },
    ...(ips.length > 0 ? ips : ["127.0.1.1"])
      .map((address) => ({ address, names: [hostname] })),
  ]);
}

function readHostFile(name: string): string {
  return tryReadText(join(HOST_FILES, name)) ?? "";
}
