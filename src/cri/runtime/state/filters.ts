/** Filters of lists: api.proto of Kubernetes, the messages `…Filter`. */

import type { Container } from "../../api/api_pb.js";

/** What lists have in common. */
export interface ListFilter {
  /** An ID or a prefix; `""` for all. */
  readonly id: string;
  /** Labels that must be present, with these values. */
  readonly labelSelector: Readonly<Record<string, string>>;
}

/** An object to filter. */
export interface Labelled {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Whether a list shows something; one without filter shows all. */
export function isListed(
  filter: ListFilter | undefined,
  { id, labels }: Labelled,
): boolean {
  if (filter === undefined) return true;
  return id.startsWith(filter.id) &&
    Object.entries(filter.labelSelector).every(([key, value]) =>
      Object.hasOwn(labels, key) && labels[key] === value
    );
}

/** The same for containers, which may be limited to those of a pod. */
export function isListedContainer(
  filter: ListFilter & Pick<Container, "podSandboxId"> | undefined,
  container: Labelled & Pick<Container, "podSandboxId">,
): boolean {
  const { podSandboxId = "" } = filter ?? {};
  return container.podSandboxId.startsWith(podSandboxId) &&
    isListed(filter, container);
}
