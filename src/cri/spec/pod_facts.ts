/** What a container takes from its pod. */

import type { Sandbox } from "../../engine/sandboxes/sandbox.ts";

/** The parts of a sandbox that a container's configuration depends on. */
export interface PodFacts
  extends Pick<Sandbox, "id" | "namespaces" | "shmDirectory" | "files"> {
  readonly request: Pick<
    Sandbox["request"],
    | "podName"
    | "hostname"
    | "namespaces"
    | "users"
    | "cgroupParent"
    | "cgroupManager"
  >;
}
