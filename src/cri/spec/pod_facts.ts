/** What a container takes from its pod. */

/** As much of a sandbox as a container's configuration depends on. */
export interface PodFacts {
  /** The pod's ID. */
  readonly id: string;
  readonly request: {
    /** The name in the pod's record. */
    readonly podName: string;
    /** As its containers see it. */
    readonly hostname: string;
    readonly namespaces: {
      readonly pid: "pod" | "container" | "node";
    };
    /** The kubelet's, for all of the pod. */
    readonly cgroupParent?: string | undefined;
  };
  /** Files that stand for namespaces; what is left out is the host's. */
  readonly namespaces: {
    readonly network?: string | undefined;
    readonly ipc?: string | undefined;
    readonly uts?: string | undefined;
    readonly pid?: string | undefined;
  };
  /** Of the host; becomes `/dev/shm`. */
  readonly shmDirectory: string;
  /** Of the host. */
  readonly files: {
    readonly resolvConf: string;
    readonly hostname: string;
    readonly hosts?: string | undefined;
  };
}
