/** Advice for words of other tools' command lines. */

const GC = 'use "orlop gc"';
const NO_BUILD =
  "orlop builds no images: use buildah or podman on the same store, or pull " +
  'a layout from disk by "orlop pull oci:DIR:TAG"';
const NO_SYNC = 'use "orlop copy", which copies one image at a time';
const IMPORT =
  'use "orlop load -i FILE" for an archive of images; for one of a root file ' +
  "system podman on the same store";
const FILES =
  'use the root that "orlop start CONTAINER" mounts, and prints the path of';
const MOUNT = 'use "orlop start CONTAINER"';
const UNMOUNT = 'use "orlop stop CONTAINER"';
const RESTART = 'use "orlop stop CONTAINER", then "orlop start CONTAINER"';
const NO_NETWORK =
  "orlop makes no networks: CNI describes them in /etc/cni/net.d, and " +
  '"orlop run --network NAME -p HOST:CONTAINER" joins them';
const NO_VOLUMES =
  'orlop keeps no volumes: use directories, by "orlop run --volume SRC:DST"';
const NO_DAEMON = "there is no daemon, and none is needed";
const NO_CHANGES =
  "a container stays as it was made: make another, with the same root, by " +
  '"orlop container create"';
const TAGS = 'use "orlop tags NAME"';
const SEARCH =
  'registries cannot be searched by it: use "orlop tags NAME" for what a ' +
  "repository has, or podman search";
const SETTINGS = "settings are in /etc/orlop/orlop.toml";
const LAYOUT = 'use umoci on the layout, then "orlop pull oci:DIR:TAG"';
const NO_ORCHESTRATION =
  'orlop runs single pods: use "orlop pod create" and "orlop container create"';
const OTHER_TOOL = "type the command after orlop without it";

/** Advice by words; a single word also applies inside a group. */
export const ADVICE: Readonly<Record<string, string>> = {
  // podman and docker
  "auto-update": 'use "orlop pull"',
  "build": NO_BUILD,
  "builder": NO_BUILD,
  "builder prune": GC,
  "buildx": NO_BUILD,
  "clone": NO_CHANGES,
  "commit": NO_BUILD,
  "compose": NO_ORCHESTRATION,
  "container prune": 'use "orlop gc --containers stopped"',
  "container run": 'use "orlop run"',
  "diff": FILES,
  "events": 'orlop keeps none: see --log-file of "orlop gc"',
  "export": 'use tar on the root that "orlop start CONTAINER" mounts',
  "farm": NO_BUILD,
  "generate": 'use "orlop schedule systemd", or write a unit with "orlop run"',
  "healthcheck": 'use "orlop exec CONTAINER CMD"',
  "image prune": 'use "orlop gc", or "orlop gc --all" for all unused images',
  "image sign": "orlop signs no images: use cosign or podman",
  "image tree": 'use "orlop history IMAGE", or "orlop image inspect IMAGE"',
  "import": IMPORT,
  "info": 'use "orlop doctor", or "orlop version"',
  "init": "it is only for podman's pods: orlop start mounts",
  "kube": NO_ORCHESTRATION,
  "machine": NO_DAEMON,
  "manifest add": NO_BUILD,
  "manifest annotate": NO_BUILD,
  "manifest create": NO_BUILD,
  "manifest push": NO_BUILD,
  "manifest rm": 'use "orlop rmi"',
  "mount": MOUNT,
  "network": NO_NETWORK,
  "play": NO_ORCHESTRATION,
  "plugin": NO_DAEMON,
  "pod prune": 'use "orlop gc --containers stopped"',
  "port": NO_NETWORK,
  "prune": GC,
  "rename": 'use "orlop container metadata CONTAINER --set name=NAME"',
  "restart": RESTART,
  "scp": NO_SYNC,
  "search": SEARCH,
  "secret": NO_VOLUMES,
  "swarm": NO_ORCHESTRATION,
  "system": 'use "orlop df", "orlop gc" or "orlop doctor"',
  "system check": 'use "orlop check"',
  "system connection": NO_DAEMON,
  "system df": 'use "orlop df"',
  "system events": "orlop keeps none",
  "system info": 'use "orlop doctor", or "orlop version"',
  "system prune": 'use "orlop gc", or "orlop gc --all"',
  "system reset": 'use "orlop rmi --all --force", then remove the store',
  "system service": NO_DAEMON,
  "trust": "orlop verifies no signatures: use podman or skopeo",
  "umount": UNMOUNT,
  "unmount": UNMOUNT,
  "unshare": "orlop is for root, and needs no user namespace",
  "update": NO_CHANGES,
  "volume": NO_VOLUMES,
  "volume prune": 'use "orlop gc"; orlop keeps no volumes',
  // crictl
  "imagefsinfo": 'use "orlop df"',
  "img": 'use "orlop images"',
  "inspecti": 'use "orlop image inspect"',
  "inspectp": 'use "orlop pod inspect"',
  "pods": 'use "orlop pod ls"',
  "port-forward": NO_NETWORK,
  "rmp": 'use "orlop pod rm"',
  "runp": 'use "orlop pod create"',
  "statsp": 'use "orlop stats"',
  "stopp": UNMOUNT,
  // ctr and nerdctl
  "c": 'use "orlop container"',
  "containers": 'use "orlop container"',
  "content": 'use "orlop image inspect", or "orlop df"',
  "i": 'use "orlop image"',
  "leases": 'use "orlop image pin"',
  "namespace": "orlop has one store: another is chosen by --root",
  "namespaces": "orlop has one store: another is chosen by --root",
  "snapshots": 'use "orlop df --verbose"',
  "snapshot": 'use "orlop df --verbose"',
  "t": 'use "orlop ps"',
  "task": 'use "orlop ps"',
  "tasks": 'use "orlop ps"',
  // skopeo, buildah, umoci, crane
  "add": NO_BUILD,
  "bud": NO_BUILD,
  "catalog": SEARCH,
  "from": 'use "orlop container create"',
  "insert": LAYOUT,
  "list-tags": TAGS,
  "new": LAYOUT,
  "repack": LAYOUT,
  "sync": NO_SYNC,
  "unpack": MOUNT,
  // what other programs call it
  "buildah": OTHER_TOOL,
  "clean": GC,
  "cleanup": GC,
  "config": SETTINGS,
  "crictl": OTHER_TOOL,
  "ctr": OTHER_TOOL,
  "daemon": NO_DAEMON,
  "del": 'use "orlop rmi" or "orlop rm"',
  "delete": 'use "orlop rmi" or "orlop rm"',
  "docker": OTHER_TOOL,
  "download": 'use "orlop pull"',
  "du": 'use "orlop df"',
  "fetch": 'use "orlop pull"',
  "fsck": 'use "orlop check"',
  "get": 'use "orlop pull"',
  "install": 'use "orlop pull"',
  "man": 'use "orlop help --man"',
  "nerdctl": OTHER_TOOL,
  "podman": OTHER_TOOL,
  "purge": GC,
  "remove": 'use "orlop rmi" or "orlop rm"',
  "repair": 'use "orlop check"',
  "settings": SETTINGS,
  "sh": 'use "orlop run --rm -it IMAGE sh"',
  "shell": 'use "orlop run --rm -it IMAGE sh"',
  "skopeo": OTHER_TOOL,
  "status": 'use "orlop ps", or "orlop doctor"',
  "uninstall": 'use "scripts/install --uninstall"',
  "upgrade": 'use "scripts/install", or replace the file',
};

/** Advice on a word that is no command. */
export interface Advice {
  /** The words that it is about: `system df`. */
  readonly typed: string;
  readonly advice: string;
}

/**
 * Finds advice on what was typed.
 *
 * @param path The group that it was typed behind; none at the top.
 * @param word What is no command there.
 * @param next The word behind it.
 */
export function findAdvice(
  path: readonly string[],
  word: string,
  next: string | undefined,
): Advice | undefined {
  const longest = [word, ...next === undefined ? [] : [next]];
  for (const words of [[...path, ...longest], [...path, word], [word]]) {
    const key = words.join(" ");
    if (!Object.hasOwn(ADVICE, key)) continue;
    const isLong = next !== undefined && words.at(-1) === next &&
      words.length > path.length + 1;
    return {
      typed: isLong ? `${word} ${next}` : word,
      advice: ADVICE[key] ?? "",
    };
  }
  return undefined;
}
