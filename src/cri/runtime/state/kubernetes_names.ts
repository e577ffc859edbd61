/**
 * Names of Kubernetes' pods and containers in the store, which holds each name
 * once: so they act as reservations that survive this process.
 */

import { hexOf } from "../../../formats/oci/digest.ts";
import { digestOf } from "../../../formats/oci/digest_of.ts";
import { findNameProblem } from "../../../formats/storage/container_names.ts";

/** The identity of a pod for the kubelet. */
export interface PodIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly attempt: number;
}

/** The identity of a container in its pod for the kubelet. */
export interface ContainerIdentity {
  readonly name: string;
  readonly attempt: number;
}

// The maximum length in the store (253), minus the appended hash.
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
 * A name that is too long, or has characters that the store does not allow, ends
 * with a hash of the original: equal names stay equal, others stay different.
 */
function joinParts(parts: readonly string[]): string {
  const name = ["k8s", ...parts].join("_");
  // Underscores in parts would make the name ambiguous.
  const isPlain = parts.every((part) => !part.includes("_"));
  if (isPlain && findNameProblem(name) === undefined) return name;
  const readable = name.replaceAll(/[^A-Za-z0-9_.-]/g, "-")
    .slice(0, KEPT_LENGTH);
  return `${readable}_${hexOf(digestOf(JSON.stringify(parts)))}`;
}
