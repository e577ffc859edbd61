/** Runtimes on a node: orlop, and containerd as its peer. */

import { sleep } from "../../../src/errors/abort.ts";
import { toText } from "../../../src/formats/bytes.ts";
import { endProcess, spawnLogged } from "./logged_process.ts";
import { CNI_PLUGINS, type Node, REGISTRIES } from "./node.ts";

/** A daemon that serves the CRI. */
export interface Runtime extends AsyncDisposable {
  readonly name: string;
  /** Such as `unix:///run/orlop/cri.sock`. */
  readonly endpoint: string;
  /** Of the daemon that runs now. */
  readonly pid: number;
  /** Where its store is. */
  readonly root: string;
  /** How its command line is called, if that works on the store; else empty. */
  readonly command: readonly string[];
  /** Ends the daemon at once and starts the next one. */
  restart(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

/** How a daemon is started. */
interface Daemon {
  readonly name: string;
  readonly command: readonly string[];
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly socket: string;
  readonly root: string;
}

const START_TIMEOUT_MS = 30_000;

/**
 * Starts orlop on a node.
 *
 * @param orlop The program, as a path.
 */
export function startOrlop(node: Node, orlop: string): Promise<Runtime> {
  const root = `${node.directory}/orlop`;
  const socket = "/run/orlop/cri.sock";
  const command = [orlop, "--root", root, "--runroot", "/run/orlop"];
  return startDaemon(node, {
    name: "orlop",
    command,
    argv: [
      ...[...command, "serve"],
      ...["--listen", `unix://${socket}`],
      ...["--cni-conf-dir", node.networks, "--cni-bin-dir", CNI_PLUGINS],
    ],
    env: { CONTAINERS_REGISTRIES_CONF: node.registriesConf },
    ...{ socket, root },
  });
}

/** Starts containerd with its CRI plugin on a node. */
export async function startContainerd(node: Node): Promise<Runtime> {
  const root = `${node.directory}/containerd`;
  const socket = "/run/containerd/containerd.sock";
  const hosts = `${node.directory}/hosts`;
  for (const [prefix, folder] of REGISTRIES) {
    const [host = "", ...path] = prefix.split("/");
    await Deno.mkdir(`${hosts}/${host}`, { recursive: true });
    // It asks a mirror for the whole path behind the host's name.
    const kept = path.length === 0 ? `/${folder}` : "";
    await Deno.writeTextFile(
      `${hosts}/${host}/hosts.toml`,
      `[host."http://${node.registry.host}/v2${kept}"]\n` +
        `capabilities = ["pull", "resolve"]\noverride_path = true\n`,
    );
  }
  const config = `${node.directory}/containerd.toml`;
  await Deno.writeTextFile(config, containerdConfig(node, { root, hosts }));
  return await startDaemon(node, {
    name: "containerd",
    command: [],
    argv: ["containerd", "--config", config, "--address", socket],
    env: {},
    ...{ socket, root },
  });
}

function containerdConfig(
  node: Node,
  { root, hosts }: { readonly root: string; readonly hosts: string },
): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = "${root}"
state = "/run/containerd"
[${cri}]
sandbox_image = "registry.k8s.io/sandbox:latest"
# Where CAP_SYS_RESOURCE is missing, no score can be lowered.
restrict_oom_score_adj = true
[${cri}.cni]
bin_dir = "${CNI_PLUGINS}"
conf_dir = "${node.networks}"
[${cri}.registry]
config_path = "${hosts}"
`;
}

async function startDaemon(node: Node, daemon: Daemon): Promise<Runtime> {
  const log = `${node.directory}/${daemon.name}.log`;
  let child = await start(daemon, log);
  return {
    name: daemon.name,
    endpoint: `unix://${daemon.socket}`,
    root: daemon.root,
    command: daemon.command,
    get pid() {
      return child.pid;
    },
    async restart(signal) {
      await endProcess(child, signal);
      child = await start(daemon, log);
    },
    [Symbol.asyncDispose]: () => endProcess(child, "SIGTERM"),
  };
}

async function start(
  { name, argv, env, socket }: Daemon,
  log: string,
): Promise<Deno.ChildProcess> {
  const child = spawnLogged(argv, { log, env });
  let hasEnded = false;
  child.status.then(() => hasEnded = true);
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while (!await isListening(socket)) {
    if (hasEnded || performance.now() > deadlineMs) {
      await endProcess(child, "SIGKILL");
      const { stdout } = await new Deno.Command("tail", { args: [log] })
        .output();
      throw new Error(`Cannot start ${name}: ${toText(stdout)}`);
    }
    await sleep(50);
  }
  return child;
}

async function isListening(path: string): Promise<boolean> {
  try {
    using _connection = await Deno.connect({ transport: "unix", path });
    return true;
  } catch {
    return false; // not yet there, or of a daemon that is gone
  }
}
