/** Tries what a worker for layers must not do, and what it must. */

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { hostname } from "node:os";

/** What the worker is to know. */
export interface PermissionRequest {
  /** The directory that it may write. */
  readonly own: string;
  /** A directory that it may not. */
  readonly outside: string;
  /** The host that it may reach. */
  readonly host: string;
  /** One that it may not. */
  readonly otherHost: string;
}

/** Of each attempt, the name of its error; `"done"` if there was none. */
export type PermissionReport = Readonly<Record<string, string>>;

/** What this file sees of a worker's global scope. */
declare const self: {
  onmessage: (event: MessageEvent<PermissionRequest>) => void;
  postMessage(message: PermissionReport): void;
};

self.onmessage = async ({ data }) => {
  const report: Record<string, string> = {};
  for (const [name, attempt] of Object.entries(attemptsOf(data))) {
    try {
      await attempt();
      report[name] = "done";
    } catch (error) {
      report[name] = error instanceof Error ? nameOf(error) : String(error);
    }
  }
  self.postMessage(report);
};

function attemptsOf(
  { own, outside, host, otherHost }: PermissionRequest,
): Readonly<Record<string, () => unknown>> {
  return {
    "read its own": () => fs.readdirSync(own),
    "write its own": () => fs.writeFileSync(`${own}/file`, "x"),
    "remove its own": () => fs.unlinkSync(`${own}/file`),
    "fetch from the registry": () => fetch(`http://${host}/`),
    "run a program": () => new Deno.Command("true").outputSync(),
    "run a program by node": () => {
      const { error } = spawnSync("true");
      if (error) throw error;
    },
    "read the environment": () => Deno.env.get("HOME"),
    "list the environment": () => Deno.env.toObject(),
    "read /etc/passwd": () => Deno.readTextFileSync("/etc/passwd"),
    "read /etc/passwd by node": () => fs.readFileSync("/etc/passwd"),
    "read above its own": () => fs.readdirSync(`${own}/../..`),
    "read by a path with ..": () =>
      fs.readFileSync(`${own}/../../../etc/passwd`),
    "read /proc": () => Deno.readTextFileSync("/proc/self/environ"),
    "write outside": () => Deno.writeTextFileSync(`${outside}/file`, "x"),
    "write outside by node": () => fs.writeFileSync(`${outside}/file`, "x"),
    "make a directory outside": () => fs.mkdirSync(`${outside}/directory`),
    "remove outside": () => fs.rmSync(outside, { recursive: true }),
    "rename to outside": () => {
      fs.writeFileSync(`${own}/file`, "x");
      fs.renameSync(`${own}/file`, `${outside}/file`);
    },
    "link to outside": () => fs.linkSync(`${own}/file`, `${outside}/file`),
    "link from outside": () => fs.linkSync("/etc/passwd", `${own}/link`),
    "make a symlink": () => Deno.symlinkSync("/etc", `${own}/symlink`),
    "change a mode outside": () => fs.chmodSync(outside, 0o777),
    "change an owner outside": () => fs.chownSync(outside, 1, 1),
    "fetch from elsewhere": () => fetch(`http://${otherHost}/`),
    "connect elsewhere": async () => {
      const [hostname = "", port] = otherHost.split(":");
      (await Deno.connect({ hostname, port: Number(port) })).close();
    },
    "listen": () => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(),
    "look up a name": () => Deno.resolveDns("localhost", "A"),
    "load a library": () => Deno.dlopen("libc.so.6", {}),
    "load a library by path": () =>
      Deno.dlopen("/lib/x86_64-linux-gnu/libc.so.6", {}),
    "ask for the host's name": () => Deno.hostname(),
    "ask for the host's name by node": () => hostname(),
    "ask for the user": () => Deno.uid(),
    "ask for the memory": () => Deno.systemMemoryInfo(),
    "import from elsewhere": () => import(`http://${otherHost}/module.ts`),
    "import a local file": () => import(`file://${outside}/module.ts`),
    "start a worker that may more": () =>
      new Worker(new URL("data:text/javascript,1"), {
        type: "module",
        deno: { permissions: { run: true } },
      }),
    "ask for more": async () => {
      const { state } = await Deno.permissions.request({ name: "run" });
      if (state !== "granted") throw new Deno.errors.NotCapable(state);
    },
  };
}

function nameOf(error: Error & { code?: string }): string {
  const isDenied = error instanceof Deno.errors.NotCapable ||
    /NotCapable|Requires .* access|permission/i.test(String(error)) ||
    /^(EACCES|EPERM|ERR_ACCESS_DENIED)$/.test(error.code ?? "");
  return isDenied ? "denied" : `${error.name}: ${error.message}`;
}
