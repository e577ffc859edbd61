/** What a node needs around its runtime: a registry, a network, settings. */

import {
  type RegistryServer,
  startRegistry,
} from "../../../tests/support/servers/registry_server.ts";
import {
  CRI_TOOLS,
  KUBERNETES,
  LIBRARY,
  pushStandIns,
} from "./stand_in_images.ts";

/** A node without a runtime, in namespaces of its own (own_node.sh). */
export interface Node extends AsyncDisposable {
  /** Where everything is kept that ends with the node. */
  readonly directory: string;
  /** Where critest, crictl and the kubelet are. */
  readonly programs: string;
  readonly registry: RegistryServer;
  /** The folder with the network's settings, for CNI. */
  readonly networks: string;
  /** Says where registries are, to orlop. */
  readonly registriesConf: string;
}

/** Where Debian keeps CNI's plugins. */
export const CNI_PLUGINS = "/usr/lib/cni";
/** The network of pods. */
export const BRIDGE = "cni-node0";

/** Names of registries by the folders of the one that stands in for them. */
export const REGISTRIES: ReadonlyMap<string, string> = new Map([
  ["registry.k8s.io", KUBERNETES],
  ["k8s.gcr.io", KUBERNETES],
  ["gcr.io/k8s-staging-cri-tools", CRI_TOOLS],
  ["public.ecr.aws/docker/library", LIBRARY],
]);

/**
 * Starts the registry with all images, and writes settings.
 *
 * @param directory An empty folder.
 */
export async function prepareNode(
  directory: string,
  { programs, busybox }: {
    readonly programs: string;
    readonly busybox: string;
  },
): Promise<Node> {
  for (const name of ["images", "net.d", "tmp"]) {
    await Deno.mkdir(`${directory}/${name}`);
  }
  Deno.env.set("TMPDIR", `${directory}/tmp`);
  const registry = await startRegistry();
  await pushStandIns(`http://${registry.host}`, {
    directory: `${directory}/images`,
    busybox,
  });
  const networks = `${directory}/net.d`;
  const registriesConf = `${directory}/registries.conf`;
  await Deno.writeTextFile(
    `${networks}/10-node.conflist`,
    JSON.stringify(describeNetwork(directory), undefined, 2),
  );
  await Deno.writeTextFile(registriesConf, registriesText(registry.host));
  return {
    ...{ directory, programs, registry, networks, registriesConf },
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}

function describeNetwork(directory: string) {
  const ipam = {
    type: "host-local",
    dataDir: `${directory}/addresses`,
    ranges: [[{ subnet: "10.251.0.0/16" }]],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  return {
    cniVersion: "1.0.0",
    name: "node",
    plugins: [
      {
        ...{ type: "bridge", bridge: BRIDGE, isGateway: true, ipMasq: true },
        ...{ hairpinMode: true, ipam },
      },
      { type: "portmap", capabilities: { portMappings: true }, snat: true },
    ],
  };
}

function registriesText(host: string): string {
  return [...REGISTRIES].map(([prefix, folder]) =>
    `[[registry]]\nprefix = "${prefix}"\nlocation = "${host}/${folder}"\n` +
    "insecure = true\n"
  ).join("");
}
