/** Checks the request for a sandbox, before anything is made. */

import { isAbsolute } from "@std/path";
import { InvalidSandboxError } from "../../errors/network_errors.ts";
import { parseSysctl } from "../../formats/config/sysctl.ts";
import { isIpAddress } from "../../formats/ip_address.ts";
import { isPort } from "../../formats/port.ts";
import { namespaceOfSysctl } from "../../image/sysctls.ts";
import { readBandwidth } from "./bandwidth.ts";
import type { SandboxPort, SandboxRequest } from "./sandbox.ts";

// The kernel's maximum for a host name: __NEW_UTS_LEN.
const MAX_HOSTNAME = 64;
const HOSTNAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
// CNI_ARGS has pairs with ";" between them, and no way to escape one.
const ARGUMENT = /^[^\s;=\p{Cc}]*$/u;
// A line of resolv.conf(5) has words.
const WORD = /^[^\s#\p{Cc}]+$/u;
// The last one means nobody: user_namespaces(7).
const ID_COUNT = 2 ** 32 - 1;
const MAX_SYSCTL_LENGTH = 4096;
// Longer values are cut in messages.
const MAX_SHOWN = 80;

/**
 * Checks a request.
 *
 * @returns Its sysctls, by their path below /proc/sys.
 * @throws {InvalidSandboxError} If something is malformed, or would not be limited
 * to the pod.
 */
export function checkSandboxRequest(
  request: SandboxRequest,
): Readonly<Record<string, string>> {
  const { metadata, hostname, logDirectory, cgroupParent } = request;
  for (const [key, value] of Object.entries(metadata)) {
    check(`${key}`, String(value), ARGUMENT.test(String(value)));
  }
  const isHostname = HOSTNAME.test(hostname) && hostname.length <= MAX_HOSTNAME;
  if (request.namespaces.network === "pod") {
    check("hostname", hostname, isHostname);
  }
  if (logDirectory !== undefined) {
    check("log directory", logDirectory, isPlainPath(logDirectory));
  }
  if (cgroupParent !== undefined) {
    check("cgroup parent", cgroupParent, isCgroup(cgroupParent));
  }
  readBandwidth(request.annotations);
  checkUsers(request);
  checkDns(request.dns);
  for (const port of request.ports) checkPort(port);
  return checkSysctls(request);
}

/** A user namespace can only set up namespaces that it owns. */
function checkUsers({ users, namespaces }: SandboxRequest): void {
  if (users === undefined) return;
  for (const { first, count } of [users.uids, users.gids]) {
    const isRange = Number.isSafeInteger(first) && first >= 0 &&
      Number.isSafeInteger(count) && count > 0 &&
      first + count <= ID_COUNT;
    check("range of IDs", `${first}+${count}`, isRange);
  }
  const { network, ipc, pid } = namespaces;
  const shared = Object.entries({ network, ipc, pid })
    .find(([, choice]) => choice === "node");
  if (shared === undefined) return;
  throw new InvalidSandboxError(
    `Cannot make sandbox: with a user namespace of its own it cannot share the ` +
      `host's ${shared[0]}`,
  );
}

function checkDns(dns: SandboxRequest["dns"]): void {
  if (dns === undefined) return;
  for (const server of dns.servers) {
    check("DNS server", server, isIpAddress(server));
  }
  for (const word of [...dns.searches, ...dns.options]) {
    check("DNS setting", word, WORD.test(word));
  }
}

function checkPort({ containerPort, hostPort, hostIp = "" }: SandboxPort) {
  check("container port", String(containerPort), isPort(containerPort));
  const isNone = hostPort === 0;
  check("host port", String(hostPort), isNone || isPort(hostPort));
  check("address of the host", hostIp, hostIp === "" || isIpAddress(hostIp));
}

/** Refuses sysctls that would change the host, or that have no namespace. */
function checkSysctls(
  { sysctls, namespaces }: SandboxRequest,
): Readonly<Record<string, string>> {
  const entries = Object.entries(sysctls).map(([text, value]) => {
    const sysctl = parseSysctl(text);
    const namespace = sysctl && namespaceOfSysctl(sysctl.name);
    if (sysctl === undefined || namespace === undefined) {
      throw refused(
        text,
        "a pod has net.*, fs.mqueue.*, kernel.msg*, kernel.sem and " +
          "kernel.shm* of its own",
      );
    }
    const isHosts = namespace === "net"
      ? namespaces.network === "node"
      : namespaces.ipc === "node";
    if (isHosts) throw refused(text, "the pod shares it with the host");
    const isValue = value.length <= MAX_SYSCTL_LENGTH && !value.includes("\0");
    check(`value of sysctl "${text}"`, value, isValue);
    return [sysctl.path, value] as const;
  });
  return Object.fromEntries(entries);
}

function refused(name: string, why: string): InvalidSandboxError {
  return new InvalidSandboxError(
    `Cannot set sysctl "${name.slice(0, MAX_SHOWN)}": ${why}`,
  );
}

/** Absolute, without `..` or control characters. */
function isPlainPath(path: string): boolean {
  return isAbsolute(path) && !/(^|\/)\.\.(\/|$)|\p{Cc}/u.test(path);
}

/** A path, or a slice of systemd's. */
function isCgroup(text: string): boolean {
  if (!text.startsWith("/")) return /^[\w:.\\@-]+\.slice$/.test(text);
  return isPlainPath(text);
}

function check(what: string, value: string, isRight: boolean): void {
  if (isRight) return;
  throw new InvalidSandboxError(
    `Cannot make sandbox: "${value.slice(0, MAX_SHOWN)}" is no ${what}`,
  );
}
