/** Mounts of the host and of other images in a container. */

import { checkPath, type Volume } from "../../image/volumes.ts";
import type { UserMap } from "../../formats/storage/user_map.ts";
import { type Mount, MountPropagation } from "../api/api_pb.js";
import type { PodFacts } from "./pod_facts.ts";
import { readUsers } from "./user_mappings.ts";

/** A valid mount, before it is resolved. */
export type WantedMount =
  & (
    | { readonly kind: "host"; readonly path: string }
    | {
      readonly kind: "image";
      readonly image: string;
      readonly subPath: string;
    }
  )
  & {
    /** In the container. */
    readonly target: string;
    readonly access: "read-write" | "read-only" | "all-read-only";
    readonly propagation: MountPropagation;
    readonly options: readonly string[];
    /** The users who own its files, if not the host's. */
    readonly users: UserMap | undefined;
  };

/** The mount options that a pod may set, also recursively. */
const OPTIONS = /^r?(noexec|nodev|nosuid|noatime|nodiratime|relatime)$/;
const PROPAGATIONS: Readonly<Record<MountPropagation, string>> = {
  [MountPropagation.PROPAGATION_PRIVATE]: "rprivate",
  [MountPropagation.PROPAGATION_HOST_TO_CONTAINER]: "rslave",
  [MountPropagation.PROPAGATION_BIDIRECTIONAL]: "rshared",
};

/**
 * Reads a mount of a request.
 *
 * @throws {TypeError} If it is invalid.
 */
export function readMount(mount: Mount): WantedMount {
  const { containerPath, hostPath, image, imageSubPath, mountOptions } = mount;
  const target = checkPath("mount", containerPath);
  const wrong = (why: string) =>
    new TypeError(`Cannot mount "${hostPath}" at "${target}": ${why}`);
  const isImage = image !== undefined && image.image !== "";
  if (isImage && hostPath !== "") {
    throw wrong("it has both a path and an image");
  }
  if (isImage && !mount.readonly) {
    throw wrong("an image is read-only, so the mount must be, too");
  }
  if (!isImage && imageSubPath !== "") {
    throw wrong("it has a path in an image, but no image");
  }
  if (imageSubPath.includes("\0")) throw wrong("a path in an image has a NUL");
  const odd = mountOptions.find((option) => !OPTIONS.test(option));
  if (odd !== undefined) throw wrong(`option "${odd}" is not known`);
  const common = {
    target,
    access: accessOf(mount, { wrong }),
    propagation: mount.propagation,
    users: usersFor(mount, { target }),
    options: [
      ...propagationOptions(mount, { wrong, isImage }),
      ...mountOptions,
    ],
  };
  if (isImage) {
    return {
      ...common,
      ...{ kind: "image", image: image.image, subPath: imageSubPath },
    };
  }
  return { ...common, kind: "host", path: checkPath("mount", hostPath) };
}

function usersFor(
  { uidMappings: uids, gidMappings: gids, hostPath }: Mount,
  { target }: Pick<WantedMount, "target">,
): UserMap | undefined {
  if (uids.length + gids.length === 0) return undefined;
  const prefix = `Cannot mount "${hostPath}" at "${target}"`;
  return readUsers({ uids, gids }, prefix);
}

interface Context {
  readonly wrong: (why: string) => TypeError;
  readonly isImage: boolean;
}

function accessOf(
  { readonly, recursiveReadOnly, propagation }: Mount,
  { wrong }: Pick<Context, "wrong">,
): WantedMount["access"] {
  if (recursiveReadOnly && !readonly) {
    throw wrong("a recursive read-only mount must be read-only");
  }
  if (
    recursiveReadOnly && propagation !== MountPropagation.PROPAGATION_PRIVATE
  ) {
    throw wrong("a recursive read-only mount must be private");
  }
  if (recursiveReadOnly) return "all-read-only";
  return readonly ? "read-only" : "read-write";
}

function propagationOptions(
  { propagation }: Mount,
  { wrong, isImage }: Context,
): readonly string[] {
  const word = PROPAGATIONS[propagation];
  if (word === undefined) throw wrong(`propagation ${propagation} is unknown`);
  if (isImage && propagation !== MountPropagation.PROPAGATION_PRIVATE) {
    throw wrong("an image has no propagation");
  }
  return [word];
}

/**
 * Checks that the host allows the propagation of a mount.
 *
 * @param actual The host's propagation there: `shared`, `private,slave`, …
 * @throws {TypeError} If it does not.
 */
export function checkPropagation(
  { propagation, target }: Pick<WantedMount, "propagation" | "target">,
  path: string,
  actual: string,
): void {
  const words = actual.split(",");
  const isShared = words.includes("shared");
  const isSlave = words.includes("slave");
  const wrong = (what: string) =>
    new TypeError(
      `Cannot mount "${path}" at "${target}": the host's mount there is ` +
        `${actual}, not ${what}; make it so with mount --make-rshared`,
    );
  switch (propagation) {
    case MountPropagation.PROPAGATION_PRIVATE:
      return;
    case MountPropagation.PROPAGATION_HOST_TO_CONTAINER:
      if (!isShared && !isSlave) throw wrong("shared or slave");
      return;
    case MountPropagation.PROPAGATION_BIDIRECTIONAL:
      if (!isShared) throw wrong("shared");
      return;
  }
}

/**
 * Files of the pod for a container, unless another mount of the container hides
 * them.
 */
export function podFiles(
  { files }: Pick<PodFacts, "files">,
  { targets, access }: {
    readonly targets: readonly string[];
    readonly access: "read-write" | "read-only";
  },
): readonly Volume[] {
  const { resolvConf, hostname, hosts } = files;
  const places = [
    ["/etc/resolv.conf", resolvConf],
    ["/etc/hostname", hostname],
    ["/etc/hosts", hosts],
  ] as const;
  const isTaken = (path: string) =>
    targets.some((target) => `${path}/`.startsWith(`${target}/`));
  return places.flatMap(([target, source]): readonly Volume[] => {
    if (isTaken(target)) return [];
    const options = ["rprivate", "nosuid", "nodev", "noexec"];
    return [{ source, target, access, options }];
  });
}
