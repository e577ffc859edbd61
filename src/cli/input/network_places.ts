/** Where networks and their plugins are: what the file of settings says for serve. */

import { resolve } from "@std/path";
import { PLUGIN_DIRECTORIES } from "../../engine/network/find_networks.ts";
import type { ServeTexts } from "./config_file.ts";

/** Where they are; absolute. */
export interface NetworkPlaces {
  readonly configDirectory: string;
  readonly pluginDirectories: readonly string[];
}

const NETWORKS = "/etc/cni/net.d";

/** Settles where they are. */
export function networkPlaces(
  { cni_conf_dir: configDirectory, cni_bin_dir: plugins }: Pick<
    ServeTexts,
    "cni_conf_dir" | "cni_bin_dir"
  >,
): NetworkPlaces {
  const folders = plugins?.split(":").filter(Boolean) ?? PLUGIN_DIRECTORIES;
  return {
    configDirectory: resolve(configDirectory || NETWORKS),
    pluginDirectories: folders.map((folder) => resolve(folder)),
  };
}
