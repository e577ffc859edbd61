/** Finds the networks in `/etc/cni/net.d`, as all runtimes do. */

import { join } from "@std/path";
import { NetworkError } from "../../errors/network_errors.ts";
import { whyOf } from "../../errors/why.ts";
import {
  type NetworkList,
  parseNetworkList,
} from "../../formats/cni/network_list.ts";
import { readText } from "../../fs/if_there.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { findOtherWriter } from "../../process/who_can_change.ts";

/** The directories of networks, and the selected networks. */
export interface NetworkSettings {
  /**
   * The folder of their configurations.
   *
   * @default {"/etc/cni/net.d"}
   */
  readonly configDirectory?: string | undefined;
  /**
   * The folders of plugins, in the order of the search.
   *
   * @default {/opt/cni/bin, and where distributions have them}
   */
  readonly pluginDirectories?: readonly string[] | undefined;
  /**
   * The names of the networks: the first is eth0, the next is eth1, and so on.
   *
   * @default {the one whose file comes first}
   */
  readonly names?: readonly string[] | undefined;
  /**
   * How long a plugin may take, in milliseconds.
   *
   * @default {120_000}
   */
  readonly timeoutMs?: number | undefined;
}

/** A network, and the text that describes it. */
export interface FoundNetwork {
  readonly list: NetworkList;
  /** The text of its file: kept with each pod, for its removal. */
  readonly text: string;
}

const CONFIG_DIRECTORY = "/etc/cni/net.d";
/** The project's own place, then Debian's and Fedora's. */
export const PLUGIN_DIRECTORIES: readonly string[] = [
  "/opt/cni/bin",
  "/usr/lib/cni",
  "/usr/libexec/cni",
];

// libcni's: lists, and single plugins in two spellings.
const EXTENSION = /\.(conflist|conf|json)$/;

/** The folder of the networks' configurations. */
export function configDirectoryOf(
  { configDirectory = CONFIG_DIRECTORY }: NetworkSettings,
): string {
  return configDirectory;
}

/**
 * Finds the selected networks. Files are read in the order of their names; the
 * first with a name counts. A malformed file, or one that other users could change,
 * is skipped unless there is no other: it must not block the other networks.
 *
 * @throws {NetworkError} If there is none, or none of a name.
 */
export function findNetworks(
  settings: NetworkSettings,
): readonly FoundNetwork[] {
  const directory = configDirectoryOf(settings);
  const { names } = settings;
  const problems: string[] = [];
  const found = listNetworks(settings, (problem) => problems.push(problem));
  if (names !== undefined) {
    return names.map((name) =>
      found.find(({ list }) => list.name === name) ??
        fail(`network "${name}"`, { directory, problems })
    );
  }
  const [first] = found;
  return [first ?? fail("a network", { directory, problems })];
}

/**
 * Lists all networks that are described.
 *
 * @param onProblem Called for what is malformed.
 */
export function listNetworks(
  settings: NetworkSettings,
  onProblem: (message: string) => void = () => {},
): readonly FoundNetwork[] {
  const directory = configDirectoryOf(settings);
  return listIfDirectory(directory)
    .filter((name) => EXTENSION.test(name))
    .toSorted()
    .flatMap((name) => {
      const path = join(directory, name);
      try {
        const text = readTrusted(path);
        return [{ list: parseNetworkList(text, `"${path}"`), text }];
      } catch (error) {
        const why = whyOf(error);
        onProblem(why.includes(path) ? why : `Cannot read "${path}": ${why}`);
        return [];
      }
    });
}

/** It names programs that run as root, so only root may be able to change it. */
function readTrusted(path: string): string {
  const otherWriter = findOtherWriter(path);
  if (otherWriter === undefined) return readText(path);
  throw new TypeError(`${otherWriter}; what others can change is not used`);
}

function fail(
  what: string,
  { directory, problems }: {
    readonly directory: string;
    readonly problems: readonly string[];
  },
): never {
  const [problem] = problems;
  const why = problem === undefined
    ? `"${directory}" describes none; CNI wants a *.conflist there`
    : problem;
  throw new NetworkError(`Cannot find ${what}: ${why}`, {
    category: "unavailable",
  });
}
