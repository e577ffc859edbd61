/**
 * Names of Kubernetes' pods and containers in the store, which holds each name once:
 * so they are reservations, which outlive this process.
 */

import { hexOf } from "../../../formats/oci/digest.ts";
import { digestOf } from "../../../formats/oci/digest_of.ts";
import { findNameProblem } from "../../../formats/storage/container_names.ts";

/** How the kubelet tells a pod from all others. */
export interface PodIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly attempt: number;
}

/** How the kubelet tells a container from the others of its pod. */
export interface ContainerIdentity {
  readonly name: string;
  readonly attempt: number;
}

// As many characters as the store takes (253), less what is appended.
const KEPT_LENGTH = 188;

/** The name of a pod: `k8s_NAME_NAMESPACE_UID_ATTEMPT`. */
export function podRecordName(
  { name, namespace, uid, attempt }: PodIdentity,
): string {
  return joinParts([name, namespace, uid, `${attempt}`]);
}

/** The name of a container: `k8s_NAME_POD_NAMESPACE_UID_ATTEMPT`. */
export function containerRecordName(
  { name, attempt }: ContainerIdentity,
  pod: PodIdentity,
): string {
  const { namespace, uid } = pod;
  return joinParts([name, pod.name, namespace, uid, `${attempt}`]);
}

/**
 * What is too long, or has characters that the store does not take, ends with a
 * hash of all of it: equal names stay equal, others stay different.
 */
function joinParts(parts: readonly string[]): string {
  const name = ["k8s", ...parts].join("_");
  // A part with an underscore could be another division of the same text.
  const isPlain = parts.every((part) => !part.includes("_"));
  if (isPlain && findNameProblem(name) === undefined) return name;
  const readable = name.replaceAll(/[^A-Za-z0-9_.-]/g, "-")
    .slice(0, KEPT_LENGTH);
  return `${readable}_${hexOf(digestOf(JSON.stringify(parts)))}`;
}
