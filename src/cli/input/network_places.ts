/** Where networks and their plugins are: what the settings of serve say of them. */

import { resolve } from "@std/path";
import {
  configDirectoryOf,
  PLUGIN_DIRECTORIES,
} from "../../engine/network/find_networks.ts";
import type { ServeTexts } from "./config_file.ts";

/** Where they are; absolute. */
export interface NetworkPlaces {
  readonly configDirectory: string;
  readonly pluginDirectories: readonly string[];
}

/** Settles where they are. */
export function networkPlaces(
  { cni_conf_dir: configs, cni_bin_dir: plugins }: {
    readonly [Key in "cni_conf_dir" | "cni_bin_dir"]?:
      | ServeTexts[Key]
      | undefined;
  },
): NetworkPlaces {
  const directory = configDirectoryOf({
    configDirectory: configs || undefined,
  });
  const folders = plugins?.split(":").filter(Boolean) ?? PLUGIN_DIRECTORIES;
  return {
    configDirectory: resolve(directory),
    pluginDirectories: folders.map((folder) => resolve(folder)),
  };
}
