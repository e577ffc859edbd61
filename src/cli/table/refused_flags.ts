/** Flags that users of podman type, and what to do instead. */

import type { Flag, FlagTable } from "../command.ts";

const BY_CNI = "the network's CNI configuration gives addresses and names";
const NO_EXPOSE = "nothing is closed between the host and a container; lead " +
  "a port of the host to it by --publish";
const NO_HEALTH = "orlop does not watch containers; let what starts it do so";
const NO_LOG = "what it writes goes to orlop's own output, or with --detach " +
  "into a log that orlop logs shows";
const ONE_FLAG = "use --platform OS/ARCH[/VARIANT]";
const NO_MAPPING = "orlop maps no user IDs; use podman for that";

const NO_SIGNING = "orlop does not sign images; use skopeo or podman for that";
const NO_ENCRYPTION = "orlop does not encrypt images; use skopeo for that";
const NO_SHARED_BLOBS =
  "orlop keeps a layout's blobs in that layout; use skopeo for that";

/** For `push`: flags of `podman push`. */
export const REFUSED_PUSH_FLAGS = {
  "sign-by": refused(NO_SIGNING),
  "sign-by-sigstore": refused(NO_SIGNING),
  "sign-by-sigstore-private-key": refused(NO_SIGNING),
  "sign-passphrase-file": refused(NO_SIGNING),
  "encryption-key": refused(NO_ENCRYPTION),
} as const satisfies FlagTable;

/** For `copy`: flags of `skopeo copy`. */
export const REFUSED_COPY_FLAGS = {
  ...REFUSED_PUSH_FLAGS,
  "sign-identity": refused(NO_SIGNING),
  "encrypt-layer": refused(NO_ENCRYPTION),
  "decryption-key": refused(NO_ENCRYPTION),
  "src-shared-blob-dir": refused(NO_SHARED_BLOBS),
  "dest-shared-blob-dir": refused(NO_SHARED_BLOBS),
  "src-username": refused("use --src-creds"),
  "src-password": refused("use --src-creds"),
  "dest-username": refused("use --dest-creds"),
  "dest-password": refused("use --dest-creds"),
  "src-no-creds": refused("use --src-authfile /dev/null", { type: "boolean" }),
  "dest-no-creds": refused("use --dest-authfile /dev/null", {
    type: "boolean",
  }),
  "override-os": refused(ONE_FLAG),
  "override-arch": refused(ONE_FLAG),
  "override-variant": refused(ONE_FLAG),
  "retry-times": refused("orlop tries again by itself; leave it out"),
  "insecure-policy": refused("orlop reads no policy.json; leave it out", {
    type: "boolean",
  }),
  "dest-precompute-digests": refused(
    "orlop asks for a blob before it sends it; leave it out",
    { type: "boolean" },
  ),
} as const satisfies FlagTable;

/** For `pull`: flags of `podman pull`. */
export const REFUSED_PULL_FLAGS = {
  arch: refused(ONE_FLAG),
  os: refused(ONE_FLAG),
  variant: refused(ONE_FLAG),
  "all-tags": refused("orlop tags lists them; pull those that you need", {
    ...{ type: "boolean", short: "a" },
  }),
  "disable-content-trust": refused(
    "orlop verifies no signatures; leave it out",
    { type: "boolean" },
  ),
} as const satisfies FlagTable;

/** For `container create` and `run`; none of them is shown in the help. */
export const REFUSED_FLAGS = {
  init: refused("orlop has no init to put in; start one of the image's", {
    type: "boolean",
  }),
  "publish-all": refused("name each port: -p HOST:CONTAINER", {
    ...{ type: "boolean", short: "P" },
  }),
  ip: refused(BY_CNI),
  "mac-address": refused(BY_CNI),
  restart: refused("orlop restarts nothing; let systemd do it: Restart="),
  expose: refused(NO_EXPOSE),
  ip6: refused(BY_CNI),
  "network-alias": refused(BY_CNI),
  "health-cmd": refused(NO_HEALTH),
  "health-interval": refused(NO_HEALTH),
  "health-on-failure": refused(NO_HEALTH),
  "health-retries": refused(NO_HEALTH),
  "health-start-period": refused(NO_HEALTH),
  "health-timeout": refused(NO_HEALTH),
  uidmap: refused(NO_MAPPING),
  gidmap: refused(NO_MAPPING),
  subuidname: refused(NO_MAPPING),
  subgidname: refused(NO_MAPPING),
  arch: refused(ONE_FLAG),
  os: refused(ONE_FLAG),
  variant: refused(ONE_FLAG),
  tz: refused("set the variable TZ: -e TZ=Europe/Berlin"),
  "http-proxy": refused("name the variables: -e HTTPS_PROXY -e NO_PROXY", {
    type: "boolean",
  }),
  "no-hosts": refused("mount the file it is to have: -v FILE:/etc/hosts:ro", {
    type: "boolean",
  }),
  "label-file": refused("name the labels: --label NAME=VALUE"),
  "unsetenv-all": refused("name the variables: --unsetenv NAME", {
    type: "boolean",
  }),
  pidfile: refused("ask for it: orlop ps -f name=NAME --format '{{.Pid}}'"),
  "pod-id-file": refused("name the pod: --pod NAME"),
  rmi: refused("run orlop rmi IMAGE when it has ended", { type: "boolean" }),
  rootfs: refused("orlop runs images; give directories to runc or crun", {
    type: "boolean",
  }),
  systemd: refused("add what systemd needs: --tmpfs /run --tmpfs /tmp …", {
    type: "boolean",
  }),
  timeout: refused("end it from outside: orlop stop NAME"),
  replace: refused("run orlop rm --force NAME first", {
    type: "boolean",
  }),
  secret: refused("orlop keeps no secrets; mount a file: -v FILE:DST:ro"),
  gpus: refused("name the devices: --device /dev/…"),
  "volumes-from": refused("name the directories again: -v SRC:DST"),
  "log-driver": refused(NO_LOG),
} as const satisfies FlagTable;

/** A flag that is not taken: why, and what to do instead. */
export function refused(
  refusal: string,
  flag: Pick<Partial<Flag>, "type" | "short"> = {},
): Flag {
  return { type: "list", help: "", refusal, ...flag };
}
