/** A real registry for tests: Debian's docker-registry on loopback. */

import { existsSync } from "node:fs";
import { toText } from "../../../src/formats/bytes.ts";
import { lines } from "../programs/lines.ts";
import { type TempDir, tempDir } from "../temp_dir.ts";
import { makeCertificates } from "./make_certificates.ts";

/** A running registry. */
export interface RegistryServer extends AsyncDisposable {
  /** Such as `127.0.0.1:40123`. */
  readonly host: string;
  /** The folder with the CA as `ca.crt`, if the registry has TLS. */
  readonly certDir: string;
  /** All requests so far that were answered, from the access log. */
  readonly requests: readonly LoggedRequest[];
  /** The uploads of a repository that were neither finished nor cancelled. */
  uploadsOf(path: string): readonly string[];
  /** Copies an image of an OCI layout to `host/<name>`. */
  pushLayout(layout: string, name: string): Promise<void>;
}

/** A line of the access log. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Of the answer's body, as far as it was sent. */
  readonly bytes: number;
}

/** How the registry is to be. */
export interface RegistryServerOptions {
  /** Whether to speak TLS, with a certificate of a CA made for it. */
  readonly tls?: boolean;
  /** A user who must log in. */
  readonly user?: { readonly name: string; readonly password: string };
  /** The registry that it mirrors, as a pull-through cache: `host:port`. */
  readonly mirrors?: string;
}

const START_TIMEOUT_MS = 10_000;

/** The programs that {@linkcode startRegistry} needs. */
export const REGISTRY_PROGRAMS = [
  "docker-registry",
  "skopeo",
  "openssl",
  "htpasswd",
];

/** Starts an empty registry: `await using registry = await startRegistry();` */
export async function startRegistry(
  options: RegistryServerOptions = {},
): Promise<RegistryServer> {
  const dir = tempDir();
  const port = freePort();
  const host = `127.0.0.1:${port}`;
  await Deno.mkdir(dir.join("certs"));
  if (options.tls) await makeCertificates(dir.join("certs"));
  if (options.user !== undefined) await makeUsers(dir, options.user);
  const config = dir.join("config.yml");
  await Deno.writeTextFile(config, configText(dir, { ...options, host }));
  const child = new Deno.Command("docker-registry", {
    args: ["serve", config],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const requests: LoggedRequest[] = [];
  const logged = readAccessLog(child.stdout, requests);
  await waitForPort(port);
  return {
    host,
    certDir: dir.join("certs"),
    requests,
    uploadsOf: (path) => findUploads(dir, path),
    pushLayout: (layout, name) =>
      push(`oci:${layout}`, `docker://${host}/${name}`, options),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await Promise.all([child.status, logged]);
      dir[Symbol.dispose]();
    },
  };
}

/** Of one that is over a folder may stay, but not when it began. */
function findUploads(dir: TempDir, path: string): readonly string[] {
  const repository = `data/docker/registry/v2/repositories/${path}`;
  const folder = dir.join(repository, "_uploads");
  if (!existsSync(folder)) return []; // nothing was uploaded to it
  return Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .filter((name) => existsSync(`${folder}/${name}/startedat`));
}

/** Runs a program to its end; throws what it printed if it fails. */
export async function run(program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args })
    .output();
  if (success) return toText(stdout);
  throw new Error(`Cannot run ${program} ${args.join(" ")}: ${toText(stderr)}`);
}

/** A port of 127.0.0.1 that nobody listens on. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function readAccessLog(
  log: ReadableStream<Uint8Array<ArrayBuffer>>,
  requests: LoggedRequest[],
): Promise<void> {
  for await (const line of lines(log)) {
    const [, method = "", path = "", status, bytes] =
      /"([A-Z]+) (\S+) [^"]*" (\d+) (\d+)/.exec(line) ?? [];
    if (status === undefined) continue;
    requests.push({
      method,
      path,
      status: Number(status),
      bytes: Number(bytes),
    });
  }
}

async function push(
  from: string,
  to: string,
  { user }: RegistryServerOptions,
): Promise<void> {
  const login = user === undefined
    ? []
    : ["--dest-creds", `${user.name}:${user.password}`];
  await run(
    "skopeo",
    "--insecure-policy",
    "copy",
    "--all",
    "--quiet",
    "--dest-tls-verify=false",
    ...login,
    from,
    to,
  );
}

function configText(
  dir: TempDir,
  { host, tls, user, mirrors }: RegistryServerOptions & { host: string },
): string {
  const certs = dir.join("certs");
  const config = {
    version: "0.1",
    log: { level: "error", accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: dir.join("data") } },
    http: {
      addr: host,
      ...(tls
        ? {
          tls: {
            certificate: `${certs}/server.pem`,
            key: `${certs}/server-key.pem`,
          },
        }
        : {}),
    },
    ...(user === undefined ? {} : {
      auth: { htpasswd: { realm: "test", path: dir.join("users") } },
    }),
    ...(mirrors && { proxy: { remoteurl: `http://${mirrors}` } }),
  };
  // JSON is YAML.
  return JSON.stringify(config);
}

async function makeUsers(
  dir: TempDir,
  { name, password }: { name: string; password: string },
): Promise<void> {
  const line = await run("htpasswd", "-Bbn", name, password);
  await Deno.writeTextFile(dir.join("users"), line);
}

/** Waits until somebody listens on a port. */
export async function waitForPort(port: number): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      using _connection = await Deno.connect({ hostname: "127.0.0.1", port });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
